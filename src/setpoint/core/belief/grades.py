"""Grades: what was predicted of a project's runs before they ran, held against what happened."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from setpoint.core.domain import Candidate, Outcome, Run
from setpoint.core.history import History

__all__ = ["COVERED", "RISKS", "Grades", "RiskBucket", "grade", "is_between"]

COVERED = (0.5, 0.8, 0.9)
"""Shares of the intervals that are graded."""
RISKS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Bounds of the buckets of stated risk; a risk on a bound belongs to the lower bucket."""


@dataclass(frozen=True, slots=True)
class RiskBucket:
    """Runs of which about the same risk was stated."""

    low: float
    high: float
    runs: int
    misses: int
    expected: float
    """Misses that the stated risks add up to."""


@dataclass(frozen=True, slots=True)
class Grades:
    """How good a project's predictions were."""

    predictions: int = 0
    """Successful runs with a prediction."""
    held: tuple[int, ...] = (0,) * len(COVERED)
    """How many of them lay in the interval of each share of COVERED."""
    mean_error: float | None = None
    """Mean of |log(actual / median)|; None without a prediction."""
    risks: tuple[RiskBucket, ...] = ()

    def __str__(self) -> str:
        """Words for people.

        >>> print(Grades(30, (16, 25, 27), 0.05))
        90 % intervals held 27 of 30 (90 %)
        """
        if not self.predictions:
            return "no prediction was held against its run yet"
        held, count = self.held[-1], self.predictions
        return f"90 % intervals held {held} of {count} ({100 * held / count:.0f} %)"


def grade(history: History, missed: Callable[[Run], bool | None] | None = None) -> Grades:
    """Grades of the predictions that were recorded before their runs.

    `missed`: whether a run broke a limit of the goal it ran under or failed; None where that cannot be told.
    """
    pairs = [(run, history.expected[run.id]) for run in history.runs if run.id in history.expected]
    done = [(run, candidate) for run, candidate in pairs if run.succeeded]
    errors = [abs(math.log(run.seconds / candidate.prediction.median_seconds)) for run, candidate in done]
    told = [
        (candidate.miss_risk, outcome)
        for run, candidate in pairs
        if missed is not None and run.outcome is not Outcome.KILLED and (outcome := missed(run)) is not None
    ]
    return Grades(
        predictions=len(done),
        held=tuple(sum(_is_within(run, candidate, share) for run, candidate in done) for share in COVERED),
        mean_error=math.fsum(errors) / len(errors) if errors else None,
        risks=_buckets(told),
    )


def is_between(risk: float, low: float, high: float) -> bool:
    """Whether a stated risk belongs to this bucket.

    >>> [low for low, high in pairwise(RISKS) if is_between(0.02, low, high)]
    [0.0]
    """
    return low < risk <= high or risk == low == 0


def _is_within(run: Run, candidate: Candidate, share: float) -> bool:
    low, high = candidate.prediction.interval(share)
    return low <= run.seconds <= high


def _buckets(told: list[tuple[float, bool]]) -> tuple[RiskBucket, ...]:
    found = []
    for low, high in pairwise(RISKS):
        inside = [(risk, was_miss) for risk, was_miss in told if is_between(risk, low, high)]
        if inside:
            misses = sum(was_miss for _, was_miss in inside)
            found.append(RiskBucket(low, high, len(inside), misses, math.fsum(risk for risk, _ in inside)))
    return tuple(found)
