"""This machine only: which addresses are it, and what every answer says to the browser to keep it so."""

import ipaddress
import logging
from collections.abc import Awaitable, Callable

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Refuse", "guard", "is_loopback"]

LOGGER = logging.getLogger(__name__)

HEADERS = {
    # The chart library writes style elements; scripts come from here only and none is inline.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}

Refuse = Callable[[Request, int, str], Response]
Next = Callable[[Request], Awaitable[Response]]


def is_loopback(host: str) -> bool:
    """Whether a name or an address means this machine and nothing else.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "evil.example")]
    [True, True, True, False, False]
    """
    bare = host.strip("[]").lower()
    try:
        return bare == "localhost" or ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def guard(refuse: Refuse) -> Callable[[Request, Next], Awaitable[Response]]:
    """Middleware: only loopback names get an answer, every answer carries the headers, no traceback leaves.

    A page of another site can make its own name point to 127.0.0.1 (DNS rebinding) and read what is served there;
    its requests still carry that name as `Host`.
    """

    async def answer(request: Request, call_next: Next) -> Response:
        if not is_loopback(_host_name(request.headers.get("host", ""))):
            sentence = (
                "This dashboard answers only to 127.0.0.1, localhost and [::1]; open it under one of these names."
            )
            response = refuse(request, 400, sentence)
        else:
            try:
                response = await call_next(request)
            except Exception as error:  # noqa: BLE001 - the last frame of ours: the user gets a sentence
                LOGGER.error("The dashboard failed on %s: %r", request.url.path, error)  # noqa: TRY400 - one line
                response = refuse(request, 500, "The dashboard failed on this page; what it was stands in its log.")
        MutableHeaders(raw=response.raw_headers).update(HEADERS)
        return response

    return answer


def _host_name(host: str) -> str:
    """The header without its port."""
    end = host.find("]") + 1 if host.startswith("[") else host.find(":")
    return host[:end] if end > 0 else host
