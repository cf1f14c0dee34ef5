"""What many workloads teach."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.belief.worlds import PLACES, SHAPES, crowd, workload

from setpoint.core.belief.fitting import Fitted, PastRun, WorkloadRuns, fit
from setpoint.core.belief.points import Place
from setpoint.core.belief.prior import EMPTY, MOST_KNOWN, USUAL_GROWTH, USUAL_NOISE, Prior


def shape_of(curve: tuple[float, ...], places: tuple[Place, ...]) -> str:
    rows = [PLACES.index(place) for place in places]
    wrong = {name: np.std(np.array(curve) - SHAPES[name][rows]) for name in SHAPES}
    return min(wrong, key=lambda name: wrong[name])


def test_nothing_teaches_nothing() -> None:
    assert fit([]).prior() == EMPTY
    assert Fitted().prior() == EMPTY


def test_few_curves_stand_for_many_workloads() -> None:
    prior = fit(crowd(10)).prior()
    found = [shape_of(each.workload.log_seconds, each.workload.places) for each in prior.known]
    assert set(found) == set(SHAPES)
    assert len(found) <= 40 / 2
    assert prior.workloads == 40
    assert prior.runs == 40 * 24
    assert math.fsum(each.share for each in prior.known) == pytest.approx(1.0)


def test_the_common_shape_has_the_larger_share() -> None:
    many = [workload("scales", seed) for seed in range(12)] + [workload("returns", seed) for seed in range(3)]
    prior = fit(many).prior()
    first = prior.known[0].workload
    assert shape_of(first.log_seconds, first.places) == "scales"


def test_what_fits_nobody_is_dropped() -> None:
    chance = np.random.default_rng(0)
    wild = WorkloadRuns(tuple(PastRun(place, float(chance.normal(0, 2))) for place in PLACES), origin="wild")
    chosen = {lesson.origin for lesson in fit([*crowd(), wild]).lessons}
    assert chosen
    assert "wild" not in chosen


def test_few_workloads_are_all_kept() -> None:
    prior = fit([workload("scales", 0), workload("flat", 1)]).prior()
    assert [each.share for each in prior.known] == [0.5, 0.5]


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_noise_and_growth_are_found(noise: float) -> None:
    prior = fit(crowd(noise=noise)).prior()
    assert prior.noise == pytest.approx(noise, rel=0.2)
    assert prior.growth == pytest.approx(0.7, abs=0.06)
    assert prior.repeats > 100
    assert prior.steps > 100


def test_one_wild_run_moves_the_noise_little() -> None:
    quiet = workload("flat", 1, runs=60)
    disturbed = replace(quiet, runs=(*quiet.runs, replace(quiet.runs[0], log_seconds=quiet.runs[0].log_seconds + 5)))
    assert fit([disturbed]).prior().noise < 2 * fit([quiet]).prior().noise


def test_runs_that_do_not_tell_their_input_are_compared_as_they_are() -> None:
    same = [PastRun(PLACES[0], math.log(100.0), log_input=20.0 if number % 2 else None) for number in range(20)]
    told = fit([WorkloadRuns(tuple(same))]).prior().noise
    assert told == fit([WorkloadRuns(tuple(replace(run, log_input=None) for run in same))]).prior().noise
    assert told < USUAL_NOISE


def test_fewer_than_three_specs_give_only_noise() -> None:
    runs = tuple(PastRun(PLACES[number % 2], 3.0 + 0.02 * number) for number in range(6))
    prior = fit([WorkloadRuns(runs)]).prior()
    assert prior.known == ()
    assert prior.repeats == 4
    assert prior.growth == USUAL_GROWTH


def test_only_failures_teach_nothing_of_shapes() -> None:
    assert fit([WorkloadRuns(tuple(PastRun(place, 1.0, failed=True) for place in PLACES))]).prior().known == ()


def test_a_failure_is_slower_than_what_did_its_work() -> None:
    runs = (
        *(PastRun(place, 4.0 - number) for number, place in enumerate(PLACES[:3])),
        PastRun(PLACES[3], -2.0, failed=True),
    )
    (each,) = fit([WorkloadRuns(runs)]).prior().known
    assert each.workload.failed == (False, False, False, True)
    assert each.workload.log_seconds[3] == max(each.workload.log_seconds)


@given(st.floats(-8, 8), st.integers(0, 3))
@settings(max_examples=8, deadline=None)
def test_levels_do_not_count(shift: float, seed: int) -> None:
    some = [workload(shape, seed) for shape in SHAPES]
    moved = [
        replace(each, runs=tuple(replace(run, log_seconds=run.log_seconds + shift) for run in each.runs))
        for each in some
    ]
    for one, other in zip(fit(some).prior().known, fit(moved).prior().known, strict=True):
        assert one.workload.log_seconds == pytest.approx(other.workload.log_seconds, abs=1e-9)


def test_nothing_of_a_workload_is_in_the_prior_of_its_owner() -> None:
    many = [replace(each, graded=3, scale=1.2) for each in crowd()]
    fitted = fit(many)
    for lesson in fitted.lessons:
        prior = fitted.prior(without=lesson.origin)
        assert lesson.workload not in [each.workload for each in prior.known]
        rest = fitted.prior(without=None)
        assert prior.workloads == rest.workloads - 1
        assert prior.runs == rest.runs - 24
        assert prior.graded == rest.graded - 3


def test_an_owner_gets_the_pooled_numbers_of_the_others() -> None:
    many = crowd(2)
    alone = fit(many[1:]).prior()
    left_out = fit(many).prior(without=many[0].origin)
    assert (left_out.repeats, left_out.steps) == (alone.repeats, alone.steps)
    assert left_out.noise == pytest.approx(alone.noise, rel=0.02)
    assert left_out.growth == pytest.approx(alone.growth)


def test_a_twin_stands_in_for_the_owner() -> None:
    fitted = fit(crowd())
    lesson = next(each for each in fitted.lessons if each.stand_in is not None)
    stand_in = lesson.stand_in
    assert stand_in is not None
    assert shape_of(stand_in.log_seconds, stand_in.places) == shape_of(
        lesson.workload.log_seconds, lesson.workload.places
    )


def test_places_of_other_forms_are_learned_apart() -> None:
    with_axis = tuple(replace(place, axes=(7.0,)) for place in PLACES)
    prior = fit([*crowd(2), *(workload("scales", seed, places=with_axis) for seed in range(9))]).prior()
    assert {len(each.workload.places[0].axes) for each in prior.known} == {0, 1}


def test_intervals_of_all_count_by_their_predictions() -> None:
    one, other = workload("flat", 1), workload("flat", 2)
    prior = fit([replace(one, scale=2.0, graded=30), replace(other, scale=0.5, graded=10)]).prior()
    assert prior.graded == 40
    assert prior.scale == pytest.approx(2**0.5)


def test_no_more_are_kept_than_a_decision_can_take() -> None:
    chance = np.random.default_rng(3)
    several = []
    for number in range(60):
        curve = chance.normal(0, 1, len(PLACES))
        for twin in range(2):
            logs = curve + 0.02 * chance.standard_normal(len(PLACES))
            runs = tuple(PastRun(place, float(log)) for place, log in zip(PLACES, logs, strict=True))
            several.append(WorkloadRuns(runs, origin=f"{number}-{twin}"))
    prior = fit(several).prior()
    assert len(prior.known) == MOST_KNOWN
    assert isinstance(prior, Prior)


def test_workloads_on_machines_of_their_own_teach_nobody() -> None:
    alone = [
        workload("scales", seed, places=tuple(replace(place, kinds=(f"kind {seed}",)) for place in PLACES))
        for seed in range(9)
    ]
    assert fit(alone).prior().known == ()


def test_specs_that_few_ran_on_are_not_compared_on() -> None:
    rare = []
    for number in range(110):
        places = [Place(1.0 + number / 7, 4.0, 8.0 + row + number / 1000, ("workers",)) for row in range(4)]
        rare.append(WorkloadRuns(tuple(PastRun(place, -0.1 * row) for row, place in enumerate(places))))
    prior = fit([*crowd(8), *rare]).prior()
    assert prior.workloads == 32 + 110
    assert prior.known
