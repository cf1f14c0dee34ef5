"""How much longer a run takes on one spec than on another, in one regime: what the belief says, with its doubt.

A run that took T on its spec would have taken T · r on the owner's, where r is the ratio of what the model expects of
the two. Growth of the input and what else made the day slow are in T already, so that only the ratio is in doubt.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from setpoint.core.belief.calibration import Calibration, calibration_of
from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.history import History
from setpoint.core.prediction import NOTHING_KNOWN, Lessons, fit
from setpoint.core.prediction.growth import elasticity
from setpoint.core.workload import Measured, identify

__all__ = ["SURE", "Ratio", "Ratios", "ratios"]

SURE = 0.9
"""Share of an interval."""
_NORMAL = 1.6449
"""Half of the 90 % interval of a standard normal."""
LEAST_DOUBT = 0.005
"""Standard deviation of a log ratio at the least: half a percent, which is about what a clock or a price may be off."""
CALIBRATED_FROM = 20
"""Predictions of its own from which a project's doubts are widened by what they got wrong."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """Of expected runtimes, with its 90 % interval."""

    low: float
    mid: float
    high: float


SAME = Ratio(1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Ratios:
    """Ratios between the specs of one regime."""

    found: Mapping[tuple[ClusterSpec, ClusterSpec], Ratio]
    """(of, over) → ratio; specs of which nothing can be said are missing."""
    noise: float = 0.0
    """Standard deviation of log runtime from run to run."""

    def of(self, spec: ClusterSpec, over: ClusterSpec) -> Ratio | None:
        """Runtime on a spec over that on another; None where nothing can be said."""
        return SAME if spec == over else self.found.get((spec, over))

    @property
    def own(self) -> float:
        """Half of the 90 % interval of log(runtime there / runtime here) of single runs: both have their chance."""
        return _NORMAL * math.sqrt(2) * self.noise


def ratios(
    history: History,
    regime: int,
    pairs: Sequence[tuple[ClusterSpec, ClusterSpec]],
    lessons: Lessons = NOTHING_KNOWN,
) -> Ratios:
    """Ratios for these pairs of specs in a regime: one fit, on its runs and, as kin, on those before it."""
    asked = [(of, over) for of, over in dict.fromkeys(pairs) if of != over]
    workload = identify(_until(history, regime)) if asked else None
    if workload is None:
        return Ratios({})
    specs = tuple(dict.fromkeys(spec for pair in asked for spec in pair))
    outlook = fit(workload, specs, lessons).predict(specs)
    drawn = {spec: outlook.log_seconds[:, row] for row, spec in enumerate(specs)}
    learned = calibration_of(history, lessons.scale, outlook.noise)
    widening = learned if learned.predictions >= CALIBRATED_FROM else Calibration(max(1.0, lessons.scale))
    growing = elasticity(workload.measured, lessons.growth).deviation
    found = {
        (of, over): _ratio(
            (drawn[of] - drawn[over]).tolist(), widening.factor, growing * _apart(workload.measured, of, over)
        )
        for of, over in asked
    }
    return Ratios(found, outlook.noise)


def _until(history: History, regime: int) -> History:
    """The history without the regimes that came later."""
    runs: list[Run] = [run for run in history.runs if history.regimes[run.id] <= regime]
    return replace(history, runs=tuple(runs), regimes={run.id: history.regimes[run.id] for run in runs})


def _apart(runs: Sequence[Measured], one: ClusterSpec, other: ClusterSpec) -> float:
    """How far apart the log inputs are that were read on two specs.

    How runtimes grow with the input is in the same doubt for all runs, which the belief takes for that of each by
    itself: it is added here.
    """
    read = [[math.log(run.input_bytes) for run in runs if run.spec == it and run.input_bytes] for it in (one, other)]
    return abs(fmean(read[0]) - fmean(read[1])) if all(read) else 0.0


def _ratio(drawn: list[float], widening: float, growth: float) -> Ratio:
    from numpy import quantile

    low, mid, high = (float(each) for each in quantile(drawn, ((1 - SURE) / 2, 0.5, (1 + SURE) / 2)))
    least = _NORMAL * max(LEAST_DOUBT, growth)
    return Ratio(
        math.exp(mid - math.hypot(least, widening * (mid - low))),
        math.exp(mid),
        math.exp(mid + math.hypot(least, widening * (high - mid))),
    )
