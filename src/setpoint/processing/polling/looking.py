"""Work of the kind `polling`: one look at a place, for all projects that run there. It is never done, only put off.

What it has to remember stands in its own payload: how far it looked, how often it failed, what it counted.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Any

from setpoint.errors import Conflict, NotFound, PlatformError, ServiceError
from setpoint.pace import LEAST_SECONDS, pause_seconds
from setpoint.processing.polling.bringing import BRINGING
from setpoint.processing.polling.hints import BY_THE_POLLER, key_of, moment
from setpoint.processing.polling.places import Found, Place
from setpoint.processing.worker import Postponed
from setpoint.store import Store
from setpoint.store.rows import ProjectRow, TaskRow, WorkspaceRow
from setpoint.store.tasks import POLLING, Change

__all__ = ["POLLING", "Opens", "Polling", "polled", "watch", "watch_all"]

LOGGER = logging.getLogger(__name__)
FAR = ("looked", "looked_ms")
"""What says in a mark how far was looked."""
Opens = Callable[[WorkspaceRow], Place]
"""Reaches a place. Raises InputError or PlatformError where it cannot be, with the reason."""


@dataclass(frozen=True)
class Polling:
    """Works on tasks of the kind `polling`."""

    store: Store
    opens: Opens
    interval_seconds: float
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    chance: SystemRandom = field(default_factory=SystemRandom)

    def __call__(self, task: TaskRow) -> tuple[Change, ...]:
        """Look once. Raises Postponed until the next look; ends where the place is no longer connected."""
        row = self.store.workspaces.get(task.account_id, str(task.payload["id"]))
        if row is None:
            return ()
        projects = self.store.projects.of_workspace(task.account_id, row.id)
        if not projects:
            # Nothing to look for: no call is made. Whoever comes later does not want all that was until then.
            self._note(task, self.clock(), mark={}, known=[])
            raise Postponed(self._usual_pause())
        raise Postponed(self._looked(task, row, projects))

    def give_up(self, task: TaskRow, error: str) -> tuple[Change, ...]:  # noqa: ARG002 - as handlers are called
        """It is begun anew by `watch_all`."""
        return ()

    def _looked(self, task: TaskRow, row: WorkspaceRow, projects: Sequence[ProjectRow]) -> float:
        """Seconds until the next look. Whatever is wrong with a place is its own: no other one is held up."""
        now, place = self.clock(), None
        try:
            place = self.opens(row)
            found, mark = place.look(self._mark(task, projects), projects)
        except Exception as error:  # noqa: BLE001 - a defect of one place must not end the looking at it
            return self._backed_off(task, row, error, now, 0 if place is None else place.calls)
        for each in found:
            self._ask_for(row, each, _why(task))
        counted = {"polls": _plus(1), "calls": _plus(place.calls)}
        known = sorted(project.id for project in projects)
        self._note(task, now, mark=mark, known=known, failures=0, not_before="", error="", **counted)
        return LEAST_SECONDS if self._is_hinted(task, now) else self._usual_pause()

    def _usual_pause(self) -> float:
        return pause_seconds(self.interval_seconds, 0, 0.0, self.chance)

    def _mark(self, task: TaskRow, projects: Sequence[ProjectRow]) -> Mapping[str, Any]:
        """How far was looked; for a project that is new here, as far back as at first."""
        mark: Mapping[str, Any] = task.payload.get("mark") or {}
        is_known = {project.id for project in projects} <= set(task.payload.get("known") or ())
        return mark if is_known else {name: value for name, value in mark.items() if name not in FAR}

    def _is_hinted(self, task: TaskRow, since: datetime) -> bool:
        """Whether a hint came while the look was made: what it hints at may have come after the list."""
        row = self.store.tasks.get(task.account_id, task.id)
        hinted = None if row is None else moment(row.payload, "hinted")
        return hinted is not None and hinted >= since

    def _ask_for(self, row: WorkspaceRow, found: Found, why: str) -> None:
        """Have a run brought, once, however often it is found."""
        payload = {"id": found.run_id, "place": row.id, "project": found.project.id, "told": dict(found.told)}
        key = f"{BRINGING}:{row.id}:{found.project.id}:{found.run_id}"
        if self.store.tasks.enqueue(BRINGING, payload, row.account_id, key) is not None:
            after = {"run": found.run_id, "place": row.id, "why": why}
            self.store.audit.add(row.account_id, BY_THE_POLLER, "run found", found.project.id, None, after)

    def _backed_off(self, task: TaskRow, row: WorkspaceRow, error: Exception, now: datetime, calls: int) -> float:
        failures = int(task.payload.get("failures") or 0) + 1
        after = float(getattr(error, "retry_after", 0.0) or 0.0)
        pause = pause_seconds(self.interval_seconds, failures, after, self.chance)
        is_known = isinstance(error, PlatformError | ServiceError | ValueError)
        words = str(error)[:500] if is_known else f"It failed on our side ({type(error).__name__})."
        LOGGER.warning("%s cannot be looked at: %s", row.id, words, exc_info=not is_known)
        if words != task.payload.get("error"):  # once, and not with every look
            self.store.audit.add(row.account_id, BY_THE_POLLER, "place not reached", row.id, None, {"reason": words})
        until = (now + timedelta(seconds=pause)).isoformat()
        counted = {"polls": _plus(1), "calls": _plus(calls), "back_offs": _plus(1)}
        self._note(task, now, failures=failures, not_before=until, error=words, **counted)
        return pause

    def _note(self, task: TaskRow, now: datetime, **said: Any) -> None:  # noqa: ANN401 - values or functions of them
        try:
            self.store.tasks.note(task.account_id, task.id, {"looked": now.isoformat(), **said})
        except NotFound:
            raise Conflict("The task is gone.") from None


def _why(task: TaskRow) -> str:
    """Why it was looked just now."""
    hinted, looked = (moment(task.payload, name) for name in ("hinted", "looked"))
    is_hinted = hinted is not None and (looked is None or hinted >= looked)
    return "it has ended; the platform called" if is_hinted else "it has ended; it was time to look"


def _plus(number: int) -> Callable[[Any], int]:
    return lambda before: int(before or 0) + number


def watch_all(store: Store) -> None:
    """Have each place that is connected looked at, from now on; also those whose looking was given up."""
    for account in store.accounts.list():
        for row in store.workspaces.list(account.id):
            watch(store, row)


def watch(store: Store, row: WorkspaceRow) -> None:
    """Have a place looked at from now on, if all is said that reaching it needs."""
    if not _is_connected(row):
        return
    key = key_of(row.id)
    if store.tasks.enqueue(POLLING, {"id": row.id}, row.account_id, key) is not None:
        return
    task = store.tasks.of_key(row.account_id, key)
    if task is not None and task.state in {"dead", "done"}:
        store.tasks.again(task)


def polled(store: Store) -> dict[str, int]:
    """What was counted of all places: looks, calls, and looks that failed and were put off."""
    kept = store.tasks.remembered(POLLING)
    return {what: sum(int(each.get(what) or 0) for each in kept) for what in ("polls", "calls", "back_offs")}


def _is_connected(row: WorkspaceRow) -> bool:
    settings: Mapping[str, Any] = row.settings
    if settings.get("kind") == "emr":
        return bool(settings.get("region"))
    return bool(settings.get("databricks_host")) and "databricks_token" in row.secrets
