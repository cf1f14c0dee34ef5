"""Operations of people on decisions: what waits, approvals, rollbacks."""

from collections.abc import Sequence

from setpoint.client.paging import every
from setpoint.client.projects import path_of
from setpoint.client.records import document, documents
from setpoint.client.steps import Ask, Operation
from setpoint.client.told import Approved, RolledBack, Waiting

__all__ = ["approve", "listed", "roll_back", "waits"]


def listed(*, also_other: bool = False) -> "Operation[Sequence[Waiting]]":
    """What waits for a person over all projects; `also_other`: for a window, a freeze or another mode, too."""
    query = [("waits_for", "anything" if also_other else "person")]
    found = yield from every("/v1/approvals", query, "items")
    return tuple(Waiting.read(each) for each in found)


def waits(project_id: str) -> "Operation[Waiting | None]":
    """The newest decision of a project, where it is not in place, and why; None where it is."""
    found = documents((yield Ask("GET", f"{path_of(project_id)}/waits")))
    return next((Waiting.read(each) for each in found), None)


def approve(project_id: str, decision: str | None = None) -> "Operation[Approved]":
    """Put a decision in place that waits; the newest where none is named. Raises Conflict where it is out of date."""
    body = {} if decision is None else {"decision": decision}
    return Approved.read(document((yield Ask("POST", f"{path_of(project_id)}/approve", body))))


def roll_back(project_id: str, to: str | None = None, reason: str = "") -> "Operation[RolledBack]":
    """Have a spec put back at once; without `to` the known-good one."""
    body = {"reason": reason} | ({} if to is None else {"to": to})
    return RolledBack.read(document((yield Ask("POST", f"{path_of(project_id)}/rollback", body))))
