"""Who asks, and whether they may: every route of the API names the role it needs, and is closed before it is read."""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import Depends, Request
from fastapi.routing import APIRoute, APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from setpoint.errors import NotPermitted, NotSignedIn
from setpoint.service.trail import note

__all__ = ["ROLES", "Asking", "Caller", "Role", "guarded_router", "role_needed"]

LOGGER = logging.getLogger(__name__)

Role = Literal["viewer", "operator", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")
"""From the lowest to the highest."""
READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks."""

    account: str
    key: str
    """Id of the key that signed in."""
    role: Role

    def may(self, needed: Role) -> bool:
        """Whether the role is enough."""
        return ROLES.index(self.role) >= ROLES.index(needed)


Admit = Callable[[str], Caller]
"""Bearer token → who it is. Raises NotSignedIn."""

Own = Callable[[Caller, str], object]
"""The project of an id that is the caller's own. Raises NotFound."""


class _GuardedRoute(APIRoute):
    """A route that knows nobody until a token was shown: nothing of the request is read before."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        needed = role_needed(self)

        async def guarded(request: Request) -> Response:
            await run_in_threadpool(_open, request, needed)
            return await answer(request)

        return guarded


def role_needed(route: object) -> Role | None:
    """What a route asks for; None where it asks for nothing."""
    said = getattr(route, "openapi_extra", None) or {}
    return next((role for role in ROLES if said.get("x-role") == role), None)


class _GuardedRouter(APIRouter):
    """Routes that need one role to read and one to write."""

    def __init__(self, *, reads: Role, writes: Role, **options: Any) -> None:  # noqa: ANN401 - the framework's
        super().__init__(route_class=_GuardedRoute, **options)
        self._roles: tuple[Role, Role] = (reads, writes)

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401
        reads, writes = self._roles
        methods = set(options.get("methods") or ["GET"])
        role = reads if methods <= READING else writes
        # A role that the route names itself wins.
        options["openapi_extra"] = {"x-role": role} | (options.get("openapi_extra") or {})
        super().add_api_route(path, endpoint, **options)


def guarded_router(noun: str, *, reads: Role = "viewer", writes: Role = "operator") -> APIRouter:
    """A router all of whose routes need a token, and one role to read and another to write."""
    return _GuardedRouter(reads=reads, writes=writes, tags=[noun])


def _open(request: Request, needed: Role | None) -> None:
    """Who asks, whether they may, and whether the project of the path is theirs: in this order, in one go."""
    caller = _admitted(request)
    project_id = request.path_params.get("project_id")
    note(request.scope, account=caller.account, key=caller.key, project=project_id)
    if needed is None or not caller.may(needed):
        raise NotPermitted(f"This needs the role {needed}; the key {caller.key} has the role {caller.role}.")
    request.state.caller = caller
    if project_id is not None:
        own: Own = request.app.state.own_project
        request.state.project = own(caller, project_id)


def _admitted(request: Request) -> Caller:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn("No token came with the request: get one from /v1/auth/token and send it as a bearer.")
    admit: Admit = request.app.state.admit
    return admit(token.strip())


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Asking = Annotated[Caller, Depends(_caller)]
"""Parameter of a route: who asks."""
