"""`setpoint policies plan|apply|show`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.core.policies.fleets import fleet

from setpoint.ledger import open_ledger

Setpoint = Callable[..., Said]

HOUSE = "name: house\nselect: all\ngoal: minimise cost\nmode: observe\noverridable: [mode]\n"
NIGHT = """
name: night
priority: 5
select: {name: nightly-*}
except: {owner: ops}
goal: runtime p95 <= 40s
mode: auto
restrictions: {windows: 0 20 * * * for 4h}
budget: cost <= 10$/month
"""


@pytest.fixture
def house(setpoint: Setpoint, home: Path, tmp_path: Path) -> Path:  # noqa: ARG001 - the world of the command
    """A folder with two policies, and a ledger with a small fleet."""
    home.mkdir(parents=True)
    fleet(open_ledger(f"sqlite:///{home / 'ledger.db'}"), projects=2)
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "house.yml").write_text(HOUSE)
    (folder / "night.yaml").write_text(NIGHT)
    (folder / "README.md").write_text("no policy")
    return folder


def test_plan_apply_and_show(setpoint: Setpoint, house: Path) -> None:
    planned = setpoint("policies", "plan", str(house))
    assert (planned.exit_code, planned.err) == (0, "")
    for words in (
        "2 policies, 3 projects concerned, 0 not",
        "~ nightly-1",
        "goal: minimise cost; runtime <= 25s → minimise cost; cost <= ",
        "minimise from policy house: minimise cost (not project: policy house is not overridable)",
        "Budget of policy night: cost <= 10$/month",
        "Expected (modelled): ",
        "3 projects would change.",
    ):
        assert words in planned.out
    refused = setpoint("policies", "apply", str(house))
    assert refused.exit_code == 65
    assert "--yes" in refused.err
    assert "No policies are in force." in setpoint("policies", "show").out
    data = json.loads(setpoint("policies", "plan", str(house), "--json").out)
    assert (data["changing"], data["policies"], data["untouched"]) == (3, ["house", "night"], 0)
    done = setpoint("policies", "apply", str(house), "--yes", "--plan", data["digest"], "--json")
    assert json.loads(done.out)["changed"] == 3
    assert "Nothing to change; it is in force." in setpoint("policies", "apply", str(house)).out


def test_show_tells_what_is_in_force_and_who_decides(setpoint: Setpoint, house: Path) -> None:
    assert setpoint("policies", "apply", str(house), "--yes").exit_code == 0
    shown = setpoint("policies", "show").out
    for words in ("In force since ", "night (priority 5): name nightly-*; selects 1 project", "except owner ops"):
        assert words in shown
    for words in ("windows 0 20 * * * for 4h", "budget cost <= 10$/month", "projects may override: mode"):
        assert words in shown
    one = setpoint("policies", "show", "nightly-1").out
    assert "1. policy night, priority 5, specificity 1: name nightly-*" in one
    assert "its share of cost <= 10$/month" in one
    assert "set by night, house" in one
    data = json.loads(setpoint("policies", "show", "nightly-1", "--json").out)
    assert data["in_force"]["mode"] == "auto"
    assert {"field": "mode", "value": ["auto"], "sources": ["night"]}.items() <= data["fields"][-2].items()
    assert json.loads(setpoint("policies", "show", "--json").out)["policies"][0]["name"] == "night"
    (house / "house.yml").unlink()
    assert "Gone: house; their projects return" in setpoint("policies", "plan", str(house), "--quick").out
    (house / "house.yml").write_text(HOUSE)
    # Somebody sets a goal by hand.
    assert setpoint("goals", "nightly-1", "minimise runtime").exit_code == 0
    assert "was set by hand since" in setpoint("policies", "show", "nightly-1").out
    assert "set by: project → night, house" in setpoint("policies", "plan", str(house)).out


def test_a_plan_that_is_not_the_plan_any_more_changes_nothing(setpoint: Setpoint, house: Path) -> None:
    said = setpoint("policies", "apply", str(house), "--yes", "--plan", "0000")
    assert (said.exit_code, said.out) == (75, "")
    assert "Plan again" in said.err


def test_what_cannot_be_kept_and_what_cannot_be_paid_is_said(setpoint: Setpoint, house: Path) -> None:
    (house / "night.yaml").write_text(NIGHT.replace("40s", "2s").replace("10$", "0.0001$"))
    said = setpoint("policies", "plan", str(house), "--all").out
    assert "Cannot keep their goal: 1\n  nightly-1: " in said
    assert "a day too small: the cheapest choice of all comes to" in said


def test_a_budget_that_is_short_says_what_more_would_buy(setpoint: Setpoint, house: Path) -> None:
    text = NIGHT.replace("except: {owner: ops}\n", "").replace("runtime p95 <= 40s", "runtime p95 <= 10s")
    (house / "night.yaml").write_text(text.replace("nightly-*", "'*'").replace("10$", "0.12$") + "spend_on: time\n")
    said = setpoint("policies", "plan", str(house)).out
    assert "a further dollar a day would buy" in said
    assert "is kept for 1 project of which nothing can be predicted yet" in said


def test_a_quick_plan_rests_on_what_was_decided_last(setpoint: Setpoint, house: Path) -> None:
    assert "nothing was assessed yet" in setpoint("policies", "plan", str(house), "--quick").out


def test_unknown_files_and_projects_are_named(setpoint: Setpoint, house: Path) -> None:
    assert setpoint("policies", "plan", str(house / "none.yml")).exit_code == 65
    said = setpoint("policies", "show", "nobody")
    assert said.exit_code == 66
    assert "“nobody”" in said.err
    assert setpoint("policies", "show", "idle").out.startswith("idle: no policy in force selects it")
    (house / "house.yml").write_text("name: house\nselekt: all\n")
    wrong = setpoint("policies", "plan", str(house))
    assert (wrong.exit_code, wrong.out) == (65, "")
    assert f"{house / 'house.yml'}:2:1: “selekt”: unknown key; did you mean select?" in wrong.err
