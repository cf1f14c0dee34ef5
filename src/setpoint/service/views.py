"""What a project's history comes to, as it is answered; kept until the history grows."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from setpoint.core.history import Entry
from setpoint.ledger import VersionedLedger
from setpoint.service.rows import ProjectView
from setpoint.service.view import project_outline, project_view

__all__ = ["Views"]

MOST_READ = 16
"""Histories of some MB each: what is asked of one project is asked at one time."""
MOST_VIEWS = 256
MOST_OUTLINES = 512
"""Of the lists of projects that are looked at; each list shows some dozens."""
MOST_ANSWER_BYTES = 256 << 20
"""Answers of some thousand projects; each is made in some ten milliseconds, and asked for again and again."""

_Made = TypeVar("_Made")


class Views:
    """Of the streams of one ledger; those asked for last are kept."""

    def __init__(self, ledger: VersionedLedger) -> None:
        self.ledger = ledger
        self._entries: _Kept[Sequence[Entry]] = _Kept(MOST_READ)
        self._views: _Kept[ProjectView] = _Kept(MOST_VIEWS)
        self._outlines: _Kept[ProjectView] = _Kept(MOST_OUTLINES)
        self._answers: _Kept[bytes] = _Kept(MOST_ANSWER_BYTES, len)

    # In all of these the version is asked for before anything is read: what is written meanwhile makes an answer too
    # old, so that the next one is made anew, and never too new.

    def entries(self, stream: str) -> Sequence[Entry]:
        """All entries of a stream."""
        return self._read(stream, self.ledger.version(stream))

    def of(self, stream: str) -> ProjectView:
        """All rows of a stream; empty ones where nothing was written yet."""
        return self._rows(stream, self.ledger.version(stream))

    def outline(self, stream: str) -> ProjectView:
        """The rows without what was predicted, for lists of projects."""
        version = self.ledger.version(stream)
        return self._outlines.once(stream, version, lambda: project_outline(stream, self.ledger.read(stream)))

    def answer(self, stream: str, what: Hashable, make: Callable[[ProjectView], bytes]) -> bytes:
        """An answer that follows from the rows of a stream, and from what was asked."""
        version = self.ledger.version(stream)
        return self._answers.once((stream, what), version, lambda: make(self._rows(stream, version)))

    def answer_from_entries(self, stream: str, what: Hashable, make: Callable[[Sequence[Entry]], bytes]) -> bytes:
        """An answer that follows from the entries of a stream, and from what was asked."""
        version = self.ledger.version(stream)
        return self._answers.once((stream, what), version, lambda: make(self._read(stream, version)))

    def _rows(self, stream: str, version: int) -> ProjectView:
        return self._views.once(stream, version, lambda: project_view(stream, self._read(stream, version)))

    def _read(self, stream: str, version: int) -> Sequence[Entry]:
        return self._entries.once(stream, version, lambda: self.ledger.read(stream))


@dataclass(slots=True)
class _Kept(Generic[_Made]):
    """Things by name and version, up to a size. Two that ask at once may both make it; both get the same."""

    most: int
    size: Callable[[_Made], int] = lambda _: 1
    _things: OrderedDict[Hashable, tuple[int, _Made]] = field(default_factory=OrderedDict)
    _held: int = 0
    _lock: Lock = field(default_factory=Lock)

    def once(self, name: Hashable, version: int, make: Callable[[], _Made]) -> _Made:
        with self._lock:
            kept = self._things.get(name)
            if kept is not None and kept[0] == version:
                self._things.move_to_end(name)
                return kept[1]
        made = make()
        with self._lock:
            before = self._things.pop(name, None)
            self._held += self.size(made) - (0 if before is None else self.size(before[1]))
            self._things[name] = (version, made)
            while self._held > self.most and len(self._things) > 1:
                self._held -= self.size(self._things.popitem(last=False)[1][1])
        return made
