"""Retries, repairs, cancelled runs, and tasks on clusters that no run owns, as the vendor's own client sees them."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service import jobs

from setpoint.platforms.databricks.jobs import cluster_of
from setpoint.platforms.databricks.runs import is_repaired, last_attempts, was_stopped
from setpoint.testing.databricks import Asked, DatabricksEmulator, Ran, SimulatedRunner, Workspace
from setpoint.testing.pushed_plant import RentedPhysics

Json = dict[str, Any]
BLOCK: Json = {
    "spark_version": "16.4.x-scala2.12",
    "node_type_id": "m5.xlarge",
    "num_workers": 2,
    "cluster_log_conf": {"dbfs": {"destination": "dbfs:/logs"}},
}
TASK: Json = {"task_key": "a", "notebook_task": {"notebook_path": "/n"}}
SHARED: Json = {
    "name": "nightly",
    "job_clusters": [{"job_cluster_key": "main", "new_cluster": BLOCK}],
    "tasks": [TASK | {"job_cluster_key": "main"}],
}


class Failing:
    """A `Runner` of which the first so many runs fail."""

    def __init__(self) -> None:
        self.inner, self.failures = SimulatedRunner(RentedPhysics(tasks=8)), 0

    def run(self, asked: Asked) -> Ran:
        if self.failures > 0:
            self.failures -= 1
            self.inner.failures[asked.number] = "it failed"
        return self.inner.run(asked)


@pytest.fixture
def made() -> Iterator[DatabricksEmulator]:
    with DatabricksEmulator(Workspace(Failing())) as found:
        yield found


@pytest.fixture
def client(made: DatabricksEmulator) -> WorkspaceClient:
    host, token = made.start()
    return WorkspaceClient(config=Config(host=host, token=token, auth_type="pat", retry_timeout_seconds=5))


def runner_of(made: DatabricksEmulator) -> Failing:
    assert isinstance(made.workspace.runner, Failing)
    return made.workspace.runner


def raw(client: WorkspaceClient, run_id: int) -> Json:
    found = client.api_client.do("GET", "/api/2.2/jobs/runs/get", query={"run_id": run_id})
    assert isinstance(found, dict)
    return found


def test_a_retry_on_a_shared_cluster_is_another_spark_context_there(
    made: DatabricksEmulator, client: WorkspaceClient
) -> None:
    settings = deepcopy(SHARED)
    settings["tasks"][0]["max_retries"] = 2
    runner_of(made).failures = 1
    run_id = made.workspace.start(settings, made.workspace.add(settings).id).id
    made.advance(86_400)
    run = raw(client, run_id)
    assert run["state"]["result_state"] == "SUCCESS"
    assert [(task["attempt_number"], task["state"]["result_state"]) for task in run["tasks"]] == [
        (0, "FAILED"),
        (1, "SUCCESS"),
    ]
    (cluster,) = {task["cluster_instance"]["cluster_id"] for task in run["tasks"]}
    contexts = {task["cluster_instance"]["spark_context_id"] for task in run["tasks"]}
    (folder,) = client.dbfs.list(f"/logs/{cluster}/eventlog")
    assert {str(each.path).rpartition("/")[2] for each in client.dbfs.list(str(folder.path))} == contexts
    (last,) = last_attempts(run)["tasks"]
    assert last["attempt_number"] == 1


def test_a_task_s_own_cluster_is_a_new_one_for_each_retry_and_retries_end(
    made: DatabricksEmulator, client: WorkspaceClient
) -> None:
    runner_of(made).failures = 99
    settings = {"name": "x", "tasks": [TASK | {"new_cluster": BLOCK, "max_retries": 2}]}
    run_id = made.workspace.start(settings, 0).id
    made.advance(86_400)
    run = raw(client, run_id)
    assert run["state"]["result_state"] == "FAILED"
    assert len({task["cluster_instance"]["cluster_id"] for task in run["tasks"]}) == 3


def test_a_repair_runs_what_failed_on_the_cluster_that_the_job_has_by_then(
    made: DatabricksEmulator, client: WorkspaceClient
) -> None:
    runner_of(made).failures = 1
    job = made.workspace.add(SHARED)
    run_id = made.workspace.start(job.settings, job.id).id
    with pytest.raises(DatabricksError, match="still active"):
        client.jobs.repair_run(run_id, rerun_all_failed_tasks=True)
    made.advance(86_400)
    assert raw(client, run_id)["state"]["result_state"] == "FAILED"
    job.settings["job_clusters"][0]["new_cluster"]["num_workers"] = 5
    client.jobs.repair_run(run_id, rerun_all_failed_tasks=True)
    assert [run.run_id for run in client.jobs.list_runs(active_only=True)] == [run_id]
    made.advance(86_400)
    run = raw(client, run_id)
    assert run["state"]["result_state"] == "SUCCESS"
    assert is_repaired(run)
    assert [(part["type"], part["state"]["result_state"]) for part in run["repair_history"]] == [
        ("ORIGINAL", "FAILED"),
        ("REPAIR", "SUCCESS"),
    ]
    first, second = run["tasks"]
    clusters = [made.workspace.clusters[task["cluster_instance"]["cluster_id"]] for task in (first, second)]
    assert [cluster.workers for cluster in clusters] == [2, 5]


def test_a_cancelled_run_ends_now_with_what_was_written_of_its_log(
    made: DatabricksEmulator, client: WorkspaceClient
) -> None:
    run_id = made.workspace.start(SHARED, made.workspace.add(SHARED).id).id
    made.advance(600)
    before = client.jobs.get_run(run_id)
    assert before.state is not None
    assert before.state.life_cycle_state == jobs.RunLifeCycleState.RUNNING
    client.jobs.cancel_run(run_id)
    run = raw(client, run_id)
    assert was_stopped(run)
    (task,) = run["tasks"]
    assert task["state"]["result_state"] == "CANCELED"
    assert task["end_time"] == run["end_time"]
    made.advance(3600)
    place = task["cluster_instance"]
    folder = f"/logs/{place['cluster_id']}/eventlog/{place['cluster_id']}_10_0_0_1/{place['spark_context_id']}"
    assert client.clusters.get(place["cluster_id"]).terminated_time == run["end_time"]
    last = next(each for each in client.dbfs.list(folder) if str(each.path).endswith("/eventlog"))
    text = b"".join(client.dbfs.open(str(last.path), read=True))
    assert text
    assert b"SparkListenerApplicationEnd" not in text
    client.jobs.cancel_run(run_id)
    assert raw(client, run_id) == run


def test_tasks_that_are_serverless_or_on_a_kept_cluster_run_and_are_not_ours(
    made: DatabricksEmulator, client: WorkspaceClient
) -> None:
    kept = client.api_client.do("POST", "/api/2.1/clusters/create", body=BLOCK)
    assert isinstance(kept, dict)
    tasks = [
        TASK | {"task_key": "free", "environment_key": "default"},
        TASK | {"task_key": "kept", "existing_cluster_id": kept["cluster_id"]},
    ]
    settings = {"name": "x", "tasks": tasks}
    run_id = made.workspace.start(settings, made.workspace.add(settings).id).id
    made.advance(86_400)
    run = raw(client, run_id)
    free, on_kept = run["tasks"]
    assert run["state"]["result_state"] == "SUCCESS"
    assert "cluster_instance" not in free
    assert on_kept["cluster_instance"]["cluster_id"] == kept["cluster_id"]
    found = client.clusters.get(kept["cluster_id"])
    assert found.state is not None
    assert (found.state.value, str(found.cluster_source)) == ("RUNNING", "ClusterSource.UI")
    with pytest.raises(Exception, match=r"all-purpose|serverless|no cluster"):
        cluster_of(settings, "p")
