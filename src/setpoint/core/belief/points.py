"""What the belief knows of a spec before it has run: sizes as numbers, kinds as categories."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

__all__ = ["MEMORY", "Floats", "Integers", "Place", "Points", "points_of"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MEMORY = 1
"""The column of the features that holds the memory of the cluster."""
GIB_PER_CORE = 4.0
"""Of a usual machine, where its memory is not known."""


@dataclass(frozen=True, slots=True)
class Place:
    """One spec as the belief sees it."""

    nodes: float
    """Machines of the cluster."""
    cores: float
    """Of each machine; where not known, relative to the smallest machine of the kind: only ratios matter."""
    memory_gib: float
    """Of each machine; nan where not known."""
    kinds: tuple[str, ...] = ()
    """What has no order: cloud, machine family, engine."""
    axes: tuple[float, ...] = ()
    """Further sizes as powers of two: shuffle partitions, say."""


@dataclass(frozen=True)
class Points:
    """Specs as columns of numbers, one row per spec."""

    nodes: Floats
    cores: Floats
    memory_gib: Floats
    kinds: Integers
    """Specs × kinds, as codes."""
    axes: Floats
    """Specs × further axes; no columns where there are none."""
    is_memory_known: bool = True
    """Otherwise the memory is a guess from the cores."""

    def __len__(self) -> int:
        """How many specs."""
        return len(self.nodes)

    @cached_property
    def features(self) -> Floats:
        """Specs × features in powers of two: cores and memory of the whole cluster, machines, further axes."""
        sizes = np.stack([self.nodes * self.cores, self.nodes * self.memory_gib, self.nodes], axis=1)
        return np.concatenate([np.log2(sizes), self.axes], axis=1)

    @cached_property
    def spreads(self) -> Floats:
        """Standard deviation of each feature over the specs: what counts as far on this axis."""
        return np.asarray(self.features.std(axis=0) + 1e-6)

    def at(self, rows: Integers | Sequence[int]) -> "Points":
        """Some of the specs."""
        rows = np.asarray(rows, dtype=np.int64)
        columns = (self.nodes[rows], self.cores[rows], self.memory_gib[rows], self.kinds[rows], self.axes[rows])
        return Points(*columns, self.is_memory_known)


def points_of(places: Sequence[Place]) -> Points:
    """The places as columns; kinds are coded in the order of their names, so that the order of places says nothing.

    >>> points_of([Place(4, 8, 32.0, ("m5",)), Place(2, 8, 64.0, ("r5",))]).features.tolist()
    [[5.0, 7.0, 2.0], [4.0, 7.0, 1.0]]
    """
    columns = len(places[0].kinds)
    names = [sorted({place.kinds[column] for place in places}) for column in range(columns)]
    codes = [{kind: code for code, kind in enumerate(each)} for each in names]
    kinds = [[code[kind] for code, kind in zip(codes, place.kinds, strict=True)] for place in places]
    cores = np.array([place.cores for place in places], dtype=np.float64)
    memory = np.array([place.memory_gib for place in places], dtype=np.float64)
    return Points(
        nodes=np.array([place.nodes for place in places], dtype=np.float64),
        cores=cores,
        memory_gib=np.where(np.isnan(memory), GIB_PER_CORE * cores, memory),
        kinds=np.array(kinds, dtype=np.int64).reshape(len(places), columns),
        axes=np.array([place.axes for place in places], dtype=np.float64).reshape(len(places), -1),
        is_memory_known=not np.isnan(memory).any(),
    )
