"""Intervals as wide as past predictions were wrong."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.core.made import WIDE, entries, run

from setpoint.core.belief.calibration import (
    NARROWEST,
    WIDEST,
    Calibration,
    Deviation,
    calibration,
    calibration_of,
    deviations_of,
)
from setpoint.core.belief.grades import RISKS, Grades, grade, is_between
from setpoint.core.domain import Candidate, Prediction
from setpoint.core.history import History, fold

PREDICTION = Prediction(20.0, 0.1, 8.0, 0.01, log_doubt=0.05)
DRAWN = {
    "normal": lambda chance, count: chance.normal(size=count),
    "Laplace": lambda chance, count: chance.laplace(size=count) / 2**0.5,
    "Student-t(3)": lambda chance, count: chance.standard_t(3, size=count),
    "outliers": lambda chance, count: chance.normal(size=count) * np.where(chance.random(count) < 0.06, 8, 1),
}


@pytest.mark.parametrize("shape", DRAWN)
@pytest.mark.parametrize("scale", [0.6, 1.0, 2.0])
def test_a_wrong_scale_is_put_right_by_thirty_predictions(shape: str, scale: float) -> None:
    held = []
    for seed in range(60):
        chance = np.random.default_rng(seed)
        past = scale * DRAWN[shape](chance, 30)
        factor = calibration([Deviation(float(value), 4.0 + n) for n, value in enumerate(past)]).factor
        new = np.abs(scale * DRAWN[shape](chance, 500))
        held.append((new <= factor * stats.t.ppf(0.95, 34)).mean())
    assert 0.87 <= np.mean(held) <= 0.93


def test_one_wild_run_does_not_explode_it() -> None:
    good = [Deviation(value, 10.0) for value in stats.t.ppf((np.arange(29) + 0.5) / 29, 10).tolist()]
    wild = calibration([*good, Deviation(1000.0, 10.0)])
    assert wild.factor < 1.4 * calibration(good).factor


@given(st.lists(st.floats(-1e6, 1e6), max_size=40), st.floats(0.1, 10))
def test_it_stays_within_its_bounds(values: list[float], pooled: float) -> None:
    found = calibration([Deviation(value, 5.0) for value in values], pooled)
    assert NARROWEST <= found.factor <= WIDEST
    assert found.predictions == len(values)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_the_side_does_not_count_and_larger_errors_widen(values: list[float]) -> None:
    one = calibration([Deviation(value, 5.0) for value in values])
    assert calibration([Deviation(-value, 5.0) for value in values]).factor == one.factor
    assert calibration([Deviation(2 * value, 5.0) for value in values]).factor >= one.factor - 1e-9


def test_few_predictions_leave_it_near_what_others_needed() -> None:
    assert calibration([]).factor == 1.0
    assert calibration([], 1.4).factor == 1.4
    assert calibration([Deviation(0.5, 5.0)]).factor == pytest.approx(1.0, abs=0.05)
    assert calibration([Deviation(0.5, 5.0)], 1.4).factor == pytest.approx(1.4, abs=0.1)


def test_older_predictions_count_less() -> None:
    """40 of 240 are too many for intervals of 90 %: remembered for ever, both orders would need twice the width."""
    wrong, right = [Deviation(4.0, 8.0)] * 40, [Deviation(0.5, 8.0)] * 200
    assert calibration([*wrong, *right]).factor < 1.0
    assert calibration([*right, *wrong]).factor > 2.0


@given(st.floats(0.001, 1000))
def test_no_factor_is_out_of_bounds_wherever_it_is_from(factor: float) -> None:
    assert NARROWEST <= Calibration(factor).factor <= WIDEST
    assert calibration([], factor) == Calibration(factor)


def test_it_widens_a_prediction_once() -> None:
    once = Calibration(1.5, 9).applied(PREDICTION)
    assert once.log_scale == pytest.approx(0.15)
    assert once.log_doubt == pytest.approx(0.075)
    assert once.median_seconds == PREDICTION.median_seconds
    assert Calibration(1.5, 10).applied(once) == once
    assert Calibration().applied(once).log_scale == pytest.approx(PREDICTION.log_scale)


def history(*seconds: float, prediction: Prediction = PREDICTION, fails_last: bool = False) -> History:
    runs = [run(number, seconds=each) for number, each in enumerate(seconds)]
    if fails_last:
        runs[-1] = run(len(runs) - 1, fault="memory")
    found = fold(entries(*runs))
    assert found is not None
    cost = runs[0].cost
    expected = {each.id: Candidate(WIDE, prediction, cost, miss_risk=0.3, loss=1.0) for each in runs[1:]}
    return replace(found, expected=expected)


def test_only_predicted_runs_that_succeeded_count() -> None:
    found = deviations_of(history(10.0, 20.0, 24.0, 12.0, fails_last=True))
    assert [round(each.value, 2) for each in found] == [0.0, 1.82]
    assert calibration_of(history(10.0)).predictions == 0
    assert calibration_of(history(10.0, 20.0)).predictions == 1


def test_what_was_calibrated_is_held_against_the_model_itself() -> None:
    plain = deviations_of(history(10.0, 24.0))
    widened = deviations_of(history(10.0, 24.0, prediction=Calibration(2.0).applied(PREDICTION)))
    assert [each.value for each in widened] == pytest.approx([each.value for each in plain])


def test_grades_count_what_held() -> None:
    grades = grade(history(10.0, 20.0, 22.5, 40.0))
    assert grades.predictions == 3
    assert grades.held == (1, 2, 2)
    assert grades.mean_error == pytest.approx((np.log(1.125) + np.log(2)) / 3)
    assert grades.risks == ()
    assert str(grades) == "90 % intervals held 2 of 3 (67 %)"


def test_nothing_to_grade() -> None:
    grades = grade(history(10.0))
    assert grades == Grades()
    assert str(grades) == "no prediction was held against its run yet"


def test_stated_risks_are_held_against_misses() -> None:
    grades = grade(history(10.0, 20.0, 23.0, 40.0), lambda each: None if each.seconds > 30 else each.seconds > 21)
    (bucket,) = grades.risks
    assert (bucket.low, bucket.high, bucket.runs, bucket.misses) == (0.2, 0.5, 2, 1)
    assert bucket.expected == pytest.approx(0.6)


@given(st.floats(0, 1) | st.sampled_from(RISKS))
def test_every_stated_risk_has_one_bucket(risk: float) -> None:
    assert sum(is_between(risk, low, high) for low, high in pairwise(RISKS)) == 1


@given(st.lists(st.floats(1, 1000), min_size=2, max_size=12))
def test_wider_intervals_hold_no_less(seconds: list[float]) -> None:
    half, most, nearly_all = grade(history(*seconds)).held
    assert half <= most <= nearly_all <= len(seconds) - 1


def test_runs_far_too_long_are_counted_as_odd_and_short_ones_are_not() -> None:
    usual = [Deviation(0.5, 8.0)] * 50
    assert calibration([]).odd_share == pytest.approx(0.01)
    assert calibration(usual).odd_share < 0.01
    assert calibration([*usual, *[Deviation(5.0, 8.0)] * 5]).odd_share == pytest.approx(6 / 155)
    assert calibration([*usual, *[Deviation(-5.0, 8.0)] * 5]).odd_share < 0.01
    assert calibration([*usual, Deviation(5.0, 8.0, log_scale=0.01)]).odd_share < 0.01
