"""`setpoint patch`: what the owner of a job is given, while the job itself is never written to."""

import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.platforms.databricks.emulated import emulator, job, run_all

from setpoint.testing.databricks import DatabricksEmulator

Setpoint = Callable[..., Said]


@pytest.fixture
def watched(setpoint: Setpoint, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatabricksEmulator]:
    """A job of a bundle and one of ours, imported, run twice and decided on."""
    with emulator() as made:
        host, token = made.start()
        monkeypatch.setenv("DATABRICKS_HOST", host)
        monkeypatch.setenv("DATABRICKS_TOKEN", token)
        made.workspace.now = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
        wide = {"num_workers": 16}
        run_all(made, [job("deployed", wide, deployment={"kind": "BUNDLE"}), job("ours", wide)], nights=2)
        assert setpoint("connect", "databricks", "--top", "0").exit_code == 0
        assert setpoint("projects", "import", "--all").exit_code == 0
        assert setpoint("watch", "--once").exit_code == 0
        yield made


def git(checkout: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", checkout, *words], capture_output=True, text=True, check=True).stdout.strip()


def test_the_owner_gets_text_a_file_or_a_commit_and_the_job_is_not_touched(
    setpoint: Setpoint, watched: DatabricksEmulator, tmp_path: Path
) -> None:
    printed = setpoint("patch", "deployed", "--key", "nightly")
    assert printed.exit_code == 0, printed.err
    (entry,) = json.loads(printed.out)["resources"]["jobs"]["nightly"]["job_clusters"]
    assert entry["new_cluster"]["num_workers"] < 16
    folder, checkout = tmp_path / "patches", tmp_path / "checkout"
    assert setpoint("patch", "deployed", "--write", str(folder)).exit_code == 0
    assert (folder / "setpoint.deployed.yml").is_file()
    checkout.mkdir()
    git(checkout, "init", "--quiet", "--initial-branch", "main")
    git(checkout, "config", "user.email", "ada@example.com")
    git(checkout, "config", "user.name", "Ada")
    git(checkout, "commit", "--allow-empty", "--quiet", "--message", "Begin")
    said = setpoint("patch", "deployed", "--commit", str(checkout), "--branch", "cheaper")
    assert said.exit_code == 0, said.err
    assert git(checkout, "ls-tree", "--name-only", "cheaper") == "setpoint.deployed.yml"
    assert git(checkout, "log", "-1", "--format=%s", "cheaper").startswith("Run deployed on ")
    assert (git(checkout, "status", "--porcelain"), git(checkout, "branch", "--show-current")) == ("", "main")
    assert ("POST", "jobs/update") not in watched.calls


def test_what_needs_no_patch_or_has_none_is_said(setpoint: Setpoint, watched: DatabricksEmulator) -> None:
    ours = setpoint("patch", "ours")
    assert (ours.exit_code, ours.out) == (65, "")
    assert "Nobody else owns the job" in ours.err
    assert setpoint("patch", "nobody").exit_code == 66
    block = next(iter(watched.workspace.jobs.values())).settings["job_clusters"][0]["new_cluster"]
    block["num_workers"] = 5
    moved = setpoint("patch", "deployed")
    assert moved.exit_code == 75
    assert "was changed since" in moved.err


def test_what_may_be_done_is_committed_by_itself_where_a_checkout_is_named(
    setpoint: Setpoint, watched: DatabricksEmulator, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    refused = setpoint("databricks", "project", "deployed", "--checkout", str(checkout))
    assert (refused.exit_code, refused.out) == (65, "")
    assert "no Git checkout" in refused.err
    git(checkout, "init", "--quiet", "--initial-branch", "main")
    git(checkout, "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--allow-empty", "-qm", "Begin")
    assert setpoint("databricks", "project", "deployed", "--checkout", str(checkout), "--key", "nightly").exit_code == 0
    assert setpoint("mode", "deployed", "auto").exit_code == 0
    assert setpoint("watch", "--once").exit_code == 0
    patch = json.loads(git(checkout, "show", "setpoint/deployed:setpoint.nightly.yml"))
    assert patch["resources"]["jobs"]["nightly"]["job_clusters"][0]["new_cluster"]["num_workers"] < 16
    told = json.loads(setpoint("databricks", "project", "deployed", "--json").out)
    assert "on the branch setpoint/deployed" in told["handed_over"]
    assert ("POST", "jobs/update") not in watched.calls
    assert setpoint("databricks", "project", "deployed", "--checkout", "").exit_code == 0
    assert json.loads(setpoint("databricks", "project", "deployed", "--json").out)["checkout"] == ""
