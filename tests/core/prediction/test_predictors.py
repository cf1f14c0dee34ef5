"""Every predictor of the registry, on plants whose law is known."""

import math
from random import Random

import pytest
from tests.core.made import entries, folded, run, waiting_profile

from setpoint.core.domain import ClusterSpec, Prediction
from setpoint.core.prediction import PREDICTORS, CorrectedSimulation
from setpoint.core.workload import Workload, identify

predictors = pytest.mark.parametrize("name", sorted(PREDICTORS))
SIZES = (2, 4, 8, 16)


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


@predictors
def test_the_same_runs_give_the_same_prediction(name: str) -> None:
    seen = workload(6, Random(3))
    spec = ClusterSpec.local(6, 8192)
    assert PREDICTORS[name](seen).predict(spec) == PREDICTORS[name](seen).predict(spec)


@predictors
def test_one_run_is_predicted_from_itself(name: str) -> None:
    seen = workload(1, Random(3), noise=0.0)
    prediction = PREDICTORS[name](seen).predict(seen.bases[0].spec)
    assert prediction.median_seconds == pytest.approx(seen.bases[0].seconds)


@predictors
def test_intervals_cover_what_they_say(name: str) -> None:
    chance = Random(11)
    inside = sum(covered(name, runs, chance) for _ in range(60) for runs in (3, 4, 6, 9))
    assert 0.84 <= inside / 240 <= 0.98


def covered(name: str, runs: int, chance: Random) -> bool:
    """Whether the 90 % interval for a random size, after so many runs, holds the run that comes."""
    prediction = PREDICTORS[name](workload(runs, chance)).predict(ClusterSpec.local(8, 8192))
    low, high = prediction.interval()
    return low <= night(8, 0.0, chance, 0.05)[1] <= high


@predictors
def test_a_second_run_narrows_the_interval(name: str) -> None:
    def width(prediction: Prediction) -> float:
        low, high = prediction.interval()
        return math.log(high / low)

    spec = ClusterSpec.local(2, 8192)
    assert width(PREDICTORS[name](workload(8, Random(5))).predict(spec)) < width(
        PREDICTORS[name](workload(1, Random(5))).predict(spec)
    )


def test_a_plant_that_scales_worse_than_its_logs_say_is_learned() -> None:
    """With the log's own launch time the law is not all in the slope, so it is learned in part; the sign is right."""
    scales_worse = CorrectedSimulation(workload(8, Random(2), law=0.15, noise=0.01)).correction
    as_logged = CorrectedSimulation(workload(8, Random(2), noise=0.01)).correction
    assert scales_worse.slope > 0.1 > abs(as_logged.slope)


def test_heap_below_what_failed_is_sure_to_fail() -> None:
    made = [run(1), run(2, ClusterSpec.local(8, 2048), fault="memory")]
    seen = identify(folded(entries(*made)))
    assert seen is not None
    assert CorrectedSimulation(seen).predict(ClusterSpec.local(8, 2048)).failure_risk == 1.0
