"""Servers and files that nobody vouches for: time, size, tokens, and SKUs that are not known."""

import http.client
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from tests.prices.servers import serving
from tests.prices.worlds import TODAY

from setpoint.errors import InputError, PlatformError
from setpoint.prices import databricks, web
from setpoint.prices.databricks import DatabricksPrices
from setpoint.prices.refreshed import Refresh
from setpoint.prices.web import Connect


def quiet(_text: str) -> None:
    pass


def found(refresh: Refresh) -> dict[tuple[str, str], float]:
    return {(quote.kind, quote.item): quote.dollars for quote in refresh.quotes}


@contextmanager
def dripping(start: bytes) -> Iterator[Connect]:
    """A server that says `start` and then a byte every now and then, for ever."""
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        with suppress(OSError), listener.accept()[0] as client:
            client.sendall(start)
            while not over.wait(0.01):
                client.sendall(b"a")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        try:
            yield lambda _host, _port, limits: http.client.HTTPConnection(
                "127.0.0.1", port, timeout=limits.timeout_seconds
            )
        finally:
            over.set()
            thread.join()


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"",
    ],
)
def test_a_server_that_drips_is_stopped(start: bytes) -> None:
    with dripping(start) as connect, pytest.raises(PlatformError, match="has not answered whole"):
        web.ask("https://a.example/x", connect, whole_seconds=0.2)


def test_what_the_server_calls_its_refusal_is_not_repeated() -> None:
    with (
        serving(lambda _asked: (403, b"")) as server,
        pytest.raises(PlatformError, match="answers 403 Forbidden") as it,
    ):
        web.ask("https://a.example/x", server.connect)
    assert str(it.value) == "https://a.example answers 403 Forbidden."


@pytest.mark.parametrize(
    "answer",
    [
        {"statement_id": "s", "status": {"state": "FAILED", "error": {"message": f"{'.' * 280} dapi-Secret-1"}}},
        {"statement_id": "s", "status": {"state": "dapi-Secret-1"}},
        {
            "statement_id": "s",
            "status": {"state": "SUCCEEDED"},
            "manifest": {"schema": {"columns": [{"name": name} for name in ("sku_name", "cloud", "price")]}},
            "result": {"data_array": [["PREMIUM_JOBS_COMPUTE", "AWS", f"{'x' * 55}dapi-Secret-1"]]},
        },
    ],
)
def test_the_token_is_in_no_message_even_where_the_server_says_it(answer: object) -> None:
    token = "dapi-Secret-1"  # noqa: S105 - of nobody
    with serving(lambda _asked: (200, json.dumps(answer).encode())) as server:
        source = DatabricksPrices(
            TODAY, host="a.example", warehouse="w", token=token, connect=server.connect, sleep=lambda _s: None
        )
        with pytest.raises((PlatformError, InputError)) as raised:
            source.refresh("aws", "us-east-1", quiet)
    assert "dapi" not in str(raised.value).lower()
    assert "…" in str(raised.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_an_export_may_come_through_a_pipe(tmp_path: Path) -> None:
    path, plain = tmp_path / "pipe", tmp_path / "plain.csv"
    plain.write_text("sku_name,cloud,price\nPREMIUM_JOBS_COMPUTE,AWS,0.15\n", encoding="utf-8")
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_bytes(plain.read_bytes()))
    writer.start()
    refresh = DatabricksPrices(TODAY, file=path).refresh("aws", "us-east-1", quiet)
    writer.join()
    assert found(refresh) == {("dbu", "premium/jobs"): 0.15}


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_an_export_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databricks, "LARGEST_FILE_BYTES", 1000)
    with pytest.raises(InputError, match="larger than"):
        DatabricksPrices(TODAY, file=Path("/dev/zero")).refresh("aws", "us-east-1", quiet)


def test_skus_that_are_not_known_are_told(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    skus = ("JOBS_COMPUTE", "JOBS_SERVERLESS_COMPUTE_ASIA_SINGAPORE", "JOBS_SERVERLESS_COMPUTE_MOON", "SQL_COMPUTE")
    path.write_text(
        "sku_name,cloud,price\n" + "".join(f"PREMIUM_{sku},GCP,0.2\n" for sku in skus) + "PREMIUM_X,AWS,1\n",
        encoding="utf-8",
    )
    said: list[str] = []
    refresh = DatabricksPrices(TODAY, file=path).refresh("gcp", "asia-southeast1", said.append)
    assert set(found(refresh)) == {("dbu", "premium/jobs"), ("dbu", "premium/jobs_serverless")}
    assert "2 SKUs skipped" in said[-1]
    assert said[-1].endswith("PREMIUM_JOBS_SERVERLESS_COMPUTE_MOON, PREMIUM_SQL_COMPUTE")
