"""`/v1/hooks/…`: where platforms call when a run has ended. A hint: what ended, the poller looks up by itself."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.concurrency import run_in_threadpool

from setpoint.errors import TooLarge
from setpoint.service.hooks import CALLER, basic
from setpoint.service.rooms import Here
from setpoint.service.trail import note
from setpoint.service.wire.envelope import MOST_LINE, Result
from setpoint.service.wire.hooks import Hint

__all__ = ["router"]

MOST_BYTES = 64 * 1024
"""Of a call; those of the platforms have about one KB."""
KEY_HEADER = "x-setpoint-key"

router = APIRouter(tags=["hooks"])

Place = Annotated[str, Path(description="The workspace's number at Databricks.", max_length=MOST_LINE)]
Region = Annotated[str, Path(description="Id of the connected region.", max_length=MOST_LINE)]
_REFUSALS = ["401", "413", "429"]
_TAKEN = Result[Hint](result=Hint(hint="taken"))


def _body(example: dict[str, object]) -> dict[str, object]:
    return {"content": {"application/json": {"schema": {"type": "object"}, "example": example}}}


@router.post(
    "/v1/hooks/databricks/{workspace_id}",
    status_code=202,
    openapi_extra={
        "x-refusals": _REFUSALS,
        "security": [{"basic": []}],
        "requestBody": _body({"event_type": "jobs.on_success", "run": {"run_id": "1"}, "job": {"job_id": "2"}}),
    },
)
async def databricks_called(workspace_id: Place, request: Request, here: Here) -> Result[Hint]:
    """A notification of Databricks, with the name and the password that were made for the workspace.

    The workspace is looked at within seconds. Nothing that the call says is read.
    """
    name, secret = basic(request.headers.get("authorization", ""))
    await _take(request, here, "databricks", workspace_id, name, secret)
    return _TAKEN


@router.post(
    "/v1/hooks/emr/{region_id}",
    status_code=202,
    openapi_extra={
        "x-refusals": _REFUSALS,
        "security": [{"hookKey": []}],
        "requestBody": _body({"source": "aws.emr", "detail-type": "EMR Cluster State Change"}),
    },
)
async def emr_called(region_id: Region, request: Request, here: Here) -> Result[Hint]:
    """An event of EventBridge, with the key that was made for the region in the header `X-Setpoint-Key`.

    The region is looked at within seconds. Nothing that the event says is read.
    """
    await _take(request, here, "emr", region_id, CALLER, request.headers.get(KEY_HEADER, ""))
    return _TAKEN


async def _take(request: Request, here: Here, kind: str, place: str, name: str, secret: str) -> None:
    address = request.client.host if request.client else "unknown"
    await run_in_threadpool(here.hooks.taken, kind, place, name, secret, address)
    note(request.scope, hint=place)
    seen = 0
    # Read, so that the caller is answered and not cut off; and forgotten.
    async for piece in request.stream():
        seen += len(piece)
        if seen > MOST_BYTES:
            raise TooLarge(f"A call has {MOST_BYTES:,} bytes at the most.")
