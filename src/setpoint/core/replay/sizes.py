"""Workloads of one dataset by the number of their configurations: where these differ much, each has its own figures."""

from collections.abc import Sequence
from itertools import pairwise

from setpoint.core.replay.grid import Grid

__all__ = ["by_size"]

FAR = 2.0
"""A gap: the next larger workload has at least so many times the configurations."""
LEAST_WORKLOADS = 2
"""Fewer are an exception and no group."""


def by_size(grids: Sequence[Grid]) -> dict[str, tuple[Grid, ...]]:
    """The grids by dataset, and within it by size; `c3o (6)` and `c3o (18)`, but `cherrypick`, with 47, 61 and 72.

    >>> by_size([])
    {}
    """
    groups: dict[str, tuple[Grid, ...]] = {}
    for dataset in dict.fromkeys(grid.dataset for grid in grids):
        parts = _parts([grid for grid in grids if grid.dataset == dataset])
        for part in parts:
            groups[f"{dataset} ({_sizes(part)})" if len(parts) > 1 else dataset] = tuple(part)
    return groups


def _parts(grids: list[Grid]) -> list[list[Grid]]:
    """Cut at each gap between neighbouring sizes, unless one side were a single workload."""
    ordered = sorted(grids, key=len)
    parts = [[ordered[0]]]
    for smaller, larger in pairwise(ordered):
        if len(larger) >= FAR * len(smaller):
            parts.append([])
        parts[-1].append(larger)
    return parts if min(len(part) for part in parts) >= LEAST_WORKLOADS else [grids]


def _sizes(grids: Sequence[Grid]) -> str:
    least, most = min(len(grid) for grid in grids), max(len(grid) for grid in grids)
    return str(least) if least == most else f"{least}-{most}"
