"""The world's part of the demo."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.goals import parse_goal
from setpoint.demo.story import COST_FACTOR, DEADLINE_FACTOR, SPACE, START, chapter_of, chapters, stated_goal


@pytest.mark.parametrize("runs", range(6, 61))
def test_the_chapters_add_up_and_each_has_its_runs(runs: int) -> None:
    told = chapters(runs)
    assert sum(chapter.runs for chapter in told) == runs
    assert all(chapter.runs >= 2 for chapter in told)
    assert [(chapter.input_scale, chapter.code_version) for chapter in told] == [(1, 1), (2, 1), (2, 2)]


@pytest.mark.parametrize("runs", range(6, 61))
def test_every_run_is_in_its_chapter(runs: int) -> None:
    expected = [chapter for chapter in chapters(runs) for _ in range(chapter.runs)]
    assert [chapter_of(run, runs) for run in range(runs)] == expected
    assert chapter_of(runs + 5, runs) == expected[-1]


@given(st.floats(3, 600), st.floats(0.0005, 5))
def test_the_stated_goal_gives_time_and_asks_for_money(seconds: float, dollars: float) -> None:
    goal = parse_goal(stated_goal(seconds, dollars))
    cost, runtime = sorted(goal.limits, key=lambda limit: limit.metric)
    assert goal.minimise == "cost"
    assert (cost.metric, runtime.metric) == ("cost", "runtime")
    assert seconds < seconds * DEADLINE_FACTOR <= runtime.bound < seconds * DEADLINE_FACTOR + 1
    assert cost.bound == pytest.approx(dollars * COST_FACTOR, rel=0.051)  # two significant digits


@given(st.floats(3, 600), st.floats(0.0012, 5))
def test_the_starting_spec_misses_the_stated_goal_by_its_cost(seconds: float, dollars: float) -> None:
    cost = next(limit for limit in parse_goal(stated_goal(seconds, dollars)).limits if limit.metric == "cost")
    assert cost.bound < dollars


def test_the_start_is_the_largest_spec_of_the_space() -> None:
    assert max(SPACE.slots) == START.slots
    assert max(SPACE.task_memory_mib) == START.task_memory_mib
