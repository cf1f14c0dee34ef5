"""A recommendation: what the loop decided for a project's next run, as its platform writes a cluster."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from setpoint.core.autonomy.ladder import kinds_of, mode_of
from setpoint.core.autonomy.staleness import stale
from setpoint.core.domain import Recommendation
from setpoint.core.enrolment import FetchedCluster, fetched, fetched_again
from setpoint.core.history import Decided, History
from setpoint.core.windows import closed
from setpoint.errors import InputError
from setpoint.loop import Loop
from setpoint.processing.control import Control
from setpoint.processing.worker import Postponed
from setpoint.store import Store
from setpoint.store.rows import ProjectRow, RecommendationRow, SubmissionRow, TaskRow
from setpoint.store.tasks import Change

__all__ = ["Recommending"]

WAITS = timedelta(minutes=10)
"""How long a recommendation waits for submissions that came before it and are still worked on."""
LOOK_AGAIN_SECONDS = 0.25


class Recommending:
    """Works on tasks of the kind `recommendation`."""

    def __init__(self, store: Store, control: Control) -> None:
        self._store, self._control = store, control

    def __call__(self, task: TaskRow) -> tuple[Change, ...]:
        """What becomes of the recommendation. Raises Postponed while runs that came before are worked on."""
        row = self._store.recommendations.find(task.account_id, str(task.payload["id"]))
        project = None if row is None else self._store.projects.get(task.account_id, row.project_id)
        if row is None or project is None:
            return self.give_up(task, "The project was deleted.")
        if self._control.clock() - row.created_at < WAITS and self._store.submissions.is_awaited(
            row.account_id, project.id, row.created_at
        ):
            raise Postponed(LOOK_AGAIN_SECONDS)
        try:
            return (Change("recommendations", row.id, self._values(row, project)),)
        except InputError as error:
            return self.give_up(task, str(error))

    def give_up(self, task: TaskRow, error: str) -> tuple[Change, ...]:
        """What becomes of it where there is none."""
        return (Change("recommendations", str(task.payload["id"]), {"state": "FAILURE", "error": error}),)

    def _values(self, row: RecommendationRow, project: ProjectRow) -> dict[str, Any]:
        run = self._newest(project)
        loop = self._control.enrol(project, run)
        loop.tick(project.stream)
        history = loop.state(project.stream).history
        decided = history.last_decided
        if decided is None:
            raise InputError("The project is only measured (mode observe): nothing is decided for it.")
        cluster = _cluster(loop, project, decided, run, _tags(row, project))
        made = {
            "metrics": _metrics(cluster),
            "configuration": _overridden(cluster.configuration, project.settings.get("hardware_override")),
            "prediction_params": _parameters(project),
        }
        context = _context(run, history, decided)
        return {"state": "SUCCESS", "error": None, "recommendation": made, "context": context}

    def _newest(self, project: ProjectRow) -> SubmissionRow:
        found = self._store.submissions.newest(project.account_id, project.id)
        if found is not None:
            return found
        failed = self._store.submissions.list(project.account_id, project.id, per_page=1)
        why = f": the last one failed. {failed[0].error}" if failed and failed[0].error else "."
        raise InputError(f"No run of the project could be used yet{why}")


def _cluster(
    loop: Loop, project: ProjectRow, decided: Decided, run: SubmissionRow, tags: Mapping[str, str]
) -> FetchedCluster:
    """The decided cluster; the present one where the decision waits for something else than to be fetched."""
    is_held_back = _is_held_back(loop, project, decided)
    found = fetched(decided.decision, run.report, run.product_code, loop.prices, tags, is_held_back=is_held_back)
    if found is None:
        # What a person has put back is to be fetched before anything is predicted for it.
        history = loop.state(project.stream).history
        found = fetched_again(history.spec, history.runs, run.report, run.product_code, tags)
    if found is None:
        raise InputError(f"Nothing can be recommended yet: {decided.decision.reason}.")
    return found


def _is_held_back(loop: Loop, project: ProjectRow, decided: Decided) -> bool:
    """Whether somebody has to say a word, or a time has to come. Who asks after an old run knows that it is old."""
    history, decision, now = loop.state(project.stream).history, decided.decision, loop.clock()
    if not isinstance(decision, Recommendation):
        return False
    if mode_of(history, kinds_of(decided.based_on, decision.spec, is_rescue=decision.rescue)) == "propose":
        return False
    waits_for = loop.waits(project.stream)
    is_closed = closed(history.restrictions, now, is_rescue=decision.rescue) is not None
    return is_closed or waits_for not in {None, stale(history.runs, now)}


def _tags(row: RecommendationRow, project: ProjectRow) -> dict[str, str]:
    return {
        "sync:project-id": project.id,
        "sync:recommendation-id": row.id,
        "sync:tenant-id": row.account_id,
    }


def _metrics(cluster: FetchedCluster) -> dict[str, float]:
    return {
        "spark_duration_minutes": cluster.minutes,
        "spark_cost_requested_usd": cluster.dollars,
        "spark_cost_lower_usd": cluster.least_dollars,
        "spark_cost_midpoint_usd": cluster.dollars,
        "spark_cost_upper_usd": cluster.most_dollars,
    }


def _overridden(configuration: Mapping[str, Any], override: object) -> dict[str, Any]:
    """What the owner keeps as it is, merged over it."""
    merged = dict(configuration)
    for name, value in (override if isinstance(override, Mapping) else {}).items():
        before = merged.get(name)
        is_deep = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[name] = _overridden(before, value) if is_deep else value  # type: ignore[arg-type]  # checked
    return merged


def _parameters(project: ProjectRow) -> dict[str, Any]:
    usual = {
        "sla_minutes": 0,
        "force_ondemand_workers": False,
        "force_ondemand_basis": False,
        "fix_worker_family": False,
        "fix_driver_type": False,
        "fix_scaling_type": False,
    }
    return {**usual, **(project.settings.get("prediction_params") or {})}


def _context(run: SubmissionRow, history: History, decided: Decided) -> dict[str, Any]:
    """One run that succeeded is all that has to be learned before anything is decided."""
    learned = any(each.succeeded and each.profile is not None for each in history.runs)
    return {
        "latest_submission_id": run.id,
        "phase": decided.decision.assessment.phase.value,
        "current_learning_iteration": int(learned),
        "total_learning_iterations": 1,
    }
