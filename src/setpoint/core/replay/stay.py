"""The method that changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from setpoint.core.replay.grid import Grid, Space
from setpoint.core.replay.method import Choice, Task, Trial

__all__ = ["Stay"]


@dataclass(frozen=True, slots=True)
class Stay:
    """Every run on the parent's configuration; method and tuner in one."""

    is_random = False

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> "Stay":  # noqa: ARG002 - the port
        """Itself."""
        return self

    def choose(self, seen: Sequence[Trial], runs_left: int) -> Choice:  # noqa: ARG002 - the port
        """The parent."""
        return Choice(seen[0].index, is_final=True)
