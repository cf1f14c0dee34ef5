"""Stored bytes that can be read from any place, wherever they lie, and a file over them for libraries that want one."""

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from setpoint.core.eventlog.codecs import BrokenStream
from setpoint.sources.limits import LimitReached

CHUNK_BYTES = 1024 * 1024
LOCAL_CHUNK_BYTES = 128 * 1024
"""Stays in the processor's nearest caches: with 1 MiB, page faults and cache misses took a third of the whole time."""

ReadFrom = Callable[[int], Iterator[bytes]]
"""Chunks from an offset to the end."""


@dataclass(frozen=True, slots=True)
class Blob:
    """One stored file: on disk, in an archive, in a bucket."""

    name: str
    """As messages show it; without credentials."""
    place: PurePosixPath
    """Folders and name within the source; tells which files lie together, and is never opened."""
    read_from: ReadFrom
    size_bytes: int | None = None
    local_path: Path | None = None
    is_seekable: bool = True
    """Whether reading from an offset is cheap."""


def local_blob(path: Path, place: PurePosixPath, size_bytes: int | None) -> Blob:
    """A file on disk."""
    # No closure: a part that lies on disk can be sent to another process.
    return Blob(str(path), place, partial(_read_local, path), size_bytes, local_path=path)


def _read_local(path: Path, offset_bytes: int) -> Iterator[bytes]:
    try:
        with path.open("rb", buffering=0) as stream:
            stream.seek(offset_bytes)
            while chunk := stream.read(LOCAL_CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise BrokenStream(f"{path} cannot be read: {error.strerror or error}") from error


def window(read_from: ReadFrom, start: int, length: int) -> ReadFrom:
    """A stretch of something larger, as if it were all there is."""

    def read(offset_bytes: int) -> Iterator[bytes]:
        left = length - offset_bytes
        if left <= 0:
            return
        for chunk in read_from(start + offset_bytes):
            yield chunk[:left]
            left -= len(chunk)
            if left <= 0:
                return
        raise BrokenStream("the archive ends within an entry")

    return read


class BlobFile(io.RawIOBase):
    """A seekable file over chunks. It gives no more than `most_bytes` at once: who asks for more was told lies."""

    def __init__(self, read_from: ReadFrom, size_bytes: int, most_bytes: int) -> None:
        super().__init__()
        self._read_from = read_from
        self._size_bytes = size_bytes
        self._most_bytes = most_bytes
        self._position = 0

    def read(self, size: int = -1, /) -> bytes:
        """Bytes from here on; fewer only at the end."""
        wanted = self._size_bytes - self._position if size < 0 else size
        if min(wanted, self._size_bytes - self._position) > self._most_bytes:
            raise LimitReached(f"its table of contents is larger than {self._most_bytes // 1024} KiB")
        taken = take(self._read_from(self._position), wanted) if wanted > 0 else b""
        self._position += len(taken)
        return taken

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size_bytes}[whence]
        if start + offset < 0:
            # What a file does; zipfile relies on it where an archive is shorter than its end record.
            raise OSError("before the beginning")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        """Where it stands."""
        return self._position

    def seekable(self) -> bool:
        """It can go back."""
        return True

    def readable(self) -> bool:
        """It can be read."""
        return True


def take(chunks: Iterator[bytes], count: int) -> bytes:
    """The first `count` bytes, fewer where there are no more; the rest of the last chunk is lost."""
    taken = bytearray()
    while len(taken) < count and (chunk := next(chunks, None)) is not None:
        taken += chunk
    return bytes(taken[:count])
