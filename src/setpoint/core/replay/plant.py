"""The grid as plant: a run on a configuration takes what was measured, fails where it failed, and is charged."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from setpoint.core.replay.grid import Floats, Grid
from setpoint.core.replay.method import Task, Trial

__all__ = ["Charge", "Plant", "best_config", "parents"]


@dataclass(frozen=True, slots=True)
class Charge:
    """What one run meant for the bill and the deadline."""

    dollars: float
    """The run's own; where it failed, the rerun's too."""
    is_miss: bool
    """Failed, or over the deadline."""


def best_config(grid: Grid, task: Task) -> int:
    """The cheapest configuration that completed in time: the optimum. Ties go to the first.

    Raises:
        ValueError: no configuration did.
    """
    good = grid.completed & np.array([task.keeps(float(seconds)) for seconds in grid.seconds])
    if not good.any():
        raise ValueError(f"no configuration of {grid.workload} completed in time")
    return int(np.argmin(np.where(good, grid.dollars, np.inf)))


def parents(grid: Grid, most: int | None) -> tuple[int, ...]:
    """Every configuration that completed; of more than `most` a sample, evenly over the costs, cheapest first.

    The sample is systematic: the same every time, whatever the order of the configurations, and less
    scattered than a random one.
    """
    found = sorted(
        np.flatnonzero(grid.completed).tolist(), key=lambda row: (grid.dollars[row], grid.space.configs[row])
    )
    if most is None or most >= len(found):
        return tuple(found)
    return tuple(found[int((number + 0.5) * len(found) / most)] for number in range(most))


@dataclass(frozen=True, slots=True, eq=False)
class Plant:
    """One workload, ready to be run; `factors` disturb what each run of an episode takes (runs × first and rerun)."""

    grid: Grid
    task: Task
    factors: Floats

    @classmethod
    def of_episode(cls, grid: Grid, task: Task, parent: int, noise: float, seed: int) -> "Plant":
        """The plant of one episode: lognormal factors with this standard deviation, the same for every method."""
        shape = (task.horizon, 2)
        if not noise:
            return cls(grid, task, np.ones(shape))
        chance = np.random.default_rng([seed, crc32(grid.space.configs[parent].encode())])
        return cls(grid, task, np.exp(noise * chance.standard_normal(shape)))

    def run(self, index: int, number: int) -> Trial:
        """Run number so many of the episode, counted from 0."""
        return Trial(index, float(self.grid.seconds[index] * self.factors[number, 0]), bool(self.grid.completed[index]))

    def charge(self, trial: Trial, number: int, fallback: int) -> Charge:
        """What a run is charged; one that failed is run again on the fallback, which has completed before."""
        rates = self.grid.charged_per_second
        dollars = float(rates[trial.index]) * trial.seconds
        if trial.completed:
            return Charge(dollars, not self.task.keeps(trial.seconds))
        again = float(self.grid.dollars[fallback] * self.factors[number, 1])
        return Charge(dollars + again, is_miss=True)
