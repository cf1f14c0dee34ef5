"""Growth with the input: what the next run will read, and runs on other inputs brought to it.

log runtime = level + elasticity · log(input), the elasticity with a normal prior that pairs of runs on one spec narrow.
So growth is not mistaken for a worse spec, nor Sunday's small input for a better one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, median

from setpoint.core.belief.prior import GROWTH_NOISE, GROWTH_SPREAD, USUAL_GROWTH
from setpoint.core.workload import Measured

__all__ = ["Elasticity", "NextInput", "elasticity", "growth_between", "next_input"]

WEEK = timedelta(days=7)
COMPARED = 14
"""Latest inputs on which the ways to foresee the next one are compared."""
LEAST_COMPARED = 5
"""Of them with a run a week before, so that there is something to compare."""
_OF_NORMAL = 1.25
"""Standard deviation of a normal distribution over its mean absolute deviation."""
MOST_GROWN = 0.3
"""Log input by which a week is expected to grow at most."""
MOST_DOUBT = 1.0
"""Log input: beyond, nothing is foreseen."""


@dataclass(frozen=True, slots=True)
class Elasticity:
    """By how much log runtime grows with log input."""

    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class NextInput:
    """What the next run will read."""

    bytes: float
    log_doubt: float
    """Standard deviation of its logarithm."""
    in_a_week: float
    """What may be read within a week, where it has grown since the last one: what breaks at a cliff is met before."""


def elasticity(runs: Sequence[Measured], usual: float = USUAL_GROWTH) -> Elasticity:
    """From runs on one spec with different inputs; `usual` is what is believed before there are any.

    >>> elasticity([])
    Elasticity(mean=0.8, deviation=0.3)
    """
    precision, weighted = GROWTH_SPREAD**-2, usual * GROWTH_SPREAD**-2
    for size, seconds in _steps(runs):
        precision += size**2 / (2 * GROWTH_NOISE**2)
        weighted += size * seconds / (2 * GROWTH_NOISE**2)
    return Elasticity(weighted / precision, precision**-0.5)


def growth_between(input_bytes: float | None, now: float | None, growing: float) -> float:
    """Log of the factor from a run on one input to the same run on the other; 0 where either is not known."""
    if not input_bytes or not now:
        return 0.0
    return growing * math.log(now / input_bytes)


def next_input(runs: Sequence[Measured]) -> NextInput | None:
    """As the last one, or as a week before with what has grown since: whichever has been nearer so far.

    None where no run tells what it read.
    """
    seen = [(run.at, math.log(run.input_bytes)) for run in runs if run.input_bytes]
    if not seen:
        return None
    period = _period([at for at, _ in seen])
    as_last: list[float] = []
    as_a_week_before: list[tuple[float, float]] = []
    for place in range(max(1, len(seen) - COMPARED), len(seen)):
        at, actual = seen[place]
        weekly = _a_week_before(seen[:place], at, period)
        as_last.append(abs(actual - seen[place - 1][1]))
        if weekly is not None:
            as_a_week_before.append((abs(actual - weekly), as_last[-1]))
    foreseen = _a_week_before(seen, seen[-1][0] + period, period)
    if foreseen is not None and len(as_a_week_before) >= LEAST_COMPARED:
        weekly_error, last_error = (fmean(each) for each in zip(*as_a_week_before, strict=True))
        if weekly_error < last_error:
            return _foreseen(seen, foreseen, weekly_error, period)
    # A drop is believed when it has lasted a week: after the first weekend comes a Monday.
    week = [size for at, size in seen if at > seen[-1][0] - WEEK]
    likely = max(seen[-1][1], median(week))
    return _foreseen(seen, likely, fmean(as_last) if as_last else 0.0, period)


def _foreseen(seen: Sequence[tuple[datetime, float]], log_bytes: float, error: float, period: timedelta) -> NextInput:
    doubt = min(MOST_DOUBT, _OF_NORMAL * error)
    highest = max(size for at, size in seen if at > seen[-1][0] - WEEK)
    before = _near(seen, seen[-1][0] - WEEK, period)
    grown = min(MOST_GROWN, max(0.0, seen[-1][1] - before)) if before is not None else 0.0
    return NextInput(math.exp(log_bytes), doubt, math.exp(max(log_bytes, highest) + grown))


def _period(times: Sequence[datetime]) -> timedelta:
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    return timedelta(seconds=median(gaps)) if gaps else timedelta(days=1)


def _a_week_before(seen: Sequence[tuple[datetime, float]], at: datetime, period: timedelta) -> float | None:
    """Log input of the run a week before, moved by what the week before last to last week differ; None without one."""
    then = _near(seen, at - WEEK, period)
    if then is None:
        return None
    before, last = _near(seen, seen[-1][0] - WEEK, period), seen[-1][1]
    return then + (last - before if before is not None else 0.0)


def _near(seen: Sequence[tuple[datetime, float]], at: datetime, period: timedelta) -> float | None:
    """Log input of the run nearest to a time, not farther off than half the usual time between runs."""
    nearest = min(seen, key=lambda each: abs(each[0] - at))
    return nearest[1] if abs(nearest[0] - at) <= period / 2 else None


def _steps(runs: Sequence[Measured]) -> list[tuple[float, float]]:
    """Log input and log runtime from each run to the next one on the same spec."""
    last: dict[object, Measured] = {}
    steps = []
    for run in runs:
        before = last.get(run.spec)
        if before is not None and before.input_bytes and run.input_bytes:
            steps.append((math.log(run.input_bytes / before.input_bytes), math.log(run.seconds / before.seconds)))
        last[run.spec] = run
    return steps
