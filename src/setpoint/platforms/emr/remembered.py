"""What is known of runs and asked for again and again: little of each, so that it is kept for hundreds of projects."""

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TypeVar

from setpoint.platforms.emr.sensor import Begun

__all__ = ["Remembered"]

T = TypeVar("T")
MOST = 20_000
"""What was forgotten is asked for again."""
LIVING = timedelta(minutes=5)
"""A run that lives may be resized, or turn out to be shared."""


class Remembered:
    """Runs by their ids: what the newest ones were asked to have, and how the last ones ended."""

    def __init__(self) -> None:
        self._begun: OrderedDict[str, tuple[Begun, datetime | None]] = OrderedDict()
        self._failed: OrderedDict[str, bool] = OrderedDict()

    def begun(self, run_id: str, now: datetime) -> Begun | None:
        """What is known of a run that has begun; None where it has to be asked for."""
        known, until = self._begun.get(run_id, (None, None))
        return known if until is None or now < until else None

    def begin(self, run: Begun, now: datetime, *, is_over: bool) -> None:
        """Keep what a run has, for good where it is over."""
        _put(self._begun, run.id, (run, None if is_over else now + LIVING))

    def has_failed(self, run_id: str) -> bool | None:
        """How a run ended; None where it has to be asked for."""
        return self._failed.get(run_id)

    def end(self, run_id: str, *, has_failed: bool) -> None:
        """Keep how a run ended."""
        _put(self._failed, run_id, has_failed)


def _put(kept: OrderedDict[str, T], key: str, value: T) -> None:
    kept[key] = value
    while len(kept) > MOST:
        kept.popitem(last=False)
