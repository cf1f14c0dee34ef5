"""The program of a worker process: units of a log come in through standard input, their folds go out."""

import pickle
import signal
import sys
from collections.abc import Callable

from setpoint.core.eventlog import LogFold
from setpoint.sources.units import fold_unit

_TOLD_BYTES = 4 * 1024 * 1024


def main() -> None:
    """Fold what is asked for until nothing more comes."""
    # Ctrl-C reaches all processes of a terminal; it is the parent's to end this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked, answers = sys.stdin.buffer, sys.stdout.buffer

    def tell(message: object) -> None:
        pickle.dump(message, answers, pickle.HIGHEST_PROTOCOL)
        # Where the parent is gone, this ends the worker too.
        answers.flush()

    while True:
        try:
            unit = pickle.load(asked)  # noqa: S301 - from our own parent, through a pipe of ours
        except EOFError:
            return
        fold, counter = LogFold(), _Counter(tell)
        fold_unit(fold, unit, counter.add)
        counter.tell()
        tell(fold)


class _Counter:
    """Tells how much was read, but not for every chunk."""

    def __init__(self, tell: Callable[[object], None]) -> None:
        self._tell = tell
        self._untold = 0

    def add(self, count: int) -> None:
        self._untold += count
        if self._untold >= _TOLD_BYTES:
            self.tell()

    def tell(self) -> None:
        self._tell(self._untold)
        self._untold = 0
