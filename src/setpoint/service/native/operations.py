"""For those who run the service: is it alive, is it ready, its numbers; and the API's own description."""

import msgspec
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from setpoint.errors import NotPermitted, SetpointError
from setpoint.service.loopback import is_loopback
from setpoint.service.metrics import CONTENT_TYPE
from setpoint.service.refusals import refusal
from setpoint.service.rooms import Here

__all__ = ["add_description", "router"]

router = APIRouter(tags=["operations"])

_ALIVE = {"application/json": {"schema": {"type": "object"}, "example": {"status": "ok"}}}

_NUMBERS = {"text/plain": {"schema": {"type": "string"}, "example": "setpoint_requests_total 1"}}


@router.get("/healthz", responses={200: {"content": _ALIVE}}, response_class=Response)
async def healthz() -> Response:
    """Whether the process answers."""
    return Response(b'{"status":"ok"}', media_type="application/json")


@router.get("/readyz", responses={200: {"content": _ALIVE}}, response_class=Response)
def readyz(here: Here) -> Response:
    """Whether the database answers too, so that requests can be served."""
    try:
        here.store.check()
    except SetpointError as error:
        return refusal(503, "Unavailable", str(error))
    return Response(b'{"status":"ok"}', media_type="application/json")


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": _NUMBERS}},
    openapi_extra={"x-refusals": ["401", "403"]},
)
def metrics(request: Request, here: Here) -> Response:
    """Numbers for Prometheus: to this machine, or with a token; to everybody only where that was set."""
    address = request.client.host if request.client else ""
    if not here.options.metrics_are_open and not (is_loopback(address) and not _is_proxied(request)):
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise NotPermitted("Metrics are shown to this machine, or with a token.")
        here.gate.admit(token)
    return Response(here.metrics.text(), headers={"Content-Type": CONTENT_TYPE})


def _is_proxied(request: Request) -> bool:
    """Whether somebody else may stand behind an address of this machine."""
    return any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip"))


def add_description(app: FastAPI) -> None:
    """Serve the OpenAPI document."""

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        return Response(msgspec.json.encode(app.openapi()), media_type="application/json")
