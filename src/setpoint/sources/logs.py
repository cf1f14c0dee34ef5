"""What a source is made of: logs, their parts in order, and the gaps where parts are missing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from setpoint.core.eventlog.codecs import MissingPart
from setpoint.sources.blobs import Blob
from setpoint.sources.content import Head, unpacked
from setpoint.sources.limits import LIMITS, Limits

Tally = Callable[[int], None]
"""Is told how many stored bytes were read since it was last told."""


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """Something in a source that was not read, or not in full; one clear sentence."""

    source: str
    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Part:
    """One stored file of a log."""

    blob: Blob
    head: Head
    limits: Limits = LIMITS

    @property
    def name(self) -> str:
        """As messages show it; without credentials."""
        return self.blob.name

    @property
    def place(self) -> PurePosixPath:
        """Folders and name within the source."""
        return self.blob.place

    @property
    def size_bytes(self) -> int | None:
        """As stored, so compressed where it is; None where nobody says."""
        return self.blob.size_bytes

    @property
    def local_path(self) -> Path | None:
        """The file itself, where it lies on disk and not in an archive."""
        return self.blob.local_path

    @property
    def is_plain(self) -> bool:
        """Whether its bytes are lines as they stand, so that it can be read from any offset."""
        return not self.head.is_packed

    def open(self, offset_bytes: int = 0, tally: Tally | None = None) -> Iterator[bytes]:
        """Its bytes as chunks, decompressed and within the limits.

        Raises:
            ValueError: an offset into a compressed part.
            BrokenStream: while reading: damaged, cut off, gone, or beyond a limit.
        """
        if offset_bytes and not self.is_plain:
            raise ValueError(f"{self.name} is compressed: it can only be read from its beginning")
        stored = self.blob.read_from(offset_bytes)
        counted = stored if tally is None else _counted(stored, tally)
        return _packed(counted, self.limits) if not offset_bytes else counted


@dataclass(frozen=True, slots=True)
class Gap:
    """Rolled parts that should be there and are not."""

    first: int
    last: int

    @property
    def reason(self) -> str:
        """Which are missing, in words."""
        which = f"part {self.first} is" if self.first == self.last else f"parts {self.first} to {self.last} are"
        return f"{which} missing from the rolled event log"

    def open(self, offset_bytes: int = 0, tally: Tally | None = None) -> Iterator[bytes]:  # noqa: ARG002 - as of a Part
        """Break off at once, so that whoever reads goes on after it and knows.

        Raises:
            MissingPart: on the first step.
        """
        return map(self._break_off, (0,))

    def _break_off(self, _: int) -> bytes:
        raise MissingPart(self.reason)


@dataclass(frozen=True, slots=True)
class Log:
    """The event log of one application as it is stored, by all that can be told without reading it."""

    name: str
    parts: tuple[Part | Gap, ...]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What is missing between the parts."""
        return tuple(part for part in self.parts if isinstance(part, Gap))

    @property
    def files(self) -> tuple[Part, ...]:
        """The parts that are there."""
        return tuple(part for part in self.parts if isinstance(part, Part))

    @property
    def size_bytes(self) -> int | None:
        """As stored; None where a part's size is unknown."""
        sizes = [part.size_bytes for part in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)

    @property
    def identity(self) -> tuple[str, str, str] | None:
        """Application id, attempt and start, where the beginning of the log says so."""
        return next((part.head.identity for part in self.files if part.head.identity is not None), None)


def _counted(chunks: Iterator[bytes], tally: Tally) -> Iterator[bytes]:
    for chunk in chunks:
        tally(len(chunk))
        yield chunk


def _packed(chunks: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    # A generator of its own: whatever breaks must break while reading and not where it is opened.
    yield from unpacked(chunks, limits)
