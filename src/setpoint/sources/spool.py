"""Room on disk for what can only be read once: one anonymous file, gone when nobody reads it any more."""

import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator

from setpoint.sources.blobs import CHUNK_BYTES, ReadFrom, window
from setpoint.sources.limits import LimitReached, Limits


class Spool:
    """Byte strings one behind the other in a temporary file without a name."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - lives as long as its readers
        self._end = 0
        weakref.finalize(self, self._file.close)

    def keep(self, chunks: Iterable[bytes]) -> tuple[ReadFrom, int]:
        """Write down all of it; how to read it again, and its length.

        Raises:
            LimitReached: there is no room for it.
        """
        start = self._end
        for chunk in chunks:
            if self._end + len(chunk) > self._limits.spool_bytes:
                raise LimitReached(
                    f"it needs more than {self._limits.spool_bytes // 1024**2} MiB of temporary space: unpack it first"
                )
            self._write(chunk)
        return window(self._read_from, start, self._end - start), self._end - start

    def _write(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        try:
            while rest:
                written = os.pwrite(self._file.fileno(), rest, self._end)
                self._end += written
                rest = rest[written:]
        except OSError as error:
            raise LimitReached(f"there is no temporary space for it ({error.strerror})") from error

    def _read_from(self, offset_bytes: int) -> Iterator[bytes]:
        while chunk := os.pread(self._file.fileno(), CHUNK_BYTES, offset_bytes):
            yield chunk
            offset_bytes += len(chunk)
