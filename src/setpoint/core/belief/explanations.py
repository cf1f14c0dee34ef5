"""Explanations of a workload: shapes its runtime may have over specs, and a Gaussian process for what is left.

Several are kept side by side and averaged by their evidence, so that a wrong one cannot hurt for long (Bayesian model
averaging: Hoeting et al., Statistical Science 14(4), 1999). Every curve has a free level: only shapes are believed.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from setpoint.core.belief.geometry import MOST_KEPT, Geometry
from setpoint.core.belief.laws import Laws
from setpoint.core.belief.points import Floats, Integers, Points

__all__ = [
    "LEVEL_VARIANCE",
    "Explanation",
    "GivenShapes",
    "HalfScaling",
    "LawShapes",
    "Shapes",
    "explained",
    "of_laws",
    "of_others",
]

LEVEL_VARIANCE = 9.0
"""Of the level of a curve: a factor of twenty either way is nothing special before the first run."""
CORES_SLOPE = 0.35
"""Standard deviation of the slope in log cores, per doubling, where slopes are left open."""
_AROUND_LAWS = {0.06: 0.4, 0.18: 0.4, 0.4: 0.2}
_AROUND_OTHERS = {0.08: 0.3, 0.2: 0.4, 0.45: 0.3}
"""Amplitudes of what is left around the curves, and how likely each is."""
_OPEN = ((0.3, 0.25), (0.7, 0.5))
"""Amplitude and slopes of what fits anything, given enough runs."""


class Shapes(Protocol):
    """Curves of log runtime over all specs, up to their level."""

    def __len__(self) -> int:
        """How many curves."""
        ...

    def curves(self, columns: Integers, chosen: Integers | None = None) -> Floats:
        """Curves (all or the chosen ones) × columns."""
        ...


@dataclass(frozen=True)
class LawShapes:
    """Random physical laws."""

    laws: Laws
    points: Points

    def __len__(self) -> int:
        """How many laws."""
        return len(self.laws)

    def curves(self, columns: Integers, chosen: Integers | None = None) -> Floats:
        """See Shapes."""
        if len(self.points) <= MOST_KEPT:
            return self._kept[:, columns] if chosen is None else self._kept[np.ix_(chosen, columns)]
        laws = self.laws if chosen is None else self.laws.some(chosen)
        return laws.log_seconds(self.points.at(columns))

    @cached_property
    def _kept(self) -> Floats:
        return self.laws.log_seconds(self.points)


@dataclass(frozen=True)
class GivenShapes:
    """Given curves: other workloads' measurements, or simulations from an event log under several hypotheses."""

    values: Floats
    """Curves × specs."""

    def __len__(self) -> int:
        """How many curves."""
        return len(self.values)

    def curves(self, columns: Integers, chosen: Integers | None = None) -> Floats:
        """See Shapes."""
        return self.values[:, columns] if chosen is None else self.values[np.ix_(chosen, columns)]


@dataclass(frozen=True)
class HalfScaling:
    """One curve, runtime falling with the square root of the cores: where nothing else is believed."""

    points: Points

    def __len__(self) -> int:
        """One."""
        return 1

    def curves(self, columns: Integers, chosen: Integers | None = None) -> Floats:
        """See Shapes."""
        line = -0.5 * np.log(2) * self.points.features[columns, 0]
        return np.repeat(line[None], 1 if chosen is None else len(chosen), axis=0)


@dataclass(frozen=True)
class Explanation:
    """Shapes, each as likely as its weight says, and the covariance of what they leave open."""

    shapes: Shapes
    geometry: Geometry
    log_weights: Floats
    """Per curve, before anything was observed."""
    amplitude: float
    """Standard deviation of what is left around a curve, in log runtime."""
    slope: float = 0.0
    """Standard deviation of further straight lines in the features, per doubling; 0: none."""
    deviations: Floats | None = None
    """Directions × specs: how workloads differ from their mean, as further covariance."""
    level_variance: float = LEVEL_VARIANCE

    def covariance(self, rows: Integers, columns: Integers) -> Floats:
        """Around every curve: rows × columns."""
        found = self.level_variance + self.amplitude**2 * self.geometry.correlation(rows, columns)
        if self.slope:
            lines = self.geometry.slopes
            found += (lines[rows] * self._slope_variances) @ lines[columns].T
        if self.deviations is not None:
            found += self.deviations[:, rows].T @ self.deviations[:, columns]
        return np.asarray(found)

    def variance(self, columns: Integers) -> Floats:
        """The diagonal of the covariance."""
        found = np.full(len(columns), self.level_variance + self.amplitude**2)
        if self.slope:
            found += (self.geometry.slopes[columns] ** 2) @ self._slope_variances
        if self.deviations is not None:
            found += (self.deviations[:, columns] ** 2).sum(axis=0)
        return found

    @property
    def _slope_variances(self) -> Floats:
        variances = np.full(self.geometry.slopes.shape[1], 0.3 * self.slope**2)
        variances[0] += CORES_SLOPE**2
        return variances


def explained(shapes: Shapes, geometry: Geometry, weight: float, amplitudes: dict[float, float]) -> list[Explanation]:
    """The same shapes under several amplitudes, each with its share of the weight, all curves equally likely."""
    return [
        Explanation(shapes, geometry, np.full(len(shapes), math.log(weight * share / len(shapes))), amplitude)
        for amplitude, share in amplitudes.items()
    ]


def of_laws(shapes: LawShapes, geometry: Geometry, open_weight: float) -> list[Explanation]:
    """Physical laws, of weight 1, and what fits anything."""
    found = explained(shapes, geometry, 1.0, _AROUND_LAWS)
    if not open_weight:
        return found
    line, weight = HalfScaling(shapes.points), np.log([open_weight / len(_OPEN)])
    return found + [Explanation(line, geometry, weight, amplitude, slope) for amplitude, slope in _OPEN]


def of_others(curves: Floats, geometry: Geometry, weight: float) -> list[Explanation]:
    """Other workloads' curves over all specs."""
    return explained(GivenShapes(curves), geometry, weight, _AROUND_OTHERS)
