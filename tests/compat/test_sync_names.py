"""`import sync` over a Setpoint service: the names of published recipes, and answers that never raise."""

import asyncio
import importlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.client.fake_service import KEY, FakeService, running

from setpoint import clouds
from setpoint.client import LogAt
from setpoint.client.clouds import AccessLine, Collected, RunQuery, Started
from sync import asking, awsdatabricks, awsemr, azuredatabricks, config
from sync.api import generate_presigned_url, get_access_report, predictions, projects, workspace
from sync.asyncapi import predictions as async_predictions
from sync.clients.sync import get_default_client
from sync.config import APIKey, Configuration, DatabricksConf
from sync.models import (
    AccessStatusCode,
    DatabricksComputeType,
    DatabricksPlanType,
    Error,
    Platform,
    Preference,
    Response,
)

MODULES = (
    *("config", "models", "awsdatabricks", "azuredatabricks", "awsemr", "api", "api.projects"),
    *("api.predictions", "api.workspace", "asyncapi.predictions", "clients.sync"),
)
NAMES = ("SYNC_API_URL", "SYNC_API_KEY_ID", "SYNC_API_KEY_SECRET", "DATABRICKS_HOST", "DATABRICKS_TOKEN")
LOG = "https://logs.example/log"
RUN = ("75778", DatabricksPlanType.PREMIUM, DatabricksComputeType.JOBS_COMPUTE)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(config, "_set", {})
    for name in (*NAMES, "XDG_CACHE_HOME", "DEFAULT_PREDICTION_PREFERENCE", "DATABRICKS_AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    yield tmp_path
    asking.close()


@pytest.fixture
def fake(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeService]:  # noqa: ARG001
    with running() as service:
        monkeypatch.setenv("SYNC_API_URL", service.url)
        monkeypatch.setenv("SYNC_API_KEY_ID", KEY["api_key_id"])
        monkeypatch.setenv("SYNC_API_KEY_SECRET", KEY["api_key_secret"])
        yield service


def got(response: "Response[Any] | None") -> Any:  # noqa: ANN401 - whatever it holds
    assert response is not None
    assert response.error is None, str(response.error)
    return response.result


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_is_there(name: str) -> None:
    module = importlib.import_module(f"sync.{name}")
    assert [each for each in module.__all__ if not hasattr(module, each)] == []


def test_projects(fake: FakeService) -> None:
    assert got(projects.get_products()) == ["aws-emr", "aws-databricks", "azure-databricks"]
    made = got(projects.create_project("nightly", "aws-databricks", app_id="orders", job_id="7"))
    which = made["id"]
    assert got(projects.get_project(which))["job_id"] == "7"
    assert got(projects.update_project(which, "new", auto_apply_recs=True))["description"] == "new"
    assert fake.asked[-1].json == {"description": "new", "auto_apply_recs": True}
    assert got(projects.get_project_by_app_id("orders"))["id"] == which
    assert str(projects.get_project_by_app_id("x").error) == "Project Error: No project found for 'x'"
    assert [each["id"] for each in got(projects.get_projects())] == [which]
    assert got(projects.reset_project(which)) == "OK"
    assert "deleted" in got(projects.delete_project(which))
    missing = projects.get_project(which)
    assert missing.error == Error("Trouble", "There is no such project in this account.")


def test_predictions(fake: FakeService) -> None:
    made = got(predictions.create_prediction_with_eventlog_bytes(Platform.AWS_EMR, {}, "log.gz", b"log"))
    assert fake.uploads == {f"{made}/log.gz": b"log"}
    assert got(predictions.get_status(made)) == got(predictions.wait_for_final_prediction_status(made)) == "SUCCESS"
    assert list(got(predictions.get_prediction(made, Preference.BALANCED))["solutions"]) == ["balanced"]
    project = got(projects.create_project("nightly"))["id"]
    assert str(projects.get_prediction(project).error) == "Project Error: No predictions in the project"
    report = {"Cluster": {"Tags": [{"Key": "sync:project-id", "Value": project}]}}
    assert got(predictions.generate_prediction(Platform.AWS_EMR, report, LOG))["project_id"] == project
    assert got(projects.get_prediction(project))["project_id"] == project
    assert len(got(predictions.get_predictions(project_id=project))) == 1
    assert predictions.create_prediction(Platform.AWS_EMR, {}, "ftp://x").error is not None
    fake.fails = True
    failed = predictions.generate_prediction(Platform.AWS_EMR, {}, LOG)
    assert str(failed.error).startswith("Prediction Error: Prediction failed")


def test_predictions_without_blocking(fake: FakeService) -> None:
    async def work() -> None:
        made = got(await async_predictions.create_prediction(Platform.AWS_EMR, {}, LOG))
        assert got(await async_predictions.get_status(made)) == "SUCCESS"
        assert got(await async_predictions.wait_for_final_prediction_status(made)) == "SUCCESS"
        found = got(await async_predictions.generate_prediction(Platform.AWS_EMR, {}, LOG, "economy"))
        assert got(await async_predictions.get_prediction(found["prediction_id"])) != found
        assert (await async_predictions.create_prediction(Platform.AWS_EMR, {}, "ftp://x")).error is not None
        assert (await async_predictions.generate_prediction(Platform.AWS_EMR, {}, "ftp://x")).error is not None
        assert (await async_predictions.get_status("nobody")).error is not None

    asyncio.run(work())
    assert fake.paths().count("POST /v1/auth/token") == 1, "clients share their token"


def test_submissions_and_recommendations(fake: FakeService) -> None:
    project = got(projects.create_project("nightly"))["id"]
    by_url = got(projects.create_project_submission(Platform.AWS_DATABRICKS, {}, LOG, project))
    by_bytes = got(
        projects.create_project_submission_with_eventlog_bytes(Platform.AWS_DATABRICKS, {}, "e.zip", b"PK", project)
    )
    assert [each["id"] for each in got(projects.get_submissions(project))] == [by_bytes, by_url]
    assert got(projects.get_project_submission(project, by_url))["state"] == "SUCCESS"
    assert projects.create_project_submission(Platform.AWS_DATABRICKS, {}, "dbfs:/x", project).error is not None
    assert projects.get_latest_project_config_recommendation(project) is None
    assert projects.get_updated_cluster_definition(project, "{}").error is not None
    made = got(projects.create_project_recommendation(project))
    assert got(projects.wait_for_recommendation(project, made))["id"] == made
    assert got(projects.get_project_recommendation(project, made))["state"] == "SUCCESS"
    assert got(projects.get_latest_project_config_recommendation(project)) == {"num_workers": 3}
    cluster = json.dumps({"autoscale": {"min_workers": 1}, "spark_conf": {"a": "b"}})
    assert got(projects.get_updated_cluster_defintion(project, cluster)) == {"num_workers": 3, "spark_conf": {"a": "b"}}
    both = got(projects.get_cluster_definition_and_recommendation(project, cluster))
    assert set(both) == {"cluster_recommendation", "cluster_definition"}
    fake.fails = True
    assert str(projects.wait_for_recommendation(project, made).error).startswith("Recommendation Error: ")


def test_workspaces(fake: FakeService) -> None:
    made = got(workspace.create_workspace_config("42", databricks_plan_type="Premium", databricks_token="t"))  # noqa: S106
    assert made["plan_type"] == "Premium"
    assert got(workspace.update_workspace_config("42", aws_region="us-east-1"))["aws_region"] == "us-east-1"
    assert [each["workspace_id"] for each in got(workspace.get_workspace_configs())] == ["42"]
    assert got(workspace.get_workspace_config("42"))["plan_type"] == "Premium"
    assert "password" in got(workspace.reset_webhook_creds("42"))
    assert got(workspace.apply_workspace_config("42")) == got(workspace.onboard_workflow("42", "7", "p")) == "OK"
    assert got(workspace.delete_workspace_config("42")) == "OK"
    assert fake.workspaces == {}


def test_raw_answers(fake: FakeService) -> None:
    client = get_default_client()
    assert client.get_products()["result"]
    project = client.create_project({"name": "nightly"})["result"]["id"]
    client.update_project(project, {"app_id": "orders"})
    assert len(client.get_projects({"app_id": "orders"})["result"]) == len(client.get_projects()["result"]) == 1
    body: dict[str, object] = {"product_code": "aws-emr", "configs": {}, "project_id": None, "eventlog_url": LOG}
    made = client.create_prediction(body)["result"]["prediction_id"]
    assert client.get_prediction_status(made) == {"result": {"status": "SUCCESS"}}
    assert client.get_prediction(made, {"preference": "economy"})["result"]["prediction_id"] == made
    assert len(client.get_predictions({"products": ["aws-emr", "aws-databricks"]})["result"]) == 1
    assert fake.asked[-1].query["products"] == ["aws-emr", "aws-databricks"]
    given = {"product": "aws-emr", "event_log_uri": LOG, "cluster_report": {}}
    submission = client.create_project_submission(project, given)["result"]["submission_id"]
    assert client.get_project_submission(project, submission)["result"]["state"] == "SUCCESS"
    asked = client.create_project_recommendation(project)["result"]["id"]
    assert client.get_project_recommendation(project, asked)["result"]["id"] == asked
    assert len(client.get_project_recommendations(project, {"page": 0, "per_page": 1})["result"]) == 1
    assert client.reset_project(project) == {"result": "OK"}
    assert client.get_project(project)["result"]["app_id"] == "orders"
    assert "deleted" in client.delete_project(project)["result"]
    assert client.get_project(project)["error"]["code"] == "Trouble"
    assert client.create_workspace_config("42", aws_region="us-east-1")["result"]["workspace_id"] == "42"
    assert client.update_workspace_config("42", aws_region=None)["result"]["aws_region"] is None
    assert client.get_workspace_config("42") == {"result": client.get_workspace_configs()["result"][0]}
    assert "password" in client.reset_webhook_creds("42")["result"]
    assert client.apply_workspace_config("42") == client.onboard_workflow("42", "7", project) == {"result": "OK"}
    assert client.delete_workspace_config("42") == {"result": "OK"}


# Configuration


def test_the_configuration_of_variables_and_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (config.get_api_key(), config.get_databricks_config()) == (None, None)
    with pytest.raises(ValueError, match="SYNC_API_KEY_ID"):
        APIKey()
    with pytest.raises(ValueError, match="DATABRICKS_HOST"):
        DatabricksConf()
    assert "SYNC_API_KEY_ID" in str(projects.get_products().error)
    monkeypatch.setenv("SYNC_API_KEY_ID", "k")
    monkeypatch.setenv("SYNC_API_KEY_SECRET", "s")
    found = config.get_api_key()
    assert found == APIKey("k", "s") == config.API_KEY
    assert "s'" not in repr(found)
    access = DatabricksConf(host="https://h.cloud.databricks.com/?o=1", token="t", aws_region_name="us-east-1")  # noqa: S106
    assert access.host == "https://h.cloud.databricks.com"
    config.init(APIKey("k2", "s2"), Configuration(api_url="http://there:1"), access)
    assert config.get_databricks_config() is access
    assert json.loads((home / ".sync" / "credentials").read_text())["api_key_id"] == "k2"
    assert config.get_config().api_url == "http://there:1"
    with pytest.raises(RuntimeError, match="already been set"):
        config.set_api_key(APIKey("k", "s"))
    with pytest.raises(RuntimeError, match="already been set"):
        config.set_databricks_config(access)
    with pytest.raises(AttributeError, match="NOTHING"):
        _ = config.NOTHING


def test_a_key_that_was_set_is_used(fake: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNC_API_KEY_SECRET", "wrong")
    assert str(projects.get_products().error) == "Trouble: There is no such key."
    config.set_api_key(APIKey(**KEY))
    config.set_databricks_config(DatabricksConf("https://h", "t"))
    assert got(projects.get_products())
    assert fake.tokens


def test_a_response_holds_one_of_both() -> None:
    for both in ({}, {"result": 1, "error": Error("a", "b")}):
        with pytest.raises(ValueError, match="either"):
            Response(**both)  # type: ignore[arg-type]


# Platforms


def test_where_nothing_is_configured_the_error_says_so(
    fake: FakeService,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    for module in (awsdatabricks, azuredatabricks):
        said = module.create_prediction_for_run(*RUN)
        assert said.error is not None
        assert said.error.code == "Databricks Error"
        assert "DATABRICKS_HOST" in said.error.message
        assert module.get_access_report()[-1].status is AccessStatusCode.RED
    emr = awsemr.create_prediction_for_cluster("j-1")
    assert emr.error is not None
    assert emr.error.code == "EMR Error"
    assert awsemr.get_access_report()[-1].status is AccessStatusCode.RED
    assert "OK" in str(get_access_report())


class Cloud:
    """Both platforms, obliging."""

    def collect(self, run: object, *, with_log: bool = True, project: object = None) -> Collected:  # noqa: ARG002
        report = {"plan_type": "Premium", "compute_type": "Jobs Compute", "cluster": {}, "cluster_events": {}}
        return Collected({**report, "unknown": 1, "asked": str(run)}, LogAt(LOG))

    def run(self, what: object, how: Mapping[str, object] | None, *, wait: bool, **_: str) -> "Started | str":  # noqa: ARG002
        return Started("75778") if isinstance(what, str) else "j-2"

    def apply(
        self, job_id: str, project_id: str, configuration: Mapping[str, object], *, cluster_path: str = ""
    ) -> None:
        assert cluster_path == ""
        assert (job_id, bool(project_id), list(configuration)) == ("7", True, ["num_workers"])

    def cluster_of(self, project_id: str, run_id: str | None) -> str:
        assert (bool(project_id), run_id) == (True, "r")
        return "j-3"

    def access(self, *_: str | None) -> list[AccessLine]:
        return [AccessLine("EC2", "OK", "may be asked")]

    def monitor(self, cluster_id: str) -> None:
        assert cluster_id == "0101-1"


def test_with_an_adapter(fake: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(clouds.DATABRICKS, "aws-databricks", lambda *_: Cloud())
    monkeypatch.setitem(clouds.EMR, "aws-emr", lambda *_: Cloud())
    project = got(projects.create_project("nightly"))["id"]
    made = got(awsdatabricks.create_prediction_for_run(*RUN, project, True, ["a"]))  # noqa: FBT003
    asked = RunQuery(*RUN, project, allow_incomplete=True, excluded_tasks=["a"])
    assert next(each for each in fake.asked if each.method == "POST" and "predictions" in each.path).json["configs"][
        "asked"
    ] == str(asked)
    assert got(awsdatabricks.record_run(*RUN, project)) != made
    assert got(awsdatabricks.create_submission_for_run(*RUN, project)) in fake.submissions
    assert got(awsdatabricks.get_cluster_report(*RUN)).dict(exclude_none=True)["plan_type"] == "Premium"
    assert got(awsdatabricks.run_prediction("7", made, "economy")) == ("75778", None)
    assert got(awsdatabricks.run_and_record_job("7", *RUN[1:])) in fake.predictions
    assert got(awsdatabricks.apply_prediction("7", project, made)) == made
    asked_for = got(projects.create_project_recommendation(project))
    assert got(awsdatabricks.apply_project_recommendation("7", project, asked_for)) == asked_for
    awsdatabricks.monitor_cluster("0101-1")
    merged = got(awsdatabricks.get_prediction_cluster({"num_workers": 1, "tags": {"a": 1}}, made))
    assert merged == {"num_workers": 7, "tags": {"a": 1}}
    assert awsdatabricks.get_access_report()[-1].name == awsemr.get_access_report()[-1].name == "EC2"
    for emr in (
        awsemr.create_prediction_for_cluster("j-1"),
        awsemr.record_run("j-1", project),
        awsemr.create_project_prediction(project, "r"),
        awsemr.run_and_record_job_flow({}, project),
    ):
        assert got(emr) in fake.predictions
    assert got(awsemr.run_job_flow({})) == "j-2"
    assert got(awsemr.get_cluster_report("j-1"))["plan_type"] == "Premium"


def test_what_a_cluster_needs_for_its_project(fake: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    project = got(projects.create_project("nightly"))["id"]
    template = {"custom_tags": {"sync:project-id": project}}
    asked_for = got(projects.create_project_recommendation(project))

    def answer() -> None:
        fake.troubles.append((200, json.dumps({"result": template}).encode(), {"Content-Type": "application/json"}))

    answer()
    assert got(awsdatabricks.get_project_cluster_settings(project, "us-east-1")) == template
    assert fake.asked[-1].query == {"aws_region": ["us-east-1"]}
    answer()
    assert got(awsdatabricks.get_project_cluster({"num_workers": 1}, project)) == {"num_workers": 1, **template}
    answer()
    assert got(projects.get_project_cluster_template(project)) == template
    found = awsdatabricks.get_recommendation_cluster({}, project, asked_for)
    assert found.error is not None, "the fake has no template of its own"
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)
    assert "boto3" in str(generate_presigned_url("s3://bucket/key").error)
