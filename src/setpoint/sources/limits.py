"""How far a source may go that nobody vouches for: sizes, depths, times, and what happens beyond."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from setpoint.core.eventlog.codecs import BrokenStream

_MIB = 1024 * 1024
_GIB = 1024 * _MIB
_EVENT = b'"Event"'


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one source may hold and cost."""

    entries: int = 20_000
    """Files in one folder, bucket or archive, everything below it included."""
    folder_depth: int = 16
    archive_depth: int = 3
    """Archives within archives."""
    ratio: float = 400.0
    """Bytes that one stored byte may become. Event logs reach 20 to 65 with zstd, bombs of deflate 1,030."""
    unsuspicious_bytes: int = 64 * _MIB
    """What any compressed file may become before ratios are looked at, and how far apart events then may lie."""
    unpacked_bytes: int = 4096 * _GIB
    """What one compressed file or one entry of an archive may become."""
    spool_bytes: int = 8 * _GIB
    """Space on disk for archives that can only be read from front to end: compressed tars, archives in archives."""
    archive_index_bytes: int = 4 * _MIB
    """The table of contents of a zip, or one header of a tar; it is held in memory."""
    timeout_seconds: float = 30.0
    """How long a server may say nothing."""
    reaches_private_addresses: bool = False
    """Whether https: may lead into the network that this machine is in."""


LIMITS = Limits()


class LimitReached(BrokenStream):
    """A source goes on beyond what is allowed; its text says which limit."""


class Meter:
    """Compares what is stored with what comes out of each decompressor on the way."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._stored = 0

    def stored(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Count what goes in."""
        for chunk in chunks:
            self._stored += len(chunk)
            yield chunk

    def given(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Count what comes out; once for each layer, as any of them may be the bomb.

        Raises:
            LimitReached: it is too much for what went in, or so much and yet no events.
        """
        given = without_event = 0
        for chunk in chunks:
            given += len(chunk)
            if given > self._limits.unsuspicious_bytes:
                without_event = self._check(chunk, given, without_event)
            yield chunk

    def _check(self, chunk: bytes, given: int, without_event: int) -> int:
        """How much came without any event up to now."""
        limits = self._limits
        if given > limits.unpacked_bytes:
            raise LimitReached(
                f"it holds more than {limits.unpacked_bytes // _GIB} GiB when unpacked, so it was stopped"
            )
        ratio = given / max(self._stored, 1)
        # An eighth: real logs stay below, so that the bytes of all others need not be searched.
        if ratio > limits.ratio / 8:
            without_event = 0 if _EVENT in chunk else without_event + len(chunk)
        if ratio > limits.ratio or without_event > limits.unsuspicious_bytes:
            raise LimitReached(f"it unpacks to {ratio:.0f} times its size, as no event log does, so it was stopped")
        return without_event
