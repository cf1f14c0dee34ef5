"""How often somebody may try to sign in: so many tries at once, and so many a minute after that."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock

__all__ = ["RateLimit"]

MOST_KNOWN = 10_000
"""Names that are remembered; who tries with ever new ones pushes out the oldest, and is held by address."""


@dataclass(slots=True)
class RateLimit:
    """Leaky buckets by name, of one process.

    >>> seconds = [0.0]
    >>> limit = RateLimit(at_once=2, a_minute=60, clock=lambda: seconds[0])
    >>> [limit.admits("a") for _ in range(3)]
    [True, True, False]
    >>> seconds[0] = 1.0
    >>> limit.admits("a")
    True
    """

    at_once: float
    a_minute: float
    clock: Callable[[], float]
    _levels: OrderedDict[Hashable, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def admits(self, name: Hashable) -> bool:
        """Whether one more is within the limit; it counts then."""
        with self._lock:
            now = self.clock()
            level, since = self._levels.pop(name, (0.0, now))
            level = max(0.0, level - (now - since) * self.a_minute / 60)
            admitted = level + 1 <= self.at_once
            self._levels[name] = (level + 1 if admitted else level, now)
            if len(self._levels) > MOST_KNOWN:
                self._levels.popitem(last=False)
            return admitted

    def forgive(self, name: Hashable) -> None:
        """Count one less: it was a try that succeeded."""
        with self._lock:
            level, since = self._levels.get(name, (0.0, self.clock()))
            self._levels[name] = (max(0.0, level - 1), since)
