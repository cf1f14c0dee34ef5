"""Which cluster a command means: the project's by its tag, the one at the project's path, else the only one."""

from collections.abc import Mapping, Sequence
from typing import Any

from setpoint.client.clouds import RunQuery
from setpoint.errors import PlatformError
from setpoint.platforms.databricks.jobs import PROJECT_TAGS, OurCluster, Place, cluster_of
from setpoint.platforms.databricks.runs import RunCalls

__all__ = ["chosen_cluster", "project_cluster", "without_tasks"]

Json = Mapping[str, Any]
_CLUSTER = "/api/2.0/clusters/get"
_NOBODY = "no project"
"""A tag that no cluster has."""


def without_tasks(run: Json, excluded: Sequence[str]) -> dict[str, Any]:
    """The run without some tasks, and without the clusters that only they had. Raises PlatformError for others."""
    unknown = sorted(set(excluded) - {str(task["task_key"]) for task in run.get("tasks") or ()})
    if unknown:
        raise PlatformError(f"Run {run.get('run_id')} has no task {', '.join(unknown)} that could be left out.")
    if not excluded:
        return dict(run)
    tasks = [task for task in run.get("tasks") or () if task["task_key"] not in excluded]
    used = {_inner(task).get("job_cluster_key") for task in tasks}
    clusters = [each for each in run.get("job_clusters") or () if each["job_cluster_key"] in used]
    return {**run, "tasks": tasks, "job_clusters": clusters}


def chosen_cluster(calls: RunCalls, run: Json, query: RunQuery) -> OurCluster:
    """The cluster of a run that is asked for. Raises PlatformError with the reason where none is."""
    shared = [str(task["existing_cluster_id"]) for task in run.get("tasks") or () if task.get("existing_cluster_id")]
    if shared and not _blocks(run):
        return _all_purpose(calls, run, sorted(set(shared)))
    return project_cluster(run, query.project_id or "", query.cluster_path)


def project_cluster(settings: Json, project_id: str, path: str = "") -> OurCluster:
    """The cluster of a job or a run for a project; without one, the only cluster, whoever's it is by its tag."""
    blocks = _blocks(settings)
    owner = project_id or (_tag(blocks[0]) if len(blocks) == 1 else "")
    return cluster_of(settings, owner or _NOBODY, path)


def _all_purpose(calls: RunCalls, run: Json, clusters: Sequence[str]) -> OurCluster:
    if len(clusters) > 1:
        raise PlatformError(
            f"Run {run.get('run_id')} used several all-purpose clusters ({', '.join(clusters)}); leave out tasks "
            "with --exclude-task until one is left."
        )
    keys = [str(task["task_key"]) for task in run.get("tasks") or () if task.get("existing_cluster_id")]
    block = calls.read(_CLUSTER, {"cluster_id": clusters[0]})
    return OurCluster(Place("tasks", keys[0]), block, tuple(keys))


def _blocks(settings: Json) -> list[Json]:
    tasks = [_inner(task) for task in settings.get("tasks") or ()]
    entries = [*(settings.get("job_clusters") or ()), *tasks]
    return [each["new_cluster"] for each in entries if each.get("new_cluster")]


def _tag(block: Json) -> str:
    tags = block.get("custom_tags") or {}
    return next((str(tags[tag]) for tag in PROJECT_TAGS if tags.get(tag)), "")


def _inner(task: Json) -> Json:
    loop = task.get("for_each_task") or {}
    return loop.get("task") or task
