"""One event log fetched from an address that a client named. Who may be asked, for how long and how much is bounded.

No proxy is used and nothing is sent but the request. What is kept is the body as it came: it is unpacked by who reads
it, within limits. An address may hold its own permission in its query, so errors name its host only.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from setpoint.errors import InputError, ServiceError
from setpoint.intake.addresses import Allowed, Resolve, addresses_of, resolved
from setpoint.intake.names import file_name

if TYPE_CHECKING:
    import ssl

    import httpcore2
    import httpx2

__all__ = ["FetchLimits", "Fetching", "fetch"]

Fetching = Callable[[str, IO[bytes]], str]
"""Fetches what is at an address into a file; gives the name of it."""

MOST_REDIRECTS = 5
_MOVED = {301, 302, 303, 307, 308}
_PASSES = {408, 425, 429}
"""Refusals that may pass by themselves; so may all from 500 on."""
_KEPT_AS_THEY_ARE = {"", "identity", "gzip", "x-gzip", "zstd"}
"""Content encodings that readers of logs know from the bytes themselves."""
_PORTS = {"http": 80, "https": 443}
_POSSIBLE_PORTS = range(1, 65536)


PUBLIC_ONLY = Allowed()


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much is fetched, for how long, and from whom."""

    most_bytes: int = 4 << 30
    most_seconds: float = 900.0
    """From the first question to the last byte, redirects included."""
    allowed: Allowed = PUBLIC_ONLY
    resolve: Resolve = resolved
    certificates: "ssl.SSLContext | None" = None
    """Whom to trust; None: the authorities that everybody trusts, or those in SSL_CERT_FILE."""


USUAL = FetchLimits()


@dataclass(frozen=True, slots=True)
class _Moved:
    """Where it is said to be."""

    location: str


def fetch(url: str, into: IO[bytes], limits: FetchLimits = USUAL) -> str:
    """Fetch what is there; gives its file name.

    Raises InputError where no second try mends it, and ServiceError where one may.
    """
    asked = _checked(url)
    until = time.monotonic() + limits.most_seconds
    target = asked
    for _ in range(MOST_REDIRECTS + 1):
        found = _ask(target, into, limits, until)
        if isinstance(found, str):
            return found
        target = _onward(target, found.location)
    raise InputError(f"The event log cannot be fetched: {asked.host} redirects more than {MOST_REDIRECTS} times.")


def _checked(url: str) -> "httpx2.URL":
    """The address as it is asked. Raises InputError where logs are not fetched from such ones."""
    import httpx2

    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError, TypeError):
        raise InputError("The address of the event log cannot be read.") from None
    if parsed.scheme not in _PORTS or not parsed.host:
        raise InputError("Event logs are fetched from http and https addresses only; give one, or upload the log.")
    if parsed.userinfo:
        raise InputError("The address of the event log holds a user name: give a presigned address, or upload the log.")
    if parsed.port is not None and parsed.port not in _POSSIBLE_PORTS:
        raise InputError("The address of the event log names a port that there is not.")
    return parsed


def _onward(before: "httpx2.URL", location: str) -> "httpx2.URL":
    import httpx2

    try:
        target = _checked(str(before.join(location)))
    except (httpx2.InvalidURL, ValueError):
        raise InputError(f"{before.host} redirects to an address that cannot be read.") from None
    if before.scheme == "https" and target.scheme != "https":
        raise InputError(f"{before.host} redirects from https to http, which anybody on the way can read.")
    return target


def _ask(target: "httpx2.URL", into: IO[bytes], limits: FetchLimits, until: float) -> str | _Moved:
    """One question: the name of what was kept, or where else to ask."""
    import httpcore2

    from setpoint.intake.connections import Pinned

    port = target.port or _PORTS[target.scheme]
    addresses = addresses_of(target.host, port, limits.allowed, limits.resolve)
    # In parts: read by a second reader, an address may mean another host.
    address = httpcore2.URL(scheme=target.raw_scheme, host=target.raw_host, port=target.port, target=target.raw_path)
    with (
        _in_words(target.host),
        httpcore2.ConnectionPool(_context(limits, target), network_backend=Pinned(addresses, until)) as pool,
        pool.stream("GET", address, headers=_HEADERS) as answer,
    ):
        if answer.status in _MOVED and (location := _header(answer, "location")):
            return _Moved(location)
        _refuse(target.host, answer, limits)
        _keep(target.host, answer, into, limits)
        told = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
        return file_name(target.raw_path.decode("ascii").partition("?")[0], told)


_HEADERS = [("User-Agent", "setpoint"), ("Accept", "*/*"), ("Accept-Encoding", "identity")]


def _context(limits: FetchLimits, target: "httpx2.URL") -> "ssl.SSLContext | None":
    # Certificates take 0.1 s to load.
    if target.scheme != "https" or limits.certificates is not None:
        return limits.certificates
    import httpx2

    return httpx2.create_ssl_context()


def _refuse(host: str, answer: "httpcore2.Response", limits: FetchLimits) -> None:
    status = answer.status
    if status in _PASSES or status >= 500:  # noqa: PLR2004 - as HTTP counts
        raise ServiceError(f"The event log cannot be fetched now: {host} answered {status}.")
    if status != 200:  # noqa: PLR2004 - as HTTP counts
        raise InputError(
            f"The event log cannot be fetched: {host} answered {status}. Check that the address is right and still "
            "valid, or upload the log."
        )
    coding = _header(answer, "content-encoding").strip().lower()
    if coding not in _KEPT_AS_THEY_ARE:
        raise InputError(f"{host} sends the event log encoded as {coding[:40]!r}, which is not read here.")
    length = _header(answer, "content-length")
    if length.isascii() and length.isdigit() and int(length) > limits.most_bytes:
        raise InputError(_too_large(host, limits))


def _keep(host: str, answer: "httpcore2.Response", into: IO[bytes], limits: FetchLimits) -> None:
    size_bytes = 0
    for piece in answer.iter_stream():
        size_bytes += len(piece)
        if size_bytes > limits.most_bytes:
            raise InputError(_too_large(host, limits))
        into.write(piece)


def _too_large(host: str, limits: FetchLimits) -> str:
    return f"The event log at {host} is larger than {limits.most_bytes:,} bytes, which is the most that is fetched."


def _header(answer: "httpcore2.Response", name: str) -> str:
    values = [value for known, value in answer.headers if known.lower() == name.encode()]
    return values[0].decode("latin-1") if values else ""


@contextmanager
def _in_words(host: str) -> Iterator[None]:
    """What the library raises, as what it means; what it says itself may quote the address."""
    import httpcore2

    try:
        yield
    except httpcore2.TimeoutException:
        raise ServiceError(f"The event log cannot be fetched: {host} takes too long.") from None
    except httpcore2.ConnectError:
        raise ServiceError(f"The event log cannot be fetched: {host} cannot be reached.") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError):
        raise ServiceError(f"The event log cannot be fetched: {host} broke off in the middle of it.") from None
