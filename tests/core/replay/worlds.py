"""Grids made by a physical law, and tuners that do as they are told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from setpoint.core.replay import Choice, Grid, Space, Task, Trial
from setpoint.core.replay.grid import Floats


def space(size: int = 6) -> Space:
    nodes = np.arange(1, size + 1, dtype=np.float64)
    return Space(
        configs=tuple(f"{number}xm" for number in range(1, size + 1)),
        nodes=nodes,
        cores=np.full(size, 4.0),
        memory_gib=np.full(size, 16.0),
        clouds=("aws",) * size,
        families=("m",) * size,
        dollars_per_second=nodes * 0.001,
    )


def grid(
    seconds: Sequence[float], failed: Sequence[int] = (), workload: str = "nightly", algorithm: str = "sort"
) -> Grid:
    completed = np.array([index not in failed for index in range(len(seconds))])
    times = np.array(seconds, dtype=np.float64)
    return Grid("made", workload, algorithm, space(len(seconds)), times, completed)


def some_of(one: Grid, rows: Sequence[int]) -> Grid:
    """The grid with these configurations, in this order."""
    chosen, there = list(rows), one.space
    there = replace(
        there,
        configs=tuple(there.configs[row] for row in chosen),
        clouds=tuple(there.clouds[row] for row in chosen),
        families=tuple(there.families[row] for row in chosen),
        nodes=there.nodes[chosen],
        cores=there.cores[chosen],
        memory_gib=there.memory_gib[chosen],
        dollars_per_second=there.dollars_per_second[chosen],
    )
    return replace(one, space=there, seconds=one.seconds[chosen], completed=one.completed[chosen])


@dataclass(frozen=True)
class Told:
    """A forecast with the same relative spread everywhere."""

    median: Floats
    spread: float = 1.0

    def quantiles(self, levels: Sequence[float]) -> Floats:
        return self.median * np.exp(self.spread * (np.array(levels)[:, None] - 0.5))


@dataclass(frozen=True)
class Script:
    """A tuner that reads its choices from a list, and a method that always begins with it."""

    choices: Sequence[int]
    forecast: Told | None = None
    miss_risk: float | None = None
    is_random = False
    heard: list[tuple[Space, tuple[Grid, ...], Task, int]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> "Script":
        self.heard.append((space, tuple(known), task, seed))
        return self

    def choose(self, seen: Sequence[Trial], runs_left: int) -> Choice:
        self.asked.append(runs_left)
        return Choice(self.choices[min(len(seen), len(self.choices)) - 1], self.forecast, self.miss_risk)
