"""Many other workloads brought to the specs that matter now, at little more than the cost of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from setpoint.core.belief.explanations import Explanation, HalfScaling
from setpoint.core.belief.geometry import MOST_KEPT, Geometry
from setpoint.core.belief.known import FAILED_LONGER, LEAST_COVERED, LEAST_SPECS, NEAR, KnownWorkload
from setpoint.core.belief.points import Floats, Integers, Place, Points, points_of

__all__ = ["AMPLITUDE", "NOISE", "SLOPE", "brought_all"]

Booleans = npt.NDArray[np.bool_]

NOISE, AMPLITUDE, SLOPE = 0.05, 0.3, 0.5
"""Of a measured runtime, of the Gaussian process between the measured specs, and of its straight lines."""
ALIKE = 0.01
"""Spread of a size, in doublings, below which specs do not differ in it."""
_STEPS = 2
"""Scales in a doubling, where workloads have their own."""
_AT_ONCE = 500_000
"""Correlations that are held at the same time."""


def brought_all(places: Sequence[Place], known: Sequence[KnownWorkload]) -> list[Floats | None]:
    """Log runtime of each workload at each of these places, centred; None where it was measured too far from them.

    A Gaussian process with straight lines in the features, conditioned on what was measured: at measured specs nearly
    the measurement, elsewhere what is near, far away half of perfect scaling. What counts as far is scaled by the
    places asked about, and in a size in which these are alike by the workload's own specs: what one workload is brought
    to does not depend on the others.
    """
    usable = [row for row, each in enumerate(known) if _is_usable(each, places[0])]
    found: list[Floats | None] = [None] * len(known)
    if not usable:
        return found
    there = {place: row for row, place in enumerate(dict.fromkeys(p for row in usable for p in known[row].places))}
    points = points_of((*places, *there))
    columns = {row: np.array([there[place] for place in known[row].places]) + len(places) for row in usable}
    for scale, rows in _by_scale(points.features, len(places), columns).items():
        together = _Together(points, len(places), np.array(scale), [columns[row] for row in rows])
        for row, curve in zip(rows, together.brought([known[row] for row in rows]), strict=True):
            found[row] = curve
    return found


def _is_usable(known: KnownWorkload, place: Place) -> bool:
    form = (len(place.kinds), len(place.axes))
    return len(known.places) >= LEAST_SPECS and (len(known.places[0].kinds), len(known.places[0].axes)) == form


def _by_scale(features: Floats, asked: int, columns: Mapping[int, Integers]) -> dict[tuple[float, ...], list[int]]:
    """The workloads by what counts as far for them: for nearly all of them the same."""
    own = features[:asked].std(axis=0)
    if (own >= ALIKE).all():
        return {tuple(own): list(columns)}
    found: dict[tuple[float, ...], list[int]] = {}
    for row, there in columns.items():
        theirs = np.maximum(features[there].std(axis=0), ALIKE)
        # In steps, so that workloads that differ little are brought together.
        scale = np.where(own >= ALIKE, own, np.exp2(np.round(np.log2(theirs) * _STEPS) / _STEPS))
        found.setdefault(tuple(scale), []).append(row)
    return found


@dataclass(frozen=True, kw_only=True)
class _Around(Geometry):
    """Specs seen from those asked about: their middle, and what counts as far for them."""

    middle: Floats
    scale: Floats

    @cached_property
    def slopes(self) -> Floats:
        return np.asarray(self.points.features - self.middle)

    @cached_property
    def _scaled(self) -> Floats:
        return np.asarray(self.slopes / self.scale)


class _Together:
    """Workloads for which the same counts as far: correlations with specs that several ran on are computed once."""

    def __init__(self, points: Points, asked: int, scale: Floats, columns: Sequence[Integers]) -> None:
        others, moved = np.unique(np.concatenate(columns), return_inverse=True)
        middle = points.features[:asked].mean(axis=0)
        rows = np.concatenate([np.arange(asked), others])
        self._points = points.at(rows) if len(rows) < len(points) else points
        self._trend = HalfScaling(self._points)
        self._spread = Explanation(
            self._trend, _Around(self._points, middle=middle, scale=scale), np.zeros(1), AMPLITUDE, SLOPE
        )
        self._asked = asked
        self._others = asked + np.arange(len(others))
        self._columns = np.split(moved.reshape(-1), np.cumsum([len(each) for each in columns])[:-1])

    def brought(self, known: Sequence[KnownWorkload]) -> list[Floats | None]:
        line = self._trend.curves(np.arange(len(self._points)))[0]
        within = self._spread.covariance(self._others, self._others) if len(self._others) <= MOST_KEPT else None
        pulls = [self._pull(each, mine, line, within) for each, mine in zip(known, self._columns, strict=True)]
        parts = max(1, self._asked * len(self._others) // _AT_ONCE)
        told = [self._part(here, pulls) for here in np.array_split(np.arange(self._asked), min(parts, self._asked))]
        return [
            self._curve(line, [moved[row] for moved, _ in told], [near[row] for _, near in told])
            for row in range(len(known))
        ]

    def _pull(self, known: KnownWorkload, mine: Integers, line: Floats, within: Floats | None) -> Floats:
        rows = self._others[mine]
        logs = np.array(known.log_seconds) + np.log(FAILED_LONGER) * np.array(known.failed)
        covariance = self._spread.covariance(rows, rows) if within is None else within[np.ix_(mine, mine)]
        return np.asarray(np.linalg.solve(covariance + NOISE**2 * np.eye(len(mine)), logs - line[rows]))

    def _part(self, here: Integers, pulls: Sequence[Floats]) -> tuple[list[Floats], list[Booleans]]:
        """Some of the specs: how far each workload moves the trend there, and whether it was measured near."""
        near = self._spread.geometry.correlation(here, self._others) >= NEAR
        covariance = self._spread.covariance(here, self._others)
        moved = [covariance[:, mine] @ pull for mine, pull in zip(self._columns, pulls, strict=True)]
        return moved, [np.asarray(near[:, mine].any(axis=1)) for mine in self._columns]

    def _curve(self, line: Floats, moved: Sequence[Floats], near: Sequence[Booleans]) -> Floats | None:
        if np.concatenate(near).mean() < LEAST_COVERED:
            return None
        curve = line[: self._asked] + np.concatenate(moved)
        return np.asarray(curve - curve.mean())
