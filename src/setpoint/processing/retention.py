"""How long event logs are kept: their bytes go when their time is over, their names and what came of them stay."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from setpoint.artefacts import Artefacts
from setpoint.store import Store
from setpoint.store.rows import TaskRow
from setpoint.store.tasks import NOBODY, Change

__all__ = ["TIDYING", "Pruned", "Tidying", "prune", "tidy_daily"]

LOGGER = logging.getLogger(__name__)
TIDYING = "tidying"
ORPHANED_AFTER = timedelta(days=1)
"""What is nobody's for so long was written by a process that was killed before it could say whose it is."""
FORGOTTEN_AFTER = timedelta(days=2)
"""Work that nobody asked for, once it is done. Its key says that it was done that day, so it is kept for longer."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed, or would be."""

    logs: int
    log_bytes: int
    orphans: int
    orphan_bytes: int


def prune(
    store: Store, artefacts: Artefacts, now: datetime, older_than: timedelta | None, *, is_dry_run: bool = False
) -> Pruned:
    """Remove logs that arrived before that and whose run was looked at, and what is nobody's; no log where None.

    The row is changed first: what is killed in between leaves bytes that are nobody's, and they go the next time.
    """
    logs = log_bytes = 0
    after = ""
    while older_than is not None and (rows := store.uploads.prunable(now - older_than, after, _AT_ONCE)):
        for row in rows:
            size_bytes = artefacts.size_bytes(row.artefact)
            if not is_dry_run:
                if not store.uploads.prune(row):
                    continue  # it is looked at again since
                artefacts.remove(row.artefact)
            logs, log_bytes = logs + 1, log_bytes + size_bytes
        after = rows[-1].id
    orphans, orphan_bytes = _remove_orphans(store, artefacts, now, is_dry_run=is_dry_run)
    return Pruned(logs, log_bytes, orphans, orphan_bytes)


def _remove_orphans(store: Store, artefacts: Artefacts, now: datetime, *, is_dry_run: bool) -> tuple[int, int]:
    number = total_bytes = 0
    for shelf in artefacts.shelves():
        owned = store.uploads.artefacts(shelf)
        for stored in artefacts.on(shelf):
            if stored.artefact in owned or now - stored.changed_at < ORPHANED_AFTER:
                continue
            number, total_bytes = number + 1, total_bytes + stored.size_bytes
            if not is_dry_run:
                artefacts.discard(stored)
    return number, total_bytes


class Tidying:
    """Works on tasks of the kind `tidying`, which nobody asked for."""

    def __init__(self, store: Store, artefacts: Artefacts, keep_days: float) -> None:
        self._store, self._artefacts = store, artefacts
        self._older_than = timedelta(days=keep_days) if keep_days else None

    def __call__(self, task: TaskRow) -> tuple[Change, ...]:  # noqa: ARG002 - as handlers are called
        """Nothing is told of it but in the log."""
        now = datetime.now(UTC)
        pruned = prune(self._store, self._artefacts, now, self._older_than)
        # Work of an account is its history; ours is not, and a link to sign in lasts for minutes.
        self._store.tasks.forget(NOBODY, now - FORGOTTEN_AFTER)
        self._store.once.forget(now - FORGOTTEN_AFTER)
        LOGGER.info(
            "removed %d logs and %d files that were nobody's (%d bytes)",
            pruned.logs,
            pruned.orphans,
            pruned.log_bytes + pruned.orphan_bytes,
        )
        return ()

    def give_up(self, task: TaskRow, error: str) -> tuple[Change, ...]:  # noqa: ARG002 - as handlers are called
        """Tomorrow is another day."""
        return ()


def tidy_daily(store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    """Have it done once a day, however many workers there are."""
    store.tasks.enqueue(TIDYING, {}, NOBODY, f"{TIDYING}:{clock():%Y-%m-%d}")
