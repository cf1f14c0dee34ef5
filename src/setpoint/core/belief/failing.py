"""Failures, apart from runtimes: a rate that runs on like specs move, and order where resources are known.

Where a spec failed, smaller ones fail too; where one did its work, larger ones do. A failure that a success on no more
of any resource contradicts counts as chance.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from setpoint.core.belief.points import Floats, Integers, Points

__all__ = ["failure_risks", "known_risks"]

Booleans = npt.NDArray[np.bool_]

PSEUDO_RUNS = 3.0
"""How many runs the overall failure rate counts for, beside the runs known of a spec."""
PSEUDO_RATE = (0.5, 20.0)
"""Failures and runs that are added to what is known of all specs, so that no rate is zero."""
PRIOR_RUNS = 2.0
"""How many runs of its own what is known of a spec beforehand counts for."""
ANY_SPEC = 0.25
"""How much a run on a spec unlike it tells of a spec: some workloads fail nearly everywhere."""
KIND_DISTANCE, NODES_SCALE = 1.0, 2.0
"""Exponent for another machine kind, and doublings of the number of machines that count like one of their size."""
AFTER_OWN_FAILURE, AFTER_CHANCE_FAILURE, AFTER_OWN_SUCCESS = 0.98, 0.7, 0.01
LEAST_UNTRIED = 0.02
"""Of a spec that never ran, whatever others did there: a job may fail in a way that no other one ever did."""
BELOW_A_FAILURE = 0.85
BEYOND_A_SUCCESS = 0.3
"""Factor on the risk of specs with as much of everything as one that did its work."""


def known_risks(failed: Floats, runs: Floats) -> Floats:
    """Share of failures to expect on each spec, from runs of other workloads on it (counts per spec).

    >>> known_risks(np.array([0.0, 2.0]), np.array([4.0, 4.0])).round(2).tolist()
    [0.04, 0.32]
    """
    rate = (failed.sum() + PSEUDO_RATE[0]) / (runs.sum() + PSEUDO_RATE[1])
    return np.asarray((failed + rate * PSEUDO_RUNS) / (runs + PSEUDO_RUNS))


def failure_risks(points: Points, base: Floats, finished: Sequence[int], failed: Sequence[int]) -> Floats:
    """P(a run on each spec fails), after runs on these rows did and did not come to their end."""
    bad: Integers = np.array(sorted(set(failed)), dtype=np.int64)
    done: Integers = np.array(sorted(set(finished)), dtype=np.int64)
    order = _Order(points)
    against, towards = _likeness(points, bad).sum(axis=1), _likeness(points, done).sum(axis=1)
    risks = np.asarray((PRIOR_RUNS * base + against) / (PRIOR_RUNS + against + towards))
    proven = np.zeros(len(points), dtype=np.bool_)
    for row in done:
        proven |= order.at_least(int(row))
    risks = np.where(proven, risks * BEYOND_A_SUCCESS, risks)
    for row in bad:
        below = order.at_most(int(row))
        is_chance = bool(below[done].any())
        if not is_chance:
            risks = np.where(below, np.maximum(risks, BELOW_A_FAILURE), risks)
        risks[row] = max(risks[row], AFTER_CHANCE_FAILURE if is_chance else AFTER_OWN_FAILURE)
    clean = np.setdiff1d(done, bad)
    risks = np.asarray(np.maximum(risks, LEAST_UNTRIED))
    risks[clean] = np.minimum(risks[clean], AFTER_OWN_SUCCESS)
    return risks


class _Order:
    """Which specs have no less of anything: cores and memory of the cluster, memory of a machine."""

    def __init__(self, points: Points) -> None:
        self.points = points
        memory = points.nodes * points.memory_gib
        self._columns = np.stack([points.memory_gib, memory, points.nodes * points.cores], axis=1)

    def at_least(self, row: int) -> Booleans:
        """Specs that have as much of everything."""
        return np.asarray((self._columns >= self._columns[row] * (1 - 1e-9)).all(axis=1) & self._comparable(row))

    def at_most(self, row: int) -> Booleans:
        """Specs that have no more of anything."""
        return np.asarray((self._columns <= self._columns[row] * (1 + 1e-9)).all(axis=1) & self._comparable(row))

    def _comparable(self, row: int) -> Booleans:
        """Where the memory of machines is a guess, those of other kinds cannot be compared."""
        if self.points.is_memory_known:
            return np.ones(len(self.points), dtype=np.bool_)
        return np.asarray((self.points.kinds == self.points.kinds[row]).all(axis=1))


def _likeness(points: Points, rows: Integers) -> Floats:
    """Specs × rows: how much a run there counts for a spec, from ANY_SPEC to 1."""
    sizes = np.log2(np.stack([points.memory_gib, points.cores], axis=1))
    nodes = np.log2(points.nodes) / NODES_SCALE
    squares = ((sizes[:, None] - sizes[rows][None]) ** 2).sum(axis=2) + (nodes[:, None] - nodes[rows][None]) ** 2
    others = (points.kinds[:, None] != points.kinds[rows][None]).sum(axis=2)
    return np.asarray(ANY_SPEC + (1 - ANY_SPEC) * np.exp(-0.5 * squares - KIND_DISTANCE * others))
