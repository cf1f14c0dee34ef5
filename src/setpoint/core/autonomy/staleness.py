"""The dead man's switch: nothing is changed on evidence that is older than the project's own pace allows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from setpoint.core.domain import Run

__all__ = ["longest_silence", "stale"]

RECENT_RUNS = 20
"""From which the usual interval is told."""
FEW = 3
"""Intervals from which it can be told at all."""
UNKNOWN_PACE = timedelta(days=35)
"""A month and some days: the pace of a project that ran less often is not known."""
MISSED = 3
"""Usual intervals without a run after which something is wrong: runs, their logs, or who reads them."""
LONGER = 1.5
"""A pause may be longer than the longest of late by this: weekends, holidays."""
LEAST = timedelta(days=1)
"""However often it runs: people pause a job for an afternoon."""


def longest_silence(runs: Sequence[Run]) -> timedelta:
    """How old the newest run may be before nothing is changed on it.

    The longest of three usual intervals, one and a half of the longest one of late, and a day.
    """
    starts = [run.report.started_at for run in runs[-RECENT_RUNS:]]
    gaps = sorted(max(timedelta(0), after - before) for before, after in pairwise(starts))
    if len(gaps) < FEW:
        return UNKNOWN_PACE
    return max(MISSED * gaps[len(gaps) // 2], LONGER * gaps[-1], LEAST)


def stale(runs: Sequence[Run], now: datetime) -> str | None:
    """Why what was seen last is too old to act on; None where it is not, or nothing was seen."""
    if not runs:
        return None
    age, longest = now - runs[-1].report.finished_at, longest_silence(runs)
    if age <= longest:
        return None
    return f"the newest run ended {_days(age)} ago, at most {_days(longest)} are usual; the next one comes first"


def _days(time: timedelta) -> str:
    days = time / timedelta(days=1)
    return f"{days:.0f} days" if days >= 10 else f"{days:.1f} days"  # noqa: PLR2004 - two figures
