"""One question to a server behind https:, answered with JSON of bounded size. Redirects are refused, not followed."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from urllib.parse import urlsplit

from setpoint.errors import EventLogError, InputError, PlatformError
from setpoint.sources.https import PublicConnection
from setpoint.sources.limits import Limits

__all__ = ["Connect", "PrivateConnection", "ask"]

MOST_BYTES = 32 * 1024 * 1024
WHOLE_SECONDS = 300.0
"""For a whole answer, however steadily it drips."""
_CHUNK_BYTES = 64 * 1024
_OK = 200
_HTTPS_PORT = 443

Connect = Callable[[str, int, Limits], http.client.HTTPConnection]


class PrivateConnection(PublicConnection):
    """To a server that the user named: it may well be in their own network."""

    def __init__(self, host: str, port: int, limits: Limits) -> None:
        super().__init__(host, port, Limits(timeout_seconds=limits.timeout_seconds, reaches_private_addresses=True))


def ask(
    url: str,
    connect: Connect = PublicConnection,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout_seconds: float = 60.0,
    whole_seconds: float = WHOLE_SECONDS,
) -> bytes:
    """What a server answers: it may be silent for `timeout_seconds`, and take `whole_seconds` in all.

    Raises:
        InputError: it is no https address.
        PlatformError: the server refuses, cannot be reached or says too much. The text holds no header.
    """
    try:
        address = urlsplit(url)
        host, port = address.hostname, address.port or _HTTPS_PORT
    except ValueError:
        address, host, port = urlsplit(""), None, 0
    if address.scheme != "https" or not host:
        raise InputError(f"“{url[:200]}” is no https: address.")
    try:
        connection = connect(host, port, Limits(timeout_seconds=timeout_seconds))
        try:
            with _deadline(connection, host, whole_seconds):
                target = (address.path or "/") + (f"?{address.query}" if address.query else "")
                sent = {"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})}
                connection.request("GET" if body is None else "POST", target, body=body, headers=sent)
                with connection.getresponse() as answer:
                    return _content(answer, host)
        finally:
            connection.close()
    except EventLogError as error:
        raise PlatformError(str(error)) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise PlatformError(f"https://{host} cannot be reached: {reason}.") from None


@contextmanager
def _deadline(connection: http.client.HTTPConnection, host: str, seconds: float) -> Iterator[None]:
    """Ends what is read from the server when the time is over: timeouts of sockets begin anew with every byte."""
    connection.connect()
    plain: socket.socket = connection.sock
    is_over = threading.Event()

    def end() -> None:
        is_over.set()
        with suppress(OSError):
            # Of the plain socket, as that of TLS would pull its state away from the reader.
            socket.socket.shutdown(plain, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    said = f"https://{host} has not answered whole after {seconds:g} s, so it was stopped."
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError, PlatformError):
        if is_over.is_set():
            raise PlatformError(said) from None
        raise
    else:
        # Without a length, what was cut off looks whole.
        if is_over.is_set():
            raise PlatformError(said)
    finally:
        timer.cancel()


def _content(answer: http.client.HTTPResponse, host: str) -> bytes:
    if answer.status != _OK:
        # The server's own words for it could hold anything.
        raise PlatformError(f"https://{host} answers {answer.status} {_phrase(answer.status)}".rstrip() + ".")
    content = bytearray()
    while chunk := answer.read1(_CHUNK_BYTES):
        content += chunk
        if len(content) > MOST_BYTES:
            raise PlatformError(
                f"https://{host} answers with more than {MOST_BYTES // 1024**2} MiB, so it was stopped."
            )
    if answer.length:
        raise PlatformError(f"https://{host} breaks off: {answer.length} bytes are missing.")
    return bytes(content)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
