"""Waiting for something elsewhere: ever more seldom, told to whoever waits, and no longer than it may take."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from setpoint.errors import PlatformError

__all__ = ["Waiter"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Waiter:
    """How it is waited."""

    say: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    first_seconds: float = 2.0
    longest_seconds: float = 30.0
    """Between two looks; they grow by half from the first on."""

    def until(
        self,
        look: Callable[[], T],
        is_there: Callable[[T], bool],
        words: Callable[[T], str],
        most_seconds: float = float("inf"),
    ) -> T:
        """Look until it is there; what was seen then.

        Args:
            look: asks.
            is_there: whether this is what was waited for.
            words: what to say of what is seen instead.
            most_seconds: after which it is given up.

        Raises:
            PlatformError: it was not there in time.
        """
        began, pause, said = self.clock(), self.first_seconds, ""
        while True:
            found = look()
            if is_there(found):
                return found
            now, passed = words(found), self.clock() - began
            if passed >= most_seconds:
                raise PlatformError(f"{now}, after {passed:.0f} seconds; ask again later.")
            if now != said or pause >= self.longest_seconds:
                self.say(f"{now} ({passed:.0f} s)")
            said = now
            self.sleep(min(pause, max(0.1, most_seconds - passed)))
            pause = min(pause * 1.5, self.longest_seconds)

    def sleeping(self, words: str) -> Callable[[float], None]:
        """A `sleep` that says what is waited for."""
        began = self.clock()

        def sleep(seconds: float) -> None:
            self.say(f"{words} ({self.clock() - began:.0f} s)")
            self.sleep(seconds)

        return sleep
