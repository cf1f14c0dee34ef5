"""One file of a log that may still grow: what was read of it, and the line at its end that is not finished."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

from setpoint.core.eventlog import LogFold
from setpoint.core.eventlog.codecs import BrokenStream, is_compressed
from setpoint.core.eventlog.lines import OVERLONG_LINE, line_blocks
from setpoint.sources.blobs import take
from setpoint.sources.logs import Part

_MAGIC_BYTES = 16
_END = b'"SparkListenerApplicationEnd"'
_START = b'"SparkListenerApplicationStart"'


class Shrunk(Exception):  # noqa: N818 - reads as a statement
    """A file is shorter than what was read of it: it is another one."""


class GrowingPart:
    """Reads a plain file on from where it stood; a compressed one from its beginning, for there is no other way."""

    def __init__(self, part: Part, path: Path, *, has_ended: bool) -> None:
        self.part = part
        self.path = path
        self.has_ended = has_ended
        """Whether the application of the last line that was read has ended."""
        self.tip: LogFold | None = None
        """Of a compressed file: the fold of its whole lines."""
        self._had_ended = has_ended
        self._is_packed: bool | None = None
        self._read_bytes = 0
        self._held = b""

    def read_on(self, fold: LogFold) -> bool:
        """Take in the lines that were finished since; whether there is anything new.

        Raises:
            BrokenStream: it cannot be read; it may be asked again.
            Shrunk: it is another file now.
        """
        size_bytes = self._size_bytes()
        if size_bytes < self._read_bytes:
            raise Shrunk
        if size_bytes == self._read_bytes or not self._is_known():
            return False
        if self._is_packed:
            self._read_bytes = size_bytes
            self._read_again()
        else:
            self._take_in(fold, self._new_chunks())
        return True

    def finish(self, fold: LogFold, name: str) -> None:
        """Take in all that is left: nothing will be added to this file. What is lost is noted."""
        try:
            if self._is_packed is None:
                self._is_packed = is_compressed(self._head())
            if not self._is_packed:
                self._take_in(fold, self._new_chunks())
                fold.feed(self._held)
        except BrokenStream as broken:
            fold.lose_part(f"{name}: {broken}" if name else str(broken))
        if self._is_packed:
            fold.read(self.part.open(), name)
        self._held, self.tip = b"", None

    def _size_bytes(self) -> int:
        try:
            return self.path.stat().st_size
        except OSError as error:
            raise BrokenStream(f"{self.path} cannot be read: {error.strerror or error}") from error

    def _is_known(self) -> bool:
        """Whether there is enough to tell if it is compressed."""
        if self._is_packed is None and len(head := self._head()) >= _MAGIC_BYTES:
            self._is_packed = is_compressed(head)
        return self._is_packed is not None

    def _head(self) -> bytes:
        return take(self.part.blob.read_from(0), _MAGIC_BYTES)

    def _new_chunks(self) -> Iterator[bytes]:
        for chunk in self.part.blob.read_from(self._read_bytes):
            self._read_bytes += len(chunk)
            yield chunk

    def _take_in(self, fold: LogFold, chunks: Iterator[bytes]) -> None:
        """Fold whole lines and hold the rest."""
        rest = _from_line_feed(chunks) if self._held == OVERLONG_LINE else chunks
        held, self._held = self._held, b""
        for block in line_blocks(chain((held,), rest)):
            lines = block.read()
            if not lines.endswith(b"\n"):
                self._held = lines
                continue
            fold.feed(lines)
            if _END in lines or _START in lines:
                self.has_ended = lines.rfind(_END) > lines.rfind(_START)

    def _read_again(self) -> None:
        self.tip, self.has_ended, self._held = LogFold(), self._had_ended, b""
        with suppress(BrokenStream):  # its end is not written yet
            self._take_in(self.tip, self.part.open())
        self._held = b""


def _from_line_feed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Without the rest of a line that is too long already."""
    for chunk in chunks:
        if b"\n" in chunk:
            yield chunk[chunk.index(b"\n") :]
            break
    yield from chunks
