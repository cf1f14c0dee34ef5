"""What clients submitted, as the platform of pushed runs looks at it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from setpoint.artefacts import Artefacts
from setpoint.core.domain import ClusterSpec
from setpoint.errors import EventLogError, LedgerError, PlatformError, UnknownProject
from setpoint.platforms.pushed import PushedRun, Recommended
from setpoint.processing.logs import opened, parts_of
from setpoint.store import Store
from setpoint.store.rows import AcceptedRow, ProjectRow

__all__ = ["StoredPushes"]


class StoredPushes:
    """The `Pushes` of one account."""

    def __init__(self, store: Store, artefacts: Artefacts, account: str, clock: Callable[[], datetime]) -> None:
        self._store, self._artefacts, self._account, self._clock = store, artefacts, account, clock

    def runs(self, project: str) -> Sequence[PushedRun]:
        """See Pushes: the submissions that were taken in."""
        return [PushedRun(row.run_id, row.product_code, row.created_at) for row in self._accepted(project)]

    def report(self, project: str, run_id: str) -> Mapping[str, object]:
        """See Pushes."""
        accepted = self._row(project, run_id)
        row = None if accepted is None else self._store.submissions.find(self._account, accepted.id)
        if row is None:
            raise PlatformError(f"No submission of the project holds a run {run_id}.")
        return row.report

    def event_log(self, project: str, run_id: str) -> Iterable[Iterable[bytes]]:
        """See Pushes: of several applications in an upload the one that the run is named after."""
        row = self._row(project, run_id)
        upload = None if row is None else self._store.uploads.get(self._account, row.id)
        if upload is None:
            raise EventLogError("The event log of this run was not kept.")

        def parts() -> Iterator[Iterable[bytes]]:
            with opened(self._artefacts, upload) as path:
                yield from parts_of(path, run_id)

        return parts()

    def recommended(self, project: str) -> Recommended | None:
        """See Pushes."""
        found = self._store.enrolments.get(self._account, self._project(project).id)
        if found is None or found.left_spec is None or found.left_at is None:
            return None
        try:
            return Recommended(msgspec.convert(found.left_spec, ClusterSpec), found.left_at)
        except msgspec.ValidationError as error:
            raise LedgerError(f"The cluster that was left for project {project} cannot be read: {error}.") from error

    def recommend(self, project: str, spec: ClusterSpec, *, replaces: Recommended | None) -> bool:
        """See Pushes."""
        return self._store.enrolments.leave(
            self._account,
            self._project(project).id,
            msgspec.to_builtins(spec),
            self._clock(),
            replaces=None if replaces is None else replaces.at,
        )

    def _accepted(self, project: str) -> Sequence[AcceptedRow]:
        return self._store.submissions.accepted(self._account, self._project(project).id)

    def _row(self, project: str, run_id: str) -> AcceptedRow | None:
        return next((row for row in self._accepted(project) if row.run_id == run_id), None)

    def _project(self, stream: str) -> ProjectRow:
        found = self._store.projects.of_stream(self._account, stream)
        if found is None:
            raise UnknownProject(f"There is no project {stream} in this account.")
        return found
