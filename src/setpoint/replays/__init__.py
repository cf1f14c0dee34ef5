"""Replays from outside: grids read from files, their workloads played in several processes, figures of all."""

from setpoint.replays.grids import ReadGrids, read_grids
from setpoint.replays.playing import Asked, Played, play_all

__all__ = ["Asked", "Played", "ReadGrids", "play_all", "read_grids"]
