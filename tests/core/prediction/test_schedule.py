"""Tasks on slots: as long as list scheduling takes, and every second accounted for."""

import heapq

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.prediction.schedule import LEAST_DISCRETE, Levels, Step, schedule

seconds_ = st.floats(0.01, 50)
tasks_ = st.lists(seconds_, min_size=1, max_size=30)
slots_ = st.integers(1, 40)
ONE = (Step((), 0.0, 0),)


def length(levels: Levels) -> float:
    return sum(seconds for _, seconds in levels)


def work(levels: Levels) -> float:
    return sum(busy * seconds for busy, seconds in levels)


def listed(tasks: list[float], slots: int) -> float:
    ends = [0.0] * slots
    for seconds in tasks:
        heapq.heapreplace(ends, ends[0] + seconds)
    return max(ends)


@given(tasks_, slots_)
def test_a_stage_alone_takes_what_list_scheduling_takes_and_does_all_the_work(tasks: list[float], slots: int) -> None:
    levels = schedule(ONE, [tasks], slots)
    assert length(levels) == pytest.approx(listed(tasks, slots))
    assert work(levels) == pytest.approx(sum(tasks))
    assert all(0 <= busy <= slots for busy, _ in levels)


@given(tasks_, slots_)
def test_the_two_ways_to_schedule_agree(tasks: list[float], slots: int) -> None:
    forked = (Step((), 0.0), Step((0,), 1.0, 0), Step((0,), 0.5), Step((1, 2), 2.0))
    chained = (Step((), 0.0), Step((0,), 1.0, 0), Step((1,), 2.0))
    aside, alone = schedule(forked, [tasks], slots), schedule(chained, [tasks], slots)
    assert length(aside) == pytest.approx(length(alone))
    assert work(aside) == pytest.approx(work(alone))


@given(tasks_, tasks_, slots_)
def test_side_by_side_beats_neither_the_work_nor_the_longest_task(
    left: list[float], right: list[float], slots: int
) -> None:
    both = (Step((), 0.0, 0), Step((), 0.0, 1), Step((0, 1), 0.0))
    levels = schedule(both, [left, right], slots)
    assert length(levels) >= max(sum(left + right) / slots, *left, *right) - 1e-6
    assert length(levels) <= sum(left + right) / slots + max(left + right) + 1e-6
    assert work(levels) == pytest.approx(sum(left + right))


@given(st.integers(1, 20), st.floats(0.1, 5))
def test_many_tasks_are_first_taken_as_one_stream(slots: int, seconds: float) -> None:
    tasks = [seconds] * (LEAST_DISCRETE * 4)
    levels = schedule(ONE, [tasks], slots)
    assert work(levels) == pytest.approx(sum(tasks))
    assert length(levels) == pytest.approx(listed(tasks, slots), rel=0.02)


def test_a_stage_without_tasks_ends_as_it_begins() -> None:
    assert length(schedule((Step((), 1.5, 0), Step((0,), 0.5)), [[]], 4)) == pytest.approx(2.0)
    assert length(schedule((Step((), 1.5, 0), Step((), 0.5)), [[]], 4)) == pytest.approx(1.5)


def test_slots_that_come_later_help_later() -> None:
    assert length(schedule(ONE, [[2.0] * 4], 1, [(2.0, 1)])) == pytest.approx(6.0)
    assert length(schedule(ONE, [[2.0] * 4], 0, [(3.0, 4)])) == pytest.approx(5.0)


def test_slots_that_go_finish_their_task_first() -> None:
    assert length(schedule(ONE, [[2.0] * 4], 2, [(1.0, -1)])) == pytest.approx(6.0)


def test_where_the_last_slot_goes_one_is_taken_to_remain() -> None:
    assert length(schedule(ONE, [[2.0] * 2], 1, [(1.0, -1)])) == pytest.approx(4.0)
