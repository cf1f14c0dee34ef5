"""Work of the kind `bringing`: report and log of a run that has ended become a submission, as a client would send it.

From there on it goes the way of all submissions, and is looked at, kept, shown and tried again like them.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryFile
from typing import IO
from uuid import NAMESPACE_URL, uuid5

from setpoint.artefacts import Artefacts
from setpoint.errors import Conflict, InputError, NotFound, PlatformError
from setpoint.processing.polling.hints import BY_THE_POLLER, key_of
from setpoint.processing.polling.places import Brought, Place, TooEarly
from setpoint.processing.worker import Postponed
from setpoint.store import Store
from setpoint.store.rows import ProjectRow, TaskRow, WorkspaceRow
from setpoint.store.shelf import GONE
from setpoint.store.tasks import Change

__all__ = ["BRINGING", "Bringing"]

BRINGING = "bringing"
SUBMISSION = "submission"
TRIED_FOR = timedelta(days=1)
"""A platform that is down, or a permission that is missing, may be mended so long."""
_LEAST_SECONDS, _LONGEST_SECONDS = 30.0, 1800.0


class Bringing:
    """Works on tasks of the kind `bringing`."""

    def __init__(
        self,
        store: Store,
        artefacts: Artefacts,
        opens: Callable[[WorkspaceRow], Place],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store, self._artefacts, self._opens, self._clock = store, artefacts, opens, clock

    def __call__(self, task: TaskRow) -> tuple[Change, ...]:
        """Bring it. Raises Postponed while its log is on its way; what cannot be brought for good is told and ended."""
        asked = task.payload
        project = self._store.projects.get(task.account_id, str(asked["project"]))
        row = self._store.workspaces.get(task.account_id, str(asked["place"]))
        if project is None or row is None:
            return ()
        identity = submission_id(task)
        if self._store.submissions.find(task.account_id, identity) is None or not self._is_whole(task, identity):
            self._bring(task, row, project, identity)
        # The run is in its submission now; a task is kept for ever.
        self._store.tasks.note(task.account_id, task.id, {"told": GONE})
        return ()

    def give_up(self, task: TaskRow, error: str) -> tuple[Change, ...]:
        """Said where people look."""
        self._say(task, "run not brought", {"reason": error})
        return ()

    def _is_whole(self, task: TaskRow, identity: str) -> bool:
        """Whether the submission is there with its work: we may have been killed in between."""
        return self._store.tasks.of_key(task.account_id, f"{SUBMISSION}:{identity}") is not None

    def _bring(self, task: TaskRow, row: WorkspaceRow, project: ProjectRow, identity: str) -> None:
        with TemporaryFile(prefix="setpoint-brought-") as file:
            brought = self._from_place(task, row, project, file)
            if brought is None:
                return
            self._submit(task, project, identity, brought, file)
        after = {"run": task.payload["id"], "submission": identity}
        if brought.without_log:
            after["without_log"] = brought.without_log
        self._say(task, "run brought", after)

    def _from_place(self, task: TaskRow, row: WorkspaceRow, project: ProjectRow, file: IO[bytes]) -> Brought | None:
        place = None
        try:
            place = self._opens(row)
            return place.bring(project, task.payload["told"], file)
        except TooEarly as early:
            raise Postponed(early.seconds) from None
        except InputError as error:
            self._say(task, "run not brought", {"reason": str(error)})
            return None
        except PlatformError as error:
            age = self._clock() - task.created_at
            if age < TRIED_FOR:
                pause = max(_LEAST_SECONDS, min(_LONGEST_SECONDS, age.total_seconds() / 4))
                raise Postponed(max(pause, float(getattr(error, "retry_after", 0.0) or 0.0))) from None
            self._say(task, "run not brought", {"reason": str(error)})
            return None
        finally:
            if place is not None and place.calls:
                self._count(task, row, place.calls)

    def _submit(self, task: TaskRow, project: ProjectRow, identity: str, brought: Brought, file: IO[bytes]) -> None:
        account, store = task.account_id, self._store
        with suppress(Conflict):  # it was begun before
            store.submissions.add(
                account, project.id, product_code=brought.product_code, report=brought.report, identity=identity
            )
        if brought.file_name and store.uploads.get(account, identity) is None:
            file.seek(0)
            artefact = self._artefacts.write(file, brought.file_name)
            try:
                store.uploads.add(account, identity, artefact=artefact, file_name=brought.file_name)
            except Conflict:
                self._artefacts.remove(artefact)
        payload = {"id": identity, "project": project.id, "without_log": brought.without_log or None}
        store.tasks.enqueue(SUBMISSION, payload, account, f"{SUBMISSION}:{identity}")

    def _count(self, task: TaskRow, row: WorkspaceRow, calls: int) -> None:
        polling = self._store.tasks.of_key(task.account_id, key_of(row.id))
        if polling is None:
            return
        try:
            self._store.tasks.note(task.account_id, polling.id, {"calls": lambda n: int(n or 0) + calls})
        except NotFound:
            return

    def _say(self, task: TaskRow, action: str, after: dict[str, object]) -> None:
        project, run = str(task.payload["project"]), task.payload["id"]
        self._store.audit.add(task.account_id, BY_THE_POLLER, action, project, None, {"run": run, **after})


def submission_id(task: TaskRow) -> str:
    """The same for the same run of the same project, however often it is brought."""
    asked = task.payload
    return str(uuid5(NAMESPACE_URL, f"setpoint:{task.account_id}:{asked['place']}:{asked['project']}:{asked['id']}"))
