"""The names that the service answers to: a page of another site can make its own name point here (DNS rebinding)."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from setpoint.service.refusals import refusal
from setpoint.service.shield import HEADERS

__all__ = ["KnownHosts", "is_known"]

PROBES = {"/healthz", "/readyz"}
"""Whoever looks whether we are alive asks by address."""


class KnownHosts:
    """ASGI middleware: passes on what was sent to one of these names; everything where there are none."""

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app = app
        self._names = frozenset(_plain(name) for name in names if name.strip())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless it was sent to somebody else."""
        is_free = not self._names or scope["type"] != "http" or scope["path"] in PROBES
        if is_free or is_known(Headers(scope=scope).get("host", ""), self._names):
            await self._app(scope, receive, send)
            return
        message = "The service does not answer under this name: ask under one of those in its setting allowed_hosts."
        await refusal(400, "InvalidRequest", message, headers=HEADERS)(scope, receive, send)


def is_known(host: str, names: frozenset[str]) -> bool:
    """Whether a Host header names one of these; `*.example.com` stands for all below it.

    >>> known = frozenset({"a.example", "*.b.example"})
    >>> [is_known(host, known) for host in ("A.example:80", "x.b.example", "b.example")]
    [True, True, False]
    """
    bare = _plain(host)
    above = (f"*.{bare[place + 1 :]}" for place, letter in enumerate(bare) if letter == ".")
    return bool(bare) and (bare in names or any(name in names for name in above))


def _plain(host: str) -> str:
    """Without its port, and as names are compared."""
    text = host.strip().lower()
    end = text.find("]") + 1 if text.startswith("[") else text.find(":")
    return (text[:end] if end > 0 else text).rstrip(".")
