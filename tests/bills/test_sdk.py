"""Databricks' tables through the unmodified SDK and HTTP, with every call of a reading failing once in every way."""

import json
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from tests.bills.test_databricks import COLUMNS, NOW, SINCE, row
from tests.bills.warehouse import Warehouse
from tests.core.billing.bills import entries, run

from setpoint.bills.databricks import UsageTables
from setpoint.bills.statements import Statements
from setpoint.bookkeeping import book
from setpoint.core.history import Entry
from setpoint.errors import PlatformError
from setpoint.ledger.memory import MemoryLedger
from setpoint.platforms.databricks import workspace

pytest.importorskip("databricks.sdk", reason="the extra databricks is not installed")
ROWS = [row(number, 1.0) for number in range(5)]
CALLS = 4
"""Of a reading: the statement, one look, two more chunks."""
BROKEN = "a half"


class Site(ThreadingHTTPServer):
    """A workspace with a warehouse; its nth call goes wrong."""

    warehouse: Warehouse
    fault: str | int | None
    at: int
    calls: int


class Handler(BaseHTTPRequestHandler):
    server: Site

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path.startswith("/.well-known"):
            self._answer(404, b"{}")
            return
        self.server.calls += 1
        fault = self.server.fault if self.server.calls == self.server.at else None
        if isinstance(fault, int):
            self._answer(fault, b'{"error_code": "SOMETHING", "message": "not now"}')
            return
        found = json.dumps(self.server.warehouse.read(self.path, body=json.loads(body) if body else None)).encode()
        self._answer(200, found, found[: len(found) // 2] if fault == BROKEN else found)

    do_POST = do_GET  # noqa: N815 - of http.server

    def _answer(self, code: int, content: bytes, sent: bytes | None = None) -> None:
        self.send_response(code)
        self.send_header("content-length", str(len(content)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(content if sent is None else sent)
        self.close_connection = True


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site(("127.0.0.1", 0), Handler) as found:
        thread = Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def written(site: Site, fault: str | int | None, at: int) -> tuple[Entry, ...]:
    """The ledger after a reading."""
    # A statement whose answer was lost is sent again, and is another one.
    site.warehouse = Warehouse(COLUMNS, [ROWS, ROWS], polls=1)
    site.fault, site.at, site.calls = fault, at, 0
    calls = workspace(f"http://127.0.0.1:{site.server_port}", token="dapi0123456789abcdef")  # noqa: S106 - none
    calls.sleep = lambda _: None
    ledger = MemoryLedger()
    ledger.append("p", *entries(*(run(number) for number in range(5))))
    tables = UsageTables(Statements(calls, "w", lambda _: None), lambda: NOW)
    with suppress(PlatformError):
        book(ledger, ["p"], tables.read(SINCE, NOW), NOW)
    return ledger.read("p")


def test_a_reading_takes_the_calls_it_needs(site: Site) -> None:
    whole = written(site, None, 0)
    assert (len(whole), site.calls) == (1 + 5 + 5, CALLS)


PASSING = [
    *((fault, at) for fault in (500, BROKEN) for at in range(1, CALLS + 1)),
    (429, 1),
    (429, 3),
    (503, 2),
    (503, 4),
]
"""The SDK waits a second and more by itself where it is told to come later, so those fail at some calls only."""


@pytest.mark.parametrize(("fault", "at"), PASSING)
def test_what_fails_in_passing_changes_nothing(fault: str | int, at: int, site: Site) -> None:
    assert written(site, fault, at) == written(site, None, 0)


@pytest.mark.parametrize("at", range(1, CALLS + 1))
@pytest.mark.parametrize("fault", [400, 403, 404])
def test_what_is_refused_leaves_the_ledger_as_it_was(fault: int, at: int, site: Site) -> None:
    assert written(site, fault, at) == entries(*(run(number) for number in range(5)))
