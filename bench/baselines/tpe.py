"""Optuna's tree-structured Parzen estimator: ten runs, then the best. What it asks for becomes the nearest there is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from baselines.features import chance, features, log_costs, untried
from setpoint.core.replay import Choice, Grid, Space, Task, Trial, incumbent
from setpoint.core.replay.grid import Floats


@dataclass(frozen=True)
class TreeParzen:
    runs: int = 10
    starts: int = 4
    """Optuna's own default of 10 would be ten random runs."""
    is_random = True

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> "_Estimating":
        kinds = [f"{cloud} {family}" for cloud, family in zip(space.clouds, space.families, strict=True)]
        return _Estimating(self, space, task, seed, features(space), tuple(kinds))


@dataclass(frozen=True)
class _Estimating:
    method: TreeParzen
    space: Space
    task: Task
    seed: int
    rows: Floats
    kinds: tuple[str, ...]

    def choose(self, seen: Sequence[Trial], runs_left: int) -> Choice:
        left = untried(seen, self.space)
        if len(seen) >= self.method.runs or not left:
            return Choice(incumbent(seen, self.space, self.task), is_final=True)
        wanted = self._asked(seen)
        return Choice(min(left, key=lambda index: (self._apart(index, wanted), index)))

    def _asked(self, seen: Sequence[Trial]) -> dict[str, str | int]:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        dice = chance(self.seed, seen)
        sampler = optuna.samplers.TPESampler(seed=int(dice.integers(2**31)), n_startup_trials=self.method.starts)
        study = optuna.create_study(sampler=sampler)
        axes = {
            "kind": optuna.distributions.CategoricalDistribution(sorted(set(self.kinds))),
            "cores": optuna.distributions.IntDistribution(0, len(np.unique(self.space.cores)) - 1),
            "nodes": optuna.distributions.IntDistribution(0, len(np.unique(self.space.nodes)) - 1),
        }
        axes = {name: axis for name, axis in axes.items() if not axis.single()}
        for trial, cost in zip(seen, self._values(seen), strict=True):
            place = self._place(trial.index)
            told = {name: place[name] for name in axes}
            study.add_trial(optuna.trial.create_trial(params=told, distributions=axes, value=float(cost)))
        return dict(study.ask(axes).params)

    def _values(self, seen: Sequence[Trial]) -> Floats:
        """Log cost; a late run costs more the later it was."""
        costs = log_costs(seen, self.space, self.task)
        if self.task.deadline_seconds is None:
            return costs
        late = np.log(np.array([trial.seconds for trial in seen]) / self.task.deadline_seconds)
        return costs + 5 * np.maximum(late, 0)

    def _place(self, index: int) -> dict[str, str | int]:
        return {
            "kind": self.kinds[index],
            "cores": int(np.searchsorted(np.unique(self.space.cores), self.space.cores[index])),
            "nodes": int(np.searchsorted(np.unique(self.space.nodes), self.space.nodes[index])),
        }

    def _apart(self, index: int, wanted: dict[str, str | int]) -> float:
        place = self._place(index)
        return sum(
            float(place[name] != value) * 2 if isinstance(value, str) else abs(float(place[name]) - value)
            for name, value in wanted.items()
        )
