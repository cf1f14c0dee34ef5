"""Runs on one spec, taken together: their mean, their noise, and what is too far off to be either.

Runtimes have heavy tails: a lost machine or a busy neighbour makes one run of a hundred twice as long. Such a run is
not dropped, it counts as no farther off than FARTHEST standard deviations from its spec's median (winsorised: Dixon &
Tukey, Technometrics 10(1), 1968). Where half of the runs are long, that is how long they are.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np

from setpoint.core.belief.mixture import Observed
from setpoint.core.belief.points import Floats, Integers

__all__ = ["noise_of", "observed", "repeats"]

PRIOR_RUNS = 4.0
"""How many repeats the usual noise counts for."""
FARTHEST = 3.0
"""Standard deviations."""
_OF_NORMAL = 1.4826
"""Standard deviation of a normal distribution over the median of absolute deviations from its middle."""
_LEAST_TO_JUDGE = 3
"""Of two runs nobody can say which one is odd."""


def repeats(runs: Sequence[tuple[int, float]], usual: float) -> dict[int, tuple[float, ...]]:
    """Log seconds by spec, from rows and seconds; those far from their spec's middle brought nearer.

    `usual` is the standard deviation of log runtime to expect before any spec was repeated.

    >>> [round(math.exp(each)) for each in repeats([(0, 100.0)] * 5 + [(0, 300.0)], 0.05)[0]]
    [100, 100, 100, 100, 100, 116]
    """
    logs: dict[int, list[float]] = {}
    for row, seconds in runs:
        logs.setdefault(row, []).append(math.log(seconds))
    middles = {row: median(each) for row, each in logs.items()}
    judged = [row for row, each in logs.items() if len(each) >= _LEAST_TO_JUDGE]
    deviations = [abs(value - middles[row]) for row in judged for value in logs[row]]
    reach = FARTHEST * max(usual, _OF_NORMAL * median(deviations) if deviations else 0.0)
    for row in judged:
        logs[row] = [min(max(value, middles[row] - reach), middles[row] + reach) for value in logs[row]]
    return {row: tuple(each) for row, each in logs.items()}


def noise_of(logs: Mapping[int, Sequence[float]], usual: float) -> float:
    """Standard deviation of log runtime between runs on one spec: the repeats', shrunk to what is usual."""
    squares = sum((value - math.fsum(each) / len(each)) ** 2 for each in logs.values() for value in each)
    further = sum(len(each) - 1 for each in logs.values())
    return math.sqrt((PRIOR_RUNS * usual**2 + squares) / (PRIOR_RUNS + further))


def observed(logs: Mapping[int, Sequence[float]], noise: float, doubts: Mapping[int, Sequence[float]]) -> Observed:
    """Each spec once: the mean of its runs, surer ones weighing more, and how sure that is.

    `doubts`: of each run the standard deviation, in logs, with which it stands for a run now, beside the noise.
    """
    rows: Integers = np.array(sorted(logs), dtype=np.int64)
    weights = {row: [1 / (noise**2 + doubt**2) for doubt in doubts[row]] for row in logs}
    sums: Floats = np.array([math.fsum(weights[row]) for row in rows.tolist()])
    totals = [math.fsum(w * log for w, log in zip(weights[row], logs[row], strict=True)) for row in rows.tolist()]
    found: Floats = np.array(totals) / sums
    return Observed(rows, found, 1 / sums)
