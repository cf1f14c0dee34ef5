"""How a project stands: modes, what waits, who rules what; and its decisions taken again."""

from collections import Counter
from typing import Annotated

from fastapi import Query

from setpoint.core.autonomy.ladder import MODES
from setpoint.core.history import Decided
from setpoint.core.position import standing_as_data
from setpoint.core.said_before import said_rules
from setpoint.core.verification import verify
from setpoint.errors import NotFound, PlatformError
from setpoint.service import acts
from setpoint.service.access import Caller, guarded_router
from setpoint.service.api.projects import OwnProject
from setpoint.service.rooms import Here, Rooms
from setpoint.service.wire.envelope import Result
from setpoint.service.wire.standing import Standing, Verification, VerifiedTold, standing_told
from setpoint.store.rows import ProjectRow

__all__ = ["router", "standing_of", "waits_of"]

router = guarded_router("control")

MOST_VERIFIED = 20
"""Taking a decision again takes as long as taking it did."""


def waits_of(here: Rooms, project: ProjectRow) -> str | None:
    """Why the newest decision is not put in place now; as it was recorded, where its platform is not reached."""
    history = acts.history_of(here, project)
    newest = None if history is None else history.last_decided
    if history is None or newest is None or newest.id in history.applied:
        return None
    try:
        return here.loop_of(project).waits(project.stream)
    except PlatformError:
        return newest.waits or None


def standing_of(here: Rooms, asking: Caller, project: ProjectRow) -> Standing:
    """How the project stands; before its first run, what was said."""
    if acts.history_of(here, project) is None:
        modes = [text.rpartition(" ") for text in dict(said_rules(project.settings)).get("modes", ())]
        said = {kind: mode for kind, _, mode in modes}
        return Standing.model_validate({"mode": project.settings.get("mode"), "modes": said, "ladder": MODES})
    name = here.name_of(asking.account, project)
    ruled, _ = here.governance(asking.account).rulings(name)
    entries = here.ledger.read(project.stream)
    return standing_told(standing_as_data(name, entries, waits_of(here, project), ruled.rulings))


@router.get("/v1/projects/{project_id}/verification", openapi_extra={"x-refusals": ["409"]})
def verify_decisions(
    project: OwnProject,
    here: Here,
    number: Annotated[
        int | None, Query(ge=1, le=1_000_000_000, description="Of one decision, from 1; the newest without it.")
    ] = None,
    newest: Annotated[int, Query(ge=1, le=MOST_VERIFIED, description="How many of the newest are taken again.")] = 1,
) -> Result[Verification]:
    """Take decisions again from nothing but the evidence of that day, and hold them against what was recorded."""
    entries = here.ledger.read(project.stream)
    ids = [entry.id for entry in entries if isinstance(entry, Decided)]
    if number is not None and number > len(ids):
        raise NotFound(f"The project has {len(ids)} decisions; there is no {number}.")
    chosen = [ids[number - 1]] if number is not None else ids[-newest:]
    if not chosen:
        return Result(result=Verification(decisions=[], counts={}))
    loop = here.loop_of(project)
    found = verify(entries, (loop.prices,), lambda history: (loop.lessons_for(project.stream, history),), set(chosen))
    told = [
        VerifiedTold(
            number=ids.index(each.decision_id) + 1, id=each.decision_id, verdict=each.verdict, detail=each.detail
        )
        for each in found
    ]
    return Result(result=Verification(decisions=told, counts=dict(Counter(each.verdict for each in told))))
