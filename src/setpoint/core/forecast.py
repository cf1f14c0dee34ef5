"""When growth breaks the goal: on today's spec, and on the best spec that may be chosen.

Log runtime on a spec is what the belief expects of the next run plus how far growth has gone since: the trend of the
log input times the project's own elasticity, or the trend of the log runtime itself where inputs are not known. The
date is when the goal's risk, or the risk to fail for want of memory, comes over its limit.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from setpoint.core.belief.calibration import Calibration, calibration_of
from setpoint.core.domain import ClusterSpec, Prediction, Run
from setpoint.core.goals import FAILURE_RISK, Goal
from setpoint.core.history import History
from setpoint.core.prediction import NOTHING_KNOWN, Lessons, fit
from setpoint.core.prediction.growth import Elasticity, elasticity
from setpoint.core.prediction.memory import memory_risks
from setpoint.core.pricebook import PriceBook
from setpoint.core.space import specs
from setpoint.core.trend import Trend, trend_of
from setpoint.core.workload import Workload, identify

__all__ = ["HORIZON_DAYS", "Breach", "Forecast", "forecast"]

SHORTEST_DAYS = 3.0
"""From the first run to the last: what moved within hours is no growth."""
HORIZON_DAYS = 365.0
"""Beyond it no trend is followed."""
MOST_GROWTH = 12.0
"""Log; a factor of 160,000."""
CALIBRATED_FROM = 20
"""Predictions of its own from which a project's intervals are calibrated on them."""
_NINETY = 1.6449
_STEPS = 24
_FEWEST_INPUTS = 0.8
"""Share of the newest runs whose input is known, from which inputs tell the growth."""
_DAY_SECONDS = 86400.0


@dataclass(frozen=True, slots=True)
class Breach:
    """When a spec no longer keeps the goal. Dates are None where that is not within the horizon."""

    spec: ClusterSpec
    cause: str
    """`goal` or `memory`, whichever is first."""
    growth: float
    """Log of the runtime's growth, or for memory of the input's, that it still carries; 0 where it is broken now."""
    at: datetime | None
    earliest: datetime | None
    """With the fastest growth of the 90 % interval of the trend."""
    latest: datetime | None
    """With the slowest."""

    @property
    def is_broken(self) -> bool:
        """Whether it does not keep the goal today."""
        return self.growth <= 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """What growth does to the goal of a project."""

    since: datetime
    """The last run: what dates are counted from."""
    trend: Trend
    """Of the log of what `measure` says, per day."""
    measure: str
    """`input` or `runtime`."""
    exponent: float
    """Log runtime per log of the measure."""
    current: Breach
    best: Breach
    """Of the spec that carries most growth."""


def forecast(history: History, goal: Goal, prices: PriceBook, *, lessons: Lessons = NOTHING_KNOWN) -> Forecast | None:
    """The forecast of a project; None before there are enough runs, over days, to tell a trend."""
    workload = identify(history)
    done = [run for run in history.runs if run.succeeded]
    if workload is None:
        return None
    seen = tuple(dict.fromkeys(run.spec for run in done))
    space = tuple(dict.fromkeys((history.spec, *specs(history.space, history.spec))))
    every = tuple(dict.fromkeys((*space, *seen)))
    outlook = fit(workload, every, lessons).predict(every)
    learned = calibration_of(history, lessons.scale, outlook.noise)
    calibration = learned if learned.predictions >= CALIBRATED_FROM else Calibration(max(1.0, lessons.scale))
    expected = {spec: calibration.applied(outlook.prediction(row)) for row, spec in enumerate(every)}
    found = _trend(done, {spec: each.median_seconds for spec, each in expected.items()}, history)
    if found is None or found[1].days < SHORTEST_DAYS:
        return None
    measure, trend = found
    exponent = elasticity(workload.measured, lessons.growth) if measure == "input" else Elasticity(1.0, 0.0)
    grower = _Grower(goal, prices, workload, outlook.input_bytes, trend, exponent, done[-1].report.finished_at)
    current = grower.breach(history.spec, expected[history.spec])
    return Forecast(grower.since, trend, measure, exponent.mean, current, grower.best(space, expected, current))


def _trend(
    done: Sequence[Run], expected_seconds: dict[ClusterSpec, float], history: History
) -> tuple[str, Trend] | None:
    """Of the input where most runs tell it, else of the runtime apart from the spec, in the present regime."""
    read = [(_day(run), math.log(run.profile.input_bytes)) for run in done if run.profile and run.profile.input_bytes]
    if len(read) >= _FEWEST_INPUTS * len(done):
        trend = trend_of(read)
        return None if trend is None else ("input", trend)
    here = [run for run in done if history.regimes[run.id] == history.regime]
    trend = trend_of([(_day(run), math.log(run.seconds / expected_seconds[run.spec])) for run in here])
    return None if trend is None else ("runtime", trend)


def _day(run: Run) -> float:
    return run.report.started_at.timestamp() / _DAY_SECONDS


@dataclass(frozen=True, slots=True)
class _Grower:
    """How far each spec carries, and when that is reached."""

    goal: Goal
    prices: PriceBook
    workload: Workload
    input_bytes: float | None
    trend: Trend
    exponent: Elasticity
    since: datetime

    def breach(self, spec: ClusterSpec, expected: Prediction) -> Breach:
        """When the spec no longer keeps the goal."""
        # All in the measure of the trend: so much may it grow.
        least, mean, most = self._exponents
        by_memory = _farthest(lambda grown: self._fits(spec, grown))
        by_goal = [_farthest(partial(self._keeps, spec, expected, e)) for e in (most, mean, least)]
        soon, growth, late = (min(each, by_memory) for each in by_goal)
        cause = "memory" if by_memory < by_goal[1] else "goal"
        days = self._days(growth, self.trend.slope)
        earlier = [self._days(growth, self.trend.high), self._days(soon, self.trend.slope)]
        later = [self._days(growth, self.trend.low), self._days(late, self.trend.slope)]
        return Breach(spec, cause, growth, self._date(days), *map(self._date, _ends(days, earlier, later)))

    @property
    def _exponents(self) -> tuple[float, float, float]:
        half = _NINETY * self.exponent.deviation
        return max(0.0, self.exponent.mean - half), self.exponent.mean, self.exponent.mean + half

    def best(self, space: Sequence[ClusterSpec], expected: dict[ClusterSpec, Prediction], current: Breach) -> Breach:
        """Of the spec of the space that carries most."""
        found = current
        # The roomiest first: it mostly is the one, and the others are then soon ruled out.
        for spec in sorted(space, key=lambda it: (-it.task_memory_mib, -it.slots)):
            grown = found.growth + 1e-6
            if self._keeps(spec, expected[spec], self.exponent.mean, grown) and self._fits(spec, grown):
                found = self.breach(spec, expected[spec])
        return found

    def _keeps(self, spec: ClusterSpec, expected: Prediction, exponent: float, grown: float) -> bool:
        then = replace(expected, median_seconds=expected.median_seconds * math.exp(exponent * grown))
        return self.goal.late_risk(spec, then, self.prices) <= self.goal.risk

    def _fits(self, spec: ClusterSpec, grown: float) -> bool:
        then = None if self.input_bytes is None else self.input_bytes * math.exp(grown)
        return memory_risks((spec,), self.workload.memory, then)[0] <= FAILURE_RISK

    def _days(self, growth: float, slope: float) -> float:
        """Until so much has grown."""
        if growth <= 0:
            return 0.0
        return growth / slope if slope > 0 else math.inf

    def _date(self, days: float) -> datetime | None:
        return self.since + timedelta(days=days) if days <= HORIZON_DAYS else None


def _ends(days: float, earlier: Sequence[float], later: Sequence[float]) -> tuple[float, float]:
    """Earliest and latest: doubts of trend and exponent are independent, and add up as squares."""
    if math.isinf(days):
        return min(earlier), math.inf
    early = math.hypot(*(max(0.0, days - each) for each in earlier))
    late = math.hypot(*(max(0.0, each - days) for each in later))
    return max(0.0, days - early), days + late


def _farthest(holds: Callable[[float], bool]) -> float:
    """The largest growth at which it holds, by halving; 0 where it does not now."""
    if not holds(0.0):
        return 0.0
    low, high = 0.0, MOST_GROWTH
    if holds(high):
        return high
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
