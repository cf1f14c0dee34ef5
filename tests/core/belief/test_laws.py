"""Random physical laws are physical."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from tests.core.belief.made import LATTICE, POINTS, crowds, seeds

from setpoint.core.belief.explanations import GivenShapes, HalfScaling, LawShapes
from setpoint.core.belief.geometry import MOST_KEPT
from setpoint.core.belief.laws import Laws, draw_laws
from setpoint.core.belief.points import Place, points_of

COUNT = 40
EVERY = np.arange(len(POINTS))


def only_work(laws: Laws) -> Laws:
    """Nothing but the parallel part: no driver, no overhead, memory enough, every machine as fast."""
    nothing = np.zeros((len(laws), 1))
    return replace(
        laws,
        serial=nothing,
        overhead=nothing,
        penalty=nothing,
        node_penalty=nothing,
        core_penalty=nothing,
        speed=np.ones_like(laws.speed),
    )


@given(crowds, seeds)
def test_every_law_is_finite_everywhere(crowd: list[Place], seed: int) -> None:
    points = points_of(crowd)
    curves = draw_laws(points, COUNT, seed).log_seconds(points)
    assert curves.shape == (COUNT, len(crowd))
    assert np.isfinite(curves).all()


@given(seeds)
def test_the_parallel_part_falls_with_cores(seed: int) -> None:
    curves = only_work(draw_laws(POINTS, COUNT, seed)).log_seconds(POINTS)
    for row, place in enumerate(LATTICE):
        for other, larger in enumerate(LATTICE):
            if larger.nodes > place.nodes and larger.cores >= place.cores:
                assert (curves[:, other] < curves[:, row]).all()


@given(seeds)
def test_memory_alone_never_makes_a_run_longer(seed: int) -> None:
    curves = draw_laws(POINTS, COUNT, seed).log_seconds(POINTS)
    for row, place in enumerate(LATTICE):
        for other, larger in enumerate(LATTICE):
            if (larger.nodes, larger.cores) == (place.nodes, place.cores) and larger.memory_gib > place.memory_gib:
                assert (curves[:, other] <= curves[:, row] + 1e-9).all()


@given(seeds)
def test_the_same_seed_draws_the_same_laws(seed: int) -> None:
    one, again, other = (draw_laws(POINTS, COUNT, each).log_seconds(POINTS) for each in (seed, seed, seed + 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_some_laws_are_those_rows() -> None:
    laws = draw_laws(POINTS, COUNT, 0)
    rows = np.array([3, 3, 17])
    assert np.allclose(laws.some(rows).log_seconds(POINTS), laws.log_seconds(POINTS)[rows])
    assert len(laws.some(rows)) == 3


def test_a_kind_that_no_law_was_drawn_for_has_a_speed_all_the_same() -> None:
    laws = draw_laws(POINTS, COUNT, 0)
    strange = points_of([Place(4, 4, 16.0, ("workers",)), Place(4, 4, 16.0, ("else",))])
    curves = laws.log_seconds(strange)
    assert np.allclose(curves[:, 0], curves[:, 1])


def test_further_axes_move_each_law_by_its_slope() -> None:
    points = points_of([Place(4, 4, 16.0, (), (7.0,)), Place(4, 4, 16.0, (), (9.0,))])
    laws = draw_laws(points, COUNT, 1)
    curves = laws.log_seconds(points)
    assert np.allclose(curves[:, 1] - curves[:, 0], 2 * laws.axis_slopes[:, 0])


def test_shapes_give_the_chosen_curves_whichever_kind_they_are() -> None:
    laws = LawShapes(draw_laws(POINTS, COUNT, 2), POINTS)
    rows, chosen = np.array([5, 0, 11]), np.array([4, 1, 1])
    for shapes in (laws, GivenShapes(laws.curves(EVERY))):
        assert len(shapes) == COUNT
        assert np.allclose(shapes.curves(rows), shapes.curves(EVERY)[:, rows])
        assert np.allclose(shapes.curves(rows, chosen), shapes.curves(EVERY)[np.ix_(chosen, rows)])
    line = HalfScaling(POINTS)
    assert len(line) == 1
    assert line.curves(rows, np.zeros(3, dtype=np.int64)).shape == (3, 3)
    doubled = points_of([Place(1, 4, 8.0), Place(4, 4, 8.0)])
    fall = HalfScaling(doubled).curves(np.arange(2))[0]
    assert np.isclose(np.exp(fall[0] - fall[1]), 2.0)


def test_laws_over_a_large_space_are_computed_where_they_are_asked() -> None:
    many = points_of([Place(float(n), 4.0, float(gib)) for n in range(1, 41) for gib in range(1, 15)])
    assert len(many) > MOST_KEPT
    shapes = LawShapes(draw_laws(many, COUNT, 3), many)
    rows, chosen = np.array([0, 9, 400]), np.array([2, 30])
    # A few axes are centred on the specs asked for, which only moves the level.
    whole = shapes.laws.log_seconds(many)
    assert np.allclose(shapes.curves(rows), whole[:, rows])
    assert np.allclose(shapes.curves(rows, chosen), whole[np.ix_(chosen, rows)])
