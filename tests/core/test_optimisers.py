"""What every optimiser of the registry owes."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import WIDE, candidate
from tests.core.made_outlooks import DRAWS, outlook

from setpoint.core.belief import Floats
from setpoint.core.domain import Candidate, ClusterSpec
from setpoint.core.optimisers import OPTIMISERS, Optimiser, Pick, Prospect
from setpoint.core.optimisers.exhaustive import NEAR_TIE, change, gain_of

optimisers = pytest.mark.parametrize("choose", OPTIMISERS.values(), ids=list(OPTIMISERS))
specs = st.builds(ClusterSpec.local, st.integers(1, 32), st.sampled_from([1024, 2048, 4096, 8192]))
pools = st.lists(
    st.builds(lambda spec, loss: candidate(spec, loss=loss), specs, st.floats(0.001, 1.0)),
    min_size=1,
    max_size=12,
    unique_by=lambda each: each.spec,
)
NEARER = ClusterSpec.local(4, 8192)
FARTHER = ClusterSpec.local(2, 2048)


def prospect(pool: list[Candidate], now: ClusterSpec, log_seconds: Floats, *, runs_left: int = 20) -> Prospect:
    """At the rate of 1 the loss is the runtime; only the present spec was measured."""
    every = dict.fromkeys((*(each.spec for each in pool), now))
    rows = {spec: row for row, spec in enumerate(every)}
    believed = outlook(log_seconds, measured=(rows[now],))
    return Prospect(now, believed, rows, np.ones(len(rows)), runs_left)


def sure(pool: list[Candidate], now: ClusterSpec, known: float = 1.0) -> Prospect:
    """All draws agree with the losses; the present spec, where it is no candidate, costs `known`."""
    losses = [each.loss for each in pool] + ([] if any(each.spec == now for each in pool) else [known])
    return prospect(pool, now, np.repeat(np.log([losses]), DRAWS, axis=0))


def doubtful(pool: list[Candidate], now: ClusterSpec, seed: int) -> Prospect:
    """Draws around the losses, far apart where nothing was measured."""
    certain, chance = sure(pool, now), np.random.default_rng(seed)
    drawn = certain.outlook.log_seconds
    doubt = np.where(np.arange(drawn.shape[1]) == certain.rows[now], 0.02, chance.uniform(0.05, 0.8, drawn.shape[1]))
    return prospect(pool, now, drawn + doubt * chance.standard_normal(drawn.shape))


@optimisers
@given(pools, specs, st.integers(0, 99), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(
    choose: Optimiser, pool: list[Candidate], now: ClusterSpec, seed: int, chance: Random
) -> None:
    before = doubtful(pool, now, seed)
    best = choose(pool, before)
    chance.shuffle(pool)
    again = choose(iter(pool), before)
    assert best is not None
    assert again is not None
    assert (again.candidate.loss, again.gain, again.trying) == (best.candidate.loss, best.gain, best.trying)
    assert change(again.candidate.spec, now) == change(best.candidate.spec, now)


@optimisers
@given(pools, specs, st.integers(0, 99))
def test_the_choice_is_one_of_them_and_the_same_every_time(
    choose: Optimiser, pool: list[Candidate], now: ClusterSpec, seed: int
) -> None:
    found = choose(pool, doubtful(pool, now, seed))
    assert found is not None
    assert found.candidate in pool
    assert found == choose(pool, doubtful(pool, now, seed))


@optimisers
@given(pools, specs)
def test_without_doubt_it_is_nearly_the_cheapest(choose: Optimiser, pool: list[Candidate], now: ClusterSpec) -> None:
    found = choose(pool, sure(pool, now))
    assert found is not None
    assert found.trying is None
    assert found.candidate.loss <= min(each.loss for each in pool) * (1 + NEAR_TIE) ** 2


@optimisers
@given(pools, specs, st.integers(0, 99))
def test_what_is_not_cheaper_at_once_is_said_to_be_tried(
    choose: Optimiser, pool: list[Candidate], now: ClusterSpec, seed: int
) -> None:
    found = choose(pool, doubtful(pool, now, seed))
    present = next((each for each in pool if each.spec == now), None)
    if found is None or present is None or found.candidate.spec == now:
        return
    if found.trying is None:
        assert found.gain == pytest.approx(gain_of(found.candidate.loss, present.loss))
    else:
        assert found.trying == pytest.approx(found.candidate.loss - present.loss)
        assert found.trying > 0


@optimisers
def test_of_near_ties_the_lesser_change_wins(choose: Optimiser) -> None:
    now, far, near = candidate(WIDE, loss=2.0), candidate(FARTHER, loss=1.0), candidate(NEARER, loss=1.01)
    for pool in ([now, far, near], [far, near]):
        assert _chosen(choose, pool, WIDE) == near
    assert _chosen(choose, [now, far, candidate(NEARER, loss=1.1)], WIDE) == far


@optimisers
def test_staying_wins_every_near_tie(choose: Optimiser) -> None:
    stay = candidate(WIDE, loss=1.01)
    pool = [candidate(ClusterSpec.local(4, 4096), loss=1.0), stay]
    assert _chosen(choose, pool, WIDE) == stay


def _chosen(choose: Optimiser, pool: list[Candidate], now: ClusterSpec) -> Candidate:
    found = choose(pool, sure(pool, now))
    assert found is not None
    return found.candidate


@optimisers
def test_where_there_is_nothing_nothing_is_best(choose: Optimiser) -> None:
    assert choose([], sure([], WIDE)) is None


@optimisers
def test_where_nothing_costs_anything_nothing_is_gained(choose: Optimiser) -> None:
    pool = [candidate(WIDE, loss=0.0), candidate(NEARER, loss=0.0)]
    free = prospect(pool, WIDE, np.zeros((DRAWS, 2)))
    found = choose(pool, Prospect(WIDE, free.outlook, free.rows, np.zeros(2)))
    assert found is not None
    assert found.gain == 0.0


@optimisers
def test_what_is_minimised_decides_and_not_the_runtime(choose: Optimiser) -> None:
    """The rates reverse the order of the runtimes."""
    seconds, rates = np.array([100.0, 50.0, 150.0]), np.array([1.0, 4.0, 0.2])
    losses = zip((WIDE, NEARER, FARTHER), (seconds * rates).tolist(), strict=True)
    pool = [candidate(spec, loss=loss) for spec, loss in losses]
    before = prospect(pool, WIDE, np.repeat(np.log(seconds)[None], DRAWS, axis=0))
    found = choose(pool, replace(before, rates=rates))
    assert found is not None
    assert found.candidate.spec == FARTHER


def test_a_gamble_that_may_pay_is_taken_only_where_many_runs_follow() -> None:
    """Half the draws say twice as fast, half say twice as slow: worse on average, and one run tells which."""
    gamble = np.where(np.arange(DRAWS)[:, None] % 2 == 0, np.log(50.0), np.log(200.0))
    drawn = np.concatenate([np.full((DRAWS, 1), np.log(100.0)), gamble], axis=1)
    pool = [candidate(WIDE, loss=100.0), candidate(NEARER, loss=125.0)]
    found = OPTIMISERS["horizon"](pool, prospect(pool, WIDE, drawn))
    assert found is not None
    assert found.candidate.spec == NEARER
    assert found.trying == pytest.approx(25.0)
    assert 0 < found.gain < 0.5
    for name, runs_left in (("horizon", 1), ("exhaustive", 20)):
        assert OPTIMISERS[name](pool, prospect(pool, WIDE, drawn, runs_left=runs_left)) == Pick(pool[0], 0.0)


def test_an_advice_that_is_not_better_on_average_promises_nothing() -> None:
    """The surest may be dearer on average; what it is said to gain then keeps it from being advised."""
    gamble = np.where(np.arange(DRAWS)[:, None] % 2 == 0, np.log(50.0), np.log(200.0))
    drawn = np.concatenate([np.full((DRAWS, 1), np.log(100.0)), gamble], axis=1)
    pool = [candidate(WIDE, loss=100.0), candidate(NEARER, loss=125.0)]
    found = OPTIMISERS["one-step"](pool, prospect(pool, WIDE, drawn))
    assert found is not None
    assert found.candidate.spec == WIDE or found.gain < 0


@given(specs, specs, st.sampled_from([None, 8, 200]))
def test_a_change_is_as_large_as_its_way_back(one: ClusterSpec, other: ClusterSpec, partitions: int | None) -> None:
    there = ClusterSpec.local(other.slots, other.task_memory_mib, partitions)
    assert change(one, there) == pytest.approx(change(there, one))
    assert (change(one, there) == 0) == (one == there)
