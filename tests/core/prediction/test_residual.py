"""The correction learns what is there to learn, and says how sure it is."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.prediction.residual import PRIOR_NOISE, PRIOR_RUNS, PRIOR_SLOPE, Residual, learn_correction

made = st.builds(Residual, st.floats(-0.5, 0.5), st.floats(-3, 3), st.integers(0, 8), st.integers(1, 4))
residuals = st.lists(made, max_size=30)


@given(residuals, st.randoms(use_true_random=False))
def test_the_order_of_the_runs_does_not_matter(seen: list[Residual], chance: Random) -> None:
    there = learn_correction(seen)
    chance.shuffle(seen)
    back = learn_correction(seen)
    assert (back.slope, back.noise) == pytest.approx((there.slope, there.noise))


@given(residuals)
def test_evidence_never_makes_the_slope_less_sure_in_units_of_the_noise(seen: list[Residual]) -> None:
    learnt = learn_correction(seen)
    assert learnt.slope_deviation / learnt.noise <= PRIOR_SLOPE / PRIOR_NOISE * (1 + 1e-9)
    assert learnt.degrees_of_freedom == PRIOR_RUNS + len(seen)
    assert learnt.noise > 0


@given(residuals, st.floats(0, 3), st.integers(1, 8))
def test_doubt_grows_with_the_step_and_shrinks_with_more_logs(seen: list[Residual], step: float, bases: int) -> None:
    learnt = learn_correction(seen)
    assert learnt.scale(0.0, bases) <= learnt.scale(step, bases) == learnt.scale(-step, bases)
    assert learnt.scale(step, bases + 1) <= learnt.scale(step, bases)
    assert learnt.scale(step, bases) > learnt.noise
    assert learnt.scale(step, 0) == learnt.scale(step, 1)


@pytest.mark.parametrize("slope", [-0.3, 0.0, 0.2])
def test_a_known_slope_and_a_known_noise_are_learned(slope: float) -> None:
    chance = Random(1)
    steps = [chance.uniform(-1.5, 1.5) for _ in range(200)]
    errors = [slope * step + chance.gauss(0, 0.05 * math.sqrt(1.25)) for step in steps]
    seen = [Residual(error, step, 4, slots) for slots, (error, step) in enumerate(zip(errors, steps, strict=True))]
    learnt = learn_correction(seen)
    assert learnt.slope == pytest.approx(slope, abs=4 * learnt.slope_deviation)
    assert learnt.slope_deviation < 0.01
    assert learnt.noise == pytest.approx(0.05, rel=0.15)
    assert learnt.shift(1.0) == learnt.slope


def test_more_runs_on_the_same_slots_say_little_about_the_slope() -> None:
    once = [Residual(0.2 * step, step, 4, slots) for slots, step in ((4, -1.0), (16, 1.0))]
    often = learn_correction(once * 20)
    spread_out = learn_correction([Residual(r.log_error, r.log_step, 4, n) for n, r in enumerate(once * 20)])
    assert often.slope_deviation / often.noise > 2 * spread_out.slope_deviation / spread_out.noise
    assert often.slope_deviation / often.noise < learn_correction(once).slope_deviation / learn_correction(once).noise


def test_before_anything_was_seen_it_is_the_prior() -> None:
    learnt = learn_correction([])
    assert (learnt.slope, learnt.noise, learnt.shift(2.0)) == (0.0, PRIOR_NOISE, 0.0)
    assert learnt.slope_deviation == pytest.approx(PRIOR_SLOPE)
