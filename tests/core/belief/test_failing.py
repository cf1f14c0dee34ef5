"""Failures and the order of sizes."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.core.belief.made import LATTICE, POINTS

from setpoint.core.belief.failing import (
    AFTER_OWN_FAILURE,
    AFTER_OWN_SUCCESS,
    BELOW_A_FAILURE,
    LEAST_UNTRIED,
    failure_risks,
    known_risks,
)
from setpoint.core.belief.points import Place, points_of

rows = st.integers(0, len(LATTICE) - 1)
some_rows = st.lists(rows, max_size=6)
bases = st.floats(0.01, 0.9)
BASE = np.full(len(LATTICE), 0.05)


def has_as_much(one: Place, other: Place) -> bool:
    return (
        one.memory_gib >= other.memory_gib
        and one.nodes * one.memory_gib >= other.nodes * other.memory_gib
        and one.nodes * one.cores >= other.nodes * other.cores
    )


@given(some_rows, some_rows, bases)
def test_risks_are_probabilities(finished: list[int], failed: list[int], base: float) -> None:
    found = failure_risks(POINTS, np.full(len(POINTS), base), finished, failed)
    assert (found >= 0).all()
    assert (found <= 1).all()


@given(some_rows, some_rows)
def test_the_order_and_repeats_of_runs_do_not_matter(finished: list[int], failed: list[int]) -> None:
    one = failure_risks(POINTS, BASE, finished, failed)
    assert np.array_equal(one, failure_risks(POINTS, BASE, finished[::-1] * 2, failed[::-1] * 2))


@given(rows)
def test_where_one_failed_nothing_smaller_is_less_risky(failed: int) -> None:
    found = failure_risks(POINTS, BASE, [], [failed])
    assert found[failed] == AFTER_OWN_FAILURE
    for row, place in enumerate(LATTICE):
        if has_as_much(LATTICE[failed], place):
            assert found[row] >= BELOW_A_FAILURE


@given(rows)
def test_where_one_did_its_work_all_with_as_much_of_everything_become_safer(done: int) -> None:
    found = failure_risks(POINTS, BASE, [done], [])
    assert found[done] <= AFTER_OWN_SUCCESS
    for row, place in enumerate(LATTICE):
        if has_as_much(place, LATTICE[done]):
            assert found[row] < BASE[row]


@given(st.sampled_from([2.0, 4.0, 16.0]), bases)
def test_of_specs_as_near_the_one_with_as_much_of_everything_is_safer(nodes: float, base: float) -> None:
    done, more, less = (Place(nodes, cores, 16.0) for cores in (4.0, 8.0, 2.0))
    _, proven, untold = failure_risks(points_of([done, more, less]), np.full(3, base), [0], [])
    assert proven <= max(0.5 * untold, LEAST_UNTRIED)


@given(rows, some_rows)
def test_a_failure_never_makes_anything_safer(failed: int, before: list[int]) -> None:
    earlier = [row for row in before if row != failed]
    before_it = failure_risks(POINTS, BASE, [], earlier)
    assert (failure_risks(POINTS, BASE, [], [*earlier, failed]) >= before_it - 1e-12).all()


@given(rows, bases, st.floats(0.0, 0.09))
def test_what_is_known_beforehand_raises_it(done: int, base: float, more: float) -> None:
    low, high = (failure_risks(POINTS, np.full(len(POINTS), each), [done], []) for each in (base, base + more))
    assert (high >= low - 1e-12).all()


def test_a_failure_that_a_smaller_success_contradicts_is_chance() -> None:
    least, most = 0, len(LATTICE) - 1
    found = failure_risks(POINTS, BASE, [least], [most])
    assert found[most] >= 0.7
    assert found[most] < AFTER_OWN_FAILURE
    between = [row for row in range(1, most) if has_as_much(LATTICE[row], LATTICE[least])]
    assert (found[between] < BELOW_A_FAILURE).all()


def test_a_spec_that_failed_and_succeeded_is_not_called_safe() -> None:
    assert failure_risks(POINTS, BASE, [4], [4])[4] >= 0.7


def test_guessed_memory_orders_only_machines_of_a_kind() -> None:
    points = points_of([Place(2, 2, math.nan, (kind,)) for kind in ("m5", "r5")] + [Place(2, 1, math.nan, ("m5",))])
    found = failure_risks(points, np.full(3, 0.05), [], [0])
    assert found[1] < BELOW_A_FAILURE <= found[2]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=8))
def test_known_failures_raise_what_is_expected(counts: list[tuple[int, int]]) -> None:
    failed = np.array([float(fails) for fails, _ in counts])
    runs = failed + np.array([float(more) for _, more in counts])
    found = known_risks(failed, runs)
    assert (found > 0).all()
    assert (found < 1).all()
    worse = failed.copy()
    worse[0] = min(runs[0], failed[0] + 1)
    assert (known_risks(worse, runs) >= found - 1e-12).all()
