"""One question to a server behind https:, answered with JSON of bounded size. Redirects are refused, not followed."""

import http.client
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from setpoint.errors import EventLogError, InputError, PlatformError
from setpoint.sources.https import PublicConnection
from setpoint.sources.limits import Limits

__all__ = ["Connect", "PrivateConnection", "ask"]

MOST_BYTES = 32 * 1024 * 1024
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
) -> bytes:
    """What a server answers.

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


def _content(answer: http.client.HTTPResponse, host: str) -> bytes:
    if answer.status != _OK:
        raise PlatformError(f"https://{host} answers {answer.status} {answer.reason}.")
    content = answer.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise PlatformError(f"https://{host} answers with more than {MOST_BYTES // 1024**2} MiB, so it was stopped.")
    return content
