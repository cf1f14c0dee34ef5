"""Event logs that were uploaded: from the artefacts into profiles."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory

from setpoint.artefacts import ArtefactId, Artefacts
from setpoint.core.profile import Profile
from setpoint.sources import Log, find_logs, read_profiles
from setpoint.store.rows import UploadRow

__all__ = ["log_named", "opened", "profile_of"]


@contextmanager
def opened(artefacts: Artefacts, upload: UploadRow) -> Iterator[Path]:
    """The upload as a file of this machine, for as long as it is looked at."""
    with TemporaryDirectory(prefix="setpoint-log-") as folder:
        path = Path(folder) / (Path(upload.file_name).name or "eventlog")
        with artefacts.open(ArtefactId(upload.artefact)) as stored, path.open("wb") as file:
            copyfileobj(stored, file)
        yield path


def profile_of(artefacts: Artefacts, upload: UploadRow) -> Profile:
    """What the log says; of an archive of several applications the longest. Raises EventLogError."""
    with opened(artefacts, upload) as path:
        return max(read_profiles(path, processes=1), key=lambda profile: profile.wall_seconds)


def log_named(path: Path, run_id: str) -> Log:
    """Of the logs in a file the one of the application that a run is named after. Raises EventLogError."""
    logs = find_logs(path)
    named = [log for log in logs if log.identity is not None and run_id.startswith(f"{log.identity[0]}-")]
    return max(named or logs, key=lambda log: log.size_bytes or 0)
