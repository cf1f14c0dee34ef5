"""Looking for news without spending the time on it: what takes long is done less often."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

__all__ = ["SHARE", "Sparingly"]

SHARE = 0.1
"""Of the time, at most, that goes into it: a look of a millisecond is had every 10 ms, one of a second every 10 s."""


@dataclass(slots=True)
class Sparingly:
    """Does something again and again, for a share of the time at most; in one thread at a time.

    >>> seconds, done = [0.0], []
    >>> def work() -> None:
    ...     seconds[0] += 1.0
    ...     done.append(seconds[0])
    >>> sparingly = Sparingly(clock=lambda: seconds[0])
    >>> sparingly.at_times(work), sparingly.at_times(work), done
    (None, None, [1.0])
    >>> seconds[0] = 12.0
    >>> sparingly.at_times(work), done
    (None, [1.0, 13.0])
    """

    clock: Callable[[], float] = time.monotonic
    _due: float = float("-inf")
    _lock: Lock = field(default_factory=Lock)

    def at_times(self, work: Callable[[], object]) -> None:
        """Do it, unless it was done too short a time ago."""
        with self._lock:
            begun = self.clock()
            if begun < self._due:
                return
            work()
            ended = self.clock()
            self._due = ended + (ended - begun) * (1 / SHARE - 1)
