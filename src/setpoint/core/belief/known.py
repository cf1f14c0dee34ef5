"""Other workloads: what they measured, and where they failed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from setpoint.core.belief.failing import known_risks
from setpoint.core.belief.points import Floats, Place

__all__ = ["FAILED_LONGER", "LEAST_COVERED", "LEAST_SPECS", "NEAR", "KnownWorkload", "risks_at"]

LEAST_SPECS = 3
"""Measured specs below which nothing is said of a shape."""
NEAR = 0.5
"""Correlation from which a measured spec says something of another."""
LEAST_COVERED = 0.3
"""Share of the specs that must have a measured one near them."""
FAILED_LONGER = 1.5
"""A failed run is taken to have needed so many times the time after which it ended."""


@dataclass(frozen=True, slots=True)
class KnownWorkload:
    """Runs of one other workload, as far as the belief uses them: no names, no data, runtimes up to a factor."""

    places: tuple[Place, ...]
    """Where it ran; each spec once."""
    log_seconds: tuple[float, ...]
    """Of each: mean logarithm of the runtimes; of one that failed, of the time after which it ended."""
    failed: tuple[bool, ...]
    is_kin: bool = False
    """Whether it is the same job, at another time or with another input."""


def risks_at(places: Sequence[Place], known: Sequence[KnownWorkload]) -> Floats:
    """P(a run fails) at each of these places, from what the others did on the very same ones."""
    rows = {place: row for row, place in enumerate(places)}
    failed, runs = np.zeros(len(places)), np.zeros(len(places))
    for workload in known:
        for place, did_fail in zip(workload.places, workload.failed, strict=True):
            row = rows.get(place)
            if row is not None:
                runs[row] += 1
                failed[row] += did_fail
    return known_risks(failed, runs)
