"""A log that grows while its application runs, read on from where the last reading ended."""

import pickle
from pathlib import Path

from setpoint.core.eventlog import LogFold
from setpoint.core.eventlog.codecs import BrokenStream
from setpoint.core.profile import Profile
from setpoint.errors import EventLogError
from setpoint.sources.content import LOOKED_AT_BYTES
from setpoint.sources.finding import find_one_log, local_path
from setpoint.sources.growing import GrowingPart, Shrunk
from setpoint.sources.limits import LIMITS, Limits
from setpoint.sources.local import local_blobs
from setpoint.sources.logs import Gap, Log, Part
from setpoint.sources.schemes import redacted

__all__ = ["Follower"]

_RUNNING = ".inprogress"
"""Spark takes this from the name of a log when its application ends."""


class Follower:
    """The log of one application on this machine, plain or compressed, in one file or in rolled parts.

    However it grows and however often it is looked at, in the end there is the same as after one reading of the whole.
    Where it did not grow but changed (parts were compacted, a file was replaced), it is read from its beginning.
    """

    def __init__(self, source: str | Path, *, limits: Limits = LIMITS) -> None:
        """Find the log; nothing of it is read yet.

        Raises:
            EventLogError: it is not on this machine, or in an archive; nothing is there, or several applications are.
        """
        self._source = str(source)
        path = local_path(self._source)
        if path is None:
            raise EventLogError(f"{redacted(self._source)} is not on this machine, so it cannot be followed.")
        self._path = path
        self._limits = limits
        self._seen: frozenset[tuple[str, int]] | None = None
        self._log = self._find()
        self._start_over()

    def _start_over(self) -> None:
        self._fold = LogFold()
        self._finished: list[str] = []
        self._growing: GrowingPart | None = None
        self._had_ended = False

    @property
    def has_ended(self) -> bool:
        """Whether the application has ended, as far as its log was read."""
        return self._had_ended if self._growing is None else self._growing.has_ended

    def profiles(self) -> tuple[Profile, ...]:
        """One per application attempt; a last line that is not finished yet is left out, and is no damage."""
        return self._whole().profiles()

    def describe(self) -> str:
        """What was met, for the message that nothing was usable."""
        return self._whole().describe()

    def _whole(self) -> LogFold:
        tip = None if self._growing is None else self._growing.tip
        if tip is None:
            return self._fold
        # Merging uses up its argument, and both go on.
        whole, rest = pickle.loads(pickle.dumps((self._fold, tip)))  # noqa: S301 - our own objects
        whole.merge(rest)
        return whole  # type: ignore[no-any-return]

    def advance(self) -> bool:
        """Read what is new; whether there was anything.

        Raises:
            EventLogError: the log is gone, or there are several applications now.
        """
        self._log = self._find()
        parts = self._log.parts
        known = [*self._finished, *([] if self._growing is None else [_name(self._growing.part)])]
        is_new = known != [_name(part) for part in parts[: len(known)]]
        if is_new:
            self._start_over()
        try:
            return self._read_on() or is_new
        except Shrunk:
            self._start_over()
            return True
        except BrokenStream:
            return False  # moved meanwhile, or not readable for now; `finish` would say so

    def _read_on(self) -> bool:
        parts = self._log.parts
        is_new = False
        for part in parts[len(self._finished) :]:
            if isinstance(part, Part):
                is_new |= self._grow(part).read_on(self._fold)
            if part is not parts[-1]:
                # Parts are written one after the other.
                self._close(part)
                is_new = True
        return is_new

    def _grow(self, part: Part) -> GrowingPart:
        path = part.local_path
        if path is None:
            raise EventLogError(f"{self._source} lies in an archive, so it cannot be followed.")
        if self._growing is None or _name(self._growing.part) != _name(part):
            self._growing = GrowingPart(part, path, has_ended=self.has_ended)
        self._growing.part, self._growing.path = part, path
        return self._growing

    def _close(self, part: Part | Gap) -> None:
        if isinstance(part, Gap):
            self._fold.read(part.open())
        else:
            name = part.place.name if len(self._log.parts) > 1 else ""
            growing = self._grow(part)
            growing.finish(self._fold, name)
            self._had_ended, self._growing = growing.has_ended, None
        self._finished.append(_name(part))

    def finish(self) -> None:
        """Read to the end: nothing more will come, so that a last line that is not finished counts as cut off."""
        self.advance()
        for part in self._log.parts[len(self._finished) :]:
            self._close(part)

    def _find(self) -> Log:
        try:
            return self._find_at(self._path)
        except EventLogError:
            if not self._path.name.endswith(_RUNNING):
                raise
            return self._find_at(self._path.with_name(self._path.name.removesuffix(_RUNNING)))

    def _find_at(self, path: Path) -> Log:
        # What a file is, is told from its first bytes: once there are enough of them, only other files change it.
        blobs = local_blobs(path, self._limits)
        seen = frozenset((blob.name, min(blob.size_bytes or 0, LOOKED_AT_BYTES)) for blob in blobs)
        if seen != self._seen:
            self._log = find_one_log(path, limits=self._limits)
            self._seen = seen
        return self._log


def _name(part: Part | Gap) -> str:
    return part.reason if isinstance(part, Gap) else str(part.place).removesuffix(_RUNNING)
