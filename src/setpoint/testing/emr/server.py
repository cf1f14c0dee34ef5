"""The emulated account behind one URL: EMR and EMR Serverless of our own, S3, EC2 and STS of moto, over real HTTP.

So the unmodified boto3, of any version and in any process, talks to it; `AWS_ENDPOINT_URL` leads there.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from random import Random
from threading import RLock, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

from setpoint.core.configurations.emr_arguments import spec_of_arguments
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import Missing, PriceBook
from setpoint.errors import PlatformError
from setpoint.testing.emr.clock import EmulatedClock
from setpoint.testing.emr.faults import REFUSALS, Answer, AwsError, FaultKind, Faults
from setpoint.testing.emr.permissions import action_of, denial_of, simulated
from setpoint.testing.emr.runner import Runner, SimulatedRunner
from setpoint.testing.emr.serverless import ServerlessService
from setpoint.testing.emr.service import ACCOUNT, EmrService
from setpoint.testing.emr.storage import MotoStorage

__all__ = ["AwsClient", "EmrEmulator"]

Json = dict[str, Any]
AwsClient = Any
"""Its methods are made from the model of the service when it is opened."""
Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], object]
Wsgi = Callable[[Environ, Start], Iterable[bytes]]

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([a-z0-9-]+)/([a-z0-9-]+)/")
_POLL_SECONDS = 0.02
"""How soon the server sees that it is to stop."""
_ID_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
_S3_CODES = {"ThrottlingException": "SlowDown", "ExpiredTokenException": "ExpiredToken"}
_S3_CODES |= {"InternalServerException": "InternalError", "ServiceUnavailable": "ServiceUnavailable"}


class EmrEmulator:
    """An account with nothing in it, in a world whose time stands still until it is moved."""

    def __init__(
        self, book: PriceBook, runner: Runner | None = None, clock: EmulatedClock | None = None, seed: int = 7
    ) -> None:
        """Set up an account; it is reached once it was entered as a context or `start` was called.

        Args:
            book: knows the hardware of instance types.
            runner: runs applications; by default they are simulated.
            clock: the time there.
            seed: of ids.
        """
        self.clock = clock or EmulatedClock()
        self.runner: Runner = runner or SimulatedRunner()
        self.faults = Faults()
        self.lacking: set[str] = set()
        self.denied: set[str] = set()
        """Actions of IAM that are not allowed, such as `elasticmapreduce:ListClusters`."""
        self.startup_seconds = 240.0
        self.url = ""
        self.storage = MotoStorage()
        self.emr = EmrService(self, self.clock)
        self.serverless = ServerlessService(self, self.clock)
        self._book, self._seed, self._chance = book, seed, Random(seed)
        self._lock = RLock()
        self._server: Any = None
        self._clients: dict[tuple[str, str], AwsClient] = {}
        self.clock.listen(lambda _: self._advance())

    def __enter__(self) -> Self:
        """Start serving."""
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop serving."""
        self.stop()

    def start(self) -> str:
        """Serve on a free port of this machine; the URL."""
        from werkzeug.serving import WSGIRequestHandler, make_server

        class Quiet(WSGIRequestHandler):
            """Writes no line for each request."""

            protocol_version = "HTTP/1.1"

            def log(self, *_: object) -> None:
                """Keep still."""

        # What another emulator of this process has left in moto is not of this account.
        self.storage.clear()
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=Quiet)
        Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True, name="emulated AWS").start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self.url

    def stop(self) -> None:
        """Serve no longer, and forget what S3 held."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self.storage.clear()

    def forget(self) -> None:
        """Empty the account: no clusters, no applications, nothing in S3; the time goes on, ids begin anew."""
        with self._lock:
            self._chance = Random(self._seed)
            self.emr = EmrService(self, self.clock)
            self.serverless = ServerlessService(self, self.clock)
            self.storage.clear()
            self.lacking.clear()
            self.denied.clear()
            self.faults.clear()

    def client(self, service: str, region: str = "us-east-1") -> AwsClient:
        """A client of boto3 that talks to this account and retries nothing by itself."""
        from botocore.config import Config

        once = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, max_pool_connections=32)
        with self._lock:
            if (service, region) not in self._clients:
                told = {"region_name": region, "endpoint_url": self.url, "config": once}
                self._clients[service, region] = _session().client(service, **told)
            return self._clients[service, region]

    def new_id(self, prefix: str) -> str:
        """See Host."""
        return prefix + "".join(self._chance.choices(_ID_LETTERS, k=13))

    def put(self, url: str, content: bytes, at: datetime) -> None:
        """See Host."""
        self.storage.put(url, content, at)

    def spec_of(self, arguments: Json) -> ClusterSpec:
        """See Host."""
        found = spec_of_arguments(arguments, self._book)
        if isinstance(found, Missing):
            raise PlatformError(f"The emulator does not know {found.reason}.")
        return found

    def _advance(self) -> None:
        with self._lock:
            self.emr.advance()
            self.serverless.advance()

    def _history(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Spark's history server behind a signed URL: nobody gets a log who has not come by it."""
        name, _, inner = environ["PATH_INFO"].removeprefix("/shs/").partition("/")
        if "authToken=once" in environ.get("QUERY_STRING", ""):
            cookie = ("Set-Cookie", f"session={name}; Path=/shs/{name}/")
            start("200 OK", [("Content-Type", "text/html"), ("Content-Length", "0"), cookie])
            return [b""]
        found = re.fullmatch(r"api/v1/applications/([^/]+)/logs", inner)
        is_known = f"session={name}" in environ.get("HTTP_COOKIE", "")
        content = self.emr.history(name, found[1]) if found and is_known else None
        if content is None:
            start("404 Not Found" if is_known else "403 Forbidden", [("Content-Length", "0")])
            return [b""]
        start("200 OK", [("Content-Type", "application/zip"), _length(content)])
        return [content]

    def _answer(self, environ: Environ, start: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/shs/"):
            self.faults.called("shs:GET")
            return self._history(environ, start)
        service = _service_of(environ)
        operation = _operation_of(service, environ)
        fault = self.faults.called(f"{service}:{operation}")
        if fault is not None and fault in REFUSALS:
            return _refused(service, REFUSALS[fault], start)
        action = action_of(service, operation, environ) if self.denied or service == "iam" else ""
        if action in self.denied:
            return _denied(service, action, start)
        if action == "iam:SimulatePrincipalPolicy":
            return _xml(200, simulated(environ, self.denied.__contains__), start)
        whole = _collected(self._served(service, operation, environ))
        return _spoilt(whole, fault, environ, start)

    def _served(self, service: str, operation: str, environ: Environ) -> Callable[[Start], Iterable[bytes]]:
        if service not in ("emr", "emr-serverless"):
            return lambda start: self.storage.application(service)(environ, start)

        def serve(start: Start) -> Iterable[bytes]:
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            given = json.loads(body) if body else {}
            try:
                with self._lock:
                    if service == "emr":
                        answer = self.emr.call(operation, given)
                    else:
                        query = parse_qs(environ.get("QUERY_STRING", ""))
                        answer = self.serverless.call(environ["REQUEST_METHOD"], environ["PATH_INFO"], query, given)
            except AwsError as error:
                return _error(error.status, error.code, error.message, start, error.more)
            return _json(200, answer, start)

        return serve


@cache
def _session() -> AwsClient:
    """One for all emulators: it keeps the models of services, which take long to read."""
    import boto3

    return boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")  # noqa: S106 - opens nothing


def _service_of(environ: Environ) -> str:
    if environ.get("HTTP_X_AMZ_TARGET", "").startswith("ElasticMapReduce."):
        return "emr"
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    return scope[2] if scope else "s3"


def _operation_of(service: str, environ: Environ) -> str:
    if service == "emr":
        return str(environ["HTTP_X_AMZ_TARGET"]).partition(".")[2]
    path = re.sub(r"/(applications|jobruns|tags)/[^/]+", r"/\1/*", environ["PATH_INFO"]) if service != "s3" else ""
    listing = "?list" if "list-type" in environ.get("QUERY_STRING", "") else ""
    return f"{environ['REQUEST_METHOD']}{path}{listing}"


def _collected(serve: Callable[[Start], Iterable[bytes]]) -> tuple[str, list[tuple[str, str]], bytes]:
    told: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], *_: object) -> None:
        told.append((status, headers))

    body = b"".join(serve(start))
    return (*told[-1], body)


def _spoilt(
    whole: tuple[str, list[tuple[str, str]], bytes], fault: FaultKind | None, environ: Environ, start: Start
) -> Iterator[bytes]:
    status, headers, body = whole
    if fault is None:
        start(status, headers)
        yield body
        return
    if fault == "half" and len(body) > 1:
        start(status, [*(each for each in headers if each[0].lower() != "content-length"), _length(body)])
        yield body[: len(body) // 2]
    _hang_up(environ)


def _hang_up(environ: Environ) -> None:
    import socket

    found = environ.get("werkzeug.socket")
    if found is not None:
        found.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def _length(body: bytes) -> tuple[str, str]:
    return "Content-Length", str(len(body))


def _refused(service: str, answer: Answer, start: Start) -> Iterable[bytes]:
    if service == "s3":
        code = _S3_CODES[answer.code]
        status = 503 if code == "SlowDown" else answer.status
        body = f"<Error><Code>{code}</Code><Message>{answer.message}</Message></Error>".encode()
        start(f"{status} {code}", [("Content-Type", "application/xml"), _length(body)])
        return [body]
    return _error(answer.status, answer.code, answer.message, start, {})


def _denied(service: str, action: str, start: Start) -> Iterable[bytes]:
    if service in ("emr", "emr-serverless"):
        status = 400 if service == "emr" else 403
        return _error(status, "AccessDeniedException", f"Not authorized to perform: {action}", start, {})
    return _xml(403, denial_of(service, action), start)


def _xml(status: int, body: bytes, start: Start) -> Iterable[bytes]:
    start(f"{status} {'OK' if status == 200 else 'Refused'}", [("Content-Type", "application/xml"), _length(body)])
    return [body]


def _error(status: int, code: str, message: str, start: Start, more: Mapping[str, object]) -> Iterable[bytes]:
    said = {"__type": code, "message": message, "Message": message, **more}
    return _json(status, said, start, [("x-amzn-ErrorType", code)])


def _json(status: int, value: object, start: Start, more: Iterable[tuple[str, str]] = ()) -> Iterable[bytes]:
    body = json.dumps(value).encode()
    headers = [("Content-Type", "application/x-amz-json-1.1"), _length(body), ("x-amzn-RequestId", ACCOUNT), *more]
    start(f"{status} {'OK' if status == 200 else 'Refused'}", headers)
    return [body]
