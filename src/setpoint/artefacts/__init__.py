"""Event logs and reports that clients brought: in a folder, or behind any address that fsspec knows.

What is kept is bytes; nothing in it is ever executed.
"""

import re
from typing import IO, NewType
from uuid import uuid4

from setpoint.errors import LedgerError

__all__ = ["ArtefactId", "Artefacts"]

ArtefactId = NewType("ArtefactId", str)

_PIECE_BYTES = 1 << 20
_ID = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}/[A-Za-z0-9._-]{1,100}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 100


class Artefacts:
    """One place."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def write(self, stream: IO[bytes], name: str) -> ArtefactId:
        """Keep what a stream holds. Raises LedgerError where it cannot be written; nothing is kept then."""
        from fsspec.core import url_to_fs

        identity = uuid4().hex
        plain = _UNSAFE.sub("_", name).lstrip(".")[-_LONGEST:] or "artefact"
        artefact = ArtefactId(f"{identity[:2]}/{identity}/{plain}")
        filesystem, root = url_to_fs(self._url)
        path = f"{root}/{artefact}"
        try:
            filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
            # A part of a file is never seen under its name.
            with filesystem.open(f"{path}.part", "wb") as file:
                while piece := stream.read(_PIECE_BYTES):
                    file.write(piece)
            filesystem.mv(f"{path}.part", path)
        except OSError as error:
            raise LedgerError(f"The artefact cannot be kept: {error.strerror or type(error).__name__}.") from error
        return artefact

    def open(self, artefact: ArtefactId) -> IO[bytes]:
        """Read it. Raises LedgerError where it is not there."""
        from fsspec.core import url_to_fs

        if not _ID.fullmatch(artefact):
            raise LedgerError("There is no such artefact.")
        filesystem, root = url_to_fs(self._url)
        try:
            file: IO[bytes] = filesystem.open(f"{root}/{artefact}", "rb")
        except OSError as error:
            raise LedgerError(f"The artefact cannot be read: {error.strerror or type(error).__name__}.") from error
        return file

    def remove(self, artefact: ArtefactId) -> None:
        """Take it away; nothing happens where it is gone already."""
        from fsspec.core import url_to_fs

        filesystem, root = url_to_fs(self._url)
        if _ID.fullmatch(artefact) and filesystem.exists(f"{root}/{artefact}"):
            filesystem.rm(f"{root}/{artefact}")
