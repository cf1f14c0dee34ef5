"""Growth with the input."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.belief.prior import USUAL_GROWTH
from setpoint.core.domain import ClusterSpec, Outcome
from setpoint.core.prediction.growth import elasticity, growth_between
from setpoint.core.workload import Measured

SPEC, OTHER = ClusterSpec.local(8, 8192), ClusterSpec.local(4, 8192)
sizes = st.integers(10**6, 10**12)


def ran(seconds: float, size: int | None, spec: ClusterSpec = SPEC) -> Measured:
    return Measured(spec, seconds, Outcome.SUCCEEDED, is_spec_fault=False, input_bytes=size)


def runs_of(true: float, count: int, noise: float = 0.0, spread: float = 0.3) -> list[Measured]:
    chance = Random(4)
    steps = [math.exp(chance.gauss(0, spread)) for _ in range(count)]
    return [ran(100 * step**true * chance.lognormvariate(0, noise), int(10**9 * step)) for step in steps]


@given(st.lists(st.builds(ran, st.floats(10, 1000), st.none() | sizes), max_size=6))
def test_it_is_a_number_and_the_prior_where_no_pair_tells(runs: list[Measured]) -> None:
    assert math.isfinite(elasticity(runs))
    sized = [run for run in runs if run.input_bytes]
    if len(sized) < 2:
        assert elasticity(runs) == pytest.approx(USUAL_GROWTH)


@pytest.mark.parametrize("true", [0.0, 0.5, 1.0, 1.5])
def test_many_runs_tell_it(true: float) -> None:
    assert elasticity(runs_of(true, 40, noise=0.04)) == pytest.approx(true, abs=0.12)


def test_the_longer_the_history_the_nearer_to_the_truth() -> None:
    errors = [abs(elasticity(runs_of(0.2, count)) - 0.2) for count in (2, 5, 20, 80)]
    assert errors == sorted(errors, reverse=True)


def test_equal_inputs_and_other_specs_tell_nothing() -> None:
    assert elasticity([ran(100, 10**9), ran(300, 10**9)]) == pytest.approx(USUAL_GROWTH)
    assert elasticity([ran(100, 10**9), ran(300, 2 * 10**9, OTHER)]) == pytest.approx(USUAL_GROWTH)


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
    assert elasticity([], usual) == pytest.approx(usual)
    assert elasticity(runs_of(0.5, 40), usual) == pytest.approx(0.5, abs=0.1)
