"""Event logs that were uploaded: from the artefacts into profiles."""

from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory

from setpoint.artefacts import ArtefactId, Artefacts
from setpoint.core.profile import Profile
from setpoint.sources import read_profiles
from setpoint.store.rows import UploadRow

__all__ = ["profile_of"]


def profile_of(artefacts: Artefacts, upload: UploadRow) -> Profile:
    """What the log says; of an archive of several applications the longest. Raises EventLogError."""
    with TemporaryDirectory(prefix="setpoint-log-") as folder:
        path = Path(folder) / (Path(upload.file_name).name or "eventlog")
        with artefacts.open(ArtefactId(upload.artefact)) as stored, path.open("wb") as file:
            copyfileobj(stored, file)
        return max(read_profiles(path, processes=1), key=lambda profile: profile.wall_seconds)
