"""Growth with the input: runs on other input sizes brought to the size of the last one.

log runtime = level + elasticity · log(input), the elasticity with a normal prior that pairs of runs on one spec narrow.
Growth is not mistaken for a worse spec, and needs no second model: beyond a fifth it begins a new regime (drift).
"""

import math
from collections.abc import Sequence

from setpoint.core.belief.prior import USUAL_GROWTH
from setpoint.core.workload import Measured

__all__ = ["elasticity", "growth_between"]

PRIOR_SPREAD = 0.3
"""Standard deviation of what is usual: jobs differ in how much of their time grows."""
_NOISE = 0.06


def elasticity(runs: Sequence[Measured], usual: float = USUAL_GROWTH) -> float:
    """By how much log runtime grows with log input; `usual` is what is believed before there are two inputs.

    >>> elasticity([])
    0.8
    """
    precision, weighted = PRIOR_SPREAD**-2, usual * PRIOR_SPREAD**-2
    for size, seconds in _steps(runs):
        precision += size**2 / (2 * _NOISE**2)
        weighted += size * seconds / (2 * _NOISE**2)
    return weighted / precision


def growth_between(input_bytes: int | None, now: int | None, growing: float) -> float:
    """Log of the factor from a run on one input to the same run on the other; 0 where either is not known."""
    if not input_bytes or not now:
        return 0.0
    return growing * math.log(now / input_bytes)


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
