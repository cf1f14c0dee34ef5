"""Large spaces: all specs are looked at as numbers, and the few that may matter are assessed one by one.

The few: the best that the goal admits, by what they may come to when all goes well; the best of all, to be able to say
what was refused; the nearest to the goal, should none be admitted.
"""

from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np

from setpoint.core.belief import Floats, Integers, Outlook
from setpoint.core.domain import ClusterSpec
from setpoint.core.goals import Goal
from setpoint.core.pricebook import PriceBook

__all__ = ["MOST_ASSESSED", "lines_of", "rates_of", "shortlist"]

MOST_ASSESSED = 64
"""Specs that are assessed one by one; a space of no more is not shortlisted."""
_BEST, _TEMPTING, _NEAREST = 40, 12, 12
_ENDS = (0.05, 0.95)
_APART = 1.01
"""Times, that the ends of a line are apart at least."""
_HOPEFUL = 0.2
"""Quantile of a spec's loss by which it is ranked: one that may turn out good is worth a closer look."""


def lines_of(
    specs: Sequence[ClusterSpec], outlook: Outlook, goal: Goal, prices: PriceBook
) -> tuple[Floats, Floats | None]:
    """What the goal minimises as a straight line of the runtime on each spec: per second, and beside that.

    Exact of what is proportional to the runtime, of energy and carbon while all cores are not busy all the time, of
    latency, and of what the spec alone decides; else it goes through the ends of what the spec may take.
    """
    if goal.aim.is_proportional:
        return rates_of(specs, goal, prices), None
    low, high = np.exp(np.quantile(outlook.log_seconds, _ENDS, axis=0))
    high = np.maximum(high, low * _APART)
    ends = [
        [goal.value(spec, float(s), prices, risk) for spec, s, risk in zip(specs, at, outlook.failure, strict=True)]
        for at in (low, high)
    ]
    first, last = np.array(ends[0]), np.array(ends[1])
    rates = (last - first) / (high - low)
    return rates, first - rates * low


def rates_of(specs: Sequence[ClusterSpec], goal: Goal, prices: PriceBook) -> Floats:
    """What a goal minimises that is proportional to the runtime, per second on each spec."""
    at = goal.aim.at
    return np.array([at(spec, 1.0, prices) for spec in specs])


def shortlist(
    specs: Sequence[ClusterSpec],
    outlook: Outlook,
    goal: Goal,
    prices: PriceBook,
    is_allowed: Callable[[ClusterSpec], bool],
) -> list[ClusterSpec]:
    """At most MOST_ASSESSED of the specs, in their order."""
    seconds = np.exp(outlook.log_seconds)
    rates, bases = lines_of(specs, outlook, goal, prices)
    usual = np.quantile(seconds, _HOPEFUL, axis=0) * rates
    hopeful = (usual if bases is None else usual + bases) * (1 + outlook.failure)
    strain, excess = _strain(specs, outlook, goal, prices)
    is_fit = (strain <= 1) & (_failing(specs, outlook, goal) <= goal.most_failing)
    admitted = _first(np.where(is_fit, hopeful, np.inf), len(specs))
    chosen = {*islice((row for row in admitted if is_allowed(specs[row])), _BEST), *_first(hopeful, _TEMPTING)}
    chosen |= set(_first(excess + outlook.failure, _NEAREST))
    return [specs[row] for row in sorted(chosen)]


def _strain(specs: Sequence[ClusterSpec], outlook: Outlook, goal: Goal, prices: PriceBook) -> tuple[Floats, Floats]:
    """The largest share that a limit takes up of the misses it allows, and how far the medians break all of them."""
    strain, excess = np.zeros(len(specs)), np.zeros(len(specs))
    for limit in goal.limits:
        if limit.is_of_failure:
            continue
        late, beyond = limit.odds(specs, outlook, prices, goal.seen)
        strain = np.maximum(strain, late / limit.risk)
        excess += beyond
    return strain, excess


def _failing(specs: Sequence[ClusterSpec], outlook: Outlook, goal: Goal) -> Floats:
    """P(a run on each spec fails because of it): memory, and what spot takes where the goal limits failures."""
    losses = goal.seen.losses if any(limit.is_of_failure for limit in goal.limits) else None
    if losses is None or losses.per_worker_hour == 0:
        return outlook.failure
    hit = [losses.risk(spec, float(s)) * losses.fatal_share for spec, s in zip(specs, outlook.median, strict=True)]
    return np.asarray(1 - (1 - outlook.failure) * (1 - np.array(hit)))


def _first(values: Floats, count: int) -> list[int]:
    """Positions of the lowest finite values."""
    order: Integers = np.argsort(values, kind="stable")[:count]
    return [int(row) for row in order if np.isfinite(values[row])]
