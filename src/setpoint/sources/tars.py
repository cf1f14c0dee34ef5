"""What lies in tar archives, as blobs: in place where the archive can be searched, else through the spool."""

import io
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing

from setpoint.core.eventlog.codecs import BrokenStream
from setpoint.errors import EventLogError
from setpoint.sources.archives import inner_place, shown
from setpoint.sources.blobs import Blob, BlobFile, window
from setpoint.sources.content import look, unpacked
from setpoint.sources.limits import LimitReached, Limits
from setpoint.sources.names import is_part_name
from setpoint.sources.spool import Spool

_HISTORY_BYTES = 1024
_COMPRESSED_CHUNK_BYTES = 1024 * 1024

Tell = Callable[[str], None]


def tar_entries(
    archive: Blob, limits: Limits, spool: Callable[[], Spool], tell: Tell, *, is_packed: bool
) -> Iterator[Blob]:
    """The files in a tar; links and devices are passed over, which is told.

    Raises:
        EventLogError: it is beyond the limits, or nothing could be read.
    """
    is_searched = archive.is_seekable and archive.size_bytes is not None and not is_packed
    passed_over = found = 0
    try:
        file = (
            BlobFile(archive.read_from, archive.size_bytes or 0, limits.archive_index_bytes)
            if is_searched
            else _Forward(unpacked(archive.read_from(0), limits), limits.archive_index_bytes)
        )
        with tarfile.open(fileobj=file, mode="r:", errorlevel=1) as opened, closing(file):
            while (member := opened.next()) is not None:
                found += 1
                _refuse_crowd(found, limits)
                if member.isreg() and not member.issparse():
                    yield from _blobs(archive, member, file, spool)
                passed_over += not (member.isreg() or member.isdir()) or member.issparse()
    except LimitReached as reached:
        raise EventLogError(f"The tar archive {archive.name} was not read to its end: {reached}.") from reached
    except (tarfile.TarError, BrokenStream, OSError, ValueError, OverflowError) as error:
        tell(f"The tar archive {archive.name} is damaged or cut off after {found} entries ({error}).")
    if passed_over:
        tell(f"{passed_over} links or devices in the tar archive {archive.name} are passed over.")


def _refuse_crowd(found: int, limits: Limits) -> None:
    if found > limits.entries:
        raise LimitReached(f"it holds more than {limits.entries} files")


def _blobs(
    archive: Blob, member: tarfile.TarInfo, file: "BlobFile | _Forward", spool: Callable[[], Spool]
) -> Iterator[Blob]:
    name, place = f"{archive.name}/{shown(member.name)}", inner_place(archive, member.name)
    if isinstance(file, BlobFile):
        yield Blob(name, place, window(archive.read_from, member.offset_data, member.size), member.size)
        return
    contents = file.stretch(member.offset_data, member.size)
    first = next(contents, b"")
    peek = Blob(name, place, lambda _: iter((first,)))
    if look(peek).kind == "other" and not is_part_name(place.name):
        return
    read_from, size_bytes = spool().keep(_chain(first, contents))
    yield Blob(name, place, read_from, size_bytes)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


class _Forward(io.RawIOBase):
    """A file over a stream that goes on only, and back by one header at most."""

    def __init__(self, chunks: Iterator[bytes], most_bytes: int) -> None:
        super().__init__()
        self._chunks = chunks
        self._most_bytes = most_bytes
        self._held = b""
        self._held_at = 0
        """Offset of the first byte that is held."""
        self._position = 0

    def read(self, size: int = -1, /) -> bytes:
        """Bytes from here on; fewer only at the end."""
        if size < 0 or size > self._most_bytes:
            raise LimitReached(f"one of its headers is larger than {self._most_bytes // 1024} KiB")
        pieces: list[bytes] = []
        while size and (piece := self._piece(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _piece(self, most: int) -> bytes:
        """What is held from the position on, or the next chunk of the stream."""
        if self._position >= self._held_at + len(self._held):
            chunk = next(self._chunks, b"")
            while chunk and self._held_at + len(self._held) + len(chunk) <= self._position:
                self._hold(chunk)
                chunk = next(self._chunks, b"")
            self._hold(chunk)
        start = self._position - self._held_at
        piece = self._held[start : start + most]
        self._position += len(piece)
        return piece

    def _hold(self, chunk: bytes) -> None:
        kept = self._held[-_HISTORY_BYTES:]
        self._held_at += len(self._held) - len(kept)
        self._held = kept + chunk

    def stretch(self, start: int, length: int) -> Iterator[bytes]:
        """A stretch that has not been passed yet, as chunks."""
        self.seek(start)
        while length and (piece := self._piece(min(length, _COMPRESSED_CHUNK_BYTES))):
            length -= len(piece)
            yield piece
        if length:
            raise BrokenStream("the archive ends within an entry")

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go on, or back a little."""
        if whence != os.SEEK_SET or offset < self._held_at:
            raise OSError("this stream goes on only")
        self._position = offset
        return offset

    def tell(self) -> int:
        """Where it stands."""
        return self._position

    def seekable(self) -> bool:
        """It can go on to a place."""
        return True

    def readable(self) -> bool:
        """It can be read."""
        return True
