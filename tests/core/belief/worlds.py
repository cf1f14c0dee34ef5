"""Made-up workloads: a few shapes over a lattice of specs, repeated with noise and levels of their own."""

import numpy as np

from setpoint.core.belief.fitting import PastRun, WorkloadRuns
from setpoint.core.belief.points import Place

PLACES = tuple(
    Place(float(nodes), 4.0, 4.0 * gib, ("workers",)) for nodes in (1, 2, 4, 8, 16, 32) for gib in (2.0, 4.0)
)
CORES = np.log([place.nodes for place in PLACES])
SMALL = np.array([place.memory_gib < 10 for place in PLACES])
SHAPES = {
    "scales": -0.95 * CORES,
    "flat": -0.05 * CORES,
    "returns": 0.5 * (CORES - 1.7) ** 2,
    "needs memory": -0.4 * CORES + 1.2 * SMALL,
}


def workload(
    shape: str, seed: int, *, runs: int = 24, noise: float = 0.03, places: tuple[Place, ...] = PLACES
) -> WorkloadRuns:
    chance = np.random.default_rng([seed, len(shape)])
    level, size = chance.normal(5, 2), chance.normal(20, 2)
    rows = chance.choice(len(PLACES), runs)
    steps = 0.2 * chance.standard_normal(runs)
    logs = SHAPES[shape][rows] + level + 0.7 * steps + noise * chance.standard_normal(runs)
    return WorkloadRuns(
        tuple(
            PastRun(places[row], float(log), log_input=float(size + step))
            for row, log, step in zip(rows, logs, steps, strict=True)
        ),
        origin=f"{shape} {seed}",
    )


def crowd(each: int = 6, **options: float) -> list[WorkloadRuns]:
    return [workload(shape, seed, **options) for shape in SHAPES for seed in range(each)]  # type: ignore[arg-type]
