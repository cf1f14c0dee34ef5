"""The time of an emulated cloud, which a test moves; it stands still otherwise."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import RLock

__all__ = ["EmulatedClock"]


class EmulatedClock:
    """A clock that is called for the time, and whose listeners are told when it was moved."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, 2, tzinfo=UTC)) -> None:
        self._now = start
        self._lock = RLock()
        self._listeners: list[Callable[[datetime], None]] = []

    def __call__(self) -> datetime:
        """Now, in UTC."""
        return self._now

    def listen(self, listener: Callable[[datetime], None]) -> None:
        """Have somebody told of each new time, before whoever moves the clock goes on."""
        self._listeners.append(listener)

    def move(self, seconds: float) -> datetime:
        """Let so much time pass; the new time."""
        with self._lock:
            self._now += timedelta(seconds=seconds)
            for listener in self._listeners:
                listener(self._now)
            return self._now

    def wait(self, seconds: float) -> None:
        """As `time.sleep`, in this time."""
        self.move(seconds)
