"""One budget over many projects, spent where a dollar buys most: the multiple-choice knapsack.

Each project offers candidates, of which exactly one is taken. The convex hull of each project's offers, climbed in the
order of value for money, gives the optimum of the relaxed problem: a bound, and a price of money (Sinha and Zoltners,
1979). What that price rules out is dropped; what is left, mostly a handful of projects, is gone through.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from setpoint.core.hull import Rung, ladder, steepest
from setpoint.core.knapsack import best_within

__all__ = ["Allocation", "Offer", "OutOfBudget", "Rung", "Share", "allocate"]

_ROUNDING = 1e-12
_NEGLIGIBLE = 1e-5
"""Share of what the budget buys beyond the cheapest choice; where no more can be gained nothing is gone through."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One candidate of a project: what it takes from the budget, and what it is worth."""

    cost: float
    value: float


@dataclass(frozen=True, slots=True)
class Share:
    """What one project gets."""

    offer: int
    """Which of its offers, counted from 0."""
    next: Rung | None
    """The offer that further money would best be spent on; None where no dearer one is worth more."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """One offer for each project, together within the budget."""

    shares: tuple[Share, ...]
    cost: float
    value: float
    bound: float
    """No choice within the budget is worth more than this."""
    price: float
    """Value that a further unit of money would buy; 0 where there is money left over."""


@dataclass(frozen=True, slots=True)
class OutOfBudget:
    """Even the cheapest offers cost more than there is."""

    budget: float
    cheapest: float

    @property
    def missing(self) -> float:
        """How much more is needed at least."""
        return self.cheapest - self.budget


def allocate(projects: Sequence[Sequence[Offer]], budget: float) -> Allocation | OutOfBudget:
    """The choice of one offer each that is worth most within the budget. Every project has at least one offer.

    >>> slow, fast = Offer(1.0, 0.5), Offer(3.0, 1.0)
    >>> found = allocate([(slow, fast), (slow, Offer(2.0, 1.0))], 4.0)
    >>> [share.offer for share in found.shares], found.cost
    ([0, 1], 3.0)
    >>> allocate([(slow,), (fast,)], 3.0).missing
    1.0
    """
    ladders = [ladder([(offer.cost, offer.value) for offer in offers]) for offers in projects]
    cheapest = math.fsum(each[0].cost for each in ladders)
    if cheapest > budget * (1 + _ROUNDING):
        return OutOfBudget(budget, cheapest)
    climb = _climb(ladders, budget)
    chosen = _improved(projects, budget, climb)
    cost, value = _sums(projects, chosen)
    shares = tuple(Share(row, steepest(_pairs(offers), row)) for offers, row in zip(projects, chosen, strict=True))
    return Allocation(shares, cost, value, max(climb.bound, value), climb.price)


@dataclass(frozen=True, slots=True)
class _Climb:
    """The relaxed problem solved, and the best choice that was met on the way."""

    chosen: tuple[int, ...]
    floor: float
    """Value of the cheapest choice."""
    bound: float
    price: float


def _climb(ladders: Sequence[Sequence[Rung]], budget: float) -> _Climb:
    """From the cheapest offers upwards, the steepest rung first, as far as the money goes.

    Rungs of one ladder grow less steep, so that sorting all of them keeps their order within a project.
    """
    chosen = [each[0].offer for each in ladders]
    left = budget - math.fsum(each[0].cost for each in ladders)
    floor = value = math.fsum(each[0].value for each in ladders)
    bound, price = None, 0.0
    stuck: set[int] = set()
    rungs = [(-rung.slope, project, rung) for project, each in enumerate(ladders) for rung in each[1:]]
    for negative_slope, project, rung in sorted(rungs, key=lambda it: it[:2]):
        if project in stuck:
            continue
        if rung.cost <= left + budget * _ROUNDING:
            chosen[project], left, value = rung.offer, left - rung.cost, value + rung.value
            continue
        stuck.add(project)
        if bound is None:
            price = -negative_slope
            bound = value + price * max(0.0, left)
    return _Climb(tuple(chosen), floor, value if bound is None else bound, price)


def _improved(projects: Sequence[Sequence[Offer]], budget: float, climb: _Climb) -> tuple[int, ...]:
    """The best choice: what the price of money rules out stays out, the rest is decided by going through all of it."""
    _, reached = _sums(projects, climb.chosen)
    slack = climb.bound - reached
    if slack <= (climb.bound - climb.floor) * _NEGLIGIBLE:
        return climb.chosen
    rows = [_worth_a_look(offers, climb.price, slack) for offers in projects]
    undecided = [project for project, left in enumerate(rows) if len(left) > 1]
    found = [left[0] for left in rows]
    settled = [offers[row] for offers, row, left in zip(projects, found, rows, strict=True) if len(left) == 1]
    room = budget * (1 + _ROUNDING) - math.fsum(offer.cost for offer in settled)
    least = reached - math.fsum(offer.value for offer in settled)
    picked = best_within([_pairs([projects[p][row] for row in rows[p]]) for p in undecided], room, climb.price, least)
    if picked is None:
        return climb.chosen
    for project, pick in zip(undecided, picked, strict=True):
        found[project] = rows[project][pick]
    cost, value = _sums(projects, found)
    return tuple(found) if value > reached and cost <= budget * (1 + 2 * _ROUNDING) else climb.chosen


def _worth_a_look(offers: Sequence[Offer], price: float, slack: float) -> list[int]:
    """Offers with which the bound is still above what was reached: the others cannot be in a better choice."""
    net = [offer.value - price * offer.cost for offer in offers]
    least = max(net) - slack - abs(max(net)) * 1e-12
    rows = [row for row, worth in enumerate(net) if worth >= least]
    return [row for row in rows if not any(_beats(offers, other, row) for other in rows)]


def _beats(offers: Sequence[Offer], one: int, other: int) -> bool:
    """Whether one offer is no dearer and worth no less; of equal ones the first beats."""
    cheap, dear = offers[one], offers[other]
    if (cheap.cost, cheap.value) == (dear.cost, dear.value):
        return one < other
    return cheap.cost <= dear.cost and cheap.value >= dear.value


def _pairs(offers: Sequence[Offer]) -> list[tuple[float, float]]:
    return [(offer.cost, offer.value) for offer in offers]


def _sums(projects: Sequence[Sequence[Offer]], chosen: Sequence[int]) -> tuple[float, float]:
    taken = [offers[row] for offers, row in zip(projects, chosen, strict=True)]
    return math.fsum(offer.cost for offer in taken), math.fsum(offer.value for offer in taken)
