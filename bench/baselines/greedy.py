"""A loop that believes its point prediction: it runs the cheapest predicted in time, and learns from it.

Ridge regression of log seconds on log sizes and kinds. Before anything is known, runtime is taken to fall with the
cores of the cluster, to the power 0.7.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from baselines.features import features
from setpoint.core.replay import Choice, Grid, Space, Task, Trial
from setpoint.core.replay.grid import Floats

POWER = 0.7
RIDGE = 0.1


@dataclass(frozen=True)
class Greedy:
    is_random = False

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> "_Believing":
        size = np.log(space.nodes * np.maximum(np.nan_to_num(space.cores, nan=1.0), 1.0))
        return _Believing(space, task, features(space), -POWER * size)


@dataclass(frozen=True)
class _Believing:
    space: Space
    task: Task
    rows: Floats
    usual: Floats

    def choose(self, seen: Sequence[Trial], runs_left: int) -> Choice:
        seconds = self._predicted(seen)
        costs = seconds * self.space.dollars_per_second
        for trial in seen:
            if not trial.completed:
                costs[trial.index] = np.inf
        in_time = np.array([self.task.keeps(each) for each in seconds])
        pool = np.where(in_time, costs, np.inf)
        return Choice(int(np.argmin(pool if np.isfinite(pool).any() else np.where(np.isinf(costs), np.inf, seconds))))

    def _predicted(self, seen: Sequence[Trial]) -> Floats:
        """Seconds everywhere; what has run takes what it took."""
        done = [trial for trial in seen if trial.completed]
        tried = [trial.index for trial in done]
        rest = np.log([trial.seconds for trial in done]) - self.usual[tried]
        rows = self.rows[tried] - self.rows[tried].mean(axis=0)
        slopes = np.linalg.solve(rows.T @ rows + RIDGE * np.eye(rows.shape[1]), rows.T @ (rest - rest.mean()))
        seconds = np.exp(self.usual + rest.mean() + (self.rows - self.rows[tried].mean(axis=0)) @ slopes)
        for index in set(tried):
            seconds[index] = np.mean([trial.seconds for trial in done if trial.index == index])
        return seconds
