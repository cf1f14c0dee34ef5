"""Many other workloads brought to the specs that matter now, at little more than the cost of one."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from setpoint.core.belief.explanations import Explanation, HalfScaling
from setpoint.core.belief.geometry import Geometry
from setpoint.core.belief.known import FAILED_LONGER, LEAST_COVERED, LEAST_SPECS, NEAR, KnownWorkload
from setpoint.core.belief.points import Floats, Integers, Place, points_of

__all__ = ["brought_all"]

Booleans = npt.NDArray[np.bool_]

NOISE, AMPLITUDE, SLOPE = 0.05, 0.3, 0.5
"""Of the Gaussian process between the measured specs, as where one workload is brought."""
_AT_ONCE = 1000
"""Specs whose correlations are held at the same time."""


def brought_all(places: Sequence[Place], known: Sequence[KnownWorkload]) -> list[Floats | None]:
    """Of each workload what `brought_to` says, with distances scaled by the specs of all of them."""
    usable = [row for row, each in enumerate(known) if _is_usable(each, places[0])]
    found: list[Floats | None] = [None] * len(known)
    if not usable:
        return found
    there = {place: row for row, place in enumerate(dict.fromkeys(p for row in usable for p in known[row].places))}
    points = points_of((*places, *there))
    trend = HalfScaling(points)
    spread = Explanation(trend, Geometry(points), np.zeros(1), AMPLITUDE, SLOPE)
    others = np.arange(len(places), len(points))
    line = trend.curves(np.arange(len(points)))[0]
    columns = [np.array([there[place] for place in known[row].places], dtype=np.int64) for row in usable]
    within = spread.covariance(others, others)
    pulls = [_pull(known[row], mine, within, line[others]) for row, mine in zip(usable, columns, strict=True)]
    parts = [
        _part(spread, here, others, columns, pulls)
        for here in np.array_split(np.arange(len(places)), max(1, len(places) // _AT_ONCE))
    ]
    for number, row in enumerate(usable):
        if np.concatenate([near[number] for _, near in parts]).mean() >= LEAST_COVERED:
            curve = line[: len(places)] + np.concatenate([moved[number] for moved, _ in parts])
            found[row] = np.asarray(curve - curve.mean())
    return found


def _is_usable(known: KnownWorkload, place: Place) -> bool:
    form = (len(place.kinds), len(place.axes))
    return len(known.places) >= LEAST_SPECS and (len(known.places[0].kinds), len(known.places[0].axes)) == form


def _pull(known: KnownWorkload, columns: Integers, within: Floats, line: Floats) -> Floats:
    logs = np.array(known.log_seconds) + np.log(FAILED_LONGER) * np.array(known.failed)
    covariance = within[np.ix_(columns, columns)] + NOISE**2 * np.eye(len(columns))
    return np.asarray(np.linalg.solve(covariance, logs - line[columns]))


def _part(
    spread: Explanation, here: Integers, others: Integers, columns: Sequence[Integers], pulls: Sequence[Floats]
) -> tuple[list[Floats], list[Booleans]]:
    """Some of the specs: how far each workload moves the trend there, and whether it was measured near."""
    near = spread.geometry.correlation(here, others) >= NEAR
    covariance = spread.covariance(here, others)
    moved = [covariance[:, mine] @ pull for mine, pull in zip(columns, pulls, strict=True)]
    return moved, [np.asarray(near[:, mine].any(axis=1)) for mine in columns]
