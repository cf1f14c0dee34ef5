"""Specs as numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.belief.made import LATTICE, crowds

from setpoint.core.belief.geometry import MOST_KEPT, Geometry
from setpoint.core.belief.points import GIB_PER_CORE, MEMORY, Place, points_of


@given(crowds)
def test_every_place_is_one_row_in_its_order(crowd: list[Place]) -> None:
    points = points_of(crowd)
    assert len(points) == len(crowd)
    assert points.is_memory_known
    for row, place in enumerate(crowd):
        assert (points.nodes[row], points.cores[row], points.memory_gib[row]) == (
            place.nodes,
            place.cores,
            place.memory_gib,
        )


@given(crowds, st.data())
def test_some_of_the_points_are_the_points_of_some(crowd: list[Place], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(crowd) - 1), min_size=1))
    some, anew = points_of(crowd).at(rows), points_of([crowd[row] for row in rows])
    assert np.array_equal(some.features, anew.features)
    for one in range(len(rows)):
        for other in range(len(rows)):
            alike = crowd[rows[one]].kinds == crowd[rows[other]].kinds
            assert np.array_equal(some.kinds[one], some.kinds[other]) == alike


def test_memory_that_is_not_known_is_a_usual_machines() -> None:
    points = points_of([Place(2, 4, math.nan), Place(2, 4, 64.0)])
    assert not points.is_memory_known
    assert points.memory_gib.tolist() == [4 * GIB_PER_CORE, 64.0]
    assert not points.at([1]).is_memory_known


def test_further_axes_are_features_and_kinds_are_not() -> None:
    points = points_of([Place(2, 4, 8.0, ("a", "x"), (7.0,)), Place(2, 4, 8.0, ("b", "x"), (8.0,))])
    assert points.features[:, 3].tolist() == [7.0, 8.0]
    assert points.kinds.tolist() == [[0, 0], [1, 0]]
    assert (points.spreads > 0).all()


@given(crowds)
def test_likeness_is_a_correlation(crowd: list[Place]) -> None:
    every = np.arange(len(crowd))
    found = Geometry(points_of(crowd)).correlation(every, every)
    assert np.allclose(found, found.T)
    assert np.allclose(np.diag(found), 1.0)
    assert (found >= 0).all()
    assert (found <= 1).all()
    assert np.linalg.eigvalsh(found).min() > -1e-9


def test_another_kind_of_machine_tells_less() -> None:
    places = [Place(2, 4, 8.0, ("m5",)), Place(2, 4, 8.0, ("r5",)), Place(4, 4, 8.0, ("m5",))]
    found = Geometry(points_of(places)).correlation(np.array([0]), np.arange(3))[0]
    assert found[0] == 1
    assert found[1] == pytest.approx(math.exp(-0.7))


def test_memory_that_counts_for_nothing_separates_nothing() -> None:
    places = [Place(2, 4, 8.0), Place(2, 4, 64.0), Place(8, 4, 8.0)]
    flat = Geometry(points_of(places), memory_weight=0.0)
    assert flat.correlation(np.array([0]), np.array([1]))[0, 0] == pytest.approx(1.0)
    assert flat.correlation(np.array([0]), np.array([2]))[0, 0] < 1
    assert MEMORY == 1


def test_large_spaces_are_computed_in_parts_with_the_same_result() -> None:
    many = tuple(Place(float(nodes), 4.0, float(gib)) for nodes in range(1, 41) for gib in range(1, 15))
    assert len(many) > MOST_KEPT
    large = Geometry(points_of(many))
    rows = np.array([0, 7, 300, 559])
    whole = large._between(np.arange(len(many)), np.arange(len(many)))
    assert np.allclose(large.correlation(rows, rows), whole[np.ix_(rows, rows)])
    assert np.allclose(large.slopes.mean(axis=0), 0)
    assert len(LATTICE) <= MOST_KEPT
