"""One program under two names: `setpoint projects` keeps its meaning, and everything else is the same."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main
from tests.cli.conftest import Said
from tests.client.fake_service import FakeService

from setpoint.cli.app import app as setpoint_app
from setpoint.cli.sync.app import app as sync_app

Program = Callable[..., Said]
HEAVY = ("httpx2", "numpy", "rich", "sqlalchemy", "fastapi", "scipy", "boto3", "yaml")


def names(app: typer.Typer) -> set[str]:
    return set(getattr(typer.main.get_command(app), "commands", {}))


def test_setpoint_has_all_that_sync_cli_has() -> None:
    assert names(sync_app) - names(setpoint_app) == set()


def test_projects_alone_are_those_of_the_ledger(setpoint: Program, fake: FakeService) -> None:
    said = setpoint("projects")
    assert (said.exit_code, "No projects yet" in said.out) == (0, True)
    assert fake.asked == []


def test_projects_list_is_of_the_service_where_one_is_configured(setpoint: Program, fake: FakeService) -> None:
    made = setpoint("projects", "create", "nightly")
    assert made.out.startswith("Project ID: ")
    assert "nightly" in setpoint("projects", "list").out
    assert "No projects yet" in setpoint("projects", "list", "--local").out
    assert json.loads(setpoint("projects", "list", "--local", "--json").out) == []
    assert len(json.loads(setpoint("projects", "list", "--remote", "--json").out)) == len(fake.projects)


def test_projects_list_is_of_the_ledger_where_no_service_is(setpoint: Program, bare: Path) -> None:  # noqa: ARG001
    assert "No projects yet" in setpoint("projects", "list").out
    said = setpoint("projects", "list", "--remote")
    assert said.exit_code == 78
    assert said.err.startswith("setpoint: There is no API key")


@pytest.mark.parametrize("words", [["--help"], ["projects", "create", "--help"], ["products"]])
def test_sync_cli_loads_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    program = (
        f"import sys; sys.argv = ['sync-cli', *{words!r}]\n"
        "from setpoint.cli.sync.app import main\n"
        "try: main()\n"
        f"finally: print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    environment = {"HOME": str(tmp_path), "PYTHONPATH": ":".join(sys.path), "TERM": "dumb"}
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False)
    allowed = ["rich"] if "--help" in words else []
    loaded = ran.stderr.splitlines()[-1]
    assert [name for name in HEAVY if f"'{name}'" in loaded and name not in allowed] == []
