"""One workload under one method: the episodes from all its parents."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from setpoint.core.replay.episode import Episode, play
from setpoint.core.replay.grid import Grid
from setpoint.core.replay.method import Method, ReplayGoal, Task
from setpoint.core.replay.oracle import Oracle
from setpoint.core.replay.plant import Plant, parents

__all__ = ["ORACLE", "Bout", "Rules", "play_bout"]

ORACLE = "oracle"
"""Named like a method; it is none, since it has seen the answers."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a grid is replayed."""

    goal: ReplayGoal = "cost"
    deadline_factor: float = 1.25
    """The deadline of a workload is so many times its fastest completed run; only where the goal has one."""
    horizon: int = 25
    seeds: int = 1
    most_parents: int | None = None
    """None: every configuration that completed."""
    noise: float = 0.0
    """Standard deviation of the logarithm of a factor on each observed runtime."""
    risk: float = 0.05

    def task(self, grid: Grid) -> Task:
        """What is asked for on this workload."""
        deadline = float(np.min(grid.seconds[grid.completed])) * self.deadline_factor
        return Task(self.goal, deadline if self.goal == "cost-under-deadline" else None, self.horizon, self.risk)


@dataclass(frozen=True, slots=True, eq=False)
class Bout:
    """One workload, what may be known of others, and who plays; `method` is None for the oracle."""

    grid: Grid
    known: tuple[Grid, ...]
    name: str
    method: Method | None
    rules: Rules


def play_bout(bout: Bout) -> tuple[Episode, ...]:
    """All episodes: seeds × parents. Where nothing is random, one seed says it all."""
    rules, grid = bout.rules, bout.grid
    differs = rules.noise > 0 or (bout.method is not None and bout.method.is_random)
    return tuple(
        episode for number in range(rules.seeds if differs else 1) for episode in _round(bout, grid.seed(number))
    )


def _round(bout: Bout, seed: int) -> Iterable[Episode]:
    grid, task = bout.grid, bout.rules.task(bout.grid)
    tuner = Oracle.of(grid, task) if bout.method is None else bout.method.begin(grid.space, bout.known, task, seed)
    for parent in parents(grid, bout.rules.most_parents):
        yield play(Plant.of_episode(grid, task, parent, bout.rules.noise, seed), parent, tuner)
