"""What heaps that were enough, or not, say of what a job keeps alive."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.prediction.live_set import COLLECTING, USABLE, live_set
from setpoint.core.workload import HeapSeen

GIB = 1024
heaps = st.integers(256, 131072)


def enough(heap: int, live: float | None = None, *, cost: float = COLLECTING, read: int | None = None) -> HeapSeen:
    """A run that came to its end; where its live set is given, its log tells what collecting cost."""
    collecting = 0.0 if live is None else cost * live / (heap - live)
    return HeapSeen(heap, is_enough=True, input_bytes=read, collecting=collecting)


seen = st.lists(
    st.builds(
        HeapSeen,
        heap_mib=heaps,
        is_enough=st.booleans(),
        input_bytes=st.none() | st.integers(1, 10**12),
        peak_mib=st.floats(0, 65536),
        collecting=st.floats(0, 3),
        spilled=st.booleans(),
    ),
    max_size=60,
)


@given(seen, heaps, st.none() | st.floats(1, 1e12), heaps, heaps)
def test_whatever_was_seen_more_heap_is_never_riskier(
    before: list[HeapSeen], first: int, now: float | None, one: int, other: int
) -> None:
    found = live_set([enough(first), *before], now)
    little, much = sorted((one, other))
    assert 1 + 1e-9 >= found.risk(little) >= found.risk(much) - 1e-12 >= -1e-9
    assert found.weights.sum() == pytest.approx(1)


@given(heaps)
def test_without_any_figures_a_half_is_a_small_risk_and_a_quarter_none_to_take(heap: int) -> None:
    found = live_set([enough(heap)], None)
    assert found.risk(heap) < 0.01
    assert 0.01 < found.risk(heap // 2) < 0.05
    assert 0.15 < found.risk(heap // 4) < 0.35


@given(heaps, st.integers(2, 20))
def test_the_more_often_a_heap_was_enough_the_surer(heap: int, times: int) -> None:
    assert live_set([enough(heap)] * times, None).risk(heap) <= live_set([enough(heap)], None).risk(heap) + 1e-9


@given(st.floats(0.4, 0.95), st.floats(0.01, 0.2))
def test_heaps_near_the_need_tell_the_live_set_whatever_collecting_costs_the_job(share: float, cost: float) -> None:
    live = share * 0.8 * 8 * GIB
    found = live_set([enough(size * GIB, live, cost=cost) for size in (32, 16, 8)], None)
    assert live / 2.2 < found.median_mib < 2.2 * live


def test_growth_towards_the_cliff_is_seen_in_what_collecting_costs() -> None:
    chance = Random(3)
    runs, live, read = [], 3.0 * GIB, 10**9
    for _ in range(12):
        runs.append(enough(8 * GIB, live * chance.gauss(1, 0.01), cost=0.02, read=read))
        live, read = live * 1.07, round(read * 1.07)
    assert live > 0.8 * 8 * GIB
    assert live_set(runs, read).risk(8 * GIB) > 0.05
    assert live_set(runs[:3], runs[2].input_bytes).risk(8 * GIB) < 0.02


@given(st.floats(1.05, 4.0))
def test_more_input_is_never_less_risky(times: float) -> None:
    runs = [enough(8 * GIB, 3.0 * GIB, read=10**9)]
    assert live_set(runs, times * 1e9).risk(8 * GIB) >= live_set(runs, 1e9).risk(8 * GIB)


def test_what_failed_needs_more_and_the_peak_is_the_most_it_may_be() -> None:
    short = HeapSeen(2 * GIB, is_enough=False)
    assert live_set([enough(16 * GIB), short], None).risk(2 * GIB) > 0.6
    logged = live_set([HeapSeen(16 * GIB, is_enough=True, peak_mib=2000.0)], None)
    assert logged.risk(round(2000 / USABLE * math.exp(0.15))) < 0.01
    assert logged.risk(900) > 0.4


def test_spilling_says_that_a_heap_is_short() -> None:
    calm, spilled = (live_set([HeapSeen(4096, is_enough=True, spilled=each)], None) for each in (False, True))
    assert calm.risk(2048) < 0.05
    assert spilled.risk(2048) > 0.3
