"""Calibration → the parts of a page: what was said against what was, as pictures and in numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from setpoint.core import words
from setpoint.core.reliability import Coverage, Reliability, Stated, pooled
from setpoint.report.pictures import Point, reliability_diagram

__all__ = ["CalibrationPage"]


@dataclass(frozen=True)
class CalibrationPage:
    """What the page shows."""

    projects: Sequence[Reliability]

    @cached_property
    def whole(self) -> Reliability:
        """Over all projects."""
        return pooled(self.projects)

    @property
    def intervals(self) -> Markup:
        """The picture of the intervals."""
        points = [
            Point(
                it.share,
                it.held / it.runs,
                it.interval.low,
                it.interval.high,
                coverage_words(it),
            )
            for it in self.whole.covered
            if it.runs
        ]
        names = ("share an interval should hold", "share it held")
        return reliability_diagram(points, (0.0, 0.25, 0.5, 0.75, 1.0), names, lambda share: share)

    @property
    def risks(self) -> Markup:
        """The picture of the stated risks; square roots of both, since most risks are small."""
        points = [
            Point(it.mean_risk, it.misses / it.runs, it.interval.low, it.interval.high, risk_words(it))
            for it in self.whole.stated
        ]
        names = ("risk of a miss as stated", "share that missed")
        return reliability_diagram(points, (0.0, 0.02, 0.1, 0.25, 0.5, 1.0), names, math.sqrt)


def coverage_words(it: Coverage) -> str:
    """How one kind of interval held."""
    return f"{words.percent(it.share)} intervals held {it.held} of {it.runs} runs ({words.percent(it.held / it.runs)})"


def risk_words(it: Stated) -> str:
    """How one bucket of risks came out."""
    said = f"{words.percent(it.low)} to {words.percent(it.high)}"
    return f"stated {said}: {it.misses} of {words.counted(it.runs, 'run')} missed"
