"""Answers that wait a little for work that is underway.

Existing clients look every ten seconds whether it is done. Most work takes less than two, so whoever looks too early is
answered when it is done, and not sent away for ten seconds more.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from starlette.concurrency import run_in_threadpool

from setpoint.store import Store
from setpoint.store.rows import TaskRow

__all__ = ["Patience"]

LOOK_AGAIN_SECONDS = 0.1
MOST_WAITING = 64
"""Of answers that wait at once; whoever else looks is told at once how it stands."""
FRESH = timedelta(seconds=30)
"""What was asked for longer ago and nobody works on waits for something else than us."""
_FINAL = frozenset({"SUCCESS", "FAILURE"})


class _Progressing(Protocol):
    @property
    def account_id(self) -> str: ...

    @property
    def id(self) -> str: ...

    @property
    def state(self) -> str: ...


Row = TypeVar("Row", bound=_Progressing)


class Patience:
    """How long answers wait."""

    def __init__(self, store: Store, seconds: float, clock: Callable[[], datetime]) -> None:
        self._store, self._seconds, self._clock = store, seconds, clock
        self._waiting = 0

    async def settled(self, kind: str, row: Row, read: Callable[[], Row | None]) -> Row:
        """The row as it is when its work is done, or when patience has an end."""
        if self._seconds <= 0 or row.state in _FINAL or self._waiting >= MOST_WAITING:
            return row
        self._waiting += 1
        try:
            return await self._watched(f"{kind}:{row.id}", row, read)
        finally:
            self._waiting -= 1

    async def _watched(self, key: str, row: Row, read: Callable[[], Row | None]) -> Row:
        end = time.monotonic() + self._seconds
        while row.state not in _FINAL and time.monotonic() < end:
            task = await run_in_threadpool(self._store.tasks.of_key, row.account_id, key)
            if task is None or not self._is_underway(task):
                break
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            found: Row | None = await run_in_threadpool(read)
            row = found or row
        return row

    def _is_underway(self, task: TaskRow) -> bool:
        """Whether it is worked on for the first time, or about to be."""
        is_due = task.state == "waiting" and self._clock() - task.created_at < FRESH
        return task.attempts <= 1 and (is_due or task.state == "leased")
