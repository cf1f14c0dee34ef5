"""`/v1/uploads`: where event logs are brought. No token: the ticket among the form's fields is signed by us."""

import tempfile
from typing import IO

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from setpoint.service.arrivals import UPLOADS, Ticket, arrive, read_ticket
from setpoint.service.multipart import read_form
from setpoint.service.rooms import Here
from setpoint.service.trail import note

__all__ = ["router"]


_IN_MEMORY_BYTES = 1 << 20

router = APIRouter(tags=["uploads"])

_FORM = {
    "type": "object",
    "properties": {
        "key": {"type": "string", "description": "As it was given, `${filename}` replaced by the file's name."},
        "ticket": {"type": "string", "description": "As it was given."},
        "file": {"type": "string", "contentMediaType": "application/octet-stream"},
    },
    "required": ["key", "ticket", "file"],
}


@router.post(
    UPLOADS,
    status_code=204,
    response_class=Response,
    openapi_extra={
        "x-refusals": ["401", "404", "422"],
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": _FORM,
                    "example": {"key": "5f0c…/eventlog.zip", "ticket": "eyJ…", "file": "(bytes)"},
                }
            },
        },
    },
)
async def upload(request: Request, here: Here) -> Response:
    """Bring an event log: all fields of `upload_details` first, then the part `file`. The answer is empty."""
    scratch = None if here.options.scratch is None else str(here.options.scratch)
    shown: list[Ticket] = []

    def opening(fields: dict[str, str], file_name: str) -> IO[bytes]:
        ticket = read_ticket(here, fields, file_name)
        note(request.scope, account=ticket.account, upload=ticket.arrival.id)
        shown.append(ticket)
        return tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, dir=scratch)

    content = await read_form(request.headers.get("content-type", ""), request.stream(), opening)
    with content:
        await run_in_threadpool(arrive, here, shown[0], content)
    return Response(status_code=204)
