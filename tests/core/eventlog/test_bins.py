"""Bins are narrow and in order, one by one as many at once, and a tally is the same packed or loose."""

import pickle
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.eventlog.bins import Tally, bin_of, bins_of, middle_of

MOST = 2**52 - 1
values = st.integers(0, 300) | st.integers(0, MOST) | st.integers(0, 52).map(lambda n: max(0, 2**n - 1))
bits = st.integers(1, 10)
pairs = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10**12)), max_size=30)


def of_pairs(pairs: list[tuple[int, int]]) -> Counter[int]:
    counter = Counter[int]()
    for key, count in pairs:
        counter[key] += count
    return counter


@given(st.lists(st.integers(0, 2**63 - 1) | values, min_size=1), bits)
def test_many_at_once_are_as_one_by_one(many: list[int], bits: int) -> None:
    assert bins_of(np.array(many, dtype=np.int64), bits).tolist() == [bin_of(value, bits) for value in many]


@given(values, bits)
def test_the_middle_is_within_half_a_bin(value: int, bits: int) -> None:
    assert abs(middle_of(bin_of(value, bits), bits) - value) <= value * 2**-bits / 2


@given(values, values, bits)
def test_order_is_kept(one: int, other: int, bits: int) -> None:
    assert (bin_of(one, bits) <= bin_of(other, bits)) or one > other


@given(st.integers(0, 2000), bits)
def test_every_bin_has_its_middle_in_it(number: int, bits: int) -> None:
    if number <= bin_of(MOST, bits):
        assert bin_of(int(middle_of(number, bits)), bits) == number


@given(st.integers(2**52, 2**80), bits)
def test_what_is_too_large_counts_as_the_largest(value: int, bits: int) -> None:
    assert bin_of(value, bits) == bin_of(MOST, bits)


@given(st.lists(st.tuples(pairs, st.booleans(), st.booleans(), st.booleans())))
def test_how_it_is_held_cannot_be_seen(steps: list[tuple[list[tuple[int, int]], bool, bool, bool]]) -> None:
    tally, counter = Tally(), Counter[int]()
    for added, is_dense, packs, looks in steps:
        counter.update(counted := of_pairs(added))
        if is_dense:
            tally.add_dense(np.array([counted[key] for key in range(max(counted, default=0) + 1)], dtype=np.int64))
        else:
            tally.add(added)
        if packs:
            tally.pack()
        assert not looks or list(tally.items()) == sorted(counter.items())
    assert list(tally.items()) == sorted(counter.items())
    assert list(pickle.loads(pickle.dumps(tally)).items()) == sorted(counter.items())  # noqa: S301 - our own


def test_packing_gives_back_memory() -> None:
    tally = Tally()
    tally.add((key, 1) for key in range(1000))
    tally.add_dense(np.ones(1000, dtype=np.int64))
    tally.pack()
    tally.pack()

    assert (tally._loose, tally._dense) == ({}, None)
    assert len(tally._packed) == 2000


def test_a_dense_array_stays_its_owners() -> None:
    counts = np.array([1, 2])
    tally = Tally()
    tally.add_dense(counts)
    counts[:] = 9
    tally.add_dense(np.array([1]))
    assert list(tally.items()) == [(0, 2), (1, 2)]


@pytest.mark.parametrize("count", [1, 10**15])
def test_counts_are_exact(count: int) -> None:
    tally = Tally()
    tally.add([(3, count)])
    tally.add([(3, 1)])
    assert list(tally.items()) == [(3, count + 1)]
