"""The emulated workspace, as the vendor's own client sees it."""

import gzip
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors import NotFound, Unauthenticated
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service import compute, jobs

from setpoint.testing.databricks import DatabricksEmulator, Refused, SimulatedRunner, Workspace, half
from setpoint.testing.pushed_plant import RentedPhysics

CLUSTER = {
    "spark_version": "16.4.x-scala2.12",
    "node_type_id": "m5.xlarge",
    "num_workers": 4,
    "cluster_log_conf": {"dbfs": {"destination": "dbfs:/logs"}},
}
TASKS = [{"task_key": key, "job_cluster_key": "main", "notebook_task": {"notebook_path": "/n"}} for key in "ab"]
SETTINGS: dict[str, Any] = {
    "name": "nightly",
    "job_clusters": [{"job_cluster_key": "main", "new_cluster": CLUSTER}],
    "tasks": TASKS,
}


@pytest.fixture
def emulator() -> Iterator[DatabricksEmulator]:
    runner = SimulatedRunner(RentedPhysics(tasks=64))
    with DatabricksEmulator(Workspace(runner)) as made:
        yield made


@pytest.fixture
def client(emulator: DatabricksEmulator) -> WorkspaceClient:
    host, token = emulator.start()
    return WorkspaceClient(config=Config(host=host, token=token, auth_type="pat", retry_timeout_seconds=5))


def created(client: WorkspaceClient, settings: dict[str, Any] = SETTINGS) -> int:
    return int(client.api_client.do("POST", "/api/2.2/jobs/create", body=settings)["job_id"])


def test_a_run_is_read_from_its_job_to_the_last_byte_of_its_log(
    emulator: DatabricksEmulator, client: WorkspaceClient
) -> None:
    job = created(client)
    run_id = client.jobs.run_now(job).run_id
    assert [run.run_id for run in client.jobs.list_runs(job_id=job, active_only=True)] == [run_id]
    emulator.advance(100_000)
    run = client.jobs.get_run(run_id)
    assert run.state is not None
    assert run.state.result_state is jobs.RunResultState.SUCCESS
    assert run.tasks is not None
    assert len(run.tasks) == 2
    instance = run.tasks[0].cluster_instance
    assert instance is not None
    assert instance.cluster_id
    assert instance.spark_context_id
    kinds = [event.type for event in client.clusters.events(instance.cluster_id, limit=2)]
    assert kinds[0] is compute.EventType.TERMINATING
    assert kinds[-1] is compute.EventType.CREATING
    folder = f"/logs/{instance.cluster_id}/eventlog/{instance.cluster_id}_10_0_0_1/{instance.spark_context_id}"
    names = [str(entry.path) for entry in client.dbfs.list(folder)]
    rolled = sorted(name for name in names if name.endswith(".gz"))
    assert rolled
    text = b"".join(gzip.decompress(client.dbfs.open(name, read=True).read()) for name in rolled)
    text += client.dbfs.open(f"{folder}/eventlog", read=True).read()
    events = [msgspec.json.decode(line)["Event"] for line in text.splitlines()]
    assert events[0] == "SparkListenerLogStart"
    assert events[-1] == "SparkListenerApplicationEnd"
    assert events.count("SparkListenerTaskEnd") == 128


def test_the_last_part_of_a_log_comes_five_minutes_after_the_end(
    emulator: DatabricksEmulator, client: WorkspaceClient
) -> None:
    client.jobs.run_now(created(client))
    life = next(iter(emulator.workspace.clusters.values()))
    folder = f"/logs/{life.id}/eventlog/{life.id}_10_0_0_1/{life.context}"
    emulator.workspace.now = life.ended
    assert not client.dbfs.exists(f"{folder}/eventlog")
    emulator.advance(300)
    assert client.dbfs.exists(f"{folder}/eventlog")


def test_an_update_replaces_whole_entries_found_by_their_key(client: WorkspaceClient) -> None:
    job = created(client)
    small = {"spark_version": "16.4.x-scala2.12", "node_type_id": "m5.large", "num_workers": 1}
    change = {"job_clusters": [{"job_cluster_key": "main", "new_cluster": small}]}
    body = {"job_id": job, "new_settings": change, "fields_to_remove": ["tasks/b"]}
    client.api_client.do("POST", "/api/2.2/jobs/update", body=body)
    read = client.api_client.do("GET", "/api/2.2/jobs/get", query={"job_id": job})["settings"]
    assert read["job_clusters"][0]["new_cluster"] == small | {"enable_elastic_disk": False}
    assert [task["task_key"] for task in read["tasks"]] == ["a"]


def test_a_job_of_many_tasks_is_read_in_pages_and_runs_are_too(
    emulator: DatabricksEmulator, client: WorkspaceClient
) -> None:
    many = [TASKS[0] | {"task_key": f"t{number}"} for number in range(250)]
    job = created(client, SETTINGS | {"tasks": many})
    assert len(client.jobs.get(job).settings.tasks) == 250  # type: ignore[union-attr, arg-type]
    assert emulator.calls["GET", "jobs/get"] == 3
    other = created(client)
    for _ in range(30):
        client.jobs.run_now(other)
    assert len({run.run_id for run in client.jobs.list_runs(job_id=other, limit=25)}) == 30


@pytest.mark.parametrize(
    "wrong", [{"autoscale": {"min_workers": 1, "max_workers": 2}}, {"instance_pool_id": "p"}, {"cluster_name": "n"}]
)
def test_clusters_that_databricks_refuses_are_refused(client: WorkspaceClient, wrong: dict[str, Any]) -> None:
    entry = {"job_cluster_key": "main", "new_cluster": CLUSTER | wrong}
    with pytest.raises(DatabricksError) as refused:
        created(client, SETTINGS | {"job_clusters": [entry]})
    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_token_used_twice_starts_one_run(client: WorkspaceClient) -> None:
    job = created(client)
    once = "once"
    runs = {client.jobs.run_now(job, idempotency_token=once).run_id for _ in range(3)}
    assert len(runs) == 1


def test_faults_are_answered_and_the_client_tries_again(emulator: DatabricksEmulator, client: WorkspaceClient) -> None:
    job = created(client)
    emulator.faults["GET", "jobs/get", 1] = Refused(429, "REQUEST_LIMIT_EXCEEDED", "Slow down.", retry_after_seconds=0)
    assert client.jobs.get(job).job_id == job
    assert emulator.calls["GET", "jobs/get"] == 2


def test_half_a_page_is_not_taken_for_a_whole_one(emulator: DatabricksEmulator, client: WorkspaceClient) -> None:
    job = created(client)
    emulator.faults["GET", "jobs/get", 1] = half()
    with pytest.raises(ValueError, match="Unterminated"):
        client.jobs.get(job)
    assert client.jobs.get(job).job_id == job


def test_a_person_edits_between_a_read_and_a_write(emulator: DatabricksEmulator, client: WorkspaceClient) -> None:
    job = created(client)
    emulator.humans["GET", "jobs/get", 1] = lambda space: space.job(job).settings.update(name="theirs")
    names = [client.jobs.get(job).settings.name for _ in range(2)]  # type: ignore[union-attr]
    assert names == ["nightly", "theirs"]


def test_a_client_with_a_secret_gets_a_token_that_ends(emulator: DatabricksEmulator) -> None:
    host, _ = emulator.start()
    client = WorkspaceClient(
        host=host, client_id=emulator.client_id, client_secret=emulator.client_secret, auth_type="oauth-m2m"
    )
    assert client.current_user.me().user_name
    emulator.advance(4000)
    with pytest.raises(DatabricksError, match="expired"):
        client.current_user.me()


def test_strangers_and_lost_things_are_refused(emulator: DatabricksEmulator, client: WorkspaceClient) -> None:
    with pytest.raises(NotFound):
        client.dbfs.get_status("/nothing")
    with pytest.raises(DatabricksError, match="does not exist"):
        client.clusters.get("0101-000000-gone")
    stranger = WorkspaceClient(host=client.config.host, token="wrong", auth_type="pat")  # noqa: S106
    with pytest.raises(Unauthenticated):
        stranger.current_user.me()
    assert emulator.token not in repr(emulator)


def test_numbers_that_come_as_words_are_read_back_as_numbers(client: WorkspaceClient) -> None:
    """As the operators of Airflow send them."""
    attributes = {"first_on_demand": "1", "availability": "SPOT_WITH_FALLBACK"}
    worded = CLUSTER | {"num_workers": "4", "aws_attributes": attributes}
    task = {"task_key": "a", "new_cluster": worded, "notebook_task": {"notebook_path": "/n"}}
    run = client.api_client.do("POST", "/api/2.1/jobs/runs/submit", body={"run_name": "dag", "tasks": [task]})
    assert isinstance(run, dict)
    found = client.api_client.do("GET", "/api/2.1/jobs/runs/get", query={"run_id": run["run_id"]})
    assert isinstance(found, dict)
    assert found["run_page_url"].endswith(f"/run/{run['run_id']}")
    cluster = found["tasks"][0]["new_cluster"]
    assert (cluster["num_workers"], cluster["aws_attributes"]["first_on_demand"]) == (4, 1)
    task["new_cluster"] = worded | {"num_workers": "many"}
    with pytest.raises(DatabricksError, match="must be a number"):
        client.api_client.do("POST", "/api/2.1/jobs/runs/submit", body={"run_name": "dag", "tasks": [task]})
