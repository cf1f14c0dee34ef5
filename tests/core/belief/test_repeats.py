"""Runs on one spec, taken together."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.belief.repeats import FARTHEST, noise_of, observed, repeats

seconds = st.floats(1.0, 1000.0)
runs = st.lists(st.tuples(st.integers(0, 3), seconds), min_size=1, max_size=30)


@given(runs, st.floats(0.01, 0.3))
def test_every_run_counts_and_none_beyond_the_reach(given_runs: list[tuple[int, float]], usual: float) -> None:
    logs = repeats(given_runs, usual)
    assert sum(map(len, logs.values())) == len(given_runs)
    for row, values in logs.items():
        own = sorted(math.log(value) for each, value in given_runs if each == row)
        assert min(own) - 1e-9 <= min(values)
        assert max(values) <= max(own) + 1e-9
        assert np.median(values) == pytest.approx(np.median(own))


@given(st.floats(2.0, 50.0), st.integers(5, 20))
def test_however_far_off_one_run_is_the_mean_moves_little(times: float, count: int) -> None:
    chance = Random(count)
    near = [(0, 100.0 * math.exp(chance.gauss(0, 0.03))) for _ in range(count)]
    mean = observed(repeats([*near, (0, 100.0 * times)], 0.05), 0.05, {0: [0.0] * (count + 1)}).log_seconds[0]
    assert abs(mean - math.log(100.0)) <= FARTHEST * 0.05 / (count + 1) + 0.05
    assert noise_of(repeats([*near, (0, 100.0 * times)], 0.05), 0.05) < 0.1


def test_where_half_of_the_runs_are_long_that_is_no_accident() -> None:
    logs = repeats([(0, 100.0), (0, 200.0)] * 5, 0.05)
    assert noise_of(logs, 0.05) == pytest.approx(math.log(2) / 2, rel=0.15)


def test_of_two_runs_nobody_is_the_odd_one() -> None:
    assert repeats([(0, 100.0), (0, 300.0)], 0.01) == {0: (math.log(100.0), math.log(300.0))}


@given(runs)
def test_more_runs_make_a_mean_surer(given_runs: list[tuple[int, float]]) -> None:
    logs = repeats(given_runs, 0.05)
    found = observed(logs, 0.05, {row: [0.0] * len(values) for row, values in logs.items()})
    counts = [sum(row == each for each, _ in given_runs) for row in found.rows.tolist()]
    assert found.variance == pytest.approx([0.05**2 / count for count in counts])


@given(st.floats(0.01, 0.5))
def test_a_run_that_stands_less_surely_for_now_weighs_less(doubt: float) -> None:
    logs = repeats([(0, 100.0), (0, 200.0)], 0.05)
    found = observed(logs, 0.05, {0: [0.0, doubt]})
    assert math.log(100.0) < found.log_seconds[0] < math.log(150.0)
    assert found.variance[0] > 0.05**2 / 2
