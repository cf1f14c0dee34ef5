"""Other workloads, brought to the specs that matter now."""

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.belief.made import LATTICE, POINTS, seeds

from setpoint.core.belief.bringing import brought_all
from setpoint.core.belief.known import FAILED_LONGER, KnownWorkload, risks_at
from setpoint.core.belief.laws import draw_laws
from setpoint.core.belief.points import Floats, Place

ELSEWHERE = tuple(replace(place, nodes=1000.0 * place.nodes, memory_gib=0.001) for place in LATTICE)


def law(seed: int) -> Floats:
    return np.asarray(draw_laws(POINTS, 1, seed).log_seconds(POINTS)[0])


def known(curve: Floats, rows: list[int], level: float = 0.0, *, failed: tuple[int, ...] = ()) -> KnownWorkload:
    logs = tuple(float(curve[row] + level) for row in rows)
    return KnownWorkload(tuple(LATTICE[row] for row in rows), logs, tuple(row in failed for row in rows))


def brought_to(places: Sequence[Place], one: KnownWorkload) -> Floats | None:
    (found,) = brought_all(places, [one])
    return found


EVERY_ROW = list(range(len(LATTICE)))
some_rows = st.lists(st.sampled_from(EVERY_ROW), min_size=8, max_size=24, unique=True)


@given(seeds, st.floats(-5, 10))
@settings(max_examples=25)  # each solves a Gaussian process
def test_where_it_was_measured_it_is_nearly_the_measurement(seed: int, level: float) -> None:
    curve = law(seed)
    brought = brought_to(LATTICE, known(curve, EVERY_ROW, level))
    assert brought is not None
    # Cliffs are smoothed, so that a steep curve is met less closely.
    assert np.abs(brought - (curve - curve.mean())).max() < 0.05 + 0.1 * np.ptp(curve)


@given(seeds, some_rows, st.floats(-5, 10))
@settings(max_examples=25)  # as above
def test_its_level_does_not_matter_nearly(seed: int, rows: list[int], level: float) -> None:
    """The level is open up to a factor of twenty, so that one far from all others is drawn back by a trace."""
    one, other = brought_to(LATTICE, known(law(seed), rows)), brought_to(LATTICE, known(law(seed), rows, level))
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one.mean() == pytest.approx(0, abs=1e-9)
        assert np.allclose(one, other, atol=0.05)


@given(seeds, some_rows)
@settings(max_examples=25)  # as above
def test_the_order_of_its_runs_does_not_matter(seed: int, rows: list[int]) -> None:
    one, other = (brought_to(LATTICE, known(law(seed), each)) for each in (rows, rows[::-1]))
    assert (one is None) == (other is None)
    assert one is None or other is None or np.allclose(one, other)


def test_what_was_measured_elsewhere_or_hardly_says_nothing() -> None:
    curve = law(1)
    assert brought_to(ELSEWHERE, known(curve, EVERY_ROW)) is None
    assert brought_to(LATTICE, known(curve, [0, 1])) is None
    more_kinds = tuple(replace(place, kinds=("workers", "photon")) for place in LATTICE)
    assert brought_to(more_kinds, known(curve, EVERY_ROW)) is None
    more_axes = tuple(replace(place, axes=(7.0,)) for place in LATTICE)
    assert brought_to(more_axes, known(curve, EVERY_ROW)) is None


def test_a_run_that_failed_would_have_taken_longer() -> None:
    curve = law(2)
    plain, with_failure = (brought_to(LATTICE, known(curve, EVERY_ROW, failed=failed)) for failed in ((), (5,)))
    assert plain is not None
    assert with_failure is not None
    longer = with_failure - plain
    assert longer.argmax() == 5
    assert 0.5 * np.log(FAILED_LONGER) < longer[5] - np.median(longer) <= np.log(FAILED_LONGER)


odd_places = st.builds(
    lambda place, nodes, cores: replace(place, nodes=nodes, cores=cores),
    st.sampled_from(LATTICE),
    st.floats(1e-3, 1e6),
    st.floats(1e-3, 1e6),
)


@given(
    st.lists(st.tuples(seeds, some_rows), min_size=1, max_size=4),
    st.lists(odd_places, max_size=3, unique=True),
    st.sampled_from([len(LATTICE), 5, 1]),
)
@settings(max_examples=25)  # each solves several Gaussian processes
def test_many_are_brought_as_each_by_itself(
    drawn: list[tuple[int, list[int]]], odd: list[Place], asked_about: int
) -> None:
    """Whatever specs others ran on, and however alike those asked about are."""
    asked = LATTICE[:asked_about]
    several = [known(law(seed), rows) for seed, rows in drawn]
    logs = (0.0,) * (2 + len(odd))
    found = brought_all(asked, [KnownWorkload((*LATTICE[:2], *odd), logs, (False,) * len(logs)), *several])[1:]
    assert len(found) == len(several)
    for one, together in zip((brought_to(asked, each) for each in several), found, strict=True):
        assert (one is None) == (together is None)
        if one is not None and together is not None:
            assert together.mean() == pytest.approx(0, abs=1e-9)
            assert together == pytest.approx(one, abs=1e-6)


def test_where_all_that_is_asked_about_is_alike_the_workload_says_what_is_far() -> None:
    one_size = [replace(LATTICE[0], nodes=3.0), replace(LATTICE[0], nodes=3.0, memory_gib=LATTICE[0].memory_gib + 1)]
    wide = brought_to(one_size, known(law(1), EVERY_ROW))
    assert wide is not None
    near = tuple(Place(64.0, 64.0, 64.0 + 0.001 * row, ("workers",)) for row in range(4))
    assert brought_to(one_size, KnownWorkload(near, (0.0,) * 4, (False,) * 4)) is None


def test_many_specs_that_nobody_shares_take_little_room() -> None:
    def apart(number: int) -> KnownWorkload:
        places = tuple(Place(1.0 + row, 4.0, 8.0 + number / 100, ("workers",)) for row in range(64))
        return KnownWorkload(places, tuple(-np.log([place.nodes for place in places])), (False,) * 64)

    several = [apart(number) for number in range(48)]
    tracemalloc.start()
    found = brought_all(LATTICE, several)
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(curve is not None for curve in found)
    assert most_bytes < 32 * 2**20


def test_of_many_those_that_say_nothing_are_left_out_and_the_rest_stay_in_place() -> None:
    far = KnownWorkload(ELSEWHERE, tuple(law(1)), (False,) * len(ELSEWHERE))
    few = known(law(1), [0, 1])
    good = known(law(3), EVERY_ROW)
    assert brought_all(LATTICE, [few]) == [None]
    assert brought_all(LATTICE, []) == []
    assert [curve is not None for curve in brought_all(LATTICE, [few, good])] == [False, True]
    assert brought_all(LATTICE, [far]) == [None]


def test_risks_count_failures_on_the_very_same_specs() -> None:
    curve = law(4)
    crashes, calm = known(curve, EVERY_ROW, failed=(3,)), known(curve, EVERY_ROW)
    found = risks_at(LATTICE, [crashes, crashes, calm])
    assert found.argmax() == 3
    assert (np.delete(found, 3) < found[3]).all()
    assert np.allclose(risks_at(ELSEWHERE, [crashes]), risks_at(ELSEWHERE, []))
    assert ((found > 0) & (found < 1)).all()
