"""What a tuner said beforehand against what came: intervals, medians and stated risks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from setpoint.core.belief.grades import COVERED
from setpoint.core.replay.grid import Booleans, Floats, Grid
from setpoint.core.replay.method import Choice, Forecast, Trial

__all__ = ["GRADED_AFTER", "GradeBook", "Grades"]

GRADED_AFTER = (1, 2, 5, 10)
"""Numbers of runs after which the medians are graded."""
_LEVELS = tuple(level for share in COVERED for level in (0.5 - share / 2, 0.5 + share / 2))


@dataclass(frozen=True, slots=True)
class Grades:
    """Of one episode."""

    intervals: int = 0
    """Completed runs on a configuration that had not run before in the episode, with a forecast."""
    within: tuple[int, ...] = (0,) * len(COVERED)
    """How many of them fell into the interval of each share."""
    all_intervals: int = 0
    """Completed configurations other than the parent's, forecast after run 1."""
    all_within: tuple[int, ...] = (0,) * len(COVERED)
    errors: tuple[float | None, ...] = (None,) * len(GRADED_AFTER)
    """Mean absolute relative error of the medians over what was not measured after so many runs."""
    risks: tuple[tuple[float, bool], ...] = ()
    """The stated P(miss) and whether it was a miss, of each run on a configuration that had not run before."""


class GradeBook:
    """Collects the grades of an episode while it runs."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._unmeasured: Booleans = grid.completed.copy()
        self._intervals = 0
        self._within = np.zeros(len(COVERED), dtype=np.int64)
        self._all = (0, np.zeros(len(COVERED), dtype=np.int64))
        self._errors: dict[int, float] = {}
        self._risks: list[tuple[float, bool]] = []

    def before_run(self, choice: Choice, seen: Sequence[Trial]) -> None:
        """A choice was made after these runs."""
        self._unmeasured[seen[-1].index] = False
        if choice.forecast is None or len(seen) not in GRADED_AFTER or not self._unmeasured.any():
            return
        truth = self._grid.seconds[self._unmeasured]
        wrong = np.abs(choice.forecast.median[self._unmeasured] / truth - 1)
        self._errors[len(seen)] = float(wrong.mean())
        if len(seen) == 1:
            inside = _inside(choice.forecast, self._unmeasured, truth)
            self._all = (len(truth), inside.sum(axis=1))

    def after_run(self, choice: Choice, trial: Trial, *, is_first: bool, is_miss: bool) -> None:
        """The run is over; `is_first` on this configuration in the episode. Repeats prove nothing."""
        if not is_first:
            return
        if choice.miss_risk is not None:
            self._risks.append((choice.miss_risk, is_miss))
        if choice.forecast is not None and trial.completed:
            chosen = np.zeros(len(self._grid), dtype=np.bool_)
            chosen[trial.index] = True
            self._intervals += 1
            self._within += _inside(choice.forecast, chosen, np.array([trial.seconds]))[:, 0]

    def grades(self) -> Grades:
        """Of the whole episode."""
        return Grades(
            self._intervals,
            tuple(self._within.tolist()),
            self._all[0],
            tuple(self._all[1].tolist()),
            tuple(self._errors.get(after) for after in GRADED_AFTER),
            tuple(self._risks),
        )


def _inside(forecast: Forecast, rows: Booleans, truth: Floats) -> Booleans:
    """Shares × rows: whether the truth fell into the interval."""
    bounds = forecast.quantiles(_LEVELS)[:, rows]
    return (bounds[0::2] <= truth) & (truth <= bounds[1::2])
