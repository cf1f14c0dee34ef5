"""The cluster report of a run: the cluster, all its events, its tasks, and its machines where the agent wrote them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from setpoint.errors import PlatformError
from setpoint.platforms.databricks.jobs import OurCluster
from setpoint.platforms.databricks.runs import RunCalls
from setpoint.platforms.databricks.transport import CallFailed

__all__ = ["all_events", "clusters_of", "contexts_of", "report_of", "tasks_on"]

Json = Mapping[str, Any]
_CLUSTER, _EVENTS = "/api/2.0/clusters/get", "/api/2.0/clusters/events"
_MOST_EVENTS_A_PAGE, _MOST_PAGES = 500, 200
_GONE = ("INVALID_PARAMETER_VALUE", "InvalidParameterValue", "RESOURCE_DOES_NOT_EXIST", "ResourceDoesNotExist")
_GONE_TOO = ("NotFound", "BadRequest", "INVALID_STATE")


def tasks_on(run: Json, ours: OurCluster) -> tuple[str, tuple[Json, ...]]:
    """The cluster that a run had for `ours`, and its tasks on it. Raises PlatformError where it had none.

    Where retries had several clusters it is the last one.
    """
    found: list[tuple[int, str, Json]] = []
    for task in run.get("tasks") or ():
        cluster = (task.get("cluster_instance") or {}).get("cluster_id")
        if task["task_key"] in ours.tasks and cluster:
            found.append((task.get("start_time") or 0, str(cluster), task))
    if not found:
        raise PlatformError(f"Run {run.get('run_id')} never had a cluster: it ended before one was started.")
    last = max(found, key=lambda each: each[:2])[1]
    return last, tuple(task for _, cluster, task in found if cluster == last)


def contexts_of(tasks: Iterable[Json]) -> list[str]:
    """Spark contexts of tasks, each once."""
    found = (str((task.get("cluster_instance") or {}).get("spark_context_id") or "") for task in tasks)
    return list(dict.fromkeys(context for context in found if context))


def clusters_of(run: Json, ours: OurCluster) -> tuple[str, ...]:
    """All clusters that a run had for `ours`: where it was retried or repaired there may be several, and each costs."""
    tasks = (task for task in run.get("tasks") or () if task["task_key"] in ours.tasks)
    found = ((task.get("cluster_instance") or {}).get("cluster_id") for task in tasks)
    return tuple(dict.fromkeys(str(cluster) for cluster in found if cluster))


def report_of(
    calls: RunCalls, run: Json, ours: OurCluster, agent: Json | None, plan: str = "Premium"
) -> dict[str, Any]:
    """The report, in the layout of clients of 2025; `agent`: what the agent on the driver wrote, None: nothing.

    Where Databricks has forgotten the cluster, its block and the times of its tasks stand in for it.
    """
    cluster_id, tasks = tasks_on(run, ours)
    try:
        cluster = dict(calls.read(_CLUSTER, {"cluster_id": cluster_id}))
        events = list(all_events(calls, cluster_id))
    except CallFailed as failed:
        if failed.code not in _GONE + _GONE_TOO:
            raise
        cluster, events = _remembered(run, ours, cluster_id, tasks), []
    found: dict[str, Any] = {
        "plan_type": plan,
        "compute_type": "Jobs Compute",
        "cluster": cluster,
        "cluster_events": {"events": events, "total_count": len(events)},
        "tasks": list(tasks),
    }
    for member in ("instances", "instance_timelines", "timelines", "volumes"):
        if agent and agent.get(member):
            found[member] = agent[member]
    return found


def all_events(calls: RunCalls, cluster_id: str) -> Iterator[Json]:
    """Events of a cluster over all pages, oldest first."""
    asked: Json = {"cluster_id": cluster_id, "order": "ASC", "limit": _MOST_EVENTS_A_PAGE}
    for _ in range(_MOST_PAGES):
        page = calls.read(_EVENTS, body=asked)
        yield from page.get("events") or ()
        following = page.get("next_page")
        token = page.get("next_page_token")
        if following:
            asked = {**following, "cluster_id": cluster_id}
        elif token:
            asked = {"cluster_id": cluster_id, "page_token": token}
        else:
            return
    raise PlatformError(f"Cluster {cluster_id} has more than {_MOST_PAGES * _MOST_EVENTS_A_PAGE} events.")


def _remembered(run: Json, ours: OurCluster, cluster_id: str, tasks: tuple[Json, ...]) -> dict[str, Any]:
    began = min(task.get("start_time") or run["start_time"] for task in tasks)
    ended = max(task.get("end_time") or run.get("end_time") or began for task in tasks)
    times = {"start_time": began, "terminated_time": max(began, ended), "cluster_source": "JOB"}
    return {**ours.block, "cluster_id": cluster_id, **times}
