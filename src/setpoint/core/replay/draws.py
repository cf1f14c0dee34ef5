"""The method that tries some configurations at random and keeps the best."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from setpoint.core.replay.grid import Grid, Space
from setpoint.core.replay.incumbent import incumbent
from setpoint.core.replay.method import Choice, Task, Trial

__all__ = ["RandomDraws"]


@dataclass(frozen=True, slots=True)
class RandomDraws:
    """So many configurations at random after the parent, then the cheapest that was seen."""

    draws: int = 4
    is_random = True

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> "_Drawing":  # noqa: ARG002 - the port
        """A tuner that draws."""
        return _Drawing(self.draws, space, task, seed)


@dataclass(frozen=True, slots=True)
class _Drawing:
    draws: int
    space: Space
    task: Task
    seed: int

    def choose(self, seen: Sequence[Trial], runs_left: int) -> Choice:  # noqa: ARG002 - the port
        tried = {trial.index for trial in seen}
        others = [index for index in range(len(self.space)) if index not in tried]
        if len(seen) > self.draws or not others:
            return Choice(incumbent(seen, self.space, self.task))
        chance = np.random.default_rng([self.seed, seen[0].index, len(seen)])
        return Choice(others[int(chance.integers(len(others)))])
