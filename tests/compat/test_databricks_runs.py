"""Jobs as objects, the raw client of a workspace and the hook of Airflow, against an emulated workspace."""

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.client.fake_service import KEY, running
from tests.clouds.world import BLOCK, job

from setpoint.testing.databricks import DatabricksEmulator
from sync import _databricks, asking, awsdatabricks, config
from sync.api import projects, workspace
from sync.clients import databricks as client_module
from sync.databricks.integrations.airflow import airflow_gradient_pre_execute_hook
from sync.models import Platform, Response

Json = dict[str, Any]
KIND = ("Premium", "Jobs Compute")


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatabricksEmulator]:
    monkeypatch.setattr(config, "_set", {})
    monkeypatch.setattr(client_module, "_clients", {})
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with running() as service, DatabricksEmulator() as emulator:
        address, token = emulator.start()
        for name, value in (("HOST", address), ("TOKEN", token)):
            monkeypatch.setenv(f"DATABRICKS_{name}", value)
        for name, value in (("URL", service.url), ("KEY_ID", KEY["api_key_id"]), ("KEY_SECRET", KEY["api_key_secret"])):
            monkeypatch.setenv(f"SYNC_API_{name}", value)
        yield emulator
        asking.close()


def fake_template(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fake service has none."""

    def template(self: object, project_id: str, region_name: str | None = None) -> Response[Json]:  # noqa: ARG001
        return Response(result={"custom_tags": {"sync:project-id": project_id}})

    monkeypatch.setattr("sync.databricks_jobs.Databricks.get_project_cluster_settings", template)
    monkeypatch.setattr(
        "sync.databricks_jobs.Databricks.get_project_cluster",
        lambda self, cluster, project: Response(  # noqa: ARG005
            result={**cluster, "custom_tags": {"sync:project-id": project}}
        ),
    )


def got(response: "Response[Any]") -> Any:  # noqa: ANN401 - whatever it holds
    assert response.error is None, str(response.error)
    return response.result


def test_the_raw_client_answers_with_dictionaries(space: DatabricksEmulator) -> None:
    client = client_module.get_default_client()
    job_id = str(space.workspace.add(job()).id)
    assert client.get_platform() is Platform.AWS_DATABRICKS
    assert client.get_current_user()["userName"] == "owner@example.com"
    clusters = client.get_job(job_id)["settings"]["job_clusters"]
    clusters[0]["new_cluster"]["aws_attributes"]["first_on_demand"] = 5
    assert client.update_job(job_id=job_id, new_settings={"job_clusters": clusters}) == {}
    assert space.workspace.job(job_id).settings["job_clusters"] == clusters
    run = client.create_job_run({"job_id": int(job_id)})["run_id"]
    cluster = client.get_run(str(run))["tasks"][0]["cluster_instance"]["cluster_id"]
    assert client.get_cluster(cluster)["cluster_id"] == cluster
    assert client.get_cluster_events(cluster, limit=1)["events"]
    assert client.list_dbfs_directory("dbfs:/")["files"] == []
    missing = client.get_job("77")
    assert set(missing) == {"error_code", "message"}


def test_where_no_cloud_can_be_told_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="cannot be told"):
        client_module.platform_of("https://1.2.gcp.databricks.com")
    monkeypatch.setattr(config, "_set", {})


def test_jobs_with_a_recommendation_run_once_and_are_recorded(space: DatabricksEmulator) -> None:
    project = got(projects.create_project("nightly", "aws-databricks"))["id"]
    job_id = str(space.workspace.add(job()).id)
    asked = got(projects.create_project_recommendation(project))
    found = got(_databricks.get_recommendation_job(job_id, project, asked))
    assert found["settings"]["job_clusters"][0]["new_cluster"]["num_workers"] == 3
    assert space.workspace.job(job_id).settings["job_clusters"][0]["new_cluster"]["num_workers"] == 4

    hurry = threading.Event()

    def fly() -> None:
        while not hurry.wait(0.02):
            space.advance(60)

    thread = threading.Thread(target=fly)
    thread.start()
    try:
        run_id, made = got(awsdatabricks.run_job_object(found))
        assert made is None
        assert got(awsdatabricks.wait_for_final_run_status(run_id)) == "SUCCESS"
    finally:
        hurry.set()
        thread.join()
    assert space.workspace.run(run_id).tasks[0].own.asked["num_workers"] == 3
    refused = awsdatabricks.wait_for_and_record_run("77", *KIND, project)
    assert refused.error is not None
    assert refused.error.code == "Databricks Error"


class Task:
    """As an operator of Airflow has it."""

    def __init__(self, **body: object) -> None:
        self.json: Json = dict(body)


def test_the_hook_changes_a_run_before_it_is_submitted(
    space: DatabricksEmulator,  # noqa: ARG001 - the variables lead there
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake_template(monkeypatch)
    got(workspace.create_workspace_config("42", compute_provider="aws", webhook_id="h", collection_type="remote"))
    params = {
        "gradient_app_id": "orders",
        "gradient_auto_apply": True,
        "cluster_log_url": "dbfs:/logs",
        "databricks_workspace_id": "42",
    }
    given: Json = {"run_name": "orders", "new_cluster": BLOCK}
    task = Task(**given)
    for _ in range(2):
        airflow_gradient_pre_execute_hook({"params": params, "task": task})
    project = got(projects.get_project_by_app_id("orders"))
    cluster = task.json["new_cluster"]
    assert (cluster["num_workers"], cluster["init_scripts"]) == (3, BLOCK["init_scripts"])
    assert cluster["custom_tags"]["sync:project-id"] == project["id"]
    assert task.json["webhook_notifications"] == {"on_success": [{"id": "h"}]}
    assert len(got(projects.get_projects())) == 1


def test_where_the_hook_fails_the_run_is_submitted_as_it_is(
    space: DatabricksEmulator,  # noqa: ARG001
    caplog: pytest.LogCaptureFixture,
) -> None:
    given = {"run_name": "orders", "new_cluster": BLOCK}
    task = Task(**given)
    with caplog.at_level(logging.ERROR):
        airflow_gradient_pre_execute_hook({"params": {}, "task": task})
    assert (task.json, "submitted as it is" in caplog.text) == (given, True)
    assert json.dumps(task.json)
