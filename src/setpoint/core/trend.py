"""The trend of a quantity over time, whatever its weekly season and its outliers.

The slope is the median of the slopes between all pairs of points on the same day of the week (the seasonal Kendall
slope, Hirsch, Slack & Smith, Water Resources Research 18(1), 1982; without seasons that of Theil and Sen). Its interval
is from the ranks of those slopes, with the variance of Kendall's statistic, widened where neighbours are alike.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import median

__all__ = ["Trend", "trend_of"]

FEWEST = 6
"""Points from which a trend is told."""
NEWEST = 120
"""Points that are looked at: what grew a year ago says little of now, and pairs grow quadratically."""
WEEK_DAYS = 7.0
SEASONAL_WEEKS = 3.0
"""Weeks from which days of the week are told apart."""
_NINETY = 1.6449
MOST_ALIKE = 0.8
"""Largest correlation of neighbours that is made up for."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Change per day, with its 90 % interval."""

    slope: float
    low: float
    high: float
    points: int
    days: float
    """From the first to the last of them."""


def trend_of(points: Sequence[tuple[float, float]]) -> Trend | None:
    """Of (day, value) points; None where they are too few, or all of one time.

    >>> trend_of([(float(day), 0.1 * day) for day in range(10)])
    Trend(slope=0.1, low=0.1, high=0.1, points=10, days=9.0)
    """
    newest = sorted(points)[-NEWEST:]
    days = newest[-1][0] - newest[0][0] if newest else 0.0
    if len(newest) < FEWEST or days <= 0:
        return None
    seasons = _seasons(newest, days)
    slopes = sorted(slope for season in seasons for slope in _slopes(season))
    if not slopes:
        return None
    slope = median(slopes)
    doubt = _NINETY * math.sqrt(sum(map(_variance, map(len, seasons))) * _alike(newest, slope))
    low, high = _at(slopes, (len(slopes) - doubt) / 2), _at(slopes, (len(slopes) + doubt) / 2)
    return Trend(round(slope, 12), round(low, 12), round(high, 12), len(newest), days)


def _seasons(points: Sequence[tuple[float, float]], days: float) -> list[list[tuple[float, float]]]:
    """Points by the day of the week; all together where there are too few weeks."""
    if days < SEASONAL_WEEKS * WEEK_DAYS:
        return [list(points)]
    found: dict[int, list[tuple[float, float]]] = {}
    for at, value in points:
        found.setdefault(round(at) % int(WEEK_DAYS), []).append((at, value))
    return list(found.values())


def _slopes(points: Sequence[tuple[float, float]]) -> list[float]:
    return [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if b[0] > a[0]]


def _variance(count: int) -> float:
    """Of Kendall's S of so many points without a trend."""
    return count * (count - 1) * (2 * count + 5) / 18


def _alike(points: Sequence[tuple[float, float]], slope: float) -> float:
    """Factor on a variance where each point is like the one before it, the week's season apart (AR(1))."""
    rest = [value - slope * at for at, value in points]
    middle = median(rest)
    off = [value - middle for value in rest]
    spread = math.fsum(each * each for each in off)
    if spread <= 0:
        return 1.0
    likeness = math.fsum(a * b for a, b in pairwise(off)) / spread
    likeness = min(MOST_ALIKE, max(0.0, likeness))
    return (1 + likeness) / (1 - likeness)


def _at(slopes: Sequence[float], rank: float) -> float:
    return slopes[min(len(slopes) - 1, max(0, round(rank)))]
