"""A prediction: the log and the report of one run become three solutions, and the run counts for its project."""

from contextlib import suppress
from typing import Any

from setpoint.artefacts import Artefacts
from setpoint.core.solutions import Unsolvable, as_data, place_of, solve
from setpoint.errors import Conflict, InputError
from setpoint.intake import Fetching, fetch
from setpoint.platforms.pushed import BookOf
from setpoint.processing.logs import log_of, profile_of
from setpoint.store import Store
from setpoint.store.rows import PredictionRow, TaskRow
from setpoint.store.tasks import Change

__all__ = ["Predicting"]


class Predicting:
    """Works on tasks of the kind `prediction`. Writes nothing itself: what came of it is its answer."""

    def __init__(self, store: Store, artefacts: Artefacts, book_of: BookOf, fetching: Fetching = fetch) -> None:
        self._store, self._artefacts, self._book_of, self._fetching = store, artefacts, book_of, fetching

    def __call__(self, task: TaskRow) -> tuple[Change, ...]:
        """What becomes of the prediction; what cannot be used is a failure that no second try mends."""
        identity = str(task.payload["id"])
        row = self._store.predictions.get(task.account_id, identity)
        if row is None:
            return ()
        try:
            values = self._values(row)
        except InputError as error:
            return self.give_up(task, str(error))
        self._submit(row, task)
        return (Change("predictions", identity, values),)

    def give_up(self, task: TaskRow, error: str) -> tuple[Change, ...]:
        """What becomes of it where nothing came of the last try."""
        return (Change("predictions", str(task.payload["id"]), {"state": "FAILURE", "error": error}),)

    def _values(self, row: PredictionRow) -> dict[str, Any]:
        upload = log_of(self._store, self._artefacts, self._fetching, row)
        profile = profile_of(self._artefacts, upload)
        book = self._book_of(*place_of(row.report, row.product_code))
        solved = solve(profile, row.report, row.product_code, book)
        known = {"event_log": upload.file_name, "application_name": profile.application.name}
        if isinstance(solved, Unsolvable):
            return {**known, "state": "FAILURE", "error": " ".join(solved.reasons)}
        return {**known, "state": "SUCCESS", "error": None, "solution": as_data(solved)}

    def _submit(self, row: PredictionRow, task: TaskRow) -> None:
        """Have the run recorded in the history of its project, under the same id; once, however often we come here."""
        if row.project_id is None:
            return
        with suppress(Conflict):
            self._store.submissions.add(
                row.account_id,
                row.project_id,
                product_code=row.product_code,
                report=row.report,
                event_log_url=row.event_log_url,
                identity=row.id,
            )
        asked = {**task.payload, "id": row.id, "project": row.project_id}
        self._store.tasks.enqueue("submission", asked, row.account_id, f"submission:{row.id}")
