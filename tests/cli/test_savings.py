"""`setpoint savings`, `forecast` and `calibration` over a ledger on disk."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.cli.ledgers import fill
from tests.core.savings.plants import plant
from tests.service.story import Story, whole_story

from setpoint.core.savings import total
from setpoint.core.savings.table import row_of

Setpoint = Callable[..., Said]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("filled")
    fill(home, "orders", whole_story())
    fill(home, "sales-1", plant(1, growth=0.01).entries)
    fill(home, "fresh", Story().begin().entries)
    return home


@pytest.fixture
def filled(setpoint: Setpoint, home: Path, ledger: Path) -> Setpoint:
    shutil.copytree(ledger, home)
    return setpoint


def test_savings_says_what_was_saved_and_what_is_not_known(filled: Setpoint) -> None:
    said = filled("savings")
    assert (said.exit_code, said.err) == (0, "")
    assert "with 90 %" in said.out
    assert "trying cost" in said.out
    fresh = next(line for line in said.out.splitlines() if line.startswith("fresh"))
    assert "not known" in fresh
    months = filled("savings", "sales-*", "--by", "month").out
    assert "2026-01" in months
    assert "2026-11" not in months


def test_the_export_gives_the_same_totals_and_the_page_stands_alone(filled: Setpoint, tmp_path: Path) -> None:
    table, page = tmp_path / "savings.csv", tmp_path / "savings.html"
    said = filled("savings", "--csv", str(table), "--html", str(page), "--json")
    whole = json.loads(said.out)["total"]
    with table.open(encoding="utf-8", newline="") as stream:
        again = total(row_of(line) for line in csv.DictReader(stream))
    assert again.saved_dollars == pytest.approx(whole["saved_dollars"])
    assert again.low_dollars == pytest.approx(whole["low_dollars"])
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "<script" not in text
    assert 'class="interval"' in text
    assert filled("savings", "--csv", str(page)).exit_code == 65


def test_factors_from_bills_are_applied(filled: Setpoint, tmp_path: Path) -> None:
    factors = tmp_path / "factors.json"
    known = {"factor": 0.5, "low": 0.5, "high": 0.5, "runs": 9}
    factors.write_text(json.dumps({"runs": [], "correction": known, "projects": {}, "is_applied": False}))
    plain, brought = (
        json.loads(filled("savings", *words, "--json").out)["total"] for words in ((), ("--reconciled", str(factors)))
    )
    assert brought["saved_dollars"] == pytest.approx(plain["saved_dollars"] / 2)
    for wrong in ("{}", json.dumps({"correction": known | {"low": -1.0}, "projects": {}}), "[" * 9):
        factors.write_text(wrong)
        said = filled("savings", "--reconciled", str(factors))
        assert said.exit_code == 65
        assert "--reconciled" in said.err


@pytest.mark.parametrize(
    ("words", "named"),
    [(("savings", "--by", "moon"), "--by moon"), (("savings", "nobody"), "“nobody”"), (("forecast", "x-*"), "“x-*”")],
)
def test_what_is_not_there_is_refused_in_a_sentence(filled: Setpoint, words: tuple[str, ...], named: str) -> None:
    said = filled(*words)
    assert said.exit_code != 0
    assert named in said.err
    assert "Traceback" not in said.err


def test_since_leaves_out_what_was_before(filled: Setpoint) -> None:
    said = filled("savings", "sales-1", "--since", "2026-02-01", "--json")
    assert json.loads(said.out)["total"]["runs"] == 29


def test_forecast_says_when_growth_breaks_the_goal(filled: Setpoint) -> None:
    said = filled("forecast")
    assert said.exit_code == 0
    assert "fresh: too few runs" in said.out
    assert "sales-1: The input changes by +7.2% a week" in said.out
    found = json.loads(filled("forecast", "--json").out)["projects"]
    by_name = {each["project"]: each["forecast"] for each in found}
    assert by_name["fresh"] is None
    assert by_name["sales-1"]["current"]["is_broken"] in {True, False}


def test_calibration_says_what_held(filled: Setpoint) -> None:
    said = filled("calibration")
    assert said.exit_code == 0
    assert "× what was predicted" in said.out
    found = json.loads(filled("calibration", "orders", "--json").out)
    assert found["total"]["predictions"] == found["projects"][0]["predictions"] > 0


@pytest.mark.parametrize("command", ["savings", "forecast", "calibration"])
def test_an_empty_ledger_has_nothing_to_show(setpoint: Setpoint, command: str) -> None:
    said = setpoint(command)
    assert (said.exit_code, said.err) == (0, "")
    assert said.out.startswith("No p")
