"""How much of a difference between two specs is chance, as far as repeats tell."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean

from setpoint.core.distributions import student_quantile

__all__ = ["Noise", "noise_of"]

MEDIAN_FACTOR = math.sqrt(math.pi / 2)
"""A median scatters this much more than a mean does, for many repeats of a normal quantity."""
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Noise:
    """Scatter of repeats, all specs taken together: it is the machine room's, not the spec's."""

    log_deviation: float
    """Standard deviation of the logarithm of a single run."""
    degrees_of_freedom: int

    @property
    def share(self) -> float:
        """By which a single run usually differs from what is typical of its spec."""
        return math.expm1(self.log_deviation)

    def is_tie(self, one: float, other: float, runs: int, other_runs: int) -> bool:
        """Whether two medians of so many runs differ by no more than chance would have it in 19 of 20 cases."""
        if one <= 0 or other <= 0:
            return one == other
        scatter = self.log_deviation * math.sqrt(1 / runs + 1 / other_runs)
        if runs + other_runs > 2:  # noqa: PLR2004 - of one run each the medians are the runs
            scatter *= MEDIAN_FACTOR
        bound = _quantile(self.degrees_of_freedom) * scatter
        return abs(math.log(one / other)) <= bound


@cache
def _quantile(degrees_of_freedom: int) -> float:
    return student_quantile(degrees_of_freedom, (1 + CONFIDENCE) / 2)


def noise_of(groups: Iterable[Sequence[float]]) -> Noise | None:
    """Pooled over groups of repeats; None where nothing was repeated.

    >>> noise_of([[10.0], [20.0]]) is None
    True
    >>> round(noise_of([[10.0, 11.0], [20.0, 22.0], [5.0]]).share, 3)
    0.07
    """
    squares: list[float] = []
    freedom = 0
    for group in groups:
        logs = [math.log(value) for value in group if value > 0]
        if len(logs) > 1:
            centre = fmean(logs)
            squares += [(value - centre) ** 2 for value in logs]
            freedom += len(logs) - 1
    return Noise(math.sqrt(math.fsum(squares) / freedom), freedom) if freedom else None
