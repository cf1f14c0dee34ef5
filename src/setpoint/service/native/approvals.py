"""`/v1/approvals`, and what people do to one project: look at what waits, approve it, have a spec put back."""

from typing import Annotated, Literal

from fastapi import Query

from setpoint.errors import NotFound
from setpoint.service import acts
from setpoint.service.access import Asking, guarded_router
from setpoint.service.api.projects import OwnProject
from setpoint.service.native.standing import waits_of
from setpoint.service.rooms import Here, Rooms
from setpoint.service.waiting import Waiting, waiting, waiting_of
from setpoint.service.wire.acts import Approval, Approved, RollbackWish, RolledBack, WaitingTold
from setpoint.service.wire.envelope import FEW, Items, Page, PerPage, Result
from setpoint.store.rows import ProjectRow

__all__ = ["router"]

router = guarded_router("control")


@router.get("/v1/approvals")
def list_approvals(
    asking: Asking,
    here: Here,
    waits_for: Annotated[
        Literal["person", "anything"], Query(description="`anything`: also a window, a freeze, or another mode.")
    ] = "person",
    page: Page = 0,
    per_page: PerPage = FEW,
) -> Items[WaitingTold]:
    """What waits for a person, over all projects of the account, the oldest first."""
    found = [each for each in waiting(here, asking.account) if waits_for == "anything" or each.needs_approval]
    shown = found[page * per_page : (page + 1) * per_page]
    return Items(
        items=[_told(each, each.waits) for each in shown],
        next_page=page + 1 if len(found) > (page + 1) * per_page else None,
    )


@router.get("/v1/projects/{project_id}/waits")
def get_waits(project: OwnProject, asking: Asking, here: Here) -> Result[list[WaitingTold]]:
    """Why the newest decision is not put in place; an empty list where it is, or where it changes nothing."""
    found = waiting_of(here, project, here.name_of(asking.account, project))
    return Result(result=[] if found is None else [_told(found, waits_of(here, project) or found.waits)])


@router.post("/v1/projects/{project_id}/approve", openapi_extra={"x-refusals": ["409"]})
def approve_decision(project: OwnProject, approval: Approval, asking: Asking, here: Here) -> Result[Approved]:
    """Put a decision in place that waits for a person. One that the evidence no longer calls for is a conflict."""
    decision = approval.decision or (None if approval.number is None else _of_number(here, project, approval.number))
    approved, waits = acts.approve(here, asking, project, decision)
    history = acts.history_of(here, project)
    spec = "" if history is None else str(history.spec)
    return Result(result=Approved(decision=approved, by=acts.who(here, asking), spec=spec, waits=waits))


@router.post("/v1/projects/{project_id}/rollback", openapi_extra={"x-refusals": ["409"]})
def roll_back(project: OwnProject, wish: RollbackWish, asking: Asking, here: Here) -> Result[RolledBack]:
    """Have a spec put back at once, whatever the mode, the windows and the freezes."""
    done = acts.roll_back(here, asking, project, wish.to, wish.reason)
    return Result(
        result=RolledBack(spec=str(done.spec), left=str(done.left), by=done.by, reason=done.reason, at=done.at)
    )


def _of_number(here: Rooms, project: ProjectRow, number: int) -> str:
    decisions = here.views.of(project.stream).decisions
    if number > len(decisions):
        raise NotFound(f"The project has {len(decisions)} decisions; there is no {number}.")
    return decisions[number - 1].id


def _told(each: Waiting, waits: str) -> WaitingTold:
    return WaitingTold(
        project_id=each.project.id,
        project=each.name,
        decision=each.decided.id,
        at=each.decided.at,
        title=f"Change to {each.to_spec}",
        reason=each.decided.decision.reason,
        from_spec=str(each.decided.based_on),
        to_spec=each.to_spec,
        waits=waits,
        needs_approval=each.needs_approval,
        saved_dollars=each.saved_dollars,
        miss_risk=each.miss_risk,
    )
