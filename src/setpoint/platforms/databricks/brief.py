"""What is kept of a run while its log is waited for, and its report from that with a single call.

The block of the cluster is in the run; the events tell when its machines were there. `clusters/get` would add nothing
that a report is read for.
"""

from collections.abc import Mapping
from typing import Any

from setpoint.platforms.databricks.jobs import OurCluster
from setpoint.platforms.databricks.report import all_events, tasks_on
from setpoint.platforms.databricks.runs import RunCalls
from setpoint.platforms.databricks.transport import CallFailed

__all__ = ["brief", "brief_report", "is_over"]

Json = Mapping[str, Any]
_OF_RUN = (
    "run_id", "job_id", "run_name", "run_type", "start_time", "end_time", "state", "status", "job_clusters",
    "repair_history",
)  # fmt: skip
_OF_TASK = (
    "task_key", "run_id", "attempt_number", "start_time", "end_time", "setup_duration", "execution_duration",
    "cleanup_duration", "state", "cluster_instance", "job_cluster_key", "new_cluster", "existing_cluster_id",
    "environment_key",
)  # fmt: skip
_SECRET = frozenset({"spark_env_vars", "docker_image", "ssh_public_keys"})
"""Of a cluster: people put tokens there, and no report is read for them."""
_ENDS = ("TERMINATING", "TERMINATED")
_PASSING_CODES = ("PERMISSION_DENIED", "PermissionDenied", "UNAUTHENTICATED", "Unauthenticated")


def brief(run: Json) -> dict[str, Any]:
    """The run with no more than its report needs: no parameters, no code, no variables of its clusters.

    >>> brief({"run_id": 1, "job_parameters": [{"name": "token"}], "tasks": [{"task_key": "a", "notebook_task": {}}]})
    {'run_id': 1, 'tasks': [{'task_key': 'a'}]}
    """
    found = {key: run[key] for key in _OF_RUN if key in run}
    if "job_clusters" in found:
        found["job_clusters"] = [_entry(entry) for entry in found["job_clusters"]]
    if "tasks" in run:
        found["tasks"] = [_task(task) for task in run["tasks"]]
    return found


def _task(task: Json) -> dict[str, Any]:
    found = _entry({key: task[key] for key in _OF_TASK if key in task})
    loop = task.get("for_each_task")
    return found | ({"for_each_task": {"task": _task(loop.get("task") or {})}} if isinstance(loop, Mapping) else {})


def _entry(entry: Json) -> dict[str, Any]:
    block = entry.get("new_cluster")
    if not isinstance(block, Mapping):
        return dict(entry)
    return {**entry, "new_cluster": {key: value for key, value in block.items() if key not in _SECRET}}


def brief_report(
    calls: RunCalls, run: Json, ours: OurCluster, plan: str, region: str, agent: Json | None = None
) -> Json:
    """The report of a run in the layout of clients of 2025; one call, more where there are over 500 events."""
    cluster_id, tasks = tasks_on(run, ours)
    try:
        events = list(all_events(calls, cluster_id))
    except CallFailed as failed:
        if failed.is_passing or failed.code in _PASSING_CODES:
            raise
        events = []  # Databricks has forgotten the cluster
    began = min(task.get("start_time") or run["start_time"] for task in tasks)
    ended = max(task.get("end_time") or run.get("end_time") or began for task in tasks)
    known = [int(event["timestamp"]) for event in events]
    over = [int(event["timestamp"]) for event in events if event.get("type") in _ENDS]
    cluster = {
        **ours.block,
        "cluster_id": cluster_id,
        "cluster_source": "JOB",
        "cluster_name": f"job-{run.get('job_id') or 0}-run-{run['run_id']}",
        "start_time": min([began, *known]),
        "terminated_time": max([began, ended, *over]),
    }
    found: dict[str, Any] = {
        "plan_type": plan,
        "compute_type": "Jobs Compute",
        "cluster": cluster,
        "cluster_events": {"events": events, "total_count": len(events)},
        "tasks": list(tasks),
    }
    if region:
        found["region"] = region
    for member in ("instances", "instance_timelines", "timelines", "volumes"):
        if agent and agent.get(member):
            found[member] = agent[member]
    return found


def is_over(report: Json) -> bool:
    """Whether the machines were given back, as far as the events of a report tell; so it is where there are none."""
    events = report["cluster_events"]["events"]
    return not events or any(event.get("type") in _ENDS for event in events)
