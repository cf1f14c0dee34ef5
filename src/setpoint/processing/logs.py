"""Event logs that were brought or are to be fetched: into the artefacts, and from there into profiles."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory, TemporaryFile

from setpoint.artefacts import ArtefactId, Artefacts
from setpoint.core.profile import Profile
from setpoint.errors import Conflict, EventLogError, InputError
from setpoint.intake import Fetching
from setpoint.sources import Log, find_logs, read_profiles
from setpoint.store import Store
from setpoint.store.rows import PredictionRow, SubmissionRow, UploadRow

__all__ = ["log_named", "log_of", "opened", "profile_of"]


def log_of(store: Store, artefacts: Artefacts, fetching: Fetching, row: PredictionRow | SubmissionRow) -> UploadRow:
    """The log of a run: as it was uploaded, or fetched from its address, once, and kept like an upload.

    Raises InputError where there is none and no second try mends it, ServiceError where one may.
    """
    kept = store.uploads.get(row.account_id, row.id)
    if kept is not None:
        return kept
    if not row.event_log_url:
        raise InputError("The event log of this run did not arrive: bring the run again, and upload its log.")
    with TemporaryFile(prefix="setpoint-fetched-") as file:
        name = fetching(row.event_log_url, file)
        file.seek(0)
        artefact = artefacts.write(file, name)
    try:
        return store.uploads.add(row.account_id, row.id, artefact=artefact, file_name=name)
    except Conflict:  # another worker fetched it meanwhile
        artefacts.remove(artefact)
    return log_of(store, artefacts, fetching, row)


@contextmanager
def opened(artefacts: Artefacts, upload: UploadRow) -> Iterator[Path]:
    """The upload as a file of this machine, as long as it is looked at. Raises EventLogError where it was pruned."""
    if upload.is_pruned:
        raise EventLogError(
            f"The event log {upload.file_name} was removed when its time was over: bring the run again."
        )
    with TemporaryDirectory(prefix="setpoint-log-") as folder:
        path = Path(folder) / (Path(upload.file_name).name or "eventlog")
        with artefacts.open(ArtefactId(upload.artefact)) as stored, path.open("wb") as file:
            copyfileobj(stored, file)
        try:
            yield path
        except EventLogError as error:
            raise EventLogError(str(error).replace(f"{folder}/", "")) from None


def profile_of(artefacts: Artefacts, upload: UploadRow) -> Profile:
    """What the log says; of an archive of several applications the longest. Raises EventLogError."""
    with opened(artefacts, upload) as path:
        return max(read_profiles(path, processes=1), key=lambda profile: profile.wall_seconds)


def log_named(path: Path, run_id: str) -> Log:
    """Of the logs in a file the one of the application that a run is named after. Raises EventLogError."""
    logs = find_logs(path)
    named = [log for log in logs if log.identity is not None and run_id.startswith(f"{log.identity[0]}-")]
    return max(named or logs, key=lambda log: log.size_bytes or 0)
