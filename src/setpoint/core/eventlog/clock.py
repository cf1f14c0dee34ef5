"""Moments on the driver's clock: which of them can be, and seconds since the application started."""

from collections.abc import Iterable

__all__ = ["LAST_MOMENT_MS", "Clock", "plausible"]

LAST_MOMENT_MS = 4_102_444_800_000
"""The year 2100: later moments cannot be."""


def plausible(moment_ms: int | None) -> int | None:
    """A moment as the log has it; None for one that cannot be."""
    return moment_ms if moment_ms is not None and 0 < moment_ms < LAST_MOMENT_MS else None


class Clock:
    """The driver's clock: which moments the log shows, and seconds since the application started."""

    def __init__(self, moments_ms: Iterable[int | None] = ()) -> None:
        self.first_ms: int | None = None
        self.last_ms: int | None = None
        self.ran_backwards = False
        self.start_ms = 0
        """Origin of all seconds."""
        for moment_ms in moments_ms:
            self.see(moment_ms)

    def see(self, moment_ms: int | None) -> int | None:
        """Take note of a moment; None for one that cannot be."""
        if moment_ms is None or not 0 < moment_ms < LAST_MOMENT_MS:
            return None
        if self.last_ms is None or moment_ms > self.last_ms:
            self.last_ms = moment_ms
        if self.first_ms is None or moment_ms < self.first_ms:
            self.first_ms = moment_ms
        return moment_ms

    def start(self, logged_ms: int | None) -> int:
        """Set the origin: the logged start, or the first moment seen."""
        self.start_ms = plausible(logged_ms) or self.first_ms or 0
        return self.start_ms

    def end(self, logged_ms: int | None) -> int:
        """The logged end, or the last moment seen."""
        if logged_ms is not None and logged_ms < self.start_ms:
            self.ran_backwards = True
            logged_ms = None
        return logged_ms or self.last_ms or self.start_ms

    def seconds(self, moment_ms: float | None) -> float:
        """Seconds since the origin, never negative."""
        return max(0, (moment_ms or self.start_ms) - self.start_ms) / 1000

    def span(self, first_ms: int | None, last_ms: int | None) -> tuple[float, float]:
        """Two moments as seconds, the second never before the first."""
        first, last = self.seconds(first_ms), self.seconds(last_ms)
        if last < first:
            self.ran_backwards = True
        return first, max(first, last)
