"""A real HTTP server on this machine that stands in for the servers of price sources, and what reaches it."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from setpoint.prices.web import Connect
from setpoint.sources.limits import Limits


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Answers = Callable[[Asked], tuple[int, bytes]]


@dataclass(frozen=True)
class Server:
    port: int
    asked: list[Asked] = field(default_factory=list)

    @property
    def connect(self) -> Connect:
        """Leads every name here, without encryption."""

        def connect(_host: str, _port: int, limits: Limits) -> http.client.HTTPConnection:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=limits.timeout_seconds)

        return connect


@contextmanager
def serving(answers: Answers) -> Iterator[Server]:
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(Asked(self.command, self.path, dict(self.headers.items()), body))
            status, content = answers(asked[-1])
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", "https://elsewhere.example/")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 - the names that the library calls

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Server(server.server_port, asked)
        finally:
            server.shutdown()
            thread.join()
