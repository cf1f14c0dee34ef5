"""CherryPick (Alipourfard et al., NSDI 2017): a Gaussian process and expected improvement, until it stops to pay.

Three quasi-random starting points, the parent among them; then the largest expected improvement, times P(in time) where
there is a deadline; at least six runs; it ends where less than 10 % is to be gained.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from baselines.features import features, log_costs, saving, untried
from baselines.gaussian import Posterior, distances, fitted
from setpoint.core.replay import Choice, Grid, Space, Task, Trial, incumbent
from setpoint.core.replay.grid import Floats


@dataclass(frozen=True)
class LogNormal:
    """Seconds whose logarithm is normal: a forecast."""

    mean: Floats
    deviation: Floats

    @property
    def median(self) -> Floats:
        return np.exp(self.mean)

    def quantiles(self, levels: Sequence[float]) -> Floats:
        from scipy.special import ndtri

        return np.exp(self.mean + ndtri(np.array(levels))[:, None] * self.deviation)


@dataclass(frozen=True)
class CherryPick:
    starts: int = 3
    least_runs: int = 6
    stop: float = 0.10
    is_random = True

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> "_Picking":
        return _Picking(self, space, task, seed, features(space), distances(features(space)))


@dataclass(frozen=True)
class _Picking:
    method: CherryPick
    space: Space
    task: Task
    seed: int
    rows: Floats
    apart: Floats

    def choose(self, seen: Sequence[Trial], runs_left: int) -> Choice:
        left = untried(seen, self.space)
        if not left:
            return Choice(incumbent(seen, self.space, self.task), is_final=True)
        if len(seen) < self.method.starts:
            return Choice(self._start(seen, left))
        best = incumbent(seen, self.space, self.task)
        rates = np.log(self.space.dollars_per_second)
        costs = log_costs(seen, self.space, self.task)
        told = fitted(self.apart, [trial.index for trial in seen], costs)
        lowest = min(cost for trial, cost in zip(seen, costs, strict=True) if trial.index == best)
        gains = (saving(told.mean, told.deviation, lowest) * self._in_time(told, rates))[left]
        forecast = LogNormal(told.mean - rates, told.deviation)
        if len(seen) >= self.method.least_runs and gains.max() < self.method.stop:
            return Choice(best, forecast, is_final=True)
        return Choice(left[int(np.argmax(gains))], forecast)

    def _in_time(self, told: Posterior, rates: Floats) -> Floats:
        from scipy.special import ndtr

        if self.task.deadline_seconds is None:
            return np.ones(len(self.space))
        return ndtr((np.log(self.task.deadline_seconds) - (told.mean - rates)) / told.deviation)

    def _start(self, seen: Sequence[Trial], left: list[int]) -> int:
        from scipy.stats import qmc

        points = qmc.Halton(self.rows.shape[1], seed=np.random.default_rng([self.seed, seen[0].index])).random(8)
        scaled = points[len(seen)] * np.ptp(self.rows, axis=0)
        return left[int(np.argmin(((self.rows[left] - scaled) ** 2).sum(axis=1)))]
