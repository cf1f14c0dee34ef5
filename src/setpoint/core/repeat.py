"""The repeat of a run that was lost: what it may run on, and how long it may take.

A repeat never explores. But the time that the lost run took is gone from its deadline, so a spec that is cheap enough
for a whole night may be too slow for what is left of it. Among the specs that have done this work already one may be
fast enough; it is lent to the repeat alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from setpoint.core.domain import Candidate, ClusterSpec, Outcome, Run
from setpoint.core.goals import Goal, Limit
from setpoint.core.history import History
from setpoint.core.pricebook import PriceBook
from setpoint.core.words import duration

__all__ = ["Quicker", "proven_specs", "quicker", "repeat_goal", "was_lost"]

MATERIAL_CHANCE = 0.3
"""By so much a repeat must be likelier to be in time for another spec to be lent to it."""
_DEADLINES = {"runtime", "ready"}
_NONE_LEFT = 1e-3
"""Seconds: nothing is ready in them."""


@dataclass(frozen=True, slots=True)
class Quicker:
    """A spec to lend to a repeat, and why."""

    candidate: Candidate
    reason: str


def was_lost(run: Run) -> bool:
    """Whether a run did not do its work for a reason that a repeat may not meet again."""
    if run.outcome is Outcome.KILLED:
        return not run.report.stopped
    return run.outcome is Outcome.FAILED and run.fault != "memory"


def proven_specs(history: History) -> tuple[ClusterSpec, ...]:
    """Specs on which the present workload has done its work, each once."""
    runs = (run for run in history.runs if run.succeeded and history.regimes[run.id] == history.regime)
    return tuple(dict.fromkeys(run.spec for run in runs))


def repeat_goal(history: History, goal: Goal, prices: PriceBook) -> Goal | None:
    """The goal in what is left of the deadline; None where there is none, or where lost runs are not repeated."""
    limits = [limit for limit in goal.limits if limit.metric in _DEADLINES and limit.scale == 1]
    if not limits or not _are_repeated(history):
        return None
    gone = _gone_seconds(history.runs)
    left = [each.allowed_seconds(history.spec, prices, goal.seen) - gone for each in limits]
    shorter = [
        Limit("runtime", max(_NONE_LEFT, seconds), each.risk) for each, seconds in zip(limits, left, strict=True)
    ]
    return replace(goal, limits=tuple(shorter))


def quicker(current: Candidate, proven: Sequence[Candidate], goal: Goal) -> Quicker | None:
    """The proven spec to lend: the one with the least loss that is in time, else the surest; None where it is no gain.

    All are assessed for the goal in what is left.
    """
    if goal.admits(current):
        return None
    in_time = [each for each in proven if goal.admits(each)]
    by_loss = min(in_time, key=lambda each: each.loss, default=None)
    best = by_loss or min(proven, key=lambda each: each.miss_risk, default=None)
    if best is None or best.miss_risk > current.miss_risk - MATERIAL_CHANCE:
        return None
    left = min(limit.bound for limit in goal.limits)
    reason = (
        f"Its repeat has {duration(left)} left and would be late with a probability of {current.miss_risk:.0%}; "
        f"on {best.spec}, which has done this work before, with {best.miss_risk:.0%}. It is lent to the repeat alone"
    )
    return Quicker(best, reason)


def _are_repeated(history: History) -> bool:
    """As the last lost run was that another followed; taken for granted before there is any."""
    followed = [after.report.retry for before, after in pairwise(history.runs) if was_lost(before)]
    return not followed or followed[-1]


def _gone_seconds(runs: Sequence[Run]) -> float:
    """From the start of the first attempt to the end of the last."""
    first = last = runs[-1]
    for before, after in pairwise(reversed(runs)):
        if not before.report.retry or after.succeeded:
            break
        first = after
    return (last.report.finished_at - first.report.started_at).total_seconds()
