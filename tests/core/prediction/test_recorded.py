"""The simulation on recorded runs. Skipped where the corpus is not beside the repository."""

import statistics
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.contention import UNKNOWN
from setpoint.core.prediction.contention_learning import learn_contention
from setpoint.core.prediction.simulation import simulate_seconds
from setpoint.core.workload import Experience, spec_of
from setpoint.sources import read_profiles

CORPUS = Path(__file__).parents[4] / "shared" / "eventlogs"
PAIRS = sorted((CORPUS / "local_pairs").glob("*/*.zstd"))
pytestmark = pytest.mark.skipif(not PAIRS, reason="no recorded pairs beside the repository")


@cache
def jobs() -> dict[str, list[Experience]]:
    found: dict[str, list[Experience]] = defaultdict(list)
    for log in PAIRS:
        (profile,) = read_profiles(log)
        run = Experience(str(log), 0, spec_of(profile), profile.wall_seconds, profile, 2)
        found[log.parent.name].append(run)
    return found


def pairs(*names: str) -> list[tuple[Experience, Experience]]:
    of_each = (jobs()[name] for name in names)
    return [(a, b) for runs in of_each for a in runs for b in runs if a.spec.slots != b.spec.slots]


def error(base: Experience, spec: ClusterSpec, seconds: float) -> float:
    return abs(simulate_seconds(base, spec) / seconds - 1)


def test_every_log_takes_what_it_took() -> None:
    assert max(error(run, run.spec, run.seconds) for runs in jobs().values() for run in runs) < 0.015


def test_waiting_jobs_are_predicted_between_one_and_sixteen_slots() -> None:
    assert statistics.mean(error(one, other.spec, other.seconds) for one, other in pairs("sleep_sql")) < 0.035


def test_computing_jobs_are_predicted_before_and_better_after_learning_from_other_jobs() -> None:
    computing = [name for name in jobs() if name != "sleep_sql"]
    before, after = [], []
    for name in computing:
        others = (other for other in computing if other.removeprefix("standalone_") != name.removeprefix("standalone_"))
        learned = learn_contention(pairs(*others))
        for one, other in pairs(name):
            before.append(abs(simulate_seconds(one, other.spec, UNKNOWN.expected) / other.seconds - 1))
            after.append(abs(simulate_seconds(one, other.spec, learned.expected) / other.seconds - 1))
    assert statistics.mean(after) < 0.13
    assert statistics.mean(after) < statistics.mean(before) < 0.25
