"""What was begun and would wait for ever: asked for again where all is here, given up where its log never came."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from setpoint.store import Store
from setpoint.store.rows import TaskRow
from setpoint.store.stragglers import KINDS
from setpoint.store.tasks import NOBODY, Change

__all__ = ["SWEEPING", "Sweeping", "sweep_hourly"]

SWEEPING = "sweeping"
SETTLED = timedelta(minutes=10)
"""What is younger is on its way."""
LATE = timedelta(hours=7)
"""A log may be brought for six hours."""
_NEVER_CAME = "The event log of this run never arrived: bring the run again, and upload its log."


class Sweeping:
    """Works on tasks of the kind `sweeping`, which nobody asked for."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store, self._clock = store, clock

    def __call__(self, task: TaskRow) -> tuple[Change, ...]:  # noqa: ARG002 - as handlers are called
        """Look at all that waits."""
        now = self._clock()
        for kind in KINDS:
            for found in self._store.stragglers.of(kind, now - SETTLED):
                if found.is_ready:
                    payload = {"id": found.id, "project": found.project_id}
                    self._store.tasks.enqueue(kind, payload, found.account_id, f"{kind}:{found.id}")
                elif found.created_at < now - LATE:
                    self._store.stragglers.fail(kind, found, _NEVER_CAME)
        return ()

    def give_up(self, task: TaskRow, error: str) -> tuple[Change, ...]:  # noqa: ARG002 - as handlers are called
        """In an hour it is looked at again."""
        return ()


def sweep_hourly(store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    """Have it done once an hour, however many workers there are."""
    store.tasks.enqueue(SWEEPING, {}, NOBODY, f"{SWEEPING}:{clock():%Y-%m-%dT%H}")
