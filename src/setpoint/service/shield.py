"""What stands before the routes: how large a request may be, and what every answer tells a browser."""

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from setpoint.service.refusals import refusal

__all__ = ["HEADERS", "Shield"]

HEADERS = {
    # The chart library writes style elements; scripts come from here only and none is inline.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_TRANSPORT = "max-age=31536000"


class Shield:
    """ASGI middleware: bounds the body of a request, also one that does not say its length; sets the headers."""

    def __init__(self, app: ASGIApp, most_bytes: int, most_by_path: Mapping[str, int]) -> None:
        self._app = app
        self._most_bytes = most_bytes
        self._most_by_path = dict(most_by_path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless it is too large."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._most_by_path.get(scope["path"], self._most_bytes)
        seen = 0

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                _with_headers(MutableHeaders(scope=message), scope["scheme"])
            await send(message)

        async def receiving() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise HTTPException(413, _too_large(most))  # the framework passes this kind on as it is
            return message

        if _declared(scope) > most:
            await refusal(413, "TooLarge", f"{_too_large(most)}.")(scope, receive, sending)
            return
        await self._app(scope, receiving, sending)


def _with_headers(headers: MutableHeaders, scheme: str) -> None:
    headers.update(HEADERS)
    if scheme == "https":
        headers["Strict-Transport-Security"] = _TRANSPORT
    headers.setdefault("Cache-Control", "no-store")


def _too_large(most: int) -> str:
    return f"The request is larger than {most:,} bytes, which is the most that is taken here"


def _declared(scope: Scope) -> int:
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else 0
