"""A worker: leases a piece of work, does it, writes what came of it; until it is told to stop."""

import logging
import math
import os
import socket
import time
from collections.abc import Callable, Mapping
from threading import Event, Thread
from typing import Protocol

from setpoint.errors import Conflict, LedgerError, ServiceError
from setpoint.logbook import about
from setpoint.store.rows import TaskRow
from setpoint.store.tasks import MOST_ATTEMPTS, Change, Tasks
from setpoint.tracing import working

__all__ = ["Handler", "Postponed", "Worker"]

LOGGER = logging.getLogger(__name__)
LEASE_SECONDS = 60.0
IDLE_SECONDS = 0.25
LOOK_ROUND_SECONDS = 600.0


class Postponed(Exception):  # noqa: N818 - reads as a statement
    """It cannot be done yet, through no fault of its own; it is looked at again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not before {seconds:.0f} s have passed")
        self.seconds = seconds


class Handler(Protocol):
    """Does one kind of work, as often as it is asked to."""

    def __call__(self, task: TaskRow) -> tuple[Change, ...]:
        """What comes of it. Raises Postponed where it is too early; anything else raised has it tried again."""
        ...

    def give_up(self, task: TaskRow, error: str) -> tuple[Change, ...]:
        """What comes of it where it is tried no more."""
        ...


class Worker:
    """One of any number, over one queue. Leaves alone what it has no handler for."""

    def __init__(
        self,
        tasks: Tasks,
        handlers: Mapping[str, Handler],
        lease_seconds: float = LEASE_SECONDS,
        now_and_then: Callable[[], None] = lambda: None,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._tasks, self._handlers, self._lease, self._idle = tasks, handlers, lease_seconds, idle_seconds
        self._now_and_then, self._last = now_and_then, -math.inf
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._stopping = Event()

    def stop(self) -> None:
        """End after the work at hand."""
        self._stopping.set()

    def run(self) -> None:
        """Work until stopped. A database that does not answer is asked again."""
        while not self._stopping.is_set():
            try:
                self._look_round()
                idle = not self.once()
            except LedgerError as error:
                LOGGER.warning("the queue cannot be read: %s", error)
                idle = True
            if idle:
                self._stopping.wait(self._idle)

    def _look_round(self) -> None:
        """Do what is to be done now and then, if it is some minutes ago."""
        if time.monotonic() - self._last >= LOOK_ROUND_SECONDS:
            self._last = time.monotonic()
            self._now_and_then()

    def once(self) -> bool:
        """Do one piece of work; whether there was one."""
        task = self._tasks.lease(self._name, self._lease, tuple(self._handlers))
        if task is None:
            return False
        handler, ended = self._handlers[task.kind], Event()
        beat = Thread(target=self._hold, args=(task, ended), daemon=True)
        beat.start()
        try:
            with about(**_facts(task)):
                self._timed(task, handler)
        finally:
            ended.set()
            beat.join()
        return True

    def _timed(self, task: TaskRow, handler: Handler) -> None:
        begun = time.perf_counter()
        try:
            became = self._work(task, handler)
        except Conflict as error:
            LOGGER.warning("task %s: %s", task.id, error)
            became = "lost"
        facts = {"became": became, "milliseconds": round((time.perf_counter() - begun) * 1000, 1)}
        LOGGER.log(
            logging.DEBUG if became == "postponed" else logging.INFO, "%s %s", task.kind, became, extra={"facts": facts}
        )

    def _work(self, task: TaskRow, handler: Handler) -> str:
        """Do it; what became of it, in a word."""
        if task.attempts > MOST_ATTEMPTS:
            error = "Whoever worked on it did not live to its end, time after time."
            self._tasks.failed(task, error, *handler.give_up(task, error))
            return "given up"
        try:
            with working(task.kind, _facts(task), task.payload.get("trace")):
                changes = handler(task)
        except Postponed as wait:
            self._tasks.release(task, wait.seconds)
            return "postponed"
        except Exception as error:
            is_elsewhere = isinstance(error, ServiceError)
            LOGGER.warning("task %s failed%s", task.id, f": {error}" if is_elsewhere else "", exc_info=not is_elsewhere)
            words = str(error) if is_elsewhere else f"It failed on our side ({type(error).__name__})."
            is_over = self._tasks.failed(task, words, *handler.give_up(task, words))
            return "given up" if is_over else "failed"
        self._tasks.done(task, *changes)
        return "done"

    def _hold(self, task: TaskRow, ended: Event) -> None:
        while not ended.wait(self._lease / 3):
            try:
                self._tasks.extend(task, self._lease)
            except Conflict:
                return
            except LedgerError as error:
                LOGGER.warning("task %s could not be held: %s", task.id, error)


def _facts(task: TaskRow) -> dict[str, object]:
    """What the log says of it; what was asked, and by which request, is in its payload."""
    asked = task.payload
    return {
        "task": task.id,
        "kind": task.kind,
        "attempt": task.attempts,
        "account": task.account_id,
        "subject": asked.get("id"),
        "project": asked.get("project"),
        "request": asked.get("request"),
    }
