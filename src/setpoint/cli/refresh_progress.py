"""How far a refresh is: a line that changes on a terminal, one line for each stage elsewhere."""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from setpoint.cli.console import err, printable

if TYPE_CHECKING:
    from rich.status import Status

__all__ = ["RefreshProgress"]


class RefreshProgress:
    """Hears what a price source tells."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._status: Status | None = None
        self._stage = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def tell(self, text: str) -> None:
        """Show where it is, such as `AWS us-east-1, storage: page 3`."""
        if self._is_terminal:
            from rich.markup import escape

            shown = escape(printable(text))
            if self._status is None:
                self._status = err().status(shown)
                self._status.start()
            self._status.update(shown)
            return
        stage = text.partition(": page")[0]
        if stage != self._stage:
            self._stage = stage
            err().print(stage, highlight=False, markup=False)
