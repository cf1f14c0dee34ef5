"""The upper convex hull of costs and values: what more money buys, step by step, with falling returns."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Rung", "ladder", "steepest"]


@dataclass(frozen=True, slots=True)
class Rung:
    """A step up to an offer: what it costs more than the one below, and what more it is worth."""

    offer: int
    """Where it stands among the offers of its project, counted from 0."""
    cost: float
    value: float

    @property
    def slope(self) -> float:
        """Value for each unit of money."""
        return self.value / self.cost if self.cost > 0 else math.inf


def ladder(points: Sequence[tuple[float, float]]) -> list[Rung]:
    """The hull of (cost, value) points from the cheapest up; the first rung starts from nothing.

    >>> [rung.offer for rung in ladder([(1, 0), (2, 1), (3, 5), (4, 5), (5, 6)])]
    [0, 2, 4]
    """
    hull: list[int] = []
    for row in sorted(range(len(points)), key=lambda it: (points[it][0], -points[it][1], it)):
        if hull and points[row][1] <= points[hull[-1]][1]:
            continue
        while len(hull) > 1 and _slope(points, hull[-2], hull[-1]) <= _slope(points, hull[-1], row):
            hull.pop()
        hull.append(row)
    first = Rung(hull[0], *points[hull[0]])
    return [first, *(_rung(points, low, high) for low, high in pairwise(hull))]


def steepest(points: Sequence[tuple[float, float]], row: int) -> Rung | None:
    """The dearer point that is worth most for what it costs more; None where none is worth more.

    >>> steepest([(1, 0), (2, 1), (3, 5)], 0)
    Rung(offer=2, cost=2, value=5)
    """
    cost, value = points[row]
    rungs = [_rung(points, row, it) for it, (dearer, worth) in enumerate(points) if dearer > cost and worth > value]
    return max(rungs, key=lambda rung: (rung.slope, -rung.cost), default=None)


def _rung(points: Sequence[tuple[float, float]], low: int, high: int) -> Rung:
    return Rung(high, points[high][0] - points[low][0], points[high][1] - points[low][1])


def _slope(points: Sequence[tuple[float, float]], low: int, high: int) -> float:
    return _rung(points, low, high).slope
