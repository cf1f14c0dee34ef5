"""The trail of a request: its id, one line in the log, its numbers in the metrics. No body and no secret is in it."""

import logging
import re
import time
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from setpoint.logbook import about, frames_of
from setpoint.service.metrics import Metrics
from setpoint.service.refusals import refusal
from setpoint.service.shield import HEADERS

__all__ = ["Trail", "note", "request_id"]

LOGGER = logging.getLogger("setpoint.requests")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NOTED = "setpoint.noted"
_GONE = 499
"""As proxies call it: whoever asked went away before the end of their request."""
_LONGEST = 100
_CURRENT: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """Of the request at hand; empty outside of one."""
    return _CURRENT.get()


def note(scope: MutableMapping[str, Any], **facts: str | None) -> None:
    """Have something said in the log line of this request."""
    scope.setdefault(_NOTED, {}).update({name: value[:_LONGEST] for name, value in facts.items() if value})


class Trail:
    """ASGI middleware, outermost: whatever happens inside, there is an answer, a line and a number."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and follow it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        # Another's id is taken over where it can stand in a log.
        identity = given if _ID.fullmatch(given) else uuid4().hex
        mark = _CURRENT.set(identity)
        note(scope, request=identity)
        begun, status = time.perf_counter(), 0

        async def answering(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = identity
            await send(message)

        try:
            with about(request=identity):
                await self._app(scope, receive, answering)
        except ClientDisconnect:
            status = status or _GONE
        except Exception as error:  # noqa: BLE001 - the last frame of ours
            facts = {"frames": frames_of(error)}
            LOGGER.error("a request failed: %s", type(error).__name__, extra={"facts": facts})  # noqa: TRY400 - no text
            if status:
                return  # the beginning of an answer is out: the connection is closed in the middle of it
            message = f"The service failed on this request; its log says more under {identity}."
            await refusal(500, "Defect", message, headers=HEADERS)(scope, receive, answering)
        finally:
            self._told(scope, status, time.perf_counter() - begun)
            _CURRENT.reset(mark)

    def _told(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or "none"
        self._metrics.answered(scope["method"], route, status, seconds)
        LOGGER.info(
            "%s %s %s",
            scope["method"],
            route,
            status,
            extra={
                "facts": {
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "milliseconds": round(seconds * 1000, 1),
                    **scope.get(_NOTED, {}),
                }
            },
        )
