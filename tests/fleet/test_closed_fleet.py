"""The whole loop, closed round small fleets: what it must do whatever it is tuned to."""

from dataclasses import replace
from functools import cache

import pytest
from tests.fleet.made import GOAL

from setpoint.testing.fleet import Lived, Profile, draw_project, figures_of, live, summary
from setpoint.testing.fleet.closed import LivedRun
from setpoint.testing.fleet.figures import ProjectFigures
from setpoint.testing.fleet.tracing import trace

DAYS = 25


@cache
def lived(profile: Profile, number: int) -> Lived:
    return live(draw_project(profile, 0, number, DAYS), GOAL)


def fleet(profile: Profile, projects: int) -> list[ProjectFigures]:
    return [figures_of(lived(profile, number)) for number in range(projects)]


def test_it_saves_keeps_the_goal_and_does_not_harm() -> None:
    figures = summary(fleet("mixed", 5))
    assert figures["projects"] == 5
    cost, untouched, oracle = (figures[name] for name in ("cost", "untouched_cost", "oracle_cost"))
    assert isinstance(cost, float)
    assert isinstance(untouched, float)
    assert isinstance(oracle, float)
    assert oracle < cost < 0.8 * untouched
    assert figures["restored_late"] == 0
    assert figures["unfit_rollbacks"] == 0


def test_the_ledger_and_the_plant_agree_on_every_run() -> None:
    life = lived("mixed", 1)
    for day, of_day in zip(life.days, _by_day(life), strict=True):
        assert day.ours.dollars == pytest.approx(sum(run.dollars for run in of_day))
        assert len(of_day) == 1 or of_day[0].ending != "well"
        lost = day.lost.failures + day.lost.memory + day.lost.slots
        assert day.ours.dollars - day.oracle.dollars == pytest.approx(lost)


def test_specs_never_leave_the_search_space() -> None:
    for number in range(3):
        life = lived("mixed", number)
        space = life.project.space
        for run in life.runs:
            assert run.next_spec == life.project.baseline or run.next_spec.slots in space.slots
            assert run.next_spec.task_memory_mib in space.task_memory_mib


def test_a_change_of_code_is_noticed() -> None:
    life = lived("code-change", 0)
    change = life.project.change_day
    assert change is not None
    first = next(run for run in life.runs if run.day >= change and run.ending == "well")
    assert "code change" in first.disturbances


def test_the_same_seed_is_the_same_life() -> None:
    first, again = (figures_of(live(draw_project("mixed", 3, 2, 8), GOAL)) for _ in range(2))
    assert replace(first, cpu_seconds={}) == replace(again, cpu_seconds={})


def test_without_a_deadline_nothing_is_late() -> None:
    life = live(draw_project("mixed", 0, 0, 4), "minimise cost")
    assert life.terms.deadline_seconds == float("inf")
    assert figures_of(life).late_runs == 0


def test_a_trace_has_a_line_for_each_run() -> None:
    life = lived("mixed", 2)
    lines = list(trace(life))
    assert sum(line.startswith("  ") and line[2:5].strip().isdigit() for line in lines) == len(life.runs)
    assert lines[0].startswith("mixed-0002: ")


def _by_day(life: Lived) -> list[list[LivedRun]]:
    return [[run for run in life.runs if run.day == day] for day in range(len(life.days))]
