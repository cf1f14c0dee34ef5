"""Runs that are started from here: a job as it stands, or a copy of it on another cluster, submitted once.

Source: Databricks REST API, `jobs/run-now` and `jobs/runs/submit`. A run that is submitted has no job, no job clusters
and no parameters of a job.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from setpoint.errors import PlatformError
from setpoint.platforms.databricks.actuator import JobCalls, read_job
from setpoint.platforms.databricks.jobs import OurCluster, Place, update_of

__all__ = ["StartedRun", "run_job", "submit_copy", "submit_settings", "with_block"]

Json = Mapping[str, Any]
_RUN_NOW, _SUBMIT, _CREATE = "/api/2.1/jobs/run-now", "/api/2.1/jobs/runs/submit", "/api/2.1/clusters/create"
_KEPT = (
    "budget_policy_id",
    "environments",
    "environment_variables",
    "git_source",
    "health",
    "notification_settings",
    "performance_target",
    "queue",
    "run_as",
    "timeout_seconds",
    "usage_policy_id",
)
"""Settings of a job that a submitted run has too; nobody is notified of it."""
_IDLE_MINUTES = 10
"""After which a cluster that was made for several tasks ends by itself."""


@dataclass(frozen=True, slots=True)
class StartedRun:
    """A run that was started."""

    run_id: str
    cluster_id: str | None = None
    """Of the all-purpose cluster that was made for it, where several of its tasks share one."""


def run_job(calls: JobCalls, job_id: str, token: str) -> StartedRun:
    """Run a job as it stands. `token`: by it Databricks knows the same wish again, so it may be asked twice."""
    answer = calls.read(_RUN_NOW, body={"job_id": _number(job_id), "idempotency_token": token})
    return StartedRun(str(answer["run_id"]))


def submit_copy(
    calls: JobCalls, job_id: str, find: Callable[[Json], OurCluster], edit: Callable[[Json], Json], token: str
) -> StartedRun:
    """Run a copy of a job once, with another cluster in the place of the one that `find` gives.

    Raises PlatformError where the job has parameters: a copy could not be given them, and would do something else.
    """
    settings = read_job(calls, job_id)["settings"]
    ours = find(settings)
    return submit_settings(calls, with_block(settings, ours.place, edit(ours.block)), token, ours.place.key)


def with_block(settings: Json, place: Place, block: Json) -> dict[str, Any]:
    """Settings of a job with another cluster at a place, and all else as it was."""
    key = "task_key" if place.kind == "tasks" else "job_cluster_key"
    (changed,) = update_of(settings, place, block)[place.kind]
    entries = [changed if str(each[key]) == place.key else each for each in settings[place.kind]]
    return {**settings, place.kind: entries}


def submit_settings(calls: JobCalls, settings: Json, token: str, shared: str = "") -> StartedRun:
    """Run what settings of a job say, once. `shared`: the job cluster whose all-purpose stand-in is to be told.

    A submitted run cannot share job clusters, so tasks that do get an all-purpose cluster, which costs more per hour.
    """
    title = str(settings.get("name") or "a copy")
    if settings.get("parameters"):
        raise PlatformError(f"The job {title!r:.80} has parameters, which no copy can have; apply the cluster instead.")
    blocks = {each["job_cluster_key"]: each["new_cluster"] for each in settings.get("job_clusters") or ()}
    users = Counter(_inner(task).get("job_cluster_key") for task in settings.get("tasks") or ())
    made = {key: _shared(calls, block, title) for key, block in blocks.items() if users[key] > 1}
    tasks = [_with_cluster(task, blocks, made) for task in settings.get("tasks") or ()]
    kept = {key: settings[key] for key in _KEPT if settings.get(key)}
    body = kept | {"run_name": title, "tasks": tasks, "idempotency_token": token}
    found = made.get(shared) if shared else next(iter(made.values()), None)
    return StartedRun(str(calls.read(_SUBMIT, body=body)["run_id"]), found)


def _shared(calls: JobCalls, block: Json, title: str) -> str:
    """An all-purpose cluster of this kind: policies of job clusters do not hold for it."""
    kept = {key: value for key, value in block.items() if key not in ("policy_id", "apply_policy_default_values")}
    body = kept | {"cluster_name": f"{title} (a copy)"[:100], "autotermination_minutes": _IDLE_MINUTES}
    return str(calls.write(_CREATE, body)["cluster_id"])


def _with_cluster(task: Json, blocks: Json, made: Mapping[str, str]) -> dict[str, Any]:
    """The task with a cluster of its own, or with the one that was made for several."""
    dropped = ("job_cluster_key", "email_notifications", "webhook_notifications")
    inner = {key: value for key, value in _inner(task).items() if key not in dropped}
    key = str(_inner(task).get("job_cluster_key") or "")
    if key in made:
        inner["existing_cluster_id"] = made[key]
    elif key:
        inner["new_cluster"] = dict(blocks[key])
    if "for_each_task" not in task:
        return inner
    outer = {key: value for key, value in task.items() if key not in dropped}
    return outer | {"for_each_task": {**task["for_each_task"], "task": inner}}


def _inner(task: Json) -> Json:
    loop = task.get("for_each_task") or {}
    return loop.get("task") or task


def _number(job_id: str) -> int:
    if not job_id.isdecimal():
        raise PlatformError(f"{job_id!r:.40} is no id of a Databricks job; it is a number.")
    return int(job_id)
