"""How alike two specs are: what a run on one tells about another, beyond any law."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from setpoint.core.belief.points import MEMORY, Floats, Integers, Points

__all__ = ["Geometry"]

KIND_DISTANCE = 0.7
"""How much less another machine kind tells, as the exponent by which the correlation falls."""
MOST_KEPT = 512
"""Specs up to which all correlations are computed once and kept (2 MiB)."""


@dataclass(frozen=True)
class Geometry:
    """Correlation of specs: a squared exponential over sizes in powers of two, less across machine kinds."""

    points: Points
    memory_weight: float = 1.0
    """How much memory counts as a size: less where its effect is modelled and only the rest is left open."""

    def correlation(self, rows: Integers, columns: Integers) -> Floats:
        """Rows × columns, from 0 to 1."""
        if len(self.points) <= MOST_KEPT:
            return np.asarray(self._kept[np.ix_(rows, columns)])
        return self._between(rows, columns)

    @cached_property
    def slopes(self) -> Floats:
        """Specs × features, centred: what straight lines in the features are made of."""
        return np.asarray(self.points.features - self.points.features.mean(axis=0))

    @cached_property
    def _kept(self) -> Floats:
        every = np.arange(len(self.points))
        return self._between(every, every)

    @cached_property
    def _scaled(self) -> Floats:
        scaled = self.points.features / self.points.spreads
        scaled[:, MEMORY] *= self.memory_weight
        return np.asarray(scaled)

    def _between(self, rows: Integers, columns: Integers) -> Floats:
        one, other = self._scaled[rows], self._scaled[columns]
        squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None, :] - 2 * one @ other.T
        kinds = self.points.kinds
        others = (kinds[rows][:, None, :] != kinds[columns][None, :, :]).sum(axis=2)
        return np.asarray(np.exp(-0.5 * np.maximum(0.0, squares) - KIND_DISTANCE * others))
