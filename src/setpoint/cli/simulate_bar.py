"""How far a simulation is: a bar on a terminal."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from setpoint.cli.console import err

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["SimulateBar"]


class SimulateBar:
    """Shows itself where somebody looks."""

    def __init__(self) -> None:
        self._is_wanted = sys.stderr.isatty()
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, done: int, of_all: int) -> None:
        """So many projects of so many have lived through all their days."""
        if not self._is_wanted:
            return
        if self._bar is None:
            self._bar = _started()
        self._bar.update(self._bar.task_ids[0], completed=done, total=of_all)


def _started() -> "Progress":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = ("simulating", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=err(), transient=True)
    bar.add_task("simulating", total=None)
    bar.start()
    return bar
