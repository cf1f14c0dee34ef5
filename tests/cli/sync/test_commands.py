"""The commands of the old product, word by word, against a fake service: what they print, and how they fail."""

import json
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import typer.main
from tests.cli.conftest import Said
from tests.client.fake_service import FakeService

from setpoint.cli.sync.app import app

SyncCli = Callable[..., Said]
PROGRAM: Any = typer.main.get_command(app)
NOWHERE = "7b155ae1-bbdf-444a-9654-f74757705178"


def leaves() -> list[tuple[str, ...]]:
    """Every command with its group."""
    found: list[tuple[str, ...]] = []
    for name, command in PROGRAM.commands.items():
        inner = getattr(command, "commands", None)
        found += [(name,)] if inner is None else [(name, each) for each in inner]
    return found


def command_at(words: tuple[str, ...]) -> Any:  # noqa: ANN401 - the program's own kind
    found = PROGRAM
    for word in words:
        found = found.commands[word]
    return found


OLD = """
configure; token; products
projects create; projects list; projects get; projects delete; projects update; projects get-prediction
predictions create; predictions generate; predictions get; predictions list; predictions status
aws-databricks create-prediction; aws-databricks run-job; aws-databricks run-prediction; aws-databricks access-report
aws-databricks get-cluster-report; aws-databricks monitor-cluster
aws-emr create-prediction; aws-emr record-run; aws-emr run-prediction; aws-emr create-project-prediction
aws-emr run-job-flow; aws-emr get-cluster-report; aws-emr access-report
"""
NEW = """
projects reset; projects get-latest-submission-config
CLOUD create-submission; CLOUD get-submission; CLOUD create-recommendation; CLOUD get-recommendation
CLOUD apply-recommendation; CLOUD get-cluster-report; CLOUD access-report; CLOUD monitor-cluster
workspaces create-workspace-config; workspaces get-workspace-config; workspaces list-workspace-configs
workspaces update-workspace-config; workspaces delete-workspace-config; workspaces reset-webhook-creds
workspaces apply-workspace-config; workspaces onboard-workflow
"""


def commands_of(text: str) -> list[tuple[str, ...]]:
    return [tuple(each.split()) for each in text.replace("\n", ";").split(";") if each.strip()]


@pytest.mark.parametrize(
    "command",
    commands_of(OLD + NEW.replace("CLOUD", "aws-databricks") + NEW.replace("CLOUD", "azure-databricks")),
    ids=" ".join,
)
def test_every_command_of_the_product_is_there(command: tuple[str, ...]) -> None:
    assert command in leaves()


def test_every_command_has_json_and_says_what_it_does() -> None:
    found = {words: command_at(words) for words in leaves()}
    assert [words for words, command in found.items() if not command.help] == []
    options = {words: {flag for each in command.params for flag in each.opts} for words, command in found.items()}
    assert {words[-1] for words, flags in options.items() if "--json" not in flags} == {"monitor-cluster"}


@pytest.mark.parametrize("command", [("configure",), ("projects", "create"), ("aws-databricks", "create-prediction")])
def test_help(sync_cli: SyncCli, command: tuple[str, ...]) -> None:
    said = sync_cli(*command, "--help")
    assert (said.exit_code, said.err) == (0, "")
    assert f"sync-cli {' '.join(command)}" in said.out


def test_no_command_writes_in_colour_into_a_pipe(sync_cli: SyncCli, fake: FakeService) -> None:  # noqa: ARG001
    said = [sync_cli("products"), sync_cli("projects", "get", NOWHERE), sync_cli("--help")]
    assert ["\x1b" in each.out + each.err for each in said] == [False] * 3


def test_the_version(sync_cli: SyncCli) -> None:
    assert sync_cli("--version").out.startswith("sync-cli, version ")


@pytest.mark.parametrize("words", [("nonsense",), ("predictions", "create", "aws-emr"), ("projects", "get")])
def test_wrong_usage_is_exit_code_2(sync_cli: SyncCli, words: tuple[str, ...]) -> None:
    assert sync_cli(*words).exit_code == 2


def test_products_and_token(sync_cli: SyncCli, fake: FakeService) -> None:
    assert sync_cli("products").out == "aws-emr, aws-databricks, azure-databricks\n"
    assert json.loads(sync_cli("products", "--json").out) == ["aws-emr", "aws-databricks", "azure-databricks"]
    assert sync_cli("--debug", "token").out.strip() in fake.tokens
    assert set(json.loads(sync_cli("token", "--json").out)) == {"access_token", "expires_at_utc"}
    assert len(fake.tokens) == 1, "processes share it"


# Projects


def test_a_project_as_the_tutorial_has_it(sync_cli: SyncCli, fake: FakeService) -> None:
    made = sync_cli("projects", "create", "nightly", "-d", "Orders", "-j", "77", "-l", "s3://b/k", "-i", "orders")
    assert made.exit_code == 0
    which = made.out.removeprefix("Project ID: ").strip()
    kept = fake.projects[which]
    wanted = {"name": "nightly", "description": "Orders", "job_id": "77", "cluster_log_url": "s3://b/k"}
    assert {name: kept[name] for name in wanted} == wanted
    assert "product_code" not in kept
    assert kept["prediction_preference"] == "economy"
    assert sync_cli("projects", "list").out == f"2026-11-23T03:00:00Z {which}: nightly\n"
    assert json.loads(sync_cli("projects", "get", "orders").out)["id"] == which
    assert sync_cli("projects", "update", which, "-d", "New", "-p", "balanced").out == "Project updated\n"
    assert (kept["description"], kept["prediction_preference"]) == ("New", "balanced")
    assert sync_cli("projects", "delete", "orders").out == f"Project {which} deleted\n"
    assert sync_cli("projects", "list").err == "There are no projects yet.\n"


def test_a_project_as_later_versions_have_it(sync_cli: SyncCli, fake: FakeService) -> None:
    words = ("nightly", "aws-databricks", "-c", "job_clusters/main", "-w", "42", "--auto-apply-recs")
    made = json.loads(sync_cli("projects", "create", *words, "--json").out)
    kept = fake.projects[made["id"]]
    assert (kept["product_code"], kept["cluster_path"], kept["workspace_id"]) == ("aws-databricks", words[3], "42")
    assert kept["auto_apply_recs"] is True
    assert sync_cli("projects", "update", made["id"], "--auto-apply-recs", "false").exit_code == 0
    assert fake.asked[-1].json == {"auto_apply_recs": False}, "what was not given is not changed"
    assert sync_cli("projects", "update", made["id"], "--auto-apply-recs", "perhaps").exit_code == 2
    assert sync_cli("projects", "reset", made["id"]).out == "Project reset\n"


def test_a_project_that_is_not_there(sync_cli: SyncCli, fake: FakeService) -> None:  # noqa: ARG001
    by_id, by_app = sync_cli("projects", "get", NOWHERE), sync_cli("projects", "delete", "orders")
    assert (by_id.exit_code, by_id.out) == (66, "")
    assert by_id.err == "sync-cli: Trouble: There is no such project in this account.\n"
    assert (by_app.exit_code, by_app.err) == (2, "sync-cli: Project Error: No project found for 'orders'\n")


def test_the_newest_prediction_of_a_project(sync_cli: SyncCli, fake: FakeService, files: tuple[str, str]) -> None:
    sync_cli("projects", "create", "nightly", "-i", "orders")
    assert "No predictions in the project" in sync_cli("projects", "get-prediction", "orders").err
    for _ in range(2):
        sync_cli("predictions", "create", "aws-emr", "-e", files[0], "-r", files[1], "-p", "orders")
    shown = json.loads(sync_cli("projects", "get-prediction", "orders", "-p", "balanced").out)
    assert shown["prediction_id"] == list(fake.predictions)[-1]
    assert list(shown["solutions"]) == ["balanced"]


def test_the_latest_submission_config(sync_cli: SyncCli, fake: FakeService, files: tuple[str, str]) -> None:
    command = ("projects", "get-latest-submission-config", "orders")
    sync_cli("projects", "create", "nightly", "-i", "orders")
    assert "No submissions found." in sync_cli(*command).err
    sync_cli("submissions", "create", "aws-databricks", "orders", "-e", files[0], "-r", files[1])
    fake.fails = True
    sync_cli("submissions", "create", "aws-databricks", "orders", "-e", files[0], "-r", files[1])
    oldest, newest = fake.submissions.values()
    oldest["configuration"] = {"num_workers": 9}
    assert json.loads(sync_cli(*command).out) == newest["configuration"]
    assert json.loads(sync_cli(*command, "--success-only").out) == {"num_workers": 9}
    oldest["state"] = "FAILED"
    assert "No successful submissions found." in sync_cli(*command, "--success-only").err


# Predictions


def test_a_prediction_by_upload(sync_cli: SyncCli, fake: FakeService, files: tuple[str, str]) -> None:
    said = sync_cli("predictions", "create", "aws-emr", "--event-log", files[0], "--report", files[1])
    which = said.out.removeprefix("Prediction ID: ").strip()
    assert fake.uploads == {f"{which}/application_1.gz": Path(files[0]).read_bytes()}
    assert sync_cli("predictions", "status", which).out == "SUCCESS\n"
    assert list(json.loads(sync_cli("predictions", "get", which).out)["solutions"]) == ["economy"]
    assert list(json.loads(sync_cli("predictions", "get", which, "-p", "performance").out)["solutions"]) == [
        "performance"
    ]
    assert sync_cli("predictions", "list", "--platform", "aws-emr").out == (
        f"2026-11-23T03:00:00Z {which} ({'not part of a project':^36}): orders\n"
    )
    assert sync_cli("predictions", "list", "--platform", "aws-databricks").out == ""


def test_a_prediction_is_waited_for(
    sync_cli: SyncCli, fake: FakeService, files: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("setpoint.client.Client.sleep", lambda _, seconds: waited.append(seconds))
    fake.polls_until_ready = 2
    words = ("predictions", "generate", "aws-databricks", "-e", files[0], "-r", files[1])
    said = sync_cli(*words, "--preference", "balanced")
    first, second, document = said.out.split("\n", 2)
    assert (first.split(": ")[0], second) == ("Prediction ID", "Waiting for result...")
    assert list(json.loads(document)["solutions"]) == ["balanced"]
    assert waited == [1, 2]
    assert json.loads(sync_cli(*words, "--json").out)["prediction_id"], "with --json, only the prediction"
    fake.fails = True
    failed = sync_cli(*words)
    assert (failed.exit_code, "Prediction failed" in failed.err) == (69, True)


def test_the_log_at_an_address(sync_cli: SyncCli, fake: FakeService, files: tuple[str, str]) -> None:
    log = "https://logs.example/application_1?signature=1"
    assert sync_cli("predictions", "create", "aws-emr", "-e", log, "-r", files[1]).exit_code == 0
    assert fake.asked[-1].json["eventlog_url"] == log
    assert fake.asked[-1].json["configs"] == {"Cluster": {"Name": "ordörs"}}


def test_the_report_at_an_address(sync_cli: SyncCli, fake: FakeService, files: tuple[str, str]) -> None:
    fake.troubles = [(200, b'{"Cluster": {}}', {})]
    assert sync_cli("predictions", "create", "aws-emr", "-e", files[0], "-r", f"{fake.url}/report").exit_code == 0
    said = sync_cli("predictions", "create", "aws-emr", "-e", files[0], "-r", f"{fake.url}/report?token=secret")
    assert (said.exit_code, "401" in said.err, "secret" in said.err) == (65, True, False)


@pytest.mark.parametrize(
    ("log", "report", "words"),
    [
        ("missing.gz", "report.json", "missing.gz is not there"),
        (".", "report.json", "is a folder"),
        ("application_1.gz", "missing.json", "missing.json cannot be read"),
        ("application_1.gz", "application_1.gz", "is not JSON"),
        ("application_1.gz", "list.json", "not an object"),
        ("s3://bucket/key", "report.json", "boto3"),
    ],
)
def test_files_that_are_none(
    sync_cli: SyncCli,
    fake: FakeService,
    files: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    log: str,
    report: str,
    words: str,
) -> None:
    folder = Path(files[0]).parent
    (folder / "list.json").write_text("[]", encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setitem(sys.modules, "boto3", None)
    said = sync_cli("predictions", "create", "aws-emr", "-e", log, "-r", report)
    assert said.exit_code in {65, 69}
    assert words in said.err
    assert fake.predictions == {}
    assert len(said.err.splitlines()) == 1


def test_predictions_of_a_project(sync_cli: SyncCli, fake: FakeService, files: tuple[str, str]) -> None:
    sync_cli("projects", "create", "nightly", "-i", "orders")
    which = next(iter(fake.projects))
    sync_cli("predictions", "create", "aws-emr", "-e", files[0], "-r", files[1], "-p", "orders")
    sync_cli("predictions", "create", "aws-emr", "-e", files[0], "-r", files[1])
    listed = sync_cli("predictions", "list", "--project", "orders").out
    assert len(listed.splitlines()) == 1
    assert f"({which})" in listed
    assert len(json.loads(sync_cli("predictions", "list", "--json").out)) == 2
    assert sync_cli("predictions", "list", "--project", "other").exit_code == 2


# Submissions, recommendations, workspaces


def test_a_submission_and_its_recommendation(sync_cli: SyncCli, fake: FakeService, files: tuple[str, str]) -> None:
    sync_cli("projects", "create", "nightly", "aws-databricks", "-i", "orders")
    said = sync_cli("submissions", "create", "aws-databricks", "orders", "-e", files[0], "-r", files[1], "--wait")
    which = next(iter(fake.submissions))
    assert said.out.startswith(f"Submission ID: {which}\n")
    assert json.loads(said.out.partition("\n")[2])["state"] == "SUCCESS"
    assert sync_cli("submissions", "list", "orders").out == f"2026-11-23T03:00:00Z {which}: SUCCESS\n"
    for group in ("aws-databricks", "azure-databricks"):
        assert json.loads(sync_cli(group, "get-submission", "orders", which).out)["id"] == which
        made = sync_cli(group, "create-recommendation", "orders")
        wanted = made.out.removeprefix("Recommendation ID: ").strip()
        assert json.loads(sync_cli(group, "get-recommendation", "orders", wanted).out)["id"] == wanted
    assert json.loads(sync_cli("recommendations", "get", "orders", "--json").out)["id"] == wanted
    assert len(sync_cli("recommendations", "list", "orders", "--per-page", "1").out.splitlines()) == 1
    waited = sync_cli("recommendations", "create", "orders", "--wait", "--json")
    assert json.loads(waited.out)["state"] == "SUCCESS"


def test_workspaces(sync_cli: SyncCli, fake: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_HOST", "https://dbc-1.cloud.databricks.com/?o=1")
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-1")
    answers(monkeypatch, "\n\n\n\n")
    made = sync_cli("workspaces", "create-workspace-config", "42", "--databricks-plan-type", "Premium")
    assert made.exit_code == 0
    for question in ("Databricks host (prefix with https://)", "Databricks token", "Sync API key ID"):
        assert question in made.out
    assert "dapi-1" not in made.out
    sent = fake.asked[-1].json
    assert (sent["databricks_host"], sent["databricks_token"]) == ("https://dbc-1.cloud.databricks.com", "dapi-1")
    assert (sent["plan_type"], sent["sync_api_key_secret"]) == ("Premium", "secret-1")
    assert sync_cli("workspaces", "list-workspace-configs").out == "42\n"
    assert json.loads(sync_cli("workspaces", "get-workspace-config", "42").out)["plan_type"] == "Premium"
    answers(monkeypatch, "\nnew-token\n\n\n")
    assert sync_cli("workspaces", "update-workspace-config", "42", "--aws-region", "us-east-1").exit_code == 0
    assert fake.asked[-1].json == {"databricks_token": "new-token", "aws_region": "us-east-1"}
    answers(monkeypatch, "")
    assert sync_cli("workspaces", "update", "42", "--cluster-policy-id", "p").exit_code == 0
    assert fake.asked[-1].json == {"cluster_policy_id": "p"}
    assert "password" in json.loads(sync_cli("workspaces", "reset-webhook-creds", "42").out)
    assert sync_cli("workspaces", "apply-workspace-config", "42").out == "OK\n"
    assert sync_cli("workspaces", "onboard-workflow", "42", "7", NOWHERE).out == "OK\n"
    assert fake.asked[-1].json == {"job_id": "7", "project_id": NOWHERE}
    assert sync_cli("workspaces", "delete-workspace-config", "42").out == "OK\n"
    assert sync_cli("workspaces", "update-workspace-config", "42").exit_code == 66


def answers(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """What the user types; hidden questions read from the same."""
    lines = StringIO(text)
    monkeypatch.setattr("sys.stdin", lines)
    for name in ("visible_prompt_func", "hidden_prompt_func"):
        monkeypatch.setattr(f"typer._click.termui.{name}", lambda prompt="": answer(lines, prompt))


def answer(lines: StringIO, prompt: str) -> str:
    sys.stdout.write(prompt + "\n")
    line = lines.readline()
    if not line:
        raise EOFError
    return line[:-1]


# Failures


def test_no_key(sync_cli: SyncCli, bare: Path) -> None:  # noqa: ARG001
    said = sync_cli("products")
    assert (said.exit_code, said.out) == (78, "")
    assert "SYNC_API_KEY_ID" in said.err


def test_a_wrong_key(sync_cli: SyncCli, fake: FakeService, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    monkeypatch.setenv("SYNC_API_KEY_SECRET", "wrong")
    said = sync_cli("projects", "list")
    assert (said.exit_code, said.err) == (77, "sync-cli: Trouble: There is no such key.\n")
