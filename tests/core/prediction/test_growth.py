"""Growth with the input."""

import math
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import START

from setpoint.core.belief.prior import USUAL_GROWTH
from setpoint.core.domain import ClusterSpec, Outcome
from setpoint.core.prediction.growth import MOST_DOUBT, elasticity, growth_between, next_input
from setpoint.core.workload import Measured

SPEC, OTHER = ClusterSpec.local(8, 8192), ClusterSpec.local(4, 8192)
sizes = st.integers(10**6, 10**12)


def ran(seconds: float, size: int | None, spec: ClusterSpec = SPEC, day: float = 0.0) -> Measured:
    at = START + timedelta(days=day)
    return Measured(spec, seconds, Outcome.SUCCEEDED, is_spec_fault=False, input_bytes=size, at=at)


def runs_of(true: float, count: int, noise: float = 0.0, spread: float = 0.3) -> list[Measured]:
    chance = Random(4)
    steps = [math.exp(chance.gauss(0, spread)) for _ in range(count)]
    return [ran(100 * step**true * chance.lognormvariate(0, noise), int(10**9 * step)) for step in steps]


@given(st.lists(st.builds(ran, st.floats(10, 1000), st.none() | sizes), max_size=6))
def test_it_is_a_number_and_the_prior_where_no_pair_tells(runs: list[Measured]) -> None:
    assert math.isfinite(elasticity(runs).mean)
    sized = [run for run in runs if run.input_bytes]
    if len(sized) < 2:
        assert elasticity(runs).mean == pytest.approx(USUAL_GROWTH)


@pytest.mark.parametrize("true", [0.0, 0.5, 1.0, 1.5])
def test_many_runs_tell_it(true: float) -> None:
    assert elasticity(runs_of(true, 40, noise=0.04)).mean == pytest.approx(true, abs=0.12)


def test_the_longer_the_history_the_nearer_to_the_truth() -> None:
    errors = [abs(elasticity(runs_of(0.2, count)).mean - 0.2) for count in (2, 5, 20, 80)]
    assert errors == sorted(errors, reverse=True)


def test_equal_inputs_and_other_specs_tell_nothing() -> None:
    assert elasticity([ran(100, 10**9), ran(300, 10**9)]).mean == pytest.approx(USUAL_GROWTH)
    assert elasticity([ran(100, 10**9), ran(300, 2 * 10**9, OTHER)]).mean == pytest.approx(USUAL_GROWTH)


@given(sizes, sizes, sizes, st.floats(-1, 2))
def test_growth_adds_up_and_goes_back(one: int, two: int, three: int, growing: float) -> None:
    there = growth_between(one, two, growing)
    assert growth_between(two, one, growing) == pytest.approx(-there, abs=1e-9)
    assert growth_between(one, three, growing) == pytest.approx(there + growth_between(two, three, growing), abs=1e-9)
    assert growth_between(one, one, growing) == 0


@pytest.mark.parametrize(("one", "other"), [(None, 5), (5, None), (0, 5), (5, 0), (None, None)])
def test_an_unknown_input_does_not_grow(one: int | None, other: int | None) -> None:
    assert growth_between(one, other, 0.8) == 0


@given(st.floats(0.1, 1.5))
def test_what_other_projects_showed_is_believed_first(usual: float) -> None:
    assert elasticity([], usual).mean == pytest.approx(usual)
    assert elasticity(runs_of(0.5, 40), usual).mean == pytest.approx(0.5, abs=0.1)


def nights(inputs: list[float]) -> list[Measured]:
    return [ran(100, round(each * 1e9), day=number) for number, each in enumerate(inputs)]


def test_where_no_run_told_its_input_nothing_is_foreseen() -> None:
    assert next_input([]) is None
    assert next_input([ran(100, None)]) is None


@given(st.floats(0.1, 10.0), st.integers(1, 30))
def test_what_never_changes_is_foreseen_without_doubt(size: float, count: int) -> None:
    found = next_input(nights([size] * count))
    assert found is not None
    assert found.bytes == pytest.approx(size * 1e9, rel=1e-6)
    assert found.log_doubt == 0


def test_a_weekend_is_foreseen_after_two_weeks() -> None:
    week = [1.0, 1.0, 1.0, 1.0, 1.0, 0.3, 0.3]
    for day in range(15, 30):
        found = next_input(nights((week * 5)[:day]))
        assert found is not None
        assert found.bytes == pytest.approx((week * 5)[day] * 1e9, rel=0.05)


@given(st.floats(0.9, 1.1), st.integers(3, 40))
def test_steady_growth_is_followed_at_a_step_behind_and_a_fall_at_half_a_week(step: float, count: int) -> None:
    found = next_input(nights([step**number for number in range(count)]))
    assert found is not None
    behind = 1 if step >= 1 else 4
    assert abs(math.log(found.bytes / 1e9 / step**count)) <= behind * abs(math.log(step)) + 1e-6
    assert found.log_doubt <= 1.3 * abs(math.log(step)) + 1e-6


@given(st.lists(st.builds(ran, st.floats(1, 100), st.none() | sizes, day=st.floats(0, 400)), min_size=1, max_size=30))
def test_whatever_was_read_the_next_is_among_what_may_be(runs: list[Measured]) -> None:
    found = next_input(sorted(runs, key=lambda each: each.at))
    if found is not None:
        assert found.bytes > 0
        assert 0 <= found.log_doubt <= MOST_DOUBT


def test_after_the_first_weekend_comes_a_monday() -> None:
    found = next_input(nights([1.0, 1.0, 1.0, 1.0, 1.0, 0.3, 0.3]))
    assert found is not None
    assert found.bytes == pytest.approx(1e9)
    lasting = next_input(nights([1.0] * 5 + [0.3] * 7))
    assert lasting is not None
    assert lasting.bytes == pytest.approx(0.3e9)
