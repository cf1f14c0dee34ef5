"""Goals, modes and freezes of a project: what its owner says."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from setpoint.core.domain import Phase
from setpoint.core.goals import parse_goal
from setpoint.core.history import Decided, Entry, GoalSet, Registered, Restricted, fold
from setpoint.core.restrictions import NO_RESTRICTIONS
from setpoint.core.windows import times_of
from setpoint.errors import InputError
from setpoint.service.access import Asking, Caller, guarded_router
from setpoint.service.api.projects import OwnProject
from setpoint.service.rooms import Here, Rooms, as_json
from setpoint.service.wire.control import Freeze, Goal, GoalChange, ModeChange
from setpoint.service.wire.envelope import Result
from setpoint.store.rows import ProjectRow

__all__ = ["router"]

router = guarded_router("goals")

USUAL_GOAL = "minimise cost"


@router.get("/v1/projects/{project_id}/goal", response_model=Result[Goal])
def get_goal(project: OwnProject, here: Here) -> Response:
    """What is wanted of the project, and how it stands."""

    def told(entries: Sequence[Entry]) -> bytes:
        return Result[Goal](result=_goal_shape(project, entries)).model_dump_json().encode()

    # Before its first run the wishes of the project's own row are told.
    wished = (project.settings.get("goal"), project.settings.get("mode"))
    return as_json(here.views.answer_from_entries(project.stream, ("goal", *wished), told))


@router.put("/v1/projects/{project_id}/goal")
def set_goal(project: OwnProject, change: GoalChange, asking: Asking, here: Here) -> Result[Goal]:
    """Set what is wanted. It is decided upon with the next run."""
    text = parse_goal(change.goal).text
    before = _goal_shape(project, here.ledger.read(project.stream))
    wanted = {"goal": text, "mode": change.mode or before.mode or "auto"}
    return Result(result=_say(here, asking, project, wanted, before))


@router.put("/v1/projects/{project_id}/mode")
def set_mode(project: OwnProject, change: ModeChange, asking: Asking, here: Here) -> Result[Goal]:
    """Set what may be done by itself; the goal stays."""
    before = _goal_shape(project, here.ledger.read(project.stream))
    wanted = {"goal": before.goal or USUAL_GOAL, "mode": change.mode}
    return Result(result=_say(here, asking, project, wanted, before))


@router.get("/v1/projects/{project_id}/freeze")
def get_freeze(project: OwnProject, here: Here) -> Result[Freeze]:
    """When nothing may be changed."""
    history = fold(here.ledger.read(project.stream))
    if history is None:
        return Result(result=Freeze(freezes=list(project.settings.get("freezes") or ())))
    return Result(result=Freeze(freezes=list(history.restrictions.freezes)))


@router.put("/v1/projects/{project_id}/freeze")
def set_freeze(project: OwnProject, freeze: Freeze, asking: Asking, here: Here) -> Result[Freeze]:
    """Set when nothing may be changed; an empty list thaws the project."""
    for text in freeze.freezes:
        try:
            times_of(text)
        except ValueError as error:
            raise InputError(f"The freeze “{text[:80]}” cannot be read: {error}.") from None
    history = fold(here.ledger.read(project.stream))
    now = NO_RESTRICTIONS if history is None else history.restrictions
    if history is not None:
        here.ledger.append(project.stream, Restricted(replace(now, freezes=tuple(freeze.freezes)), here.clock()))
    _keep(here, asking, project, {"freezes": list(freeze.freezes)})
    here.audit(asking, "freeze set", project.id, before={"freezes": list(now.freezes)}, after=freeze.model_dump())
    return Result(result=freeze)


def _say(here: Rooms, asking: Caller, project: ProjectRow, wanted: dict[str, Any], before: Goal) -> Goal:
    entries = here.ledger.read(project.stream)
    if any(isinstance(entry, Registered) for entry in entries):
        here.ledger.append(project.stream, GoalSet(wanted["goal"], wanted["mode"], here.clock()))
    kept = _keep(here, asking, project, wanted)
    here.audit(asking, "goal set", project.id, before={"goal": before.goal, "mode": before.mode}, after=wanted)
    return _goal_shape(kept, here.ledger.read(project.stream))


def _keep(here: Rooms, asking: Caller, project: ProjectRow, wishes: dict[str, Any]) -> ProjectRow:
    return here.store.projects.update(asking.account, project.id, settings={**project.settings, **wishes})


def _goal_shape(project: ProjectRow, entries: Sequence[Entry]) -> Goal:
    goal = next((entry for entry in reversed(entries) if isinstance(entry, GoalSet)), None)
    decided = next((entry for entry in reversed(entries) if isinstance(entry, Decided)), None)
    phase = decided.decision.assessment.phase if decided else Phase.LEARNING
    if goal is None:
        said, mode = project.settings.get("goal"), project.settings.get("mode")
        return Goal(goal=said, mode=mode, set_by="project", is_in_force=False, phase=phase.value)
    return Goal(goal=goal.goal, mode=goal.mode, set_by=goal.origin or "project", is_in_force=True, phase=phase.value)
