"""Replay: ways to choose configurations, tried on grids where the outcome of every choice was measured before.

A `Grid` answers as plant; a `Method` sees its `Space` alone, and what is known of other workloads. The conventions
that move the numbers are in docs/replay.md.
"""

from setpoint.core.replay.bout import ORACLE, Bout, Rules, play_bout
from setpoint.core.replay.draws import RandomDraws
from setpoint.core.replay.episode import Episode
from setpoint.core.replay.grid import Grid, Space
from setpoint.core.replay.incumbent import incumbent
from setpoint.core.replay.leave_out import LeaveOut, is_comparable, known_for
from setpoint.core.replay.method import Choice, Forecast, Method, ReplayGoal, Task, Trial, Tuner
from setpoint.core.replay.ours import Ours
from setpoint.core.replay.sizes import by_size
from setpoint.core.replay.stay import Stay
from setpoint.core.replay.summary import summary

__all__ = [
    "METHODS",
    "ORACLE",
    "Bout",
    "Choice",
    "Episode",
    "Forecast",
    "Grid",
    "LeaveOut",
    "Method",
    "RandomDraws",
    "ReplayGoal",
    "Rules",
    "Space",
    "Stay",
    "Task",
    "Trial",
    "Tuner",
    "by_size",
    "incumbent",
    "is_comparable",
    "known_for",
    "play_bout",
    "summary",
]

METHODS: dict[str, Method] = {
    "ours": Ours(),
    "stay": Stay(),
    "random": RandomDraws(),
}
"""Whoever chooses without the answers; the oracle, which has them, is beside every figure."""
