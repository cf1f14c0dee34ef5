"""`setpoint connect` against both emulators, through the unmodified SDKs."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.platforms.databricks.emulated import deny, emulator, job, run_all
from tests.platforms.emr.world import BOOK, World, world_of

from setpoint.settings import Connection, load_settings
from setpoint.testing.databricks import DatabricksEmulator
from setpoint.testing.emr import EmrEmulator
from setpoint.wiring import loop_of

Setpoint = Callable[..., Said]
NIGHTS = 2


@pytest.fixture
def workspace(setpoint: Setpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatabricksEmulator]:  # noqa: ARG001 - sets HOME
    """With jobs that ran, of which the environment knows the address and the token."""
    with emulator() as made:
        host, token = made.start()
        made.workspace.now = datetime.now(UTC).replace(microsecond=0)
        made.workspace.region = "eu-west-1"
        made.advance(-NIGHTS * 86_400)
        idle = job("idle", {"num_workers": 16})
        run_all(made, [job("nightly"), idle, job("deployed", deployment={"kind": "BUNDLE"})], NIGHTS)
        made.workspace.add(
            {"name": "serverless", "tasks": [{"task_key": "t", "notebook_task": {"notebook_path": "/n"}}]}
        )
        for name in ("DATABRICKS_CONFIG_PROFILE", "DATABRICKS_CONFIG_FILE", "DATABRICKS_CLIENT_ID"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DATABRICKS_HOST", host)
        monkeypatch.setenv("DATABRICKS_TOKEN", token)
        yield made


@pytest.fixture(scope="module")
def serving() -> Iterator[EmrEmulator]:
    with EmrEmulator(BOOK) as cloud:
        yield cloud


@pytest.fixture
def account(setpoint: Setpoint, serving: EmrEmulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:  # noqa: ARG001
    """With a cluster that ran last night."""
    serving.forget()
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", serving.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing-secret")
    world = world_of("groups", serving, tmp_path / "world")
    serving.clock.move(max(0.0, (datetime.now(UTC) - serving.clock()).total_seconds() - 2 * 86_400))
    world.run()
    return world


def test_databricks_is_tried_kept_and_ranked(setpoint: Setpoint, workspace: DatabricksEmulator) -> None:
    said = setpoint("connect", "databricks", "--name", "work")
    assert said.exit_code == 0, said.err
    assert "✓ see jobs and their settings" in said.out
    ranked = [said.out.index(name) for name in (" idle ", " nightly ")]
    assert ranked == sorted(ranked)
    assert "[bundle]" in said.out
    assert "✗ serverless: Nothing in the job 'serverless' has a cluster" in said.out
    assert "setpoint projects import work --top 3" in said.out
    assert workspace.token not in said.out + said.err
    kept = load_settings().connections["work"]
    assert kept.region == "eu-west-1"
    assert (kept.platform, kept.auth, kept.rights, kept.product) == ("databricks", "pat", "read-only", "aws-databricks")
    settings = Path.home() / ".config" / "setpoint" / "settings.toml"
    assert workspace.token not in settings.read_text(encoding="utf-8")


def test_the_same_as_data(setpoint: Setpoint, workspace: DatabricksEmulator) -> None:  # noqa: ARG001 - is asked
    answer = json.loads(setpoint("connect", "databricks", "--json").out)
    assert answer["is_kept"]
    assert [it["name"] for it in answer["candidates"]] == ["idle", "deployed", "nightly"] or [
        it["name"] for it in answer["candidates"]
    ] == ["idle", "nightly", "deployed"]
    assert all(it["dollars_a_month"] > 0 and 0 < it["headroom"] < 1 for it in answer["candidates"])
    assert [it["name"] for it in answer["refused"]] == ["serverless"]


def test_what_is_missing_is_named_and_nothing_is_kept(setpoint: Setpoint, workspace: DatabricksEmulator) -> None:
    deny(workspace, "GET", "jobs/runs/list")
    said = setpoint("connect", "databricks")
    assert said.exit_code == 77
    assert "✗ see runs" in said.out
    assert "Grant: CAN_VIEW on each job" in said.err
    assert load_settings().connections == {}
    answer = setpoint("connect", "databricks", "--json")
    assert answer.exit_code == 77
    assert not json.loads(answer.out)["is_kept"]


def test_auto_is_kept_only_where_the_jobs_may_be_changed(setpoint: Setpoint, workspace: DatabricksEmulator) -> None:
    said = setpoint("connect", "databricks", "--rights", "auto", "--top", "0", "--name", "w")
    assert said.exit_code == 0, said.err
    assert load_settings().connections["w"].rights == "auto"
    job_id = next(iter(workspace.workspace.jobs))
    workspace.workspace.permissions[job_id] = [{"user_name": "x@example.com", "permission_level": "IS_OWNER"}]
    said = setpoint("connect", "databricks", "--rights", "auto", "--job", str(job_id), "--top", "0", "--name", "other")
    assert said.exit_code == 77
    assert f"Grant: CAN_MANAGE on the job {job_id}." in said.err
    assert list(load_settings().connections) == ["w"]


def test_a_host_without_credentials_or_in_clear_is_refused(
    setpoint: Setpoint, workspace: DatabricksEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = setpoint("connect", "databricks", "--host", "http://example.com")
    assert said.exit_code == 65
    assert "use https" in said.err
    monkeypatch.delenv("DATABRICKS_TOKEN")
    monkeypatch.setenv("PATH", "")
    said = setpoint("connect", "databricks")
    assert said.exit_code == 69
    assert "There are no credentials" in said.err
    assert workspace.token not in said.err


def test_a_profile_is_kept_by_its_name(
    setpoint: Setpoint, workspace: DatabricksEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = load_settings().databricks_host
    monkeypatch.delenv("DATABRICKS_HOST")
    monkeypatch.delenv("DATABRICKS_TOKEN")
    file = Path.home() / ".databrickscfg"
    file.write_text(f"[work]\nhost = {host}\ntoken = {workspace.token}\n", encoding="utf-8")
    assert setpoint("connect", "databricks", "--profile", "work", "--top", "0", "--name", "w").exit_code == 0
    kept = load_settings().connections["w"]
    assert (kept.profile, kept.host) == ("work", host)
    said = setpoint("connect", "databricks", "--profile", "work", "--host", "https://other.example.com")
    assert said.exit_code == 65
    assert "name one of them" in said.err


def test_emr_is_tried_kept_and_ranked(setpoint: Setpoint, account: World) -> None:
    said = setpoint("connect", "emr", "--region", "us-east-1")
    assert said.exit_code == 0, said.err
    assert "✓ see which clusters ran" in said.out
    assert account.project.name
    assert account.project.name in said.out
    assert "testing-secret" not in said.out + said.err
    assert load_settings().connections["emr-us-east-1"] == Connection(platform="emr", region="us-east-1", auth="env")


def test_a_profile_of_aws_is_kept_and_used(setpoint: Setpoint, account: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    folder = Path.home() / ".aws"
    folder.mkdir()
    keys = "aws_access_key_id = testing\naws_secret_access_key = testing-secret\n"
    (folder / "credentials").write_text(f"[work]\n{keys}", encoding="utf-8")
    (folder / "config").write_text("[profile work]\nregion = us-east-1\n", encoding="utf-8")
    assert setpoint("connect", "emr", "--profile", "work", "--top", "0").exit_code == 0
    kept = load_settings().connections["emr-us-east-1"]
    assert (kept.profile, kept.region, kept.auth) == ("work", "us-east-1", "shared-credentials-file")
    assert setpoint("projects", "import", "--all").exit_code == 0
    name = str(account.project.name)
    assert loop_of(load_settings(), name).platform.finished_runs(name)
    said = setpoint("connect", "emr", "--profile", "nobody")
    assert said.exit_code == 69
    assert "nobody" in said.err


def test_emr_names_the_action_that_is_missing(setpoint: Setpoint, account: World) -> None:
    account.cloud.denied = {"elasticmapreduce:RunJobFlow"}
    assert setpoint("connect", "emr", "--region", "us-east-1", "--top", "0").exit_code == 0
    said = setpoint("connect", "emr", "--region", "us-east-1", "--rights", "auto")
    assert said.exit_code == 77
    assert "elasticmapreduce:RunJobFlow on *" in said.err


def test_emr_wants_a_region(setpoint: Setpoint, account: World) -> None:  # noqa: ARG001 - is there to be asked
    said = setpoint("connect", "emr")
    assert said.exit_code == 69
    assert "--region" in said.err


@pytest.mark.parametrize("rights", ["read-only", "auto"])
def test_policies_are_printed_without_asking_anybody(setpoint: Setpoint, rights: str) -> None:
    emr = json.loads(setpoint("connect", "emr", "--policy", rights, "--bucket", "my-logs").out)
    assert emr["Version"] == "2012-10-17"
    assert ("arn:aws:s3:::my-logs" in json.dumps(emr)) == (rights == "read-only")
    assert "CAN_" in setpoint("connect", "databricks", "--policy", rights).out
