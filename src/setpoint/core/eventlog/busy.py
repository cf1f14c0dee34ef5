"""How many slots were busy over time: slot time in steps of equal length, which double when they become too many.

Steps are aligned to powers of two of milliseconds since the epoch, and how long they are follows from the first and the
last moment alone: whatever order tasks come in and however a log is split, the same steps with the same sums come out.
"""

from collections.abc import Iterable
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_STEPS = 256
_FINEST = 6
"""Binary logarithm of the shortest step: 64 ms."""


class BusyTime:
    """Slot-milliseconds by step of time."""

    def __init__(self) -> None:
        self.first_ms = self.last_ms = 0
        """First launch and last finish; 0 before there was any."""
        self.level = _FINEST
        self._milliseconds: dict[int, int] = {}

    def add(self, spans: Iterable[tuple[int, int]]) -> None:
        """Take in times from launch to finish, in milliseconds since the epoch."""
        kept = [(first, last) for first, last in spans if 0 < first < last]
        if not kept:
            return
        start = self._make_room(min(first for first, _ in kept), max(last for _, last in kept))
        level, whole = self.level, 1 << self.level
        steps = (max(last for _, last in kept) >> level) - start + 1
        edges, parts = [0] * steps, [0] * steps
        for first, last in kept:
            edges[(first >> level) - start] += whole
            edges[(last >> level) - start] -= whole
            parts[(first >> level) - start] -= first & (whole - 1)
            parts[(last >> level) - start] += last & (whole - 1)
        self._put(start, [full + part for full, part in zip(accumulate(edges), parts, strict=True)])

    def add_columns(self, firsts: "NDArray[np.int64]", lasts: "NDArray[np.int64]") -> None:
        """`add` for columns of many tasks."""
        import numpy as np

        kept = (firsts > 0) & (firsts < lasts)
        firsts, lasts = firsts[kept], lasts[kept]
        if not len(firsts):
            return
        start = self._make_room(int(firsts.min()), int(lasts.max()))
        level, whole = self.level, 1 << self.level
        heads, tails = (firsts >> level) - start, (lasts >> level) - start
        steps = int(tails.max()) + 1
        edges = np.bincount(heads, minlength=steps) - np.bincount(tails, minlength=steps)
        parts = np.zeros(steps, dtype=np.int64)
        np.subtract.at(parts, heads, firsts & (whole - 1))
        np.add.at(parts, tails, lasts & (whole - 1))
        self._put(start, (np.cumsum(edges) * whole + parts).tolist())

    def merge(self, other: "BusyTime") -> None:
        """Take in what another part of the log saw."""
        if other.first_ms:
            self._make_room(other.first_ms, other.last_ms)
            other._make_room(self.first_ms, self.last_ms)
            for step, busy in other._milliseconds.items():
                self._milliseconds[step] = self._milliseconds.get(step, 0) + busy

    def steps(self) -> tuple[int, int, list[float]]:
        """First moment and length of a step in milliseconds, and the mean number of busy slots of each step."""
        whole = 1 << self.level
        if not self.first_ms:
            return 0, whole, []
        numbers = range(self.first_ms >> self.level, (self.last_ms >> self.level) + 1)
        return numbers.start * whole, whole, [self._milliseconds.get(step, 0) / whole for step in numbers]

    def _make_room(self, first_ms: int, last_ms: int) -> int:
        """Make steps long enough to reach from one moment to another too; the number of the step of the first."""
        self.first_ms = min(self.first_ms or first_ms, first_ms)
        self.last_ms = max(self.last_ms, last_ms)
        shift = 0
        while (self.last_ms >> self.level + shift) - (self.first_ms >> self.level + shift) >= _MOST_STEPS:
            shift += 1
        if shift:
            finer, self._milliseconds = self._milliseconds, {}
            self.level += shift
            for step, busy in finer.items():
                self._milliseconds[step >> shift] = self._milliseconds.get(step >> shift, 0) + busy
        return first_ms >> self.level

    def _put(self, start: int, busy: list[int]) -> None:
        for step, milliseconds in enumerate(busy, start=start):
            if milliseconds:
                self._milliseconds[step] = self._milliseconds.get(step, 0) + milliseconds
