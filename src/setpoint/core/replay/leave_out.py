"""What may be known of other workloads while one is under test."""

from collections.abc import Iterable
from typing import Literal

from setpoint.core.replay.grid import Grid

__all__ = ["LeaveOut", "is_comparable", "known_for"]

SHARED = 0.5

LeaveOut = Literal["workload", "algorithm"]


def known_for(grid: Grid, others: Iterable[Grid], leave_out: LeaveOut) -> tuple[Grid, ...]:
    """The other workloads, without the one under test, or without all of its algorithm."""
    return tuple(other for other in others if not _is_left_out(grid, other, leave_out))


def is_comparable(grid: Grid, other: Grid) -> bool:
    """Whether the other one knows something of these configurations: of the same dataset, or half of the names are."""
    shared = len(_names(grid) & _names(other))
    return _is_one(other.dataset, grid.dataset) or shared >= SHARED * len(grid)


def _is_left_out(grid: Grid, other: Grid, leave_out: LeaveOut) -> bool:
    is_same = leave_out == "algorithm" and _is_one(other.algorithm, grid.algorithm)
    return is_same or _is_one(other.workload, grid.workload)


def _names(grid: Grid) -> set[str]:
    return {config.casefold() for config in grid.space.configs}


def _is_one(name: str, other: str) -> bool:
    """Whoever wrote two files may have written a name in two ways."""
    return name.casefold() == other.casefold()
