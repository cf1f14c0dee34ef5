"""What goals say about specs and runs."""

import math
import re
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.core.made import PRICES, candidate, entries, folded
from tests.core.made import run as measured_run

from setpoint.core.domain import ClusterSpec, Foreseen, Prediction
from setpoint.core.goals import METRICS, NOTHING_SEEN, Conditions, foreseen_words, measured_energy, parse_goal
from setpoint.core.pricebook import CorePower, PriceBook
from setpoint.core.profile import StreamingQuery

FREE = PriceBook.of_cores(0.0, 0.0, "a machine of one's own")
SPEC = ClusterSpec.local(4, 4096)
metrics = pytest.mark.parametrize("name", sorted(METRICS))
predictions = st.builds(Prediction, st.floats(1, 1e4), st.floats(0.01, 0.5), st.floats(4, 50), st.floats(0.0, 1.0))
POWERED = replace(PRICES, power=CorePower(1.0, 3.0, 0.4, 400.0, "an example"))
_PLAIN = measured_run(4, SPEC, 25.0)
assert _PLAIN.profile is not None
STREAM = StreamingQuery("1", "clicks", 20, 1000, median_seconds=0.5, p95_seconds=0.9, most_seconds=1.0)
MEASURED = replace(_PLAIN, profile=replace(_PLAIN.profile, streaming=(STREAM,)))
SEEN = Conditions(folded(entries(MEASURED)))
bounded = pytest.mark.parametrize("name", sorted(name for name, it in METRICS.items() if it.bound_example))


@pytest.mark.parametrize("name", sorted(name for name, it in METRICS.items() if it.is_timed))
@given(seconds=st.floats(30, 1e5), slots=st.integers(1, 64))
def test_a_metric_and_its_bound_are_inverse(name: str, seconds: float, slots: int) -> None:
    metric, spec = METRICS[name], ClusterSpec.local(slots, 2048)
    bound = metric.at(spec, seconds, POWERED, SEEN)
    assume(name != "utilisation" or bound < 1)
    # The time of day of the next deadline is that of the last start, and a day is all of it.
    assume(name != "ready" or bound < 86_400)
    assert metric.seconds_within(bound, spec, POWERED, SEEN) == pytest.approx(seconds, rel=1e-6)


@metrics
@given(bound=st.floats(1e-3, 0.5), slots=st.integers(1, 64))
def test_the_longest_time_keeps_the_bound(name: str, bound: float, slots: int) -> None:
    metric, spec = METRICS[name], ClusterSpec.local(slots, 2048)
    seconds = metric.seconds_within(bound, spec, POWERED, SEEN)
    if math.isfinite(seconds) and seconds > 0 and name != "ready":
        amount = metric.at(spec, seconds * (1 - 1e-9), POWERED, SEEN)
        assert metric.keeps(amount, bound) or amount == pytest.approx(bound)


@metrics
@given(one=st.floats(0.1, 1e6), other=st.floats(0.1, 1e6), seen=st.sampled_from([SEEN, NOTHING_SEEN]))
def test_no_metric_gets_better_as_the_runtime_grows(name: str, one: float, other: float, seen: Conditions) -> None:
    low, high = sorted((one, other))
    first, last = (METRICS[name].at(SPEC, seconds, POWERED, seen) for seconds in (low, high))
    assert first >= last if METRICS[name].is_high_better else first <= last


@pytest.mark.parametrize("name", ["balance", "carbon", "cost", "energy", "ready", "runtime", "utilisation"])
def test_a_run_is_measured_as_a_prediction_is(name: str) -> None:
    kwh, grams = measured_energy(SPEC, 25.0, MEASURED.profile, POWERED)
    recorded = replace(MEASURED, kwh=kwh, gco2e=grams)
    assert METRICS[name].of_run(recorded) == pytest.approx(METRICS[name].at(SPEC, 25.0, POWERED, SEEN))


@metrics
def test_a_run_without_a_log_is_no_error(name: str) -> None:
    amount = METRICS[name].of_run(measured_run(1, SPEC, 25.0, has_profile=False))
    assert amount is None or math.isfinite(amount)


@metrics
@given(amount=st.floats(1e-6, 1e6))
def test_amounts_are_shown_without_exponents(name: str, amount: float) -> None:
    assert re.search(r"\de[-+\d]", METRICS[name].show(amount)) is None


@bounded
@given(amount=st.floats(1e-3, 0.5))
def test_what_is_written_is_the_same_bound(name: str, amount: float) -> None:
    metric = METRICS[name]
    bound = amount * 86_400 // 60 * 60 + 60 if name == "ready" else amount
    assert metric.parse_bound(metric.written(bound)) == pytest.approx(bound)


@metrics
def test_what_is_not_told_is_said_and_left_out(name: str) -> None:
    metric = METRICS[name]
    verb = "maximise" if metric.is_high_better else "minimise"
    aim = f"{verb} {name}" if metric.role != "limit" else f"{name} by 06:00"
    given = parse_goal(aim).given(NOTHING_SEEN, PRICES)
    assert bool(given.untold) == (metric.untold(PRICES, NOTHING_SEEN) is not None)
    assert all(each.startswith(f"{name}: ") for each in given.untold)
    assert METRICS[given.minimise].untold(PRICES, NOTHING_SEEN) is None
    assert all(limit.untold(PRICES, NOTHING_SEEN) is None for limit in given.limits)


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


@bounded
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
    assert [str(limit) for limit in goal.broken_by(measured_run(1, SPEC, 25.0))] == ["runtime ≤ 20.0 s"]
    assert goal.broken_by(measured_run(1, SPEC, 15.0)) == ()


def test_a_goal_without_limits_is_never_missed_but_by_failing() -> None:
    goal = parse_goal("minimise cost")
    assert goal.late_risk(SPEC, Prediction(1e6, 0.1, 5.0, 0.0), PRICES) == 0.0
    assert not goal.admits(candidate(SPEC, failure_risk=0.5, goal=goal))


def test_batches_are_as_slow_as_the_busy_part_of_the_run() -> None:
    latency = METRICS["latency"]
    assert latency.of_run(MEASURED) == 0.9
    assert latency.at(SPEC, 25.0, PRICES, SEEN) == pytest.approx(0.9)
    goal = parse_goal("minimise cost; latency <= 0.5s").given(SEEN, PRICES)
    assert goal.untold == ()
    assert goal.late_risk(SPEC, Prediction(25.0, 0.05, 8.0, 0.0), PRICES) > 0.9
    assert goal.late_risk(SPEC, Prediction(18.0, 0.05, 8.0, 0.0), PRICES) < 0.1
    assert [str(limit) for limit in goal.broken_by(MEASURED)] == ["latency ≤ 0.5 s"]


@given(seconds=st.floats(20, 1e4), other=st.floats(20, 1e4))
def test_what_is_better_high_is_minimised_upside_down(seconds: float, other: float) -> None:
    goal = parse_goal("maximise utilisation").given(SEEN, PRICES)
    one, two = goal.value(SPEC, seconds, PRICES), goal.value(SPEC, other, PRICES)
    assert (one <= two) == (seconds <= other) or one == pytest.approx(two)


def test_how_much_an_aim_moves_with_the_runtime() -> None:
    same, longer = candidate(SPEC, 20.0), candidate(SPEC, 40.0)
    plain = parse_goal("minimise runtime").log_value_ratio(same, longer, POWERED)
    assert plain is not None
    assert plain[0] == pytest.approx(math.log(2))
    assert plain[1] == 1
    ratio = parse_goal("minimise energy").given(SEEN, POWERED).log_value_ratio(same, longer, POWERED)
    assert ratio is not None
    assert 0 < ratio[0] <= math.log(2)
    assert 0 < ratio[1] <= 1 + 1e-9
    assert parse_goal("minimise cost").log_value_ratio(same, longer, FREE) is None


def test_what_is_foreseen_in_words() -> None:
    assert foreseen_words(Foreseen("scale 10x: runtime", 60.0, 50.0, 70.0)).startswith("scale 10x: runtime 1 min 0 s (")
    assert foreseen_words(Foreseen("failure_risk", 0.01, 0.01, 0.01)) == "failure_risk 1 %"
