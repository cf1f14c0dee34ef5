"""Every predictor of the registry, on plants whose law is known."""

import math
from random import Random

import pytest
from tests.core.made import START, entries, folded, run, waiting_profile

from setpoint.core.domain import ClusterSpec, Prediction
from setpoint.core.history import Disturbed
from setpoint.core.prediction import DEFAULT_PREDICTOR, NOTHING_KNOWN, PREDICTORS, fit
from setpoint.core.workload import Workload, identify

predictors = pytest.mark.parametrize("name", sorted(PREDICTORS))
SIZES = (2, 4, 8, 16)
ALLOWED = tuple(ClusterSpec.local(slots, mib) for slots in (2, 4, 6, 8, 12, 16) for mib in (2048, 8192))


def night(slots: int, law: float, chance: Random, noise: float) -> tuple[ClusterSpec, float]:
    """Seconds of a run whose log predicts 1 + 4 + 64 / slots, by a plant that scales worse by `law`."""
    seconds = (1 + waiting_profile(slots).wall_seconds) * slots**law
    return ClusterSpec.local(slots, 8192), seconds * chance.lognormvariate(0.0, noise)


def workload(runs: int, chance: Random, *, law: float = 0.0, noise: float = 0.05) -> Workload:
    made = []
    for number in range(runs):
        slots = SIZES[number % len(SIZES)]
        spec, seconds = night(slots, law, chance, noise)
        factor = seconds / (1 + waiting_profile(slots).wall_seconds)
        made.append(run(number, spec, seconds, made=waiting_profile(slots, factor=factor)))
    found = identify(folded(entries(*made)))
    assert found is not None
    return found


def predicted(name: str, seen: Workload, spec: ClusterSpec) -> Prediction:
    return PREDICTORS[name](seen, ALLOWED, NOTHING_KNOWN).predict([spec]).prediction(0)


@predictors
def test_the_same_runs_give_the_same_prediction(name: str) -> None:
    seen = workload(6, Random(3))
    spec = ClusterSpec.local(6, 8192)
    assert predicted(name, seen, spec) == predicted(name, seen, spec)


@predictors
def test_one_run_is_predicted_from_itself(name: str) -> None:
    """Nearly: a single run is one draw of the noise, and so is not followed to the last percent."""
    seen = workload(1, Random(3), noise=0.0)
    prediction = predicted(name, seen, seen.bases[0].spec)
    assert prediction.median_seconds == pytest.approx(seen.bases[0].seconds, rel=0.03)


@predictors
def test_intervals_cover_what_they_say(name: str) -> None:
    chance = Random(11)
    inside = sum(covered(name, runs, chance) for _ in range(60) for runs in (3, 4, 6, 9))
    assert 0.84 <= inside / 240 <= 0.98


def covered(name: str, runs: int, chance: Random) -> bool:
    """Whether the 90 % interval for a random size, after so many runs, holds the run that comes."""
    low, high = predicted(name, workload(runs, chance), ClusterSpec.local(8, 8192)).interval()
    return low <= night(8, 0.0, chance, 0.05)[1] <= high


@predictors
def test_a_second_run_narrows_the_interval(name: str) -> None:
    def width(prediction: Prediction) -> float:
        low, high = prediction.interval()
        return math.log(high / low)

    spec = ClusterSpec.local(2, 8192)
    many, one = workload(8, Random(5)), workload(1, Random(5))
    assert width(predicted(name, many, spec)) < width(predicted(name, one, spec))


@predictors
def test_what_is_asked_together_is_answered_in_order(name: str) -> None:
    """Each by itself as among the others, up to the draws."""
    predictor = PREDICTORS[name](workload(4, Random(3)), ALLOWED, NOTHING_KNOWN)
    together = predictor.predict(ALLOWED)
    assert together.log_seconds.shape[1] == len(ALLOWED)
    for row, spec in enumerate(ALLOWED):
        alone = predictor.predict([spec]).prediction(0)
        assert alone.median_seconds == pytest.approx(together.prediction(row).median_seconds, rel=0.15)
        assert alone.failure_risk == together.prediction(row).failure_risk


@pytest.mark.parametrize("name", sorted(set(PREDICTORS) - {"stage-simulation"}))
def test_a_plant_that_scales_worse_than_its_logs_say_is_learned(name: str) -> None:
    """Between the sizes that ran and beyond them; the simulation by itself goes on believing the logs."""
    unseen = ClusterSpec.local(6, 8192)
    as_logged = workload(8, Random(2), noise=0.01)
    scales_worse = workload(8, Random(2), law=0.15, noise=0.01)
    ratio = predicted(name, scales_worse, unseen).median_seconds / predicted(name, as_logged, unseen).median_seconds
    assert ratio == pytest.approx(6**0.15, rel=0.1)


@predictors
def test_heap_below_what_failed_is_sure_to_fail(name: str) -> None:
    made = [run(1), run(2, ClusterSpec.local(8, 2048), fault="memory")]
    seen = identify(folded(entries(*made)))
    assert seen is not None
    assert predicted(name, seen, ClusterSpec.local(8, 2048)).failure_risk == 1.0


def test_without_a_log_runs_still_teach() -> None:
    bare = [
        run(number, *night(slots, 0.0, Random(number), 0.02), has_profile=False)
        for number, slots in enumerate((2, 4, 8))
    ]
    seen = identify(folded(entries(*bare)))
    assert seen is not None
    assert seen.bases == ()
    said = predicted(DEFAULT_PREDICTOR, seen, ClusterSpec.local(16, 8192))
    low, high = said.interval()
    assert low <= night(16, 0.0, Random(0), 0.0)[1] <= high


def test_a_run_stopped_from_outside_says_that_the_spec_takes_longer() -> None:
    spec = ClusterSpec.local(2, 8192)
    made = [run(1), run(2, spec, 120.0, killed=True)]
    with_it, without = (identify(folded(entries(*made[:count]))) for count in (2, 1))
    assert with_it is not None
    assert without is not None
    longer, shorter = (predicted("scaling-laws", seen, spec) for seen in (with_it, without))
    assert longer.median_seconds > shorter.median_seconds
    assert longer.failure_risk == shorter.failure_risk


def test_runs_without_logs_are_predicted_from_too() -> None:
    seen = identify(folded(entries(run(1, ClusterSpec.local(8, 8192), 100.0, has_profile=False))))
    assert seen is not None
    assert seen.bases == ()
    outlook = fit(seen, ALLOWED).predict(ALLOWED)
    assert outlook.prediction(ALLOWED.index(ClusterSpec.local(8, 8192))).median_seconds == pytest.approx(100, rel=0.05)
    widths = [predicted.log_doubt for predicted in map(outlook.prediction, range(len(ALLOWED)))]
    assert min(widths) == widths[ALLOWED.index(ClusterSpec.local(8, 8192))]


def test_runs_on_another_input_are_brought_to_what_the_next_one_will_read() -> None:
    spec = ClusterSpec.local(8, 8192)
    small = [run(number, spec, 100.0, made=waiting_profile(8)) for number in (1, 2)]
    grown = run(3, spec, 100.0 * 1.1**0.8, made=waiting_profile(8, input_bytes=1_100_000))
    seen = identify(folded(entries(*small, grown)))
    assert seen is not None
    found = fit(seen, [spec]).predict([spec]).prediction(0)
    assert found.median_seconds == pytest.approx(100 * 1.1**0.8, rel=0.02)
    assert found.input_bytes == pytest.approx(1_100_000)


def test_earlier_code_still_shapes_what_is_expected() -> None:
    """Runs of an earlier regime: the same shape at another level."""
    earlier = [
        run(number, ClusterSpec.local(slots, 8192), 600.0 / slots, has_profile=False)
        for number, slots in enumerate((2, 4, 8, 16))
    ]
    changed = Disturbed("code change", "seen", "run-9", START)
    present = run(9, ClusterSpec.local(4, 8192), 300.0, has_profile=False)
    seen = identify(folded([*entries(*earlier, present), changed]))
    assert seen is not None
    assert [len(each) for each in seen.earlier] == [4]
    told = fit(seen, ALLOWED).predict(ALLOWED)
    untold = PREDICTORS["scaling-laws"](seen, ALLOWED, NOTHING_KNOWN).predict(ALLOWED)
    there = ALLOWED.index(ClusterSpec.local(16, 8192))
    assert told.prediction(there).median_seconds == pytest.approx(75.0, rel=0.1)
    assert told.prediction(there).log_doubt < untold.prediction(there).log_doubt


def test_the_default_is_one_of_them() -> None:
    assert DEFAULT_PREDICTOR in PREDICTORS
