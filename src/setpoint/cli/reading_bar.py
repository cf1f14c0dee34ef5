"""How far the reading of long logs is: a bar on a terminal, once it takes long enough to wonder."""

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["ReadingBar"]

_PATIENCE_SECONDS = 1.0


class ReadingBar:
    """Shows itself after a second, where somebody looks."""

    def __init__(self, stream: TextIO) -> None:
        self.is_wanted = stream.isatty()
        self._begun = time.monotonic()
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hide()

    def show(self, read_bytes: int, all_bytes: int | None) -> None:
        """So many bytes were read, of so many if that is known."""
        if self._bar is None:
            if time.monotonic() - self._begun < _PATIENCE_SECONDS:
                return
            self._bar = _started()
        self._bar.update(self._bar.task_ids[0], completed=read_bytes, total=all_bytes)

    def hide(self) -> None:
        """Leave the line to others; it comes back when reading goes on."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _started() -> "Progress":
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    from setpoint.cli.console import err

    bar = Progress("reading", BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=err(), transient=True)
    bar.add_task("reading", total=None)
    bar.start()
    return bar
