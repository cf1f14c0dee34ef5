"""Our own method: the belief and the horizon rule that decide for projects, here on measured grids."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from setpoint.core.belief import ADVICE, Belief, Ended, Floats, KnownWorkload, Place, believe
from setpoint.core.optimisers.horizon import Stakes, weigh
from setpoint.core.optimisers.one_step import improve
from setpoint.core.replay.grid import Grid, Space
from setpoint.core.replay.method import Choice, Task, Trial

__all__ = ["Ours"]

ADVICE_DRAWS = 1024
"""One recommendation compares shares of draws between specs: with fewer, luck chooses among the best."""


@dataclass(frozen=True, slots=True)
class Ours:
    """A belief over the space, decided on for the runs left."""

    is_random = True

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> "_Deciding":
        """A tuner with what is known of other workloads in its belief."""
        others = tuple(_known(grid, is_kin=grid.algorithm.casefold() == space.algorithm.casefold()) for grid in known)
        places = _places(space)
        advice = believe(places, others, trust=ADVICE, seed=seed)
        return _Deciding(believe(places, others, seed=seed), advice, space, task, seed)


@dataclass(frozen=True, slots=True)
class _Deciding:
    belief: Belief
    advice: Belief
    """The same with other weights, for one recommendation."""
    space: Space
    task: Task
    seed: int

    def choose(self, seen: Sequence[Trial], runs_left: int) -> Choice:
        chance = np.random.default_rng([self.seed, seen[0].index, len(seen)])
        is_advice = runs_left == 1 and len(seen) == 1
        belief = self.advice if is_advice else self.belief
        runs = [Ended(each.index, each.seconds, each.completed) for each in seen]
        outlook = belief.after(runs, chance, ADVICE_DRAWS) if is_advice else belief.after(runs, chance)
        rates = self.space.dollars_per_second
        stakes = Stakes(rates, runs_left, self.task.deadline_seconds, self.task.risk)
        verdict = improve(outlook, stakes) if is_advice else weigh(outlook, stakes, chance)
        return Choice(verdict.row, outlook, verdict.miss_risk)


def _places(space: Space) -> tuple[Place, ...]:
    """The configurations as the belief sees them."""
    return tuple(
        Place(float(nodes), float(core), float(gib), (cloud, family))
        for nodes, core, gib, cloud, family in zip(
            space.nodes, _cores(space), space.memory_gib, space.clouds, space.families, strict=True
        )
    )


CORES_OF_SMALLEST = 2.0
"""Of the smallest machine of every family, where a grid does not tell."""


def _cores(space: Space) -> Floats:
    """Cores of a machine; where they are not known, a machine is as large as it is dear in its family."""
    if (space.cores > 0).all():
        return space.cores
    cores = space.cores.copy()
    price = space.dollars_per_second / space.nodes
    families = np.array(space.families)
    for family in set(space.families):
        rows = families == family
        cores[rows] = CORES_OF_SMALLEST * price[rows] / price[rows].min()
    return cores


def _known(grid: Grid, *, is_kin: bool) -> KnownWorkload:
    return KnownWorkload(
        _places(grid.space), tuple(np.log(grid.seconds).tolist()), tuple((~grid.completed).tolist()), is_kin
    )
