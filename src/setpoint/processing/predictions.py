"""A prediction: the log and the report of one run become three solutions."""

from collections.abc import Callable
from typing import Any

from setpoint.artefacts import Artefacts
from setpoint.core.pricebook import Cloud, PriceBook
from setpoint.core.solutions import Unsolvable, as_data, place_of, solve
from setpoint.errors import InputError
from setpoint.processing.logs import profile_of
from setpoint.store import Store
from setpoint.store.rows import PredictionRow, TaskRow, UploadRow
from setpoint.store.tasks import Change

__all__ = ["BookOf", "Predicting"]

BookOf = Callable[[Cloud, str], PriceBook]


class Predicting:
    """Works on tasks of the kind `prediction`. Writes nothing itself: what came of it is its answer."""

    def __init__(self, store: Store, artefacts: Artefacts, book_of: BookOf) -> None:
        self._store, self._artefacts, self._book_of = store, artefacts, book_of

    def __call__(self, task: TaskRow) -> tuple[Change, ...]:
        """What becomes of the prediction; what cannot be used is a failure that no second try mends."""
        identity = str(task.payload["id"])
        row = self._store.predictions.get(task.account_id, identity)
        if row is None:
            return ()
        try:
            return (Change("predictions", identity, self._values(row)),)
        except InputError as error:
            return self.give_up(task, str(error))

    def give_up(self, task: TaskRow, error: str) -> tuple[Change, ...]:
        """What becomes of it where nothing came of the last try."""
        return (Change("predictions", str(task.payload["id"]), {"state": "FAILURE", "error": error}),)

    def _values(self, row: PredictionRow) -> dict[str, Any]:
        upload = self._uploaded(row)
        profile = profile_of(self._artefacts, upload)
        book = self._book_of(*place_of(row.report, row.product_code))
        solved = solve(profile, row.report, row.product_code, book)
        known = {"event_log": upload.file_name, "application_name": profile.application.name}
        if isinstance(solved, Unsolvable):
            return {**known, "state": "FAILURE", "error": " ".join(solved.reasons)}
        return {**known, "state": "SUCCESS", "error": None, "solution": as_data(solved)}

    def _uploaded(self, row: PredictionRow) -> UploadRow:
        upload = self._store.uploads.get(row.account_id, row.id)
        if upload is None:
            raise InputError("Event logs are taken as uploads only: ask again without an address, and upload the log.")
        return upload
