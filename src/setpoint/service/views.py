"""What a project's history comes to, kept until it grows."""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from setpoint.core.history import Entry
from setpoint.ledger import Ledger
from setpoint.service.rows import ProjectView
from setpoint.service.view import project_view

__all__ = ["Views"]

MOST_KEPT = 256


@dataclass(slots=True)
class Views:
    """Of the streams of one ledger; the ones asked for last are kept."""

    ledger: Ledger
    _kept: OrderedDict[str, tuple[int, Entry, ProjectView]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, stream: str) -> ProjectView:
        """All rows of a stream; empty ones where nothing was written yet."""
        entries = self.ledger.read(stream)
        if not entries:
            return project_view(stream, ())
        with self._lock:
            kept = self._kept.get(stream)
        # A ledger only grows: as many entries with the same last one are the same entries.
        if kept is not None and kept[0] == len(entries) and kept[1] == entries[-1]:
            return kept[2]
        view = project_view(stream, entries)
        with self._lock:
            self._kept[stream] = (len(entries), entries[-1], view)
            self._kept.move_to_end(stream)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return view
