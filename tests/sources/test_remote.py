"""Buckets through a file system of fsspec that lives in memory; https from a server on this machine."""

import http.client
import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from tests.sources.made_logs import FIRST, SECOND, TEXT, log_of, zip_of

from setpoint.core.eventlog.codecs import BrokenStream
from setpoint.errors import EventLogError
from setpoint.sources import Limits, find_logs
from setpoint.sources.https import https_blob, reach
from setpoint.sources.remote import FileSystem
from setpoint.sources.schemes import DBFS, redacted


@pytest.fixture
def bucket() -> Iterator[MemoryFileSystem]:
    system = MemoryFileSystem()
    for name, data in {
        "eventlog_v2_a/events_2_a": SECOND,
        "eventlog_v2_a/events_1_a": FIRST,
        "2026-01/app-2": log_of("app-2"),
        "2026-02/mailed.zip": zip_of({"x/app-3": log_of("app-3")}),
        "_SUCCESS": b"",
        "prices.json": b"{}",
    }.items():
        system.pipe_file(f"/bucket/logs/{name}", data)
    yield system
    system.rm("/bucket", recursive=True)


def found(bucket: MemoryFileSystem, url: str, limits: Limits | None = None) -> list[list[str]]:
    def open_file_system(_: str, rest: str, __: Limits) -> tuple[FileSystem, str]:
        return bucket, rest

    logs = find_logs(url, limits=limits or Limits(), open_file_system=open_file_system)
    return [[b"".join(part.open()).decode() for part in log.parts] for log in logs]


def test_a_bucket_is_read_like_a_folder(bucket: MemoryFileSystem) -> None:
    two, three = [log_of("app-2").decode()], [log_of("app-3").decode()]

    assert found(bucket, "s3://bucket/logs") == [two, three, [FIRST.decode(), SECOND.decode()]]
    assert found(bucket, "s3a://bucket/logs/2026-*") == [two, three]
    assert found(bucket, "gs:/bucket/logs/2026-01/app-2") == [two]
    assert found(bucket, "s3://bucket/logs/prices.json") == [["{}"]]


def test_a_bucket_without_logs(bucket: MemoryFileSystem) -> None:
    for url in ("s3://bucket/nothing", "s3://bucket/none*", "s3://bucket/logs/_SUCCESS/x"):
        with pytest.raises(EventLogError, match=r"There is nothing at s3://bucket"):
            found(bucket, url)
    with pytest.raises(EventLogError, match="holds more than 2 files"):
        found(bucket, "s3://bucket/logs", Limits(entries=2))


def test_a_missing_client_is_named() -> None:
    pytest.importorskip("fsspec")
    try:
        import s3fs  # type: ignore[import-not-found,import-untyped,unused-ignore]  # noqa: F401
    except ImportError:
        with pytest.raises(EventLogError, match=r"pip install 'setpoint\[s3\]'"):
            find_logs("s3://bucket/logs")


class Answers(BaseHTTPRequestHandler):
    """Serves a log, redirects to it, to elsewhere, or in a circle."""

    locations: ClassVar = {"/moved": "/log", "/circle": "/circle", "/away": "http://example.com/log"}

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in self.locations:
            self.send_response(302)
            self.send_header("Location", self.locations[path])
            self.end_headers()
            return
        self.send_response(200 if path in {"/log", "/short"} else 403)
        self.send_header("Content-Length", str(len(TEXT) + (path == "/short")))
        self.end_headers()
        self.wfile.write(TEXT)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def plain(host: str, port: int, limits: Limits) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(host, port, timeout=limits.timeout_seconds)


def get(port: int, path: str, offset: int = 0) -> bytes:
    return b"".join(https_blob(f"https://127.0.0.1:{port}/{path}", Limits(), plain).read_from(offset))


def test_https_gives_the_file_also_after_a_redirect_and_from_an_offset(port: int) -> None:
    assert get(port, "log?X-Signature=secret") == TEXT
    assert get(port, "moved") == TEXT
    assert get(port, "log", 100) == TEXT[100:]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("circle", "redirects more than 5 times"),
        ("away", "leads away from https"),
        ("short", "1 bytes are missing"),
        ("secret?X-Signature=hidden", "the server answers 403"),
    ],
)
def test_what_a_server_may_do_wrong(port: int, path: str, words: str) -> None:
    with pytest.raises(BrokenStream, match=words) as raised:
        get(port, path)
    assert "hidden" not in str(raised.value)


def test_the_first_address_that_answers_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with reach(["::1", "127.0.0.1", "::1"], port, 5.0) as connection:
            assert connection.getpeername() == ("127.0.0.1", port)
        with pytest.raises(OSError, match=r"\w"):
            reach(["127.0.0.1", "::1"][1:], port, 5.0)


def test_what_the_hint_and_the_page_say_of_dbfs_is_what_its_client_reads() -> None:
    config = pytest.importorskip("fsspec.config")
    page = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    names = re.findall(r"FSSPEC\w+", DBFS.hint)
    read: dict[str, dict[str, str]] = {}
    config.set_conf_env(read, dict.fromkeys(names, "given"))

    assert read == {"dbfs": {"instance": "given", "token": "given"}}
    assert set(names) == set(re.findall(r"FSSPEC\w+", page))


def test_private_addresses_are_not_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"https://127.0.0.1:{server.getsockname()[1]}/log"
        with pytest.raises(EventLogError, match=r"is not a public address \(127\.0\.0\.1\)"):
            find_logs(url)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://me:pw@host/a/b?sig=1&x=2 failed", "https://…@host/a/b?… failed"),
        ("abfss://container@account.dfs.core.windows.net/x", "abfss://container@account.dfs.core.windows.net/x"),
        ("s3://bucket/app-?/log", "s3://bucket/app-?/log"),
    ],
)
def test_secrets_are_not_shown(text: str, shown: str) -> None:
    assert redacted(text) == shown
