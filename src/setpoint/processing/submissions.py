"""A submission: the log and the report of one run are recorded in its project's history, and the next is decided."""

import hashlib
from datetime import UTC, datetime
from functools import partial

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
NO_LOG = "no-log"
"""In the place of the application, of a run that left no log."""
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
            file_name = self._taken_in(row, project, str(task.payload.get("without_log") or ""))
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

    def _taken_in(self, row: SubmissionRow, project: ProjectRow, without_log: str) -> str | None:
        """Look at all of it before anything is written; from then on it counts as a run of its project.

        A run that is known to have left no log is a run all the same: it happened, and it cost.
        """
        self._control.check(row)
        upload = None if without_log else log_of(self._store, self._artefacts, self._fetching, row)
        profile = None if upload is None else profile_of(self._artefacts, upload)
        self._control.enrol(project, row)
        run_id = _run_id(profile, row)
        self._store.submissions.accept(row.account_id, row.id, run_id, _began(row), partial(is_same_run, row, run_id))
        return None if upload is None else upload.file_name


def _began(row: SubmissionRow) -> datetime:
    """By its report; no run begins after it was submitted, whatever a clock elsewhere says."""
    return min(datetime.fromtimestamp(reported_run(row.report, row.product_code).began, UTC), row.created_at)


def _run_id(profile: Profile | None, row: SubmissionRow) -> str:
    """The same for the same run, however often it is submitted; of another run on the same cluster another one."""
    reported = reported_run(row.report, row.product_code)
    logged = () if profile is None else (profile.application.attempt, profile.application.started_epoch_seconds)
    facts = (
        reported.cluster_id,
        *logged,
        None if profile is None else profile.wall_seconds,
        reported.began,
        reported.ended,
        sorted(use.instance_type for use in reported.usage.machines),
    )
    digest = hashlib.blake2b(repr(facts).encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{NO_LOG if profile is None else named_after(profile.application.id)}-{digest}"


def is_same_run(row: SubmissionRow, run_id: str, other: SubmissionRow) -> bool:
    """Whether another submission tells of the same run, in other words.

    Who polls and who submits read the platform at other moments, with and without the instances. What they cannot
    differ in is the cluster, the application on it, and when that was: most of the shorter of both times is in both.
    """
    name, its_name = (text.rpartition("-")[0] for text in (run_id, other.run_id or ""))
    if NO_LOG not in {name, its_name} and name != its_name:
        return False
    mine, theirs = (reported_run(each.report, each.product_code) for each in (row, other))
    if not mine.cluster_id or mine.cluster_id != theirs.cluster_id:
        return False
    shared = min(mine.ended, theirs.ended) - max(mine.began, theirs.began)
    shorter = min(mine.ended - mine.began, theirs.ended - theirs.began)
    return shared > shorter / 2 or (mine.began, mine.ended) == (theirs.began, theirs.ended)
