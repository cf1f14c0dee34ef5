"""A random forest and expected improvement, as SMAC has it (Hutter et al., LION 2011)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from baselines.features import chance, features, log_costs, saving, untried
from setpoint.core.replay import Choice, Grid, Space, Task, Trial, incumbent
from setpoint.core.replay.grid import Floats


@dataclass(frozen=True)
class Forest:
    starts: int = 3
    least_runs: int = 6
    stop: float = 0.10
    trees: int = 20
    is_random = True

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> "_Growing":
        return _Growing(self, space, task, seed, features(space))


@dataclass(frozen=True)
class _Growing:
    method: Forest
    space: Space
    task: Task
    seed: int
    rows: Floats

    def choose(self, seen: Sequence[Trial], runs_left: int) -> Choice:
        left = untried(seen, self.space)
        best = incumbent(seen, self.space, self.task)
        if not left:
            return Choice(best, is_final=True)
        dice = chance(self.seed, seen)
        if len(seen) < self.method.starts:
            return Choice(int(dice.choice(left)))
        costs = log_costs(seen, self.space, self.task)
        told = self._trees([trial.index for trial in seen], costs, left, dice)
        mean, deviation = told.mean(axis=0), told.std(axis=0) + 0.05
        lowest = min(cost for trial, cost in zip(seen, costs, strict=True) if trial.index == best)
        gains = saving(mean, deviation, lowest)
        if self.task.deadline_seconds is not None:
            # The share of trees that expect it in time.
            limits = np.log(self.task.deadline_seconds * self.space.dollars_per_second[left])
            gains = gains * (told <= limits).mean(axis=0)
        if len(seen) >= self.method.least_runs and gains.max() < self.method.stop:
            return Choice(best, is_final=True)
        return Choice(left[int(np.argmax(gains))])

    def _trees(self, tried: list[int], costs: Floats, left: list[int], dice: np.random.Generator) -> Floats:
        """Trees × what is left: the forecast of each tree."""
        from sklearn.tree import DecisionTreeRegressor

        told = []
        for _ in range(self.method.trees):
            rows = dice.integers(len(tried), size=len(tried))
            tree = DecisionTreeRegressor(splitter="random", max_features=5 / 6, random_state=int(dice.integers(2**31)))
            tree.fit(self.rows[[tried[row] for row in rows]], costs[rows])
            told.append(tree.predict(self.rows[left]))
        return np.array(told)
