import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.trend import trend_of

finite = st.floats(-5, 5)


@given(finite, finite, st.integers(6, 80))
def test_a_straight_line_is_found_as_it_is(slope: float, level: float, count: int) -> None:
    trend = trend_of([(float(day), level + slope * day) for day in range(count)])
    assert trend is not None
    assert trend.slope == pytest.approx(slope, abs=1e-9)
    assert trend.low == pytest.approx(trend.high, abs=1e-9)


@given(st.lists(st.tuples(st.floats(0, 300), finite), min_size=6, max_size=60), st.randoms())
def test_order_does_not_matter_and_the_interval_holds_the_slope(
    points: list[tuple[float, float]], chance: random.Random
) -> None:
    trend = trend_of(points)
    if trend is None:
        return
    assert trend.low <= trend.slope <= trend.high
    shuffled = list(points)
    chance.shuffle(shuffled)
    assert trend_of(shuffled) == trend


@pytest.mark.parametrize("days", [[], [1.0] * 5, [1.0] * 9, [0.0, 1.0, 2.0]])
def test_too_little_is_no_trend(days: list[float]) -> None:
    assert trend_of([(day, 1.0) for day in days]) is None


def test_points_that_are_all_on_other_days_of_the_week_have_no_trend() -> None:
    assert trend_of([(8.0 * week, 1.0) for week in range(7)]) is None


def test_a_weekly_season_and_wild_points_are_no_growth() -> None:
    chance = random.Random(3)
    points = [(float(day), 0.5 * (day % 7 >= 5) + chance.gauss(0, 0.02)) for day in range(63)]
    wild = [(day, value + (3.0 if day % 17 == 0 else 0.0)) for day, value in points]
    trend = trend_of(wild)
    assert trend is not None
    assert abs(trend.slope) < 0.001
    assert trend.low <= 0 <= trend.high


def test_the_interval_holds_the_true_slope_nine_times_out_of_ten() -> None:
    held = 0
    for seed in range(200):
        chance = random.Random(seed)
        trend = trend_of([(float(day), 0.01 * day + chance.gauss(0, 0.2)) for day in range(42)])
        assert trend is not None
        held += trend.low <= 0.01 <= trend.high
    assert 170 <= held <= 198


def test_neighbours_that_are_alike_widen_the_interval() -> None:
    chance = random.Random(1)
    own = [chance.gauss(0, 1) for _ in range(60)]
    alike = [sum(own[max(0, day - 4) : day + 1]) / math.sqrt(5) for day in range(60)]
    one, other = (trend_of(list(enumerate(map(float, values)))) for values in (own, alike))
    assert one is not None
    assert other is not None
    assert other.high - other.low > 1.2 * (one.high - one.low)
