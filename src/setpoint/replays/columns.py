"""Columns of a grid, which nobody changes."""

from collections.abc import Iterable

import numpy as np

from setpoint.core.replay.grid import Booleans, Floats

__all__ = ["column", "flags"]


def column(values: Iterable[float]) -> Floats:
    """Numbers."""
    found = np.array(list(values), dtype=np.float64)
    found.setflags(write=False)
    return found


def flags(values: Iterable[bool]) -> Booleans:
    """Yes or no."""
    found = np.array(list(values), dtype=np.bool_)
    found.setflags(write=False)
    return found
