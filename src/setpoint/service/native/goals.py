"""`/v1/goals`, and goal, mode and description of a project: what its owner says."""

from collections.abc import Sequence

from starlette.responses import Response

from setpoint.core.goals import METRICS, PREFERENCES, parse_goal
from setpoint.core.goals.told import metric_as_data
from setpoint.core.history import Decided, Entry, GoalSet
from setpoint.core.said_before import said_described
from setpoint.service import acts
from setpoint.service.access import Asking, guarded_router
from setpoint.service.api.projects import OwnProject
from setpoint.service.native.standing import standing_of
from setpoint.service.rooms import Here, as_json
from setpoint.service.wire.acts import Description, DescriptionChange
from setpoint.service.wire.control import Goal, GoalChange
from setpoint.service.wire.envelope import Result
from setpoint.service.wire.standing import Metric, Metrics, ModeChange, Standing
from setpoint.store.rows import ProjectRow

__all__ = ["router"]

router = guarded_router("goals")


@router.get("/v1/goals")
def list_metrics() -> Result[Metrics]:
    """What a goal may name: all metrics, how each is written, and what has to be known before it counts."""
    metrics = [Metric.model_validate(metric_as_data(each)) for each in METRICS.values()]
    return Result(result=Metrics(metrics=metrics, preferences=dict(PREFERENCES)))


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
    """Set what is wanted. It is decided upon with the next run, or when a recommendation is asked for."""
    kept = acts.set_goal(here, asking, project, parse_goal(change.goal).text, change.mode)
    return Result(result=_goal_shape(kept, here.ledger.read(project.stream)))


@router.get("/v1/projects/{project_id}/mode")
def get_mode(project: OwnProject, asking: Asking, here: Here) -> Result[Standing]:
    """What may be done by itself, what waits and why, who says so, and what trying has cost."""
    return Result(result=standing_of(here, asking, project))


@router.put("/v1/projects/{project_id}/mode")
def set_mode(project: OwnProject, change: ModeChange, asking: Asking, here: Here) -> Result[Standing]:
    """Set what may be done by itself, also for single kinds of change; the goal stays."""
    kept = acts.set_mode(here, asking, project, change.mode, change.modes)
    return Result(result=standing_of(here, asking, kept))


@router.get("/v1/projects/{project_id}/description")
def get_description(project: OwnProject, here: Here) -> Result[Description]:
    """Whose the project is, its tags, and whether it may be run twice."""
    history = acts.history_of(here, project)
    said = said_described(project.settings, here.clock()) if history is None else history.described
    known = {"owner": "", "tags": {}, "is_idempotent": None} if said is None else acts.description(said)
    return Result(result=Description.model_validate(known))


@router.put("/v1/projects/{project_id}/description")
def set_description(project: OwnProject, change: DescriptionChange, asking: Asking, here: Here) -> Result[Description]:
    """Say whose the project is, its tags, and whether running it twice does no harm. Policies select by these."""
    said = acts.describe(here, asking, project, change.owner, change.tags, is_idempotent=change.is_idempotent)
    return Result(result=Description.model_validate(acts.description(said)))


def _goal_shape(project: ProjectRow, entries: Sequence[Entry]) -> Goal:
    goal = next((entry for entry in reversed(entries) if isinstance(entry, GoalSet)), None)
    decided = next((entry for entry in reversed(entries) if isinstance(entry, Decided)), None)
    phase = "LEARNING" if decided is None else decided.decision.assessment.phase.value
    if goal is None:
        said, mode = project.settings.get("goal"), project.settings.get("mode")
        return Goal(goal=said, mode=mode, set_by="project", is_in_force=False, phase=phase)
    return Goal(goal=goal.goal, mode=goal.mode, set_by=goal.origin or "project", is_in_force=True, phase=phase)
