"""What every optimiser of the registry owes."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import WIDE, candidate

from setpoint.core.domain import Candidate, ClusterSpec
from setpoint.core.optimisers import OPTIMISERS, Optimiser
from setpoint.core.optimisers.exhaustive import NEAR_TIE, change

optimisers = pytest.mark.parametrize("pick", OPTIMISERS.values(), ids=list(OPTIMISERS))
specs = st.builds(ClusterSpec.local, st.integers(1, 32), st.sampled_from([1024, 2048, 4096, 8192]))
pools = st.lists(
    st.builds(lambda spec, loss: candidate(spec, loss=loss), specs, st.floats(0.001, 1.0)),
    min_size=1,
    unique_by=lambda each: each.spec,
)


@optimisers
@given(pools, specs, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(pick: Optimiser, pool: list[Candidate], now: ClusterSpec, chance: Random) -> None:
    best = pick(pool, now)
    chance.shuffle(pool)
    again = pick(iter(pool), now)
    assert best is not None
    assert again is not None
    assert (again.loss, change(again.spec, now)) == (best.loss, change(best.spec, now))


@optimisers
@given(pools, specs)
def test_the_best_is_among_them_and_nearly_the_cheapest(
    pick: Optimiser, pool: list[Candidate], now: ClusterSpec
) -> None:
    best = pick(pool, now)
    assert best in pool
    assert best.loss <= min(each.loss for each in pool) * (1 + NEAR_TIE)


@optimisers
def test_of_near_ties_the_lesser_change_wins(pick: Optimiser) -> None:
    far, near = candidate(ClusterSpec.local(2, 2048), loss=1.0), candidate(ClusterSpec.local(8, 4096), loss=1.01)
    assert pick([far, near], WIDE) == near
    assert pick([far, candidate(ClusterSpec.local(8, 4096), loss=1.1)], WIDE) == far


@optimisers
def test_staying_wins_every_near_tie(pick: Optimiser) -> None:
    stay = candidate(WIDE, loss=1.01)
    assert pick([candidate(ClusterSpec.local(4, 4096), loss=1.0), stay], WIDE) == stay


@optimisers
def test_where_there_is_nothing_nothing_is_best(pick: Optimiser) -> None:
    assert pick([], WIDE) is None


@given(specs, specs, st.sampled_from([None, 8, 200]))
def test_a_change_is_as_large_as_its_way_back(one: ClusterSpec, other: ClusterSpec, partitions: int | None) -> None:
    there = ClusterSpec.local(other.slots, other.task_memory_mib, partitions)
    assert change(one, there) == pytest.approx(change(there, one))
    assert (change(one, there) == 0) == (one == there)
