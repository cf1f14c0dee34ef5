"""The cloud commands: what they do with an adapter, and what they say where nothing is configured."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.cli.conftest import Said
from tests.client.fake_service import FakeService

from setpoint import clouds
from setpoint.client import LogFile
from setpoint.client.clouds import AccessLine, Collected, RunQuery, Started
from setpoint.errors import PlatformError

SyncCli = Callable[..., Said]
NEEDING = [
    ("create-prediction", "75778", "--plan", "Premium", "--compute", "All Purpose Compute"),
    ("create-prediction", "75778", "--allow-incomplete-cluster-report", "--exclude-task", "a", "--exclude-task", "b"),
    ("run-job", "12"),
    ("create-submission", "75778", "orders"),
    ("get-cluster-report", "75778", "--allow-incomplete"),
    ("monitor-cluster", "0101-1"),
    ("access-report", "--log-url", "s3://b/k"),
]
NEEDING_EMR = [
    ("create-prediction", "j-1"),
    ("record-run", "j-1", "orders"),
    ("create-project-prediction", "orders", "--run-id", "r"),
    ("create-submission", "orders"),
    ("get-cluster-report", "j-1"),
    ("access-report", "--cluster-id", "j-1"),
]
EVERY = [("aws-databricks", *words) for words in NEEDING]
EVERY += [("azure-databricks", *words) for words in NEEDING] + [("aws-emr", *words) for words in NEEDING_EMR]


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_where_nothing_is_configured_one_sentence_says_what_is_missing(
    sync_cli: SyncCli, fake: FakeService, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    assert sync_cli("projects", "create", "nightly", "-i", "orders").exit_code == 0
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    said = sync_cli(*words)
    missing = ("AWS_DEFAULT_REGION", 65) if words[0] == "aws-emr" else ("DATABRICKS_HOST", 78)
    assert (missing[0] in said.err, said.exit_code) == (True, missing[1])
    assert len(said.err.splitlines()) == 1
    assert len(fake.predictions) + len(fake.submissions) == 0


@dataclass
class FakeCloud:
    """Databricks and EMR at once: both ports ask for little."""

    done: list[tuple[Any, ...]] = field(default_factory=list)
    is_open: bool = True

    def collect(self, run: object, *, with_log: bool = True, project: Mapping[str, object] | None = None) -> Collected:
        self.done.append(("collect", run, with_log, *(project["id"] for _ in [0] if project)))
        return Collected({"cluster": {"cluster_id": "0101-1"}}, LogFile.of("eventlog.zip", b"PK"))

    def run(self, what: object, how: Mapping[str, object] | None, *, wait: bool, **whose: str) -> "Started | str":
        self.done.append(("run", what, how, wait, *whose.values()))
        return Started("75778") if isinstance(what, str) else "j-2"

    def apply(
        self, job_id: str, project_id: str, configuration: Mapping[str, object], *, cluster_path: str = ""
    ) -> None:
        self.done.append(("apply", job_id, project_id, configuration, cluster_path))

    def cluster_of(self, project_id: str, run_id: str | None) -> str:
        self.done.append(("cluster_of", project_id, run_id))
        return "j-3"

    def access(self, *what: str | None) -> Sequence[AccessLine]:
        if not self.is_open:
            raise PlatformError("EC2 is closed.")
        return [AccessLine("EC2", "OK", f"asked for {what}")]

    def monitor(self, cluster_id: str) -> None:
        self.done.append(("monitor", cluster_id))


@pytest.fixture
def cloud(fake: FakeService, sync_cli: SyncCli, monkeypatch: pytest.MonkeyPatch) -> FakeCloud:  # noqa: ARG001
    made = FakeCloud()
    monkeypatch.setitem(clouds.DATABRICKS, "aws-databricks", lambda *_: made)
    monkeypatch.setitem(clouds.DATABRICKS, "azure-databricks", lambda *_: made)
    monkeypatch.setitem(clouds.EMR, "aws-emr", lambda *_: made)
    assert sync_cli("projects", "create", "nightly", "-i", "orders").exit_code == 0
    return made


def project_of(fake: FakeService) -> str:
    return next(iter(fake.projects))


def test_a_prediction_of_a_run(sync_cli: SyncCli, fake: FakeService, cloud: FakeCloud) -> None:
    words = ("--plan", "Premium", "--compute", "All Purpose Compute", "--project", "orders")
    flags = ("--allow-incomplete-cluster-report", "--exclude-task", "a", "--exclude-task", "b")
    said = sync_cli("aws-databricks", "create-prediction", "75778", *words, *flags)
    assert said.out == f"Prediction ID: {next(iter(fake.predictions))}\n"
    asked = RunQuery(
        "75778", "Premium", "All-Purpose Compute", project_of(fake), allow_incomplete=True, excluded_tasks=["a", "b"]
    )
    assert cloud.done == [("collect", asked, True)]
    assert list(fake.uploads) == [f"{next(iter(fake.predictions))}/eventlog.zip"]


def test_run_job_waits_and_predicts(sync_cli: SyncCli, fake: FakeService, cloud: FakeCloud) -> None:
    assert "Prediction ID: " in sync_cli("aws-databricks", "run-job", "12").out
    assert cloud.done[0] == ("run", "12", None, True)
    assert next(iter(fake.predictions.values()))["project_id"] is None


def test_run_and_apply_a_prediction(sync_cli: SyncCli, fake: FakeService, cloud: FakeCloud) -> None:
    sync_cli("aws-databricks", "create-prediction", "75778", "--project", "orders")
    made = next(iter(fake.predictions))
    assert sync_cli("aws-databricks", "run-prediction", "12", made).out == "Run ID: (75778, None)\n"
    assert cloud.done[-1:] == [("run", "12", {"num_workers": len("economy")}, False, project_of(fake), "")]
    said = sync_cli("aws-databricks", "apply-prediction", "12", "orders", "-p", "balanced")
    assert said.out == f"Applied prediction {made} to job 12\n"
    assert cloud.done[-1:] == [("apply", "12", project_of(fake), {"num_workers": len("balanced")}, "")]
    wrong = sync_cli("azure-databricks", "run-prediction", "12", made)
    assert (wrong.exit_code, "is for aws-databricks" in wrong.err) == (65, True)


def test_run_a_prediction_and_predict_again(sync_cli: SyncCli, fake: FakeService, cloud: FakeCloud) -> None:
    sync_cli("aws-databricks", "create-prediction", "75778", "--project", "orders")
    (made,) = fake.predictions
    said = sync_cli("aws-databricks", "run-prediction", "12", made, "--wait", "--plan", "Premium")
    assert cloud.done[-2] == ("run", "12", {"num_workers": len("economy")}, True, project_of(fake), "")
    assert cloud.done[-1] == ("collect", RunQuery("75778", "Premium", "Jobs Compute", project_of(fake)), True)
    assert said.out == f"Prediction ID: {list(fake.predictions)[-1]}\n"
    assert "Run ID: (75778, None)" in said.err


def test_submit_and_apply_a_recommendation(sync_cli: SyncCli, fake: FakeService, cloud: FakeCloud) -> None:
    said = sync_cli("aws-databricks", "create-submission", "75778", "orders")
    assert said.out == f"Submission ID: {next(iter(fake.submissions))}\n"
    sync_cli("aws-databricks", "create-recommendation", "orders")
    made = next(iter(fake.recommendations))
    sync_cli("projects", "update", "orders", "-c", "job_clusters/main")
    applied = sync_cli("aws-databricks", "apply-recommendation", "12", "orders", made)
    assert applied.out == f"Applied recommendation {made} to job 12\n"
    assert cloud.done[-1] == ("apply", "12", project_of(fake), {"num_workers": 3}, "job_clusters/main")


def test_reports(sync_cli: SyncCli, fake: FakeService, cloud: FakeCloud) -> None:  # noqa: ARG001
    for words in (("aws-databricks", "get-cluster-report", "75778"), ("aws-emr", "get-cluster-report", "j-1")):
        assert json.loads(sync_cli(*words).out) == {"cluster": {"cluster_id": "0101-1"}}
    assert sync_cli("aws-databricks", "monitor-cluster", "0101-1").exit_code == 0
    assert cloud.done[-1] == ("monitor", "0101-1")


def test_access(sync_cli: SyncCli, fake: FakeService, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    said = sync_cli("aws-emr", "access-report", "--log-url", "s3://b/k")
    assert said.out.startswith(f"Service\n  OK: Signed in at {fake.url} with the key key-1\nEC2\n  OK: ")
    cloud.is_open = False
    closed = sync_cli("aws-emr", "access-report", "--json")
    assert [line["status"] for line in json.loads(closed.out)] == ["OK", "Action required"]
    assert (closed.exit_code, closed.err) == (69, "sync-cli: EC2 is closed.\n")
    cloud.is_open = True
    monkeypatch.setenv("SYNC_API_KEY_SECRET", "wrong")
    monkeypatch.setenv("XDG_CACHE_HOME", "/nowhere")
    alone = sync_cli("aws-emr", "access-report")
    assert (alone.exit_code, alone.out.count("Action required"), alone.out.count("OK")) == (77, 1, 1)


def test_emr(sync_cli: SyncCli, fake: FakeService, cloud: FakeCloud, files: tuple[str, str]) -> None:
    project = project_of(fake)
    assert "Prediction ID: " in sync_cli("aws-emr", "create-prediction", "j-1").out
    assert "Prediction ID: " in sync_cli("aws-emr", "record-run", "j-1", "orders").out
    first, second = fake.predictions.values()
    assert (first["project_id"], second["project_id"]) == (None, project)
    assert "Prediction ID: " in sync_cli("aws-emr", "create-project-prediction", "orders", "--run-id", "r").out
    assert cloud.done[-2:] == [("cluster_of", project, "r"), ("collect", "j-3", True, project)]
    assert "Submission ID: " in sync_cli("aws-emr", "create-submission", "orders").out
    ran = sync_cli("aws-emr", "run-job-flow", files[1], "-p", "orders", "-r", "us-east-1")
    assert ran.out.startswith("Run complete. Prediction ID: ")
    flow, of = cloud.done[-2][1:3]
    assert (flow, of["id"]) == ({"Cluster": {"Name": "ordörs"}}, project)
    newest = list(fake.predictions)[-1]
    assert sync_cli("aws-emr", "run-prediction", newest).out == "EMR cluster ID: j-2\n"
    assert cloud.done[-1][2]["id"] == project


def test_a_prediction_of_another_platform_is_not_run(sync_cli: SyncCli, fake: FakeService, cloud: FakeCloud) -> None:
    sync_cli("aws-databricks", "create-prediction", "75778")
    said = sync_cli("aws-emr", "run-prediction", next(iter(fake.predictions)))
    assert (said.exit_code, said.err) == (65, "sync-cli: Prediction is not for EMR\n")
    assert len(cloud.done) == 1
