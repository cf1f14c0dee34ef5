"""Task times keep their sum, their order and their longest in bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.eventlog.tasks import PROFILE_POINTS, TaskTimes

seconds = st.lists(st.integers(0, 10**6).map(lambda ms: ms / 1000), min_size=1, max_size=400)


def taken(values: list[float], *, settle_after: int | None = None) -> TaskTimes:
    times = TaskTimes()
    for i, value in enumerate(values):
        times.add(value)
        if i == settle_after:
            times.settle()
    return times


def total(points: tuple[float, ...], count: int) -> float:
    if count <= PROFILE_POINTS:
        return sum(points)
    return sum(points[:-1]) * (count - 1) / (PROFILE_POINTS - 1) + points[-1]


@given(seconds, st.integers(1, 40), st.integers(0, 400))
def test_sum_order_and_longest_are_kept(values: list[float], repeat: int, settle_after: int) -> None:
    many = values * repeat
    points = taken(many, settle_after=settle_after).points()

    assert len(points) <= PROFILE_POINTS
    assert list(points) == sorted(points)
    assert points[-1] == max(many)
    assert total(points, len(many)) == pytest.approx(sum(many))


@given(seconds.filter(lambda values: len(values) <= PROFILE_POINTS), st.integers(0, 400))
def test_few_are_kept_exactly(values: list[float], settle_after: int) -> None:
    assert taken(values, settle_after=settle_after).points() == tuple(sorted(values))


def test_memory_does_not_grow_with_the_number_of_tasks() -> None:
    times = taken([(i * 7919 % 10_007) / 1000 for i in range(50_000)])

    assert len(times._exact) + len(times._means) < 5000
    assert times.points()[-1] == 10.006
    assert times.points()[63] == pytest.approx(5.0, rel=0.02)
