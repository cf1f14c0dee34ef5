"""What goals say about specs and runs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import PRICES, candidate, run

from setpoint.core.domain import ClusterSpec, Prediction
from setpoint.core.goals import METRICS, parse_goal
from setpoint.core.pricebook import PriceBook

FREE = PriceBook.of_cores(0.0, 0.0, "a machine of one's own")
SPEC = ClusterSpec.local(4, 4096)
metrics = pytest.mark.parametrize("name", sorted(METRICS))
predictions = st.builds(Prediction, st.floats(1, 1e4), st.floats(0.01, 0.5), st.floats(4, 50), st.floats(0.0, 1.0))


@metrics
@given(seconds=st.floats(0.1, 1e6), slots=st.integers(1, 64))
def test_a_metric_and_its_bound_are_inverse(name: str, seconds: float, slots: int) -> None:
    metric, spec = METRICS[name], ClusterSpec.local(slots, 2048)
    assert metric.seconds_within(metric.at(spec, seconds, PRICES), spec, PRICES) == pytest.approx(seconds)


@metrics
@given(one=st.floats(0.1, 1e6), other=st.floats(0.1, 1e6))
def test_no_metric_falls_as_the_runtime_grows(name: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert METRICS[name].at(SPEC, low, PRICES) <= METRICS[name].at(SPEC, high, PRICES)


@metrics
def test_a_run_is_measured_as_a_prediction_is(name: str) -> None:
    measured = run(1, SPEC, 25.0)
    assert METRICS[name].of_run(measured) == pytest.approx(METRICS[name].at(SPEC, 25.0, PRICES))


@metrics
@given(amount=st.floats(1e-6, 1e6))
def test_amounts_are_shown_without_exponents(name: str, amount: float) -> None:
    assert "e" not in METRICS[name].show(amount)


@given(st.floats(0.1, 1e6))
def test_a_runtime_that_is_shown_can_be_written(seconds: float) -> None:
    runtime = METRICS["runtime"]
    tolerance = 0.0501 if seconds < 60 else 0.501 if seconds < 3600 else 30.01  # half of the last unit shown
    assert runtime.parse_bound(runtime.show(seconds)) == pytest.approx(seconds, abs=tolerance)


@pytest.mark.parametrize(
    ("amount", "words"),
    [(59.94, "59.9 s"), (59.96, "1 min 0 s"), (119.7, "2 min 0 s"), (3599.9, "1 h 0 min"), (7199.0, "2 h 0 min")],
)
def test_a_runtime_is_shown_in_the_unit_it_rounds_to(amount: float, words: str) -> None:
    assert METRICS["runtime"].show(amount) == words


@metrics
def test_the_example_of_a_bound_is_one(name: str) -> None:
    assert METRICS[name].parse_bound(METRICS[name].bound_example)


@pytest.mark.parametrize(("amount", "words"), [(0.0, "$0.00"), (math.inf, "$inf"), (0.0003, "$0.000300")])
def test_dollars_in_words(amount: float, words: str) -> None:
    assert METRICS["cost"].show(amount) == words


@given(predictions)
def test_the_risk_of_a_miss_counts_failures_and_the_worst_limit(prediction: Prediction) -> None:
    goal = parse_goal("runtime <= 60s; cost <= 0.01$")
    late, miss = goal.late_risk(SPEC, prediction, PRICES), goal.miss_risk(SPEC, prediction, PRICES)
    assert late == max(limit.miss_risk(SPEC, prediction, PRICES) for limit in goal.limits)
    assert max(late, prediction.failure_risk) <= miss + 1e-9
    assert miss <= late + prediction.failure_risk + 1e-9


@given(predictions)
def test_nothing_is_exceeded_where_the_limits_are_kept(prediction: Prediction) -> None:
    goal = parse_goal("runtime p90 <= 60s; cost p80 <= 0.01$")
    excess = goal.excess(SPEC, prediction, PRICES)
    kept = all(limit.miss_risk(SPEC, prediction, PRICES) <= limit.risk - 1e-9 for limit in goal.limits)
    assert excess >= 0
    if kept:
        assert excess == 0


def test_what_costs_nothing_never_costs_too_much() -> None:
    goal = parse_goal("cost <= 1$")
    prediction = Prediction(1e5, 0.1, 5.0, 0.0)
    assert goal.miss_risk(SPEC, prediction, FREE) == 0.0
    assert goal.excess(SPEC, prediction, FREE) == 0.0


def test_a_goal_admits_what_keeps_its_risk() -> None:
    goal = parse_goal("runtime <= 40s")
    assert goal.admits(candidate(SPEC, 20.0, goal=goal))
    assert not goal.admits(candidate(SPEC, 39.0, goal=goal))
    assert not goal.admits(candidate(SPEC, 20.0, failure_risk=0.2, goal=goal))


def test_the_broken_limits_of_a_run_are_named() -> None:
    goal = parse_goal("runtime <= 20s; cost <= 1$")
    assert [str(limit) for limit in goal.broken_by(run(1, SPEC, 25.0))] == ["runtime ≤ 20.0 s"]
    assert goal.broken_by(run(1, SPEC, 15.0)) == ()


def test_a_goal_without_limits_is_never_missed_but_by_failing() -> None:
    goal = parse_goal("minimise cost")
    assert goal.late_risk(SPEC, Prediction(1e6, 0.1, 5.0, 0.0), PRICES) == 0.0
    assert not goal.admits(candidate(SPEC, failure_risk=0.5, goal=goal))
