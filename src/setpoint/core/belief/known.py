"""Other workloads: what they measured, brought to the specs that matter now."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from setpoint.core.belief.explanations import Explanation, HalfScaling
from setpoint.core.belief.failing import known_risks
from setpoint.core.belief.geometry import Geometry
from setpoint.core.belief.mixture import Observed, condition
from setpoint.core.belief.points import Floats, Place, points_of

__all__ = ["KnownWorkload", "brought_to", "risks_at"]

LEAST_SPECS = 3
"""Measured specs below which nothing is said of a shape."""
NEAR = 0.5
"""Correlation from which a measured spec says something of another."""
LEAST_COVERED = 0.3
"""Share of the specs that must have a measured one near them."""
_NOISE, _AMPLITUDE, _SLOPE = 0.05, 0.3, 0.5
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


def brought_to(places: Sequence[Place], known: KnownWorkload) -> Floats | None:
    """Its log runtime at each of these places, centred; None where it was measured too far from them.

    A Gaussian process with straight lines in the features, conditioned on what was measured: at measured specs nearly
    the measurement, elsewhere what is near, far away half of perfect scaling.
    """
    count = len(places)
    if len(known.places) < LEAST_SPECS or _form(known.places[0]) != _form(places[0]):
        return None
    points = points_of((*places, *known.places))
    geometry = Geometry(points)
    here, there = np.arange(count), np.arange(count, len(points))
    near = geometry.correlation(here, there).max(axis=1) >= NEAR
    if near.mean() < LEAST_COVERED:
        return None
    longer = np.log(FAILED_LONGER) * np.array(known.failed)
    observed = Observed(there, np.array(known.log_seconds) + longer, np.full(len(there), _NOISE**2))
    trend = Explanation(HalfScaling(points), geometry, np.zeros(1), _AMPLITUDE, _SLOPE)
    curve = condition([trend], observed).mean(here)
    return np.asarray(curve - curve.mean())


def _form(place: Place) -> tuple[int, int]:
    """Places that tell other things cannot be compared."""
    return len(place.kinds), len(place.axes)


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
