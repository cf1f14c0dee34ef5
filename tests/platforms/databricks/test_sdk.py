"""The unmodified SDK underneath: one call of ours is one call, and what fails is told apart."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from setpoint.platforms.databricks import CallFiles, Calls, workspace
from setpoint.platforms.databricks.logs import LogFile
from setpoint.platforms.databricks.transport import CallFailed

pytest.importorskip("databricks.sdk", reason="the extra databricks is not installed")
TOKEN = "dapi0123456789abcdef"  # noqa: S105 - looks like one, and is none
WELL = (200, b'{"ok": 1}')


class Answering(ThreadingHTTPServer):
    """Gives the answers it was told, in order, then a good one."""

    answers: list[tuple[int, bytes]]
    asked: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Answering

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        code, content = (404, b"{}") if self.path.startswith("/.well-known") else self._next()
        self.send_response(code)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 - of http.server

    def _next(self) -> tuple[int, bytes]:
        self.server.asked.append(f"{self.command} {self.path}")
        return self.server.answers.pop(0) if self.server.answers else WELL


@pytest.fixture
def server() -> Iterator[Answering]:
    with Answering(("127.0.0.1", 0), Handler) as found:
        found.answers, found.asked = [], []
        thread = Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def calls(server: Answering) -> Calls:
    found = workspace(f"http://127.0.0.1:{server.server_port}", token=TOKEN)
    found.sleep = lambda _: None
    return found


@pytest.mark.parametrize(
    "fault",
    [
        (500, b'{"error_code": "INTERNAL_ERROR", "message": "m"}'),
        (504, b'{"error_code": "DEADLINE_EXCEEDED", "message": "m"}'),
        (401, b'{"error_code": "UNAUTHENTICATED", "message": "expired"}'),
        (200, b'{"runs": ['),
    ],
)
def test_what_passes_is_repeated_for_reads_and_not_for_writes(server: Answering, fault: tuple[int, bytes]) -> None:
    at = calls(server)
    server.answers = [fault]
    assert at.read("/api/2.1/jobs/get", {"job_id": "7"}) == {"ok": 1}
    assert server.asked == ["GET /api/2.1/jobs/get?job_id=7"] * 2
    server.answers = [fault]
    with pytest.raises(CallFailed) as failed:
        at.write("/api/2.1/jobs/update", {"job_id": 7})
    assert failed.value.is_passing
    assert server.asked[2:] == ["POST /api/2.1/jobs/update"]
    assert TOKEN not in str(failed.value)


@pytest.mark.parametrize("code", ["RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "PERMISSION_DENIED"])
def test_what_does_not_pass_is_said_at_once(server: Answering, code: str) -> None:
    status = {"RESOURCE_DOES_NOT_EXIST": 404, "PERMISSION_DENIED": 403}.get(code, 400)
    server.answers = [(status, f'{{"error_code": "{code}", "message": "m"}}'.encode())]
    with pytest.raises(CallFailed) as failed:
        calls(server).read("/x")
    assert (failed.value.code, len(server.asked)) == (code, 1)


def test_a_file_of_a_volume_is_read_as_bytes(server: Answering) -> None:
    server.answers = [(200, b"log")]
    assert b"".join(CallFiles(calls(server)).read(LogFile("/Volumes/a/b/c/event log", 0.0))) == b"log"
    assert server.asked == ["GET /api/2.0/fs/files/Volumes/a/b/c/event%20log"]
