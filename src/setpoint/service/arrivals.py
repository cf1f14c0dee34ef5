"""Event logs on their way: fetched from an address, or brought with a ticket; then the run is looked at."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import IO, Literal
from urllib.parse import urlsplit

from starlette.requests import Request

from setpoint.errors import Conflict, InputError, NotFound, NotSignedIn
from setpoint.service.access import Caller
from setpoint.service.rooms import Rooms
from setpoint.service.wire.uploads import UploadDetails

__all__ = ["UPLOADS", "Arrival", "Ticket", "arrive", "begin", "check_address", "read_ticket"]

UPLOADS = "/v1/uploads"
VALID = timedelta(hours=6)
"""How long a log may be on its way; clients bring it at once."""
LONGEST_NAME = 255

Kind = Literal["prediction", "submission"]
KINDS: tuple[Kind, ...] = ("prediction", "submission")
_FILE_NAME = "${filename}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """What an event log belongs to, and its address where it is to be fetched."""

    kind: Kind
    id: str
    project: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """Leave to bring one event log."""

    account: str
    key: str
    arrival: Arrival
    file_name: str


def check_address(url: str | None) -> None:
    """Raises InputError where logs are not fetched from such an address, whatever is there."""
    if url is None:
        return
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InputError("The address of the event log cannot be read.") from None
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        raise InputError("Event logs are fetched from http and https addresses only; give one, or upload the log.")
    if parts.username is not None or parts.password is not None:
        raise InputError("The address of the event log holds a user name: give a presigned address, or upload the log.")


def begin(here: Rooms, asking: Caller, arrival: Arrival, request: Request) -> UploadDetails | None:
    """Have the log fetched; or say how it is brought."""
    if arrival.url is not None:
        here.enqueue(asking.account, arrival.kind, arrival.id, arrival.project)
        return None
    claims = {
        "account": asking.account,
        "key": asking.key,
        "kind": arrival.kind,
        "id": arrival.id,
        "project": arrival.project,
    }
    ticket = here.identity.tickets.issue(claims, VALID)
    address = (here.options.public_url or str(request.base_url)).rstrip("/")
    return UploadDetails(url=f"{address}{UPLOADS}", fields={"key": f"{arrival.id}/{_FILE_NAME}", "ticket": ticket})


def read_ticket(here: Rooms, fields: dict[str, str], file_name: str) -> Ticket:
    """What the ticket allows. Raises NotSignedIn where it is not ours or too old."""
    if "ticket" not in fields:
        raise NotSignedIn("The form has no ticket before its file: send the fields of upload_details first.")
    claims = here.identity.tickets.read(fields["ticket"])
    key = here.store.keys.find(str(claims.get("key", "")))
    if key is None or key.revoked_at is not None:
        raise NotSignedIn("The key that this ticket was made with was revoked.")
    kind = next((known for known in KINDS if known == claims.get("kind")), None)
    if kind is None:
        raise NotSignedIn("This ticket is for something else.")
    project = claims["project"]
    arrival = Arrival(kind, str(claims["id"]), None if project is None else str(project))
    named = PurePosixPath(fields.get("key", "")).name
    # Clients put the name into the key and call the file itself `upload`.
    name = named if named and named != _FILE_NAME else PurePosixPath(file_name).name or "eventlog"
    if name in {".", ".."}:
        name = "eventlog"
    return Ticket(str(claims["account"]), str(claims["key"]), arrival, name[-LONGEST_NAME:])


def arrive(here: Rooms, ticket: Ticket, content: IO[bytes]) -> None:
    """Keep a log that was brought, and have its run looked at. A second one for the same run changes nothing."""
    account, arrival = ticket.account, ticket.arrival
    if here.store.uploads.get(account, arrival.id) is None:
        _keep(here, ticket, content)
    # Also where it was kept already: we may have been killed between the one and the other.
    here.enqueue(account, arrival.kind, arrival.id, arrival.project)


def _keep(here: Rooms, ticket: Ticket, content: IO[bytes]) -> None:
    account, arrival = ticket.account, ticket.arrival
    if arrival.kind == "prediction":
        row: object = here.store.predictions.get(account, arrival.id)
    else:
        row = here.store.submissions.get(account, arrival.project or "", arrival.id)
    if row is None:
        raise NotFound("What this event log belongs to is not there any more.")
    artefact = here.artefacts.write(content, ticket.file_name)
    try:
        here.store.uploads.add(account, arrival.id, artefact=artefact, file_name=ticket.file_name)
    except Conflict:  # the same log arrived twice at once, and the other one was kept
        here.artefacts.remove(artefact)
