"""A submission: the log and the report of one run are recorded in its project's history, and the next is decided."""

import hashlib
from datetime import UTC, datetime

from setpoint.artefacts import Artefacts
from setpoint.core.configurations import reported_run
from setpoint.core.profile import Profile
from setpoint.errors import InputError, UnknownProject
from setpoint.intake import Fetching, fetch
from setpoint.processing.control import Control
from setpoint.processing.logs import log_of, named_after, profile_of
from setpoint.store import Store
from setpoint.store.rows import ProjectRow, SubmissionRow, TaskRow
from setpoint.store.tasks import Change

__all__ = ["Submitting"]

_DIGEST_BYTES = 4
_DELETED = "The project was deleted."


class Submitting:
    """Works on tasks of the kind `submission`. A run that is submitted twice is recorded once."""

    def __init__(self, store: Store, artefacts: Artefacts, control: Control, fetching: Fetching = fetch) -> None:
        self._store, self._artefacts, self._control, self._fetching = store, artefacts, control, fetching

    def __call__(self, task: TaskRow) -> tuple[Change, ...]:
        """What becomes of the submission; what cannot be used is a failure that no second try mends."""
        row = self._store.submissions.find(task.account_id, str(task.payload["id"]))
        project = None if row is None else self._store.projects.get(task.account_id, row.project_id)
        if row is None or project is None:
            return self.give_up(task, _DELETED)
        try:
            file_name = self._taken_in(row, project)
            self._recorded(row, project)
        except InputError as error:
            return self.give_up(task, str(error))
        except UnknownProject:
            return self.give_up(task, _DELETED)
        done = {"state": "SUCCESS", "error": None, "event_log": file_name}
        return (Change("submissions", row.id, done),)

    def _recorded(self, row: SubmissionRow, project: ProjectRow) -> None:
        """Have the run recorded and decided upon. Raises InputError where it cannot be measured."""
        loop = self._control.loop_of(row)
        try:
            loop.tick(project.stream)
        except InputError:
            # It may be another run that cannot be measured; whoever brought that one is told.
            known = {run.id for run in loop.state(project.stream).history.runs}
            found = self._store.submissions.find(row.account_id, row.id)
            if found is None or found.run_id not in known:
                raise

    def give_up(self, task: TaskRow, error: str) -> tuple[Change, ...]:
        """What becomes of it where nothing came of the last try: it counts as no run."""
        failed = {"state": "FAILURE", "error": error, "run_id": None}
        return (Change("submissions", str(task.payload["id"]), failed),)

    def _taken_in(self, row: SubmissionRow, project: ProjectRow) -> str:
        """Look at all of it before anything is written; from then on it counts as a run of its project."""
        self._control.check(row)
        upload = log_of(self._store, self._artefacts, self._fetching, row)
        profile = profile_of(self._artefacts, upload)
        self._control.enrol(project, row)
        self._store.submissions.accept(row.account_id, row.id, _run_id(profile, row), _began(row))
        return upload.file_name


def _began(row: SubmissionRow) -> datetime:
    """By its report; no run begins after it was submitted, whatever a clock elsewhere says."""
    return min(datetime.fromtimestamp(reported_run(row.report, row.product_code).began, UTC), row.created_at)


def _run_id(profile: Profile, row: SubmissionRow) -> str:
    """The same for the same run, however often it is submitted; of another run on the same cluster another one."""
    application, reported = profile.application, reported_run(row.report, row.product_code)
    facts = (
        reported.cluster_id,
        application.attempt,
        application.started_epoch_seconds,
        profile.wall_seconds,
        reported.began,
        reported.ended,
        sorted(use.instance_type for use in reported.usage.machines),
    )
    digest = hashlib.blake2b(repr(facts).encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{named_after(application.id)}-{digest}"
