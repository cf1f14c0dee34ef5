"""Copies of a job that are submitted once."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.platforms.databricks.workspace import job_of

from setpoint.errors import PlatformError
from setpoint.platforms.databricks.jobs import OurCluster, cluster_of
from setpoint.platforms.databricks.one_off import StartedRun, run_job, submit_copy

Json = dict[str, Any]
BLOCK = {"node_type_id": "i3.xlarge", "num_workers": 8, "policy_id": "p-1"}


class Workspace:
    """One job, and whatever is asked to be started."""

    def __init__(self, job: Json) -> None:
        self.job, self.asked = job, list[tuple[str, Json]]()

    def read(self, path: str, query: Any = None, *, body: Any = None) -> Any:  # noqa: ANN401, ARG002 - the port's
        if body is None:
            return self.job
        self.asked.append((path, body))
        return {"run_id": 75}

    def write(self, path: str, body: Any) -> Any:  # noqa: ANN401 - the port's
        self.asked.append((path, body))
        return {"cluster_id": "0101-made"}


def find(settings: Mapping[str, Any]) -> OurCluster:
    return cluster_of(settings, "p", "job_clusters/main" if settings.get("job_clusters") else "")


def larger(block: Mapping[str, Any]) -> Json:
    return {**block, "num_workers": 12}


def test_a_job_is_run_as_it_stands() -> None:
    space = Workspace(job_of(BLOCK))
    assert run_job(space, "7", "once") == StartedRun("75")
    assert space.asked == [("/api/2.1/jobs/run-now", {"job_id": 7, "idempotency_token": "once"})]
    with pytest.raises(PlatformError, match="it is a number"):
        run_job(space, "nightly", "once")


def test_the_copy_of_one_task_has_the_cluster_itself() -> None:
    space = Workspace(job_of(BLOCK, timeout_seconds=60, tags={"a": "b"}, schedule={"quartz": "0"}))
    assert submit_copy(space, "7", find, larger, "once") == StartedRun("75")
    ((path, body),) = space.asked
    task = {"task_key": "load", "notebook_task": {"notebook_path": "/load"}, "new_cluster": larger(BLOCK)}
    assert path.endswith("jobs/runs/submit")
    assert body == {"run_name": "nightly", "timeout_seconds": 60, "tasks": [task], "idempotency_token": "once"}


def test_tasks_that_share_a_cluster_get_one_that_is_made_for_them() -> None:
    job = job_of(BLOCK)
    job["settings"]["tasks"].append(
        {"task_key": "more", "job_cluster_key": "main", "depends_on": [{"task_key": "load"}]}
    )
    space = Workspace(job)
    assert submit_copy(space, "7", find, larger, "once") == StartedRun("75", "0101-made")
    (made, cluster), (_, body) = space.asked
    assert made.endswith("clusters/create")
    assert "policy_id" not in cluster
    assert (cluster["num_workers"], cluster["autotermination_minutes"]) == (12, 10)
    assert [task["existing_cluster_id"] for task in body["tasks"]] == ["0101-made"] * 2
    assert not any("job_cluster_key" in task for task in body["tasks"])


def test_clusters_of_other_tasks_stay_as_they_are() -> None:
    job = job_of(BLOCK)
    job["settings"]["job_clusters"].append({"job_cluster_key": "small", "new_cluster": {"num_workers": 1}})
    loop = {"inputs": "[1]", "task": {"task_key": "each", "job_cluster_key": "small"}}
    job["settings"]["tasks"].append({"task_key": "loop", "for_each_task": loop})
    job["settings"]["tasks"].append({"task_key": "own", "new_cluster": {"num_workers": 2}})
    space = Workspace(job)
    submit_copy(space, "7", find, larger, "once")
    load, looped, own = space.asked[0][1]["tasks"]
    assert load["new_cluster"]["num_workers"] == 12
    assert looped["for_each_task"]["task"]["new_cluster"] == {"num_workers": 1}
    assert own["new_cluster"] == {"num_workers": 2}


def test_the_cluster_of_a_task_is_replaced_too() -> None:
    space = Workspace({"settings": {"name": "n", "tasks": [{"task_key": "a", "new_cluster": BLOCK}]}})
    submit_copy(space, "7", find, larger, "once")
    assert space.asked[0][1]["tasks"] == [{"task_key": "a", "new_cluster": larger(BLOCK)}]


def test_a_job_with_parameters_is_not_copied() -> None:
    space = Workspace(job_of(BLOCK, parameters=[{"name": "day", "default": "1"}]))
    with pytest.raises(PlatformError, match="has parameters"):
        submit_copy(space, "7", find, larger, "once")
    assert space.asked == []
