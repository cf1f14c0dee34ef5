"""The init script: on the driver only, and it never fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from setpoint.agent import init_script
from setpoint.cli.app import app


def start(script: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], **variables}
    return subprocess.run(
        ["bash", str(script)], env=environment, capture_output=True, text=True, timeout=30, check=False
    )


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "init.sh"
    text = init_script().replace("/var/tmp/setpoint-agent", str(tmp_path / "agent"))  # noqa: S108 - it is not used
    path.write_text(text.replace("/databricks/python3/bin/python", sys.executable), encoding="utf-8")
    return path


def test_on_a_worker_it_does_nothing(script: Path) -> None:
    done = start(script, DB_IS_DRIVER="FALSE")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not (script.parent / "agent").exists()


def test_on_the_driver_it_starts_the_program_and_returns(script: Path) -> None:
    """Without its variables the program says what is missing and ends for good."""
    assert start(script, DB_IS_DRIVER="TRUE").returncode == 0
    folder = script.parent / "agent"
    assert folder.stat().st_mode & 0o077 == 0
    compile((folder / "agent.py").read_text(encoding="utf-8"), "agent.py", "exec")
    words = [sys.executable, str(folder / "agent.py")]
    done = subprocess.run(words, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "DB_CLUSTER_ID" in done.stderr


def test_where_nothing_can_be_written_the_cluster_starts_all_the_same(tmp_path: Path, script: Path) -> None:
    (tmp_path / "agent").write_text("in the way", encoding="utf-8")
    assert start(script, DB_IS_DRIVER="TRUE").returncode == 0


def test_the_command_prints_it_or_writes_it(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["databricks", "init-script"])
    assert printed.output == init_script()
    assert CliRunner().invoke(app, ["databricks", "init-script", "-o", str(tmp_path / "x.sh")]).exit_code == 0
    assert (tmp_path / "x.sh").read_text(encoding="utf-8") == init_script()
