"""Tasks in company, and what pairs of runs say of it."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import profile, stage

from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.contention import UNKNOWN, Contention, slowdown
from setpoint.core.prediction.contention_learning import learn_contention
from setpoint.core.prediction.simulation import Simulation, simulate_seconds, simulated_curves
from setpoint.core.profile import Job, Profile, TaskTotals
from setpoint.core.workload import Experience

stretches = st.floats(0, 1.5)


@given(st.floats(0, 64), st.floats(0, 64), st.floats(0, 1), st.integers(1, 32), stretches)
def test_more_company_is_never_faster_and_waiting_is_not_stretched(
    one: float, other: float, share: float, cores: int, stretch: float
) -> None:
    few, many = sorted((one, other))
    contention = Contention(stretch, 1.0)
    busy = np.array([few, many])
    alone, crowd = slowdown(busy, np.array([share, share]), cores, contention)
    assert 1 <= alone <= crowd + 1e-12
    assert slowdown(busy, np.zeros(2), cores, contention) == pytest.approx([1.0, 1.0])


@given(st.integers(1, 20))
def test_hypotheses_are_evenly_likely_and_in_order(count: int) -> None:
    drawn = UNKNOWN.hypotheses(count)
    assert len(drawn) == count
    assert all(one.log_stretch <= other.log_stretch for one, other in pairwise(drawn))
    assert np.median([each.log_stretch for each in drawn]) == pytest.approx(UNKNOWN.mean)


def computing(cpu: float, slots: int, *, queued: float = 0.0, tasks: int = 40, startup: float = 1.0) -> Profile:
    """Tasks that compute, `queued` as much again they wait for a core."""
    run = cpu * (1 + queued)
    ends = run / tasks * -(-tasks // slots)
    one = stage(0, (run / tasks,) * tasks, ends=ends, totals=TaskTotals(run_seconds=run, cpu_seconds=cpu))
    made = profile((one,), (Job(0, 0.0, ends, (0,), succeeded=True),), wall_seconds=ends)
    return replace(made, executors=(replace(made.executors[0], added=startup),))


def run(name: str, slots: int, made: Profile, cores: int | None = 2) -> Experience:
    return Experience(name, 0, ClusterSpec.local(slots, 4096), made.wall_seconds, made, cores)


def pair(stretch: float, job: int) -> tuple[Experience, Experience]:
    """The same work on one of two cores and on both, where company costs so much."""
    alone, both = computing(40.0, 1, queued=0.05), computing(40.0 * math.exp(stretch), 2, queued=0.05)
    return run(f"{job}-1", 1, alone), run(f"{job}-2", 2, both)


@given(st.floats(0.1, 0.65))
def test_pairs_teach_the_stretch_that_they_were_made_with(stretch: float) -> None:
    learned = learn_contention([pair(stretch, job) for job in range(12)])
    assert learned.mean == pytest.approx(stretch, abs=0.08)
    assert learned.deviation < UNKNOWN.deviation / 2
    base, other = pair(stretch, 99)
    assert simulate_seconds(base, other.spec, learned.expected) == pytest.approx(other.seconds, rel=0.1)


def test_a_few_strange_pairs_do_not_turn_the_belief() -> None:
    honest = [pair(0.4, job) for job in range(12)]
    strange = [(run("s-1", 1, computing(40.0, 1)), run("s-2", 2, computing(200.0, 2)))]
    assert learn_contention(honest + strange).mean == pytest.approx(learn_contention(honest).mean, abs=0.05)


def test_pairs_that_say_nothing_of_contention_teach_nothing() -> None:
    asleep = replace(computing(0.1, 1), stages=(stage(0, (1.0,) * 40, ends=40.0, totals=TaskTotals(40.0, 0.1)),))
    nothing = (run("a", 1, asleep), run("b", 2, asleep))
    same = (run("a", 2, computing(40.0, 2)), run("b", 2, computing(40.0, 2)))
    apart = (run("a", 1, computing(40.0, 1), None), run("b", 2, computing(40.0, 2), None))
    timeless = (run("a", 1, computing(40.0, 1)), replace(run("b", 2, computing(40.0, 2)), seconds=0.0))
    assert learn_contention([nothing, same, apart, timeless]) == UNKNOWN
    assert learn_contention([]) == UNKNOWN


def test_the_load_of_others_is_not_expected_again_once_it_is_known_what_is_usual() -> None:
    learned = learn_contention([pair(0.4, job) for job in range(8)])
    loaded = run("loaded", 1, computing(40.0, 1, queued=0.5, startup=1.5))
    calm = run("calm", 1, computing(40.0, 1, queued=0.05))
    spec = ClusterSpec.local(2, 4096)
    assert simulate_seconds(loaded, spec) > 1.2 * simulate_seconds(calm, spec)
    with_load, without = (simulate_seconds(each, spec, learned.expected) for each in (loaded, calm))
    assert with_load == pytest.approx(without, rel=0.2)
    assert simulate_seconds(loaded, loaded.spec) == pytest.approx(loaded.seconds)


def test_a_machine_that_is_not_shared_or_not_computing_has_no_load() -> None:
    apart = Simulation(run("a", 1, computing(40.0, 1, queued=2.0), None))
    assert (apart.queueing, apart.queueing_beyond(UNKNOWN.expected), apart.fullness) == (None, 0.0, 0.0)
    workers = Experience("w", 0, ClusterSpec(2, 1, 1024, 1, 1024), 40.0, computing(40.0, 2), 2)
    assert Simulation(workers).startup_seconds == 0.0


@given(st.lists(st.integers(1, 64), min_size=1, max_size=30, unique=True), st.integers(1, 10))
def test_curves_are_what_single_simulations_say_where_all_are_simulated(slots: list[int], own: int) -> None:
    base = run("a", own, computing(40.0, own, tasks=30))
    specs = [ClusterSpec.local(each, 4096) for each in slots]
    hypotheses = UNKNOWN.hypotheses(3)
    curves = simulated_curves(base, specs, hypotheses)
    assert curves.shape == (3, len(specs))
    singly = [[math.log(simulate_seconds(base, spec, each)) for spec in specs] for each in hypotheses]
    tolerance = 1e-9 if len(slots) <= 12 else 0.35
    assert curves == pytest.approx(np.array(singly), abs=tolerance)
    ends = [slots.index(min(slots)), slots.index(max(slots))]
    assert curves[:, ends] == pytest.approx(np.array(singly)[:, ends], abs=1e-9)
