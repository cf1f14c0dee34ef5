"""`setpoint submit`, `goals` and `projects` over an emulated spark-submit."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.cli.ledgers import fill
from tests.service.story import GOAL, whole_story

from setpoint.core.domain import SearchSpace
from setpoint.core.goals import METRICS
from setpoint.core.history import GoalSet
from setpoint.ledger import open_ledger
from setpoint.testing.spark_emulator import install

Setpoint = Callable[..., Said]
JOB = ("--", "--master", "local[2]", "--driver-memory", "2g", "job.py")


@pytest.fixture
def submitted(setpoint: Setpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setpoint:
    """The program in a world where `nightly` has run once, without a goal."""
    monkeypatch.setenv("SPARK_HOME", str(install(tmp_path / "spark")))
    assert setpoint("submit", "nightly", *JOB).exit_code == 0
    return setpoint


def goals_of(home: Path) -> list[GoalSet]:
    entries = open_ledger(f"sqlite:///{home / 'ledger.db'}").read("nightly")
    return [entry for entry in entries if isinstance(entry, GoalSet)]


@pytest.mark.parametrize("code", [0, 3, 77])
def test_submit_ends_as_the_application_does(submitted: Setpoint, code: int) -> None:
    said = submitted("submit", "nightly", *JOB, "stdout=hello", f"exit={code}")
    assert (said.exit_code, said.out) == (code, "hello\n")
    assert "Traceback" not in said.err


def test_submit_says_what_the_next_run_will_get(submitted: Setpoint) -> None:
    said = submitted("submit", "nightly", "--goal", "minimise cost", *JOB)
    assert said.exit_code == 0
    assert said.err.startswith("setpoint: next run: ")


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("--goal", "runtime <= soon"), "“soon”"),
        (("--slots", "none"), "'none'"),
        (("--memory", "much"), "'much'"),
    ],
)
def test_a_wrong_order_starts_nothing(submitted: Setpoint, words: tuple[str, ...], wrong: str) -> None:
    said = submitted("submit", "nightly", *words, *JOB, "stdout=started")
    assert (said.exit_code, said.out) == (65, "")
    assert wrong in said.err


def test_goals_shows_and_sets(submitted: Setpoint, home: Path) -> None:
    assert "nightly has no goal" in submitted("goals", "nightly").out
    said = submitted("goals", "nightly", "minimise cost; runtime p95 <= 1h", "--mode", "observe", "--slots", "1-3")
    assert (said.exit_code, said.err) == (0, "")
    assert said.out == "nightly: minimise cost; runtime p95 <= 1h   (mode observe)\n"
    goal, slots, memory = submitted("goals", "nightly").out.splitlines()
    assert goal == "minimise cost; runtime p95 <= 1h   (mode observe)"
    assert slots == "slots: 1, 2, 3"
    assert memory.startswith("memory: ")
    assert "2 GiB" in memory
    assert submitted("goals", "nightly", "--mode", "auto").exit_code == 0
    assert submitted("goals", "nightly", "--memory", "1g,2g").exit_code == 0
    first, second, third = goals_of(home)
    assert (first.mode, second.mode, third.mode) == ("observe", "auto", "auto")
    assert first.goal == second.goal == third.goal
    assert first.space is not None
    assert first.space.slots == (1, 2, 3)
    assert third.space is not None
    assert third.space.slots == (1, 2, 3)
    assert third.space.task_memory_mib == (1024, 2048)


def test_brackets_are_no_markup(setpoint: Setpoint, home: Path) -> None:
    came, *_ = whole_story()
    fill(home, "[bold]", [came, GoalSet("minimise cost [/red]", "observe", came.at)])
    fill(home, "[red]", [came])
    assert "minimise cost [/red]" in setpoint("goals", "[bold]").out
    assert "[red] has no goal" in setpoint("goals", "[red]").out
    listed = setpoint("projects").out
    assert "[bold]" in listed
    assert "[red]" in listed


def test_the_axes_of_the_search_space_are_shown(setpoint: Setpoint, home: Path) -> None:
    came, *_ = whole_story()
    fill(home, "nightly", [came, GoalSet("minimise cost", "observe", came.at, SearchSpace((), (1536,), (8, 16)))])
    shown = setpoint("goals", "nightly").out.splitlines()[1:]
    assert shown == ["slots: left as they are", "memory: 1.5 GiB", "partitions: 8, 16"]


def test_the_same_goal_twice_is_written_once(submitted: Setpoint, home: Path) -> None:
    for _ in range(2):
        assert submitted("goals", "nightly", "minimise cost").exit_code == 0
    assert len(goals_of(home)) == 1


@pytest.mark.parametrize(
    ("goal", "wrong"),
    [
        ("minimise cost; runtme <= 1h", "runtme"),
        ("minimise cost; runtime <= 1 parsec", "1 parsec"),
        ("minimise", ""),
        ("cost <= -3$", "-3$"),
    ],
)
def test_a_wrong_goal_is_pointed_at_the_word(submitted: Setpoint, home: Path, goal: str, wrong: str) -> None:
    said = submitted("goals", "nightly", "--", goal)
    assert (said.exit_code, said.out) == (65, "")
    sentence, shown, pointer = said.err.splitlines()
    assert wrong in sentence
    start = pointer.index("^")
    assert shown[start : start + pointer.count("^")] == wrong
    assert goals_of(home) == []


@pytest.mark.parametrize("words", [("",), ("--mode", "auto"), ("--slots", "2"), ("minimise cost", "--slots", "x")])
def test_what_makes_no_goal_is_refused(submitted: Setpoint, home: Path, words: tuple[str, ...]) -> None:
    assert submitted("goals", "nightly", *words).exit_code == 65
    assert goals_of(home) == []


def test_goals_of_an_unknown_project(setpoint: Setpoint) -> None:
    said = setpoint("goals", "nobody", "minimise cost")
    assert said.exit_code == 66
    assert "“nobody”" in said.err


def test_a_goal_can_be_set_where_the_project_does_not_run(setpoint: Setpoint, home: Path) -> None:
    """The ledger may be shared by machines; the runs are on one of them."""
    fill(home, "nightly", whole_story())
    said = setpoint("goals", "nightly", "runtime <= 9s")
    assert said.exit_code == 0
    assert "The goal is set" in said.err
    assert goals_of(home)[-1].goal == "runtime <= 9s"


def test_projects_are_listed(setpoint: Setpoint, home: Path) -> None:
    assert setpoint("projects").out.startswith("No projects yet.")
    fill(home, "orders", whole_story())
    said = setpoint("projects")
    assert said.exit_code == 0
    for words in ("orders", "25", "8 slots", "auto"):
        assert words in said.out
    assert GOAL not in said.out


def test_partitions_may_be_allowed_and_are_shown(setpoint: Setpoint, home: Path) -> None:
    fill(home, "nightly", whole_story())
    assert setpoint("goals", "nightly", "--partitions", "8,16").exit_code == 0
    assert "partitions: 8, 16" in setpoint("goals", "nightly").out
    wrong = setpoint("goals", "nightly", "--partitions", "none")
    assert wrong.exit_code == 65
    assert "--partitions" in wrong.err


def test_the_metrics_are_listed(setpoint: Setpoint) -> None:
    said = setpoint("goals", "--list")
    assert said.exit_code == 0
    assert all(f"{name} (" in said.out for name in METRICS)
    assert "utilisation >= 60%" in said.out
    listed = json.loads(setpoint("goals", "--list", "--json").out)
    assert [metric["name"] for metric in listed["metrics"]] == list(METRICS)
    assert listed["preferences"]["economy"] == "cost"


def test_a_goal_from_a_file(submitted: Setpoint, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "goal.yaml"
    file.write_text("minimise: cost\nlimits: {runtime: 1h, failure_risk: 1%}\n")
    assert submitted("goals", "nightly", "--file", str(file)).exit_code == 0
    assert goals_of(home)[-1].goal == "minimise cost; runtime <= 1h; failure_risk <= 1%"
    shown = json.loads(submitted("goals", "nightly", "--json").out)
    assert [limit["metric"] for limit in shown["limits"]] == ["runtime", "failure_risk"]
    file.write_text("minimise: happiness\n")
    said = submitted("goals", "nightly", "--file", str(file))
    assert said.exit_code == 65
    assert "goal.yaml:1:11: “happiness”" in said.err


def test_what_a_goal_asks_for_and_nothing_tells_is_said(submitted: Setpoint) -> None:
    said = submitted("goals", "nightly", "minimise cost; latency <= 3s")
    assert said.exit_code == 0
    assert "Not looked at: latency: " in said.out
    assert "Not looked at: latency: " in submitted("goals", "nightly").out
    assert json.loads(submitted("goals", "nightly", "--json").out)["untold"][0].startswith("latency: ")


@pytest.mark.parametrize("words", [(), ("nightly", "economy", "--file", "x.yaml"), ("nightly", "--file", "none.yaml")])
def test_what_names_no_goal_is_refused(submitted: Setpoint, words: tuple[str, ...]) -> None:
    said = submitted("goals", *words)
    assert (said.exit_code, said.out) == (65, "")
    assert "Traceback" not in said.err
