"""A log from an address: kept as it came, and nothing that a server does has more than its share."""

import gzip
import io
import ssl
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.intake.servers import answer, certificate_for, serving

from setpoint.errors import InputError, ServiceError
from setpoint.intake import Allowed, FetchLimits, fetch
from setpoint.intake.names import file_name, safe_name

HERE = Allowed.read(["127.0.0.1"])
LIMITS = FetchLimits(most_bytes=10_000, most_seconds=20.0, allowed=HERE)
SECRET = "X-Amz-Signature=verysecret"  # noqa: S105 - looked for in errors


def _fetched(url: str, limits: FetchLimits = LIMITS) -> tuple[str, bytes]:
    into = io.BytesIO()
    return fetch(url, into, limits), into.getvalue()


def _refusal(kind: type[Exception], url: str, limits: FetchLimits = LIMITS) -> str:
    with pytest.raises((InputError, ServiceError)) as raised:
        fetch(f"{url}?{SECRET}", io.BytesIO(), limits)
    assert type(raised.value) is kind
    assert "verysecret" not in f"{raised.value!r}{raised.value}"
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    assert str(raised.value).endswith(".")
    return str(raised.value)


def test_what_is_there_is_fetched_under_its_name() -> None:
    with serving(answer(b"lines")) as server:
        assert _fetched(f"{server.url}/logs/app%2D1.zstd?{SECRET}#part") == ("app-1.zstd", b"lines")
        (asked,) = server.asked
    assert asked.startswith(f"GET /logs/app%2D1.zstd?{SECRET} HTTP/1.1\r\n".encode())
    assert f"host: 127.0.0.1:{server.port}\r\n".encode() in asked.lower()
    assert b"accept-encoding: identity" in asked.lower()


def test_the_answer_may_name_it() -> None:
    with serving(answer(b"x", content_disposition='attachment; filename="../../etc/log.gz"')) as server:
        assert _fetched(server.url)[0] == "log.gz"


def test_it_is_kept_packed_as_it_came() -> None:
    bomb = gzip.compress(bytes(5_000_000))
    with serving(answer(bomb, content_encoding="gzip")) as server:
        assert _fetched(server.url)[1] == bomb
    with serving(answer(b"x", content_encoding="br")) as server:
        assert "'br'" in _refusal(InputError, server.url)


def test_what_is_not_allowed_is_never_asked() -> None:
    with serving(answer(b"x")) as server:
        assert "fetch_allowed" in _refusal(InputError, server.url, FetchLimits())
        assert server.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "s3://bucket/log",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://",
        "http://[::1",
        "//127.0.0.1/x",
        "http://127.0.0.1:0/x",
        "http://127.0.0.1:99999/x",
        "http://me@127.0.0.1/x",
        "http://me:verysecret@127.0.0.1/x",
        "http://127.0.0.1/\x00",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    _refusal(InputError, url)


@given(st.text(max_size=60))
def test_whatever_is_given_is_refused_in_a_sentence(text: str) -> None:
    def nowhere(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    for url in (text, f"http://{text}", f"http://x/{text}"):
        with pytest.raises(InputError):
            fetch(url, io.BytesIO(), FetchLimits(resolve=nowhere))


def test_a_redirect_is_followed() -> None:
    with serving(answer(b"there")) as there:
        moved = answer(status="302 Found", location=f"{there.url}/b.log")
        with serving(moved) as here:
            assert _fetched(f"{here.url}/a") == ("b.log", b"there")


def test_where_a_redirect_leads_is_looked_at_again() -> None:
    limits = FetchLimits(allowed=HERE, resolve=lambda host, _: [host.replace("metadata", "169.254.169.254")])
    for location in ("http://metadata/latest", "http://10.0.0.1/", "file:///etc/passwd", "http://a:b@127.0.0.1/"):
        with serving(answer(status="307 Temporary Redirect", location=location)) as server:
            _refusal(InputError, server.url, limits)


def test_a_circle_of_redirects_ends() -> None:
    with serving(answer(status="302 Found", location="/again")) as server:
        assert "more than 5 times" in _refusal(InputError, server.url)
        assert len(server.asked) == 6


@pytest.mark.parametrize("status", ["400 Bad", "401 No", "403 Forbidden", "404 Not Found", "410 Gone", "204 None"])
def test_refusals_that_stay(status: str) -> None:
    with serving(answer(status=status)) as server:
        assert f"answered {status[:3]}" in _refusal(InputError, server.url)


@pytest.mark.parametrize("status", ["408 Late", "425 Early", "429 Slow Down", "500 Oops", "503 Slow Down", "599 x"])
def test_refusals_that_may_pass(status: str) -> None:
    with serving(answer(status=status)) as server:
        _refusal(ServiceError, server.url)


@pytest.mark.parametrize(
    "pieces",
    [
        (b"nothing of the kind\r\n\r\n",),
        (answer(b"half", content_length="9"),),
        (answer(b"5\r\nhal", content_length="", transfer_encoding="chunked"),),
        (b"",),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100_000,),
    ],
)
def test_what_breaks_off_may_come_again(pieces: Sequence[bytes]) -> None:
    with serving(*pieces) as server:
        _refusal(ServiceError, server.url)


def test_nobody_there_may_pass() -> None:
    with serving() as server:
        url = server.url
    assert "cannot be reached" in _refusal(ServiceError, url)


def test_more_than_the_limit_is_not_fetched() -> None:
    with serving(answer(b"x", content_length="10001")) as server:
        assert "10,000" in _refusal(InputError, server.url)
    endless = answer(content_length="", transfer_encoding="chunked")
    into = io.BytesIO()
    with serving(endless, *[b"400\r\n" + bytes(1024) + b"\r\n"] * 100) as server, pytest.raises(InputError):
        fetch(server.url, into, LIMITS)
    assert len(into.getvalue()) <= 10_000


@pytest.mark.parametrize("beginning", [answer(content_length="5000"), b"HTTP/1.1 200 OK\r\nx: ", b""])
def test_dripping_ends_when_its_time_is_over(beginning: bytes) -> None:
    limits = FetchLimits(most_seconds=0.4, allowed=HERE)
    with serving(beginning, *[b"x"] * 40, pause_seconds=0.05) as server:
        begun = time.monotonic()
        assert "takes too long" in _refusal(ServiceError, server.url, limits)
        assert time.monotonic() - begun < 1.9


def test_a_name_is_looked_up_once_and_asked_there() -> None:
    looked: list[str] = []

    def turning(host: str, _port: int) -> list[str]:
        looked.append(host)
        return ["127.0.0.1"] if len(looked) == 1 else ["169.254.169.254"]

    with serving(answer(b"x")) as server:
        limits = FetchLimits(allowed=HERE, resolve=turning)
        assert _fetched(f"http://log.example:{server.port}/x", limits)[1] == b"x"
        assert f"host: log.example:{server.port}\r\n".encode() in server.asked[0].lower()
    assert looked == ["log.example"]


def test_the_next_address_of_a_name_is_asked_too() -> None:
    with serving(answer(b"x")) as server:
        limits = FetchLimits(allowed=Allowed.read(["127.0.0.0/8"]), resolve=lambda *_: ["127.9.9.9", "127.0.0.1"])
        assert _fetched(f"http://log.example:{server.port}/x", limits)[1] == b"x"


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(answer(b"x")) as server:
        assert _fetched(server.url)[1] == b"x"


def test_over_tls_the_host_shows_that_it_has_the_name(tmp_path: Path) -> None:
    certificate = certificate_for("log.example", tmp_path)
    trusting = ssl.create_default_context(cafile=certificate)
    limits = FetchLimits(allowed=HERE, resolve=lambda *_: ["127.0.0.1"], certificates=trusting)
    with serving(answer(b"x"), certificate=certificate) as server:
        assert _fetched(f"https://log.example:{server.port}/x", limits)[1] == b"x"
        assert server.names == ["log.example"]
        assert "certificate" in _refusal(InputError, f"https://other.example:{server.port}/x", limits)
        doubting = FetchLimits(allowed=HERE, resolve=lambda *_: ["127.0.0.1"])
        assert "certificate" in _refusal(InputError, f"https://log.example:{server.port}/x", doubting)


def test_tls_is_not_left_on_the_way(tmp_path: Path) -> None:
    certificate = certificate_for("log.example", tmp_path)
    limits = FetchLimits(allowed=HERE, certificates=ssl.create_default_context(cafile=certificate))
    with serving(answer(b"x")) as plain:
        moved = answer(status="302 Found", location=f"{plain.url}/x")
        with serving(moved, certificate=certificate) as server:
            assert "from https to http" in _refusal(InputError, f"https://127.0.0.1:{server.port}/x", limits)
        assert plain.asked == []


@given(st.text(max_size=400), st.text(max_size=40))
def test_a_name_is_one_part_of_a_path(path: str, told: str) -> None:
    for name in (safe_name(path), file_name(path, [("Content-Disposition", f"attachment; filename={told}")])):
        assert name
        assert "/" not in name
        assert "\\" not in name
        assert name not in {".", ".."}
        assert name.isprintable()
        assert len(name.encode()) <= 255
