"""The multiple-choice knapsack gone through: every choice that may still be best, project by project.

Dynamic programming over (cost, value) pairs. A pair goes where another is no dearer and worth no less, and where the
price of money says that nothing which can follow would reach what is reached already.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["best_within"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST_STATES = 20_000
"""Pairs that are followed at once. Where there would be more, the most promising are: the answer is then very good and
not proven to be the best."""
MOST_WORK = 20_000_000
"""Pairs that are looked at in all: seconds. With many projects fewer are followed, and less is at stake in each."""


@dataclass(frozen=True, slots=True)
class _States:
    """Pairs after some projects, and how each came about."""

    costs: Floats
    values: Floats
    parents: Integers
    rows: Integers

    def at(self, kept: Integers) -> "_States":
        return _States(self.costs[kept], self.values[kept], self.parents[kept], self.rows[kept])


def best_within(
    projects: Sequence[Sequence[tuple[float, float]]], room: float, price: float, least: float
) -> list[int] | None:
    """Which (cost, value) of each project together are worth most at a cost of at most `room`.

    None where nothing is worth more than `least`. `price` is the value of a unit of money, of the relaxed problem.

    >>> best_within([[(1, 1), (3, 4)], [(1, 1), (2, 3)]], 4, 1.5, 0.0)
    [1, 0]
    """
    # Projects with much at stake first: what they rule out is not multiplied any more.
    order = sorted(range(len(projects)), key=lambda it: -_stake(projects[it], price))
    layers = []
    nothing: Integers = np.zeros(1, dtype=np.int64)
    states = _States(np.zeros(1), np.zeros(1), nothing, nothing)
    most = min(MOST_STATES, 1 + MOST_WORK // (1 + sum(map(len, projects))))
    for place, project in enumerate(order):
        rest = [projects[it] for it in order[place + 1 :]]
        cheapest = sum(min(cost for cost, _ in offers) for offers in rest)
        promise = sum(max(value - price * cost for cost, value in offers) for offers in rest)
        states = _grown(states, projects[project])
        bounds = states.values + promise + price * (room - states.costs)
        states = _pruned(states, bounds, (states.costs <= room - cheapest) & (bounds > least), most)
        if not len(states.costs):
            return None
        layers.append(states)
    return _traced(layers, order) if layers else None


def _stake(offers: Sequence[tuple[float, float]], price: float) -> float:
    net = [value - price * cost for cost, value in offers]
    return max(net) - min(net)


def _grown(states: _States, offers: Sequence[tuple[float, float]]) -> _States:
    """Every pair with every offer."""
    count = len(states.costs)
    costs, values = np.array(offers, dtype=float).T
    return _States(
        (states.costs[:, None] + costs).ravel(),
        (states.values[:, None] + values).ravel(),
        np.repeat(np.arange(count), len(offers)),
        np.tile(np.arange(len(offers)), count),
    )


def _pruned(states: _States, bounds: Floats, is_open: NDArray[np.bool_], most: int) -> _States:
    kept = np.flatnonzero(is_open)
    kept = kept[np.lexsort((-states.values[kept], states.costs[kept]))]
    values = states.values[kept]
    best_before = np.concatenate([[-np.inf], np.maximum.accumulate(values)[:-1]]) if len(kept) else values
    kept = kept[values > best_before]
    if len(kept) > most:
        kept = np.sort(kept[np.argsort(-bounds[kept], kind="stable")[:most]])
    return states.at(kept)


def _traced(layers: Sequence[_States], order: Sequence[int]) -> list[int]:
    """The rows that led to the best pair, in the order in which the projects were given."""
    state = int(np.argmax(layers[-1].values))
    rows = [0] * len(order)
    for states, project in zip(reversed(layers), reversed(order), strict=True):
        rows[project] = int(states.rows[state])
        state = int(states.parents[state])
    return rows
