"""Busy slots add up to the time of the tasks, whatever their order and however they are taken together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.eventlog.busy import BusyTime

MOST_STEPS = 256
BEGIN_MS = 1_700_000_000_000
moments = st.sampled_from([10, 1000, 10**5, 10**7, 10**10]).flatmap(lambda most: st.integers(0, most))
spans = st.lists(st.tuples(moments, moments).map(lambda two: (BEGIN_MS + min(two), BEGIN_MS + max(two))), max_size=40)
Spans = list[tuple[int, int]]


def busy(*parts: Spans) -> BusyTime:
    found = BusyTime()
    for part in parts:
        found.add(part)
    return found


def columns(part: Spans) -> BusyTime:
    found = BusyTime()
    found.add_columns(*np.array(part, dtype=np.int64).reshape(-1, 2).T)
    return found


def merged(first: BusyTime, *rest: BusyTime) -> BusyTime:
    for part in rest:
        first.merge(part)
    return first


@given(spans)
def test_busy_time_is_the_time_of_the_tasks(tasks: Spans) -> None:
    _, step_ms, slots = busy(tasks).steps()

    assert sum(slots) * step_ms == pytest.approx(sum(last - first for first, last in tasks))
    assert all(slot >= 0 for slot in slots)
    assert max(slots, default=0) <= len(tasks)
    assert len(slots) <= MOST_STEPS


@given(spans)
def test_the_steps_reach_from_the_first_to_the_last(tasks: Spans) -> None:
    ran = [(first, last) for first, last in tasks if first < last]
    begins_ms, step_ms, slots = busy(tasks).steps()

    if not ran:
        assert (begins_ms, slots) == (0, [])
        return
    assert begins_ms <= min(first for first, _ in ran) < begins_ms + step_ms
    assert begins_ms + step_ms * (len(slots) - 1) <= max(last for _, last in ran) < begins_ms + step_ms * len(slots)


@given(st.lists(spans, min_size=1, max_size=4))
def test_order_and_grouping_do_not_matter(parts: list[Spans]) -> None:
    tasks = [task for part in parts for task in part]
    whole = busy(tasks).steps()

    assert busy(*parts).steps() == whole
    assert busy(tasks[::-1]).steps() == whole
    assert merged(*[busy(part) for part in parts]).steps() == whole
    assert merged(*[busy(part) for part in parts][::-1]).steps() == whole


@given(spans)
def test_columns_are_as_lists(tasks: Spans) -> None:
    assert columns(tasks).steps() == busy(tasks).steps()


@given(spans, st.sampled_from([(0, BEGIN_MS), (BEGIN_MS, BEGIN_MS), (BEGIN_MS + 9, BEGIN_MS), (-5, 7)]))
def test_times_that_cannot_be_are_left_out(tasks: Spans, odd: tuple[int, int]) -> None:
    assert busy([*tasks, odd]).steps() == columns([odd, *tasks]).steps() == busy(tasks).steps()


def test_steps_are_as_fine_as_there_is_room_for() -> None:
    assert busy([(BEGIN_MS, BEGIN_MS + 100)]).steps()[1] == 64
    assert busy([(BEGIN_MS, BEGIN_MS + 60_000)]).steps()[1] in {256, 512}
