import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.cli.conftest import Said

from setpoint.cli.simulate_bar import SimulateBar

Setpoint = Callable[..., Said]
ROOT = Path(__file__).parents[2]
SMALL = ("simulate", "--projects", "3", "--days", "6")


def figures(said: Said) -> dict[str, Any]:
    assert said.exit_code == 0, said.err
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_the_figures_do_not_depend_on_the_number_of_processes(setpoint: Setpoint) -> None:
    one, two = (figures(setpoint(*SMALL, "--json", "--processes", count)) for count in ("1", "2"))
    assert one.pop("seconds") > 0
    assert two.pop("seconds") > 0
    assert one == two
    assert (one["projects"], one["days"], one["project_days"]) == (3, 6, 18)
    page = (ROOT / "docs" / "simulate.md").read_text(encoding="utf-8")
    assert [key for key in one if f"`{key}`" not in page] == []


def test_the_table_compares_with_untouched_and_oracle(setpoint: Setpoint) -> None:
    said = setpoint(*SMALL, "--processes", "1", "--profile", "cliff", "--seed", "4")
    assert said.exit_code == 0
    title, heads, *lines = said.out.splitlines()
    assert title.startswith("3 projects · 6 days · cliff · seed 4 · minimise cost")
    assert heads.split() == ["setpoint", "untouched", "oracle"]
    assert lines[0].split()[0] == "cost"
    assert said.err == ""


def test_one_project_is_shown_run_by_run(setpoint: Setpoint) -> None:
    said = setpoint("simulate", "--trace", "2", "--days", "4", "--profile", "growth")
    assert said.exit_code == 0
    assert said.out.startswith("growth-0002: ")


def test_a_goal_that_does_not_parse_is_said_before_anything_runs(setpoint: Setpoint) -> None:
    said = setpoint("simulate", "--goal", "minimise fun")
    assert said.exit_code != 0
    assert "minimise fun" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(("option", "value"), [("--profile", "wild"), ("--projects", "0"), ("--days", "1")])
def test_what_cannot_be_simulated_is_refused(setpoint: Setpoint, option: str, value: str) -> None:
    assert setpoint("simulate", option, value).exit_code == 2


def test_the_bar_shows_itself_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=80)
    monkeypatch.setattr("setpoint.cli.simulate_bar.err", lambda: console)
    with SimulateBar() as quiet:
        quiet.show(1, 2)
    assert written.getvalue() == ""
    with SimulateBar() as bar:
        bar._is_wanted = True
        bar.show(1, 2)
        bar.show(2, 2)
    assert "simulating" in written.getvalue()
