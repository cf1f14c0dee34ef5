"""Event logs and reports that clients brought: in a folder, or behind any address that fsspec knows.

What is kept is bytes; nothing in it is ever executed.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any, NewType
from uuid import uuid4

from setpoint.errors import LedgerError

__all__ = ["ArtefactId", "Artefacts", "Stored"]

ArtefactId = NewType("ArtefactId", str)

_PIECE_BYTES = 1 << 20
_ID = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}/[A-Za-z0-9._-]{1,100}")
_ID_PARTS = 3
_SHELF = re.compile(r"[0-9a-f]{2}")
_PART = ".part"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that lies there, whoever it belongs to."""

    artefact: str
    """As it is called in the end; a part of a file is called so too."""
    path: str
    size_bytes: int
    changed_at: datetime


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
            with filesystem.open(f"{path}{_PART}", "wb") as file:
                while piece := stream.read(_PIECE_BYTES):
                    file.write(piece)
            filesystem.mv(f"{path}{_PART}", path)
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

    def remove(self, artefact: str) -> None:
        """Take it away; nothing happens where it is gone already. Raises LedgerError where it cannot be."""
        from fsspec.core import url_to_fs

        if not _ID.fullmatch(artefact):
            return
        filesystem, root = url_to_fs(self._url)
        _remove(filesystem, f"{root}/{artefact}")

    def size_bytes(self, artefact: str) -> int:
        """How large it is; 0 where it is gone."""
        from fsspec.core import url_to_fs

        filesystem, root = url_to_fs(self._url)
        try:
            return int(filesystem.size(f"{root}/{artefact}") or 0) if _ID.fullmatch(artefact) else 0
        except OSError:
            return 0

    def shelves(self) -> list[str]:
        """The folders that artefacts are spread over, by the beginning of their ids."""
        from fsspec.core import url_to_fs

        filesystem, root = url_to_fs(self._url)
        try:
            names = [str(path).rstrip("/").rpartition("/")[2] for path in filesystem.ls(root, detail=False)]
        except OSError:
            return []
        return sorted(name for name in names if _SHELF.fullmatch(name))

    def on(self, shelf: str) -> Iterator[Stored]:
        """Everything on one of them that was written as an artefact; what else lies there is not ours."""
        from fsspec.core import url_to_fs

        filesystem, root = url_to_fs(self._url)
        for path, facts in filesystem.find(f"{root}/{shelf}", detail=True).items():
            artefact = "/".join(str(path).split("/")[-_ID_PARTS:]).removesuffix(_PART)
            if _ID.fullmatch(artefact):
                yield Stored(artefact, str(path), int(facts.get("size") or 0), _changed_at(filesystem, str(path)))

    def discard(self, stored: Stored) -> None:
        """Take away what lies there. Raises LedgerError where it cannot be."""
        from fsspec.core import url_to_fs

        _remove(url_to_fs(self._url)[0], stored.path)


def _remove(filesystem: Any, path: str) -> None:  # noqa: ANN401 - fsspec has no types
    try:
        if filesystem.exists(path):
            filesystem.rm(path)
    except FileNotFoundError:
        pass  # somebody else took it away
    except OSError as error:
        raise LedgerError(f"The artefact cannot be removed: {error.strerror or type(error).__name__}.") from error
    if "file" in filesystem.protocol:
        # Stores of objects have no folders: there the same word would mean the whole bucket.
        with suppress(OSError):
            filesystem.rmdir(path.rpartition("/")[0])


def _changed_at(filesystem: Any, path: str) -> datetime:  # noqa: ANN401 - fsspec has no types
    moment: datetime = filesystem.modified(path)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
