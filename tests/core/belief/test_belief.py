"""What is believed of a workload, before and after its runs."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.belief.made import LATTICE, POINTS, seeds

from setpoint.core.belief import ADVICE, MOST_JOINT, Ended, Explain, KnownWorkload, Outlook, Simulated, Trust, believe
from setpoint.core.belief.belief import MARGINAL_DRAWS
from setpoint.core.belief.laws import draw_laws
from setpoint.core.belief.points import Floats, Integers, Place

SIZE = len(LATTICE)
EVERY: Integers = np.arange(SIZE)
FEW = Explain(laws=200)
"""Enough for what holds whatever is drawn; ten times as fast."""
NO_LOG = np.empty((0, SIZE))
rows = st.integers(0, SIZE - 1)
seconds = st.floats(20.0, 2000.0)
completed = st.builds(lambda row, took: Ended(row, took, completed=True), rows, seconds)
stopped = st.builds(
    lambda row, took, fault: Ended(row, took, completed=False, is_failure=fault), rows, seconds, st.booleans()
)


def after(*runs: Ended, explain: Explain = FEW, seed: int = 0, draws: int = 256) -> Outlook:
    return believe(LATTICE, explain=explain).after(runs, np.random.default_rng(seed), draws)


def ran(row: int, took: float) -> Ended:
    return Ended(row, took, completed=True)


def doubt(outlook: Outlook) -> Floats:
    return np.asarray(outlook.log_seconds.std(axis=0))


@given(st.lists(completed, min_size=1, max_size=6), st.lists(stopped, max_size=4), seeds)
@settings(max_examples=30)  # each conditions about 600 curves
def test_whatever_ran_there_is_an_outlook_of_every_spec(done: list[Ended], cut: list[Ended], seed: int) -> None:
    found = after(*done, *cut, seed=seed)
    assert found.log_seconds.shape == (256, SIZE)
    assert np.isfinite(found.log_seconds).all()
    assert ((found.failure >= 0) & (found.failure <= 1)).all()
    assert set(found.measured) == {run.row for run in done}
    assert found.runs == len(done)
    assert found.noise > 0.01


@given(st.lists(completed, min_size=1, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=20)  # as above
def test_the_order_of_the_runs_does_not_matter(done: list[Ended], chance: object) -> None:
    one = after(*done)
    chance.shuffle(done)  # type: ignore[attr-defined]
    assert np.allclose(one.log_seconds, after(*done).log_seconds, atol=1e-6)


@given(st.lists(completed, min_size=1, max_size=4), seeds)
@settings(max_examples=10)  # as above
def test_the_same_seeds_believe_the_same(done: list[Ended], seed: int) -> None:
    assert np.array_equal(after(*done, seed=seed).log_seconds, after(*done, seed=seed).log_seconds)


@given(rows, seconds)
@settings(max_examples=20)  # as above
def test_one_run_centres_its_spec(row: int, took: float) -> None:
    found = after(ran(row, took))
    assert found.median[row] == pytest.approx(took, rel=0.03)
    assert doubt(found)[row] == pytest.approx(found.noise, rel=0.3)
    assert doubt(found).argmin() == row


def test_repeats_that_agree_narrow_and_repeats_that_do_not_tell_of_noise() -> None:
    widths = [doubt(after(*[ran(6, 100.0)] * count))[6] for count in (1, 2, 4, 8)]
    assert widths == sorted(widths, reverse=True)
    calm, wild = after(*[ran(6, 100.0)] * 6), after(*(ran(6, 100.0 * factor) for factor in (0.6, 1.6) * 3))
    assert calm.noise < believe(LATTICE, explain=FEW).usual_noise < wild.noise


def test_a_level_alone_moves_nothing_but_the_level() -> None:
    """Ten times the runtimes everywhere, ten times the expectation nearly: the level is open, not unbounded."""
    one, ten = after(ran(3, 60.0), ran(20, 20.0)), after(ran(3, 600.0), ran(20, 200.0))
    assert np.allclose(ten.median / one.median, 10, rtol=0.1)


@given(rows, st.integers(0, 3))
@settings(max_examples=10)  # as above
def test_a_stopped_run_makes_shorter_draws_rarer(row: int, seed: int) -> None:
    known = ran((row + 12) % SIZE, 100.0)
    without = after(known, seed=seed, draws=2000)
    least = float(without.quantiles([0.7])[0, row])
    stopped_there = after(known, Ended(row, least, completed=False, is_failure=False), seed=seed, draws=2000)
    shorter = np.log(least)
    assert (stopped_there.log_seconds[:, row] < shorter).mean() < (without.log_seconds[:, row] < shorter).mean() - 0.1
    assert np.array_equal(stopped_there.failure, without.failure)


def test_one_odd_stop_does_not_empty_the_draws() -> None:
    """Some of the draws stay, whatever a run says that contradicts one on the same spec."""
    found = after(ran(0, 100.0), Ended(0, 10_000.0, completed=False), draws=2000)
    assert len(np.unique(found.log_seconds[:, 5])) > 100


def test_beside_a_log_specs_that_differ_in_memory_are_more_alike() -> None:
    logs = curve_of(0.8)[None]
    simulated = Simulated(logs, 0.1, np.full(SIZE, 0.01))
    told = believe(LATTICE, simulated=simulated, explain=Explain(laws=0, others=False)).explanations[0].geometry
    plain = believe(LATTICE, explain=FEW).explanations[0].geometry
    little, much = 0, 2
    assert replace(LATTICE[little], memory_gib=LATTICE[much].memory_gib) == LATTICE[much]
    pair = np.array([little]), np.array([much])
    assert 1 - told.correlation(*pair) < 0.2 * (1 - plain.correlation(*pair))


def test_a_failed_run_raises_the_risk_there_and_below() -> None:
    smallest, larger = 0, SIZE - 1
    without, failed = after(ran(larger, 100.0)), after(ran(larger, 100.0), Ended(smallest, 50.0, completed=False))
    assert failed.failure[smallest] > 0.9 > without.failure[smallest]
    assert failed.timeout_seconds is None
    assert failed.failure[larger] <= 0.01


def test_failures_after_the_longest_success_look_like_a_timeout() -> None:
    found = after(ran(SIZE - 1, 100.0), Ended(0, 600.0, completed=False), Ended(1, 600.0, completed=False))
    assert found.timeout_seconds == 600.0
    late = (found.log_seconds > math.log(600.0)).mean(axis=0)
    unmeasured = EVERY[:-1]
    assert (found.failure[unmeasured] >= 0.9 * late[unmeasured] - 1e-12).all()


def curve_of(shape: float) -> Floats:
    return np.asarray(-shape * np.log(2) * POINTS.features[:, 0])


def other(shape: float, *, is_kin: bool = False, failed: tuple[int, ...] = ()) -> KnownWorkload:
    logs = tuple(curve_of(shape).tolist())
    return KnownWorkload(LATTICE, logs, tuple(row in failed for row in range(SIZE)), is_kin)


def test_a_right_known_curve_helps_and_a_wrong_one_is_dropped() -> None:
    truth = np.exp(curve_of(0.2) + 7)
    runs = [ran(row, float(truth[row])) for row in (0, 8, 21)]
    alone, right, wrong = (
        believe(LATTICE, known, explain=FEW).after(runs, np.random.default_rng(0))
        for known in ([], [other(0.2)], [other(-1.0)])
    )

    def error(outlook: Outlook) -> float:
        return float(np.abs(np.log(outlook.median / truth)).mean())

    assert error(right) < error(alone)
    assert error(wrong) < error(alone) + 0.05


@pytest.mark.parametrize("is_kin", [False, True])
def test_a_common_pattern_of_many_is_believed_after_one_run(*, is_kin: bool) -> None:
    others = [other(0.2 + 0.02 * number, is_kin=is_kin) for number in range(5)]
    told = believe(LATTICE, others, explain=FEW, trust=ADVICE).after([ran(0, 600.0)], np.random.default_rng(0))
    untold = believe(LATTICE, explain=FEW, trust=ADVICE).after([ran(0, 600.0)], np.random.default_rng(0))
    truth = 600 * np.exp(curve_of(0.24) - curve_of(0.24)[0])
    assert np.abs(np.log(told.median / truth)).mean() < np.abs(np.log(untold.median / truth)).mean()
    if is_kin:  # of strangers it is not sure that they are alike
        assert doubt(told).mean() < doubt(untold).mean()


@pytest.mark.parametrize("is_kin", [False, True])
def test_one_other_workload_is_a_curve_and_no_pattern(*, is_kin: bool) -> None:
    one, three = (believe(LATTICE, [other(0.3, is_kin=is_kin)] * count, explain=FEW) for count in (1, 3))
    assert not any(each.deviations is not None for each in one.explanations)
    assert any(each.deviations is not None for each in three.explanations)


def test_others_failures_are_expected_before_ones_own() -> None:
    found = believe(LATTICE, [other(0.5, failed=(0,))] * 4, explain=FEW)
    assert found.risks.argmax() == 0
    assert not found.has_told_risks


def simulated(*curves: Floats) -> Simulated:
    return Simulated(np.array(curves) if curves else NO_LOG, deviation=0.12, risks=np.linspace(0.3, 0.0, SIZE))


def test_a_simulated_log_is_believed_and_its_risks_stand() -> None:
    curve = curve_of(0.15)
    found = believe(LATTICE, simulated=simulated(curve), explain=FEW)
    outlook = found.after([ran(0, 600.0), Ended(1, 10.0, completed=False)], np.random.default_rng(0))
    assert np.abs(np.log(outlook.median / (600 * np.exp(curve - curve[0])))).max() < 0.25
    assert np.array_equal(outlook.failure, simulated(curve).risks)
    assert outlook.timeout_seconds is None


def test_a_simulation_that_runs_contradict_is_left() -> None:
    truth = np.exp(curve_of(0.9) + 9)
    found = believe(LATTICE, simulated=simulated(np.zeros(SIZE)), explain=FEW)
    runs = [ran(row, float(truth[row])) for row in (0, 6, 12, 18, 23)]
    outlook = found.after(runs, np.random.default_rng(0))
    assert np.abs(np.log(outlook.median / truth)).mean() < 0.25


@pytest.mark.parametrize(
    "explain",
    [
        Explain(laws=0, others=False, residual=False),
        Explain(laws=0, others=False),
        Explain(laws=100, simulation=False, others=False),
        Explain(laws=100, others=False),
    ],
)
@pytest.mark.parametrize("curves", [(), (curve_of(0.3),)])
def test_there_is_always_an_explanation(explain: Explain, curves: tuple[Floats, ...]) -> None:
    found = believe(LATTICE, simulated=simulated(*curves), explain=explain)
    outlook = found.after([ran(4, 100.0)], np.random.default_rng(0))
    assert outlook.median[4] == pytest.approx(100, rel=0.05)


def test_what_fits_anything_may_be_left_out() -> None:
    with_it, without = (believe(LATTICE, explain=FEW, trust=Trust(open=weight)) for weight in (0.5, 0.0))
    assert len(with_it.explanations) > len(without.explanations)


def test_few_other_workloads_count_for_less() -> None:
    assert [ADVICE.of(count) for count in (0, 3)] == [0.0, 0.5]
    assert Trust().of(1) == 1.0


def test_many_specs_are_each_drawn_by_themselves() -> None:
    many = tuple(Place(float(nodes), 4.0, float(gib)) for nodes in range(1, 15) for gib in range(1, 13))
    assert len(many) > MOST_JOINT
    learned = believe(many, explain=FEW).learn([ran(5, 100.0)])
    whole, few = (learned.outlook(np.arange(size), np.random.default_rng(0)) for size in (len(many), 30))
    assert whole.log_seconds.shape == (MARGINAL_DRAWS, len(many))
    assert few.log_seconds.shape == (256, 30)
    assert np.allclose(np.log(whole.median[:30]), np.log(few.median), atol=0.3)


def test_some_specs_are_asked_about_in_any_order() -> None:
    learned = believe(LATTICE, explain=FEW).learn([ran(5, 100.0), ran(9, 70.0)])
    found = learned.outlook(np.array([9, 2, 5]), np.random.default_rng(0))
    assert found.measured == (0, 2)
    assert found.median[[0, 2]] == pytest.approx([70, 100], rel=0.06)


def test_intervals_hold_what_they_say_of_workloads_like_the_laws() -> None:
    """90 % intervals for specs that have not run, workloads drawn from the laws, 8 % of what no law says beside."""
    laws, chance = draw_laws(POINTS, 120, 77), np.random.default_rng(5)
    curves = laws.log_seconds(POINTS) + 5
    belief = believe(LATTICE, explain=Explain(laws=600))
    inside: list[bool] = []
    for curve in curves:
        truth = curve + 0.08 * chance.standard_normal(SIZE)
        order = chance.permutation(SIZE)
        seen, unseen = order[: chance.integers(1, 6)], order[-6:]
        runs = [ran(int(row), float(np.exp(truth[row] + 0.05 * chance.standard_normal()))) for row in seen]
        outlook = belief.after(runs, chance)
        actual = np.exp(truth[unseen] + 0.05 * chance.standard_normal(6))
        low, high = outlook.quantiles([0.05, 0.95])[:, unseen]
        inside += ((low <= actual) & (actual <= high)).tolist()
    assert 0.85 <= float(np.mean(inside)) <= 0.97
