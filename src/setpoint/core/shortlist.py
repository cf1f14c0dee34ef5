"""Large spaces: all specs are looked at as numbers, and the few that may matter are assessed one by one.

The few: the best that the goal admits, by what they may come to when all goes well; the best of all, to be able to say
what was refused; the nearest to the goal, should none be admitted.
"""

from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np

from setpoint.core.belief import Floats, Integers, Outlook
from setpoint.core.domain import ClusterSpec
from setpoint.core.goals import FAILURE_RISK, METRICS, Goal
from setpoint.core.pricebook import PriceBook

__all__ = ["MOST_ASSESSED", "rates_of", "shortlist"]

MOST_ASSESSED = 64
"""Specs that are assessed one by one; a space of no more is not shortlisted."""
_BEST, _TEMPTING, _NEAREST = 40, 12, 12
_AGES = 1e18
"""Seconds; longer than any run."""
_HOPEFUL = 0.2
"""Quantile of a spec's loss by which it is ranked: one that may turn out good is worth a closer look."""


def rates_of(specs: Sequence[ClusterSpec], goal: Goal, prices: PriceBook) -> Floats:
    """What the goal minimises, per second on each spec."""
    metric = METRICS[goal.minimise]
    return np.array([metric.at(spec, 1.0, prices) for spec in specs])


def shortlist(
    specs: Sequence[ClusterSpec],
    outlook: Outlook,
    goal: Goal,
    prices: PriceBook,
    is_allowed: Callable[[ClusterSpec], bool],
) -> list[ClusterSpec]:
    """At most MOST_ASSESSED of the specs, in their order."""
    seconds = np.exp(outlook.log_seconds)
    hopeful = np.quantile(seconds, _HOPEFUL, axis=0) * rates_of(specs, goal, prices) * (1 + outlook.failure)
    late, excess = _lateness(specs, outlook, goal, prices)
    is_fit = (late <= goal.risk) & (outlook.failure <= FAILURE_RISK)
    admitted = _first(np.where(is_fit, hopeful, np.inf), len(specs))
    chosen = {*islice((row for row in admitted if is_allowed(specs[row])), _BEST), *_first(hopeful, _TEMPTING)}
    chosen |= set(_first(excess + outlook.failure, _NEAREST))
    return [specs[row] for row in sorted(chosen)]


def _lateness(specs: Sequence[ClusterSpec], outlook: Outlook, goal: Goal, prices: PriceBook) -> tuple[Floats, Floats]:
    """P(a limit is broken) and by how much the medians break the limits (log), for each spec."""
    late, excess = np.zeros(len(specs)), np.zeros(len(specs))
    medians = np.log(outlook.median)
    for limit in goal.limits:
        metric = METRICS[limit.metric]
        most = np.array([min(_AGES, metric.seconds_within(limit.bound, spec, prices)) for spec in specs])
        late = np.maximum(late, outlook.late(most))
        excess += np.maximum(0.0, medians - np.log(most))
    return late, excess


def _first(values: Floats, count: int) -> list[int]:
    """Positions of the lowest finite values."""
    order: Integers = np.argsort(values, kind="stable")[:count]
    return [int(row) for row in order if np.isfinite(values[row])]
