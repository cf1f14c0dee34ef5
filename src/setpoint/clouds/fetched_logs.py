"""An event log out of a cloud on its way to the service: one file, or a zip of its parts, on this machine meanwhile."""

import os
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO
from weakref import finalize

from setpoint.client.logs import LogFile

__all__ = ["fetched", "zipped"]

Content = Iterable[bytes]


def fetched(name: str, content: Content) -> LogFile:
    """A log that is one object, as it is. The copy goes once nobody holds the log any more."""
    path = _empty_file()
    with path.open("wb") as file:
        for chunk in content:
            file.write(chunk)
    return _kept(name, path)


def zipped(name: str, parts: Sequence[tuple[str, Content]]) -> LogFile:
    """A zip of parts by their names; what is packed already is not packed again."""
    path = _empty_file()
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts:
            about = zipfile.ZipInfo(part)
            is_packed = part.endswith((".gz", ".zst", ".zstd", ".lz4", ".snappy", ".bz2"))
            about.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
            with archive.open(about, "w", force_zip64=True) as file:
                for chunk in content:
                    file.write(chunk)
    return _kept(name, path)


def _empty_file() -> Path:
    handle, name = tempfile.mkstemp(prefix="setpoint-log-")
    os.close(handle)
    return Path(name)


def _kept(name: str, path: Path) -> LogFile:
    def opened() -> BinaryIO:
        return path.open("rb")

    finalize(opened, path.unlink, missing_ok=True)
    return LogFile(name, opened)
