"""Event logs that were brought or are to be fetched: into the artefacts, and from there into profiles."""

import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from shutil import copyfileobj, rmtree
from tempfile import TemporaryDirectory, TemporaryFile, gettempdir

from setpoint.artefacts import ArtefactId, Artefacts
from setpoint.core.profile import Profile
from setpoint.errors import Conflict, EventLogError, InputError
from setpoint.intake import Fetching
from setpoint.sources import Log, find_logs, read_profiles
from setpoint.store import Store
from setpoint.store.rows import PredictionRow, SubmissionRow, UploadRow

__all__ = ["log_of", "named_after", "opened", "parts_of", "profile_of", "sweep_scratch"]

SCRATCH = "setpoint-log-"
"""How folders begin in which logs are looked at; the number of the process follows."""
LONGEST_SECONDS = 180.0
"""For reading one log: at the slowest measured rate that is some 50 GB."""
_LONGEST_NAME = 100
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")


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


def sweep_scratch() -> None:
    """Remove what processes that were killed left behind while they looked at logs."""
    for folder in Path(gettempdir()).glob(f"{SCRATCH}*"):
        process = folder.name.removeprefix(SCRATCH).partition("-")[0]
        if process.isdigit() and not _is_alive(int(process)):
            rmtree(folder, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def opened(artefacts: Artefacts, upload: UploadRow) -> Iterator[Path]:
    """The upload as a file of this machine, as long as it is looked at. Raises EventLogError where it was pruned."""
    if upload.is_pruned:
        raise EventLogError(
            f"The event log {upload.file_name} was removed when its time was over: bring the run again."
        )
    with TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-") as folder:
        # The name that was given may be none that a file can have; that of the artefact is.
        path = Path(folder) / PurePosixPath(upload.artefact).name
        with artefacts.open(ArtefactId(upload.artefact)) as stored, path.open("wb") as file:
            copyfileobj(stored, file)
        try:
            yield path
        except EventLogError as error:
            raise EventLogError(str(error).replace(f"{folder}/", "")) from None


def profile_of(artefacts: Artefacts, upload: UploadRow) -> Profile:
    """What the log says; of an archive of several applications the longest. Raises EventLogError."""
    in_time = _InTime()
    with opened(artefacts, upload) as path:
        profiles = read_profiles(path, lambda _done, _all: in_time.check(), processes=1)
        return max(profiles, key=lambda profile: profile.wall_seconds)


def parts_of(path: Path, run_id: str) -> Iterator[Iterator[bytes]]:
    """The files of the log of the application that a run is named after. Raises EventLogError."""
    in_time = _InTime()

    def pieces(part: Iterable[bytes]) -> Iterator[bytes]:
        for piece in part:
            in_time.check()
            yield piece

    for part in _log_named(path, run_id).parts:
        yield pieces(part.open())


class _InTime:
    """A log that is made to take long to read holds a worker up for so long and no longer."""

    def __init__(self) -> None:
        self._end = time.monotonic() + LONGEST_SECONDS

    def check(self) -> None:
        """Raises EventLogError when it is over."""
        if time.monotonic() > self._end:
            raise EventLogError(
                f"The event log takes more than {LONGEST_SECONDS:.0f} s to read, which no real one does."
            )


def named_after(application: str) -> str:
    """The part of a run's id that names its application: plain, and not too long."""
    return _ODD.sub("_", application)[:_LONGEST_NAME]


def _log_named(path: Path, run_id: str) -> Log:
    """Of the logs in a file the one of the application that a run is named after. Raises EventLogError."""
    logs = find_logs(path)
    named = [log for log in logs if log.identity is not None and run_id.startswith(f"{named_after(log.identity[0])}-")]
    return max(named or logs, key=lambda log: log.size_bytes or 0)
