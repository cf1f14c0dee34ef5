"""A space as numbers between 0 and 1, and what was seen as values to be made small."""

from collections.abc import Sequence

import numpy as np

from setpoint.core.replay import Space, Task, Trial, incumbent
from setpoint.core.replay.grid import Floats


def features(space: Space) -> Floats:
    """Configurations × features: sizes on a log scale, kinds one-hot; what is the same everywhere is left out."""
    columns = [_unit(_log(sizes)) for sizes in (space.nodes, space.cores, space.memory_gib)]
    for kinds in (space.clouds, space.families):
        # 0.7: two of a kind are 0, two different ones are 1 apart, as the ends of a size are.
        columns += [0.7 * (np.array(kinds) == kind) for kind in sorted(set(kinds))]
    useful = [column for column in columns if np.ptp(column) > 0]
    return np.stack(useful, axis=1) if useful else np.zeros((len(space), 1))


def _log(sizes: Floats) -> Floats:
    """Some grids hold codes from 0 on in place of sizes; unknown sizes tell nothing."""
    known = np.nan_to_num(sizes, nan=1.0)
    return known if (known <= 0).any() else np.log2(known)


def _unit(column: Floats) -> Floats:
    spread = np.ptp(column)
    return (column - column.min()) / spread if spread else np.zeros_like(column)


def log_costs(seen: Sequence[Trial], space: Space, task: Task) -> Floats:
    """Logarithm of the dollars of each run; one that failed counts with its rerun, as it is charged."""
    rates = space.dollars_per_second
    costs = []
    for number, trial in enumerate(seen):
        dollars = float(rates[trial.index]) * trial.seconds
        if not trial.completed:
            again = incumbent(seen[:number], space, task)
            done = [each.seconds for each in seen[:number] if each.index == again]
            dollars += float(rates[again]) * float(np.mean(done))
        costs.append(np.log(dollars))
    return np.array(costs)


def untried(seen: Sequence[Trial], space: Space) -> list[int]:
    """What has not run."""
    tried = {trial.index for trial in seen}
    return [index for index in range(len(space)) if index not in tried]


def chance(seed: int, seen: Sequence[Trial]) -> np.random.Generator:
    """The same question has the same answer."""
    return np.random.default_rng([seed, seen[0].index, len(seen)])


def saving(mean: Floats, deviation: Floats, best: float) -> Floats:
    """Expected improvement as a share of the best cost, the logarithm of the cost being normal.

    E[max(0, b − e^y)] / b = Φ(d) − e^(μ − log b + σ²/2) Φ(d − σ), with d = (log b − μ) / σ.
    """
    from scipy.special import ndtr

    deviation = np.maximum(deviation, 1e-6)
    distance = (best - mean) / deviation
    growth = np.exp(np.minimum(mean - best + deviation**2 / 2, 50.0))
    return np.maximum(ndtr(distance) - growth * ndtr(distance - deviation), 0.0)
