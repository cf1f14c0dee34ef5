"""Where one application of a stream ends and the next begins, told by single lines.

So a stream that was split anywhere comes apart in the same places as one that was not.
"""

import pickle
from collections.abc import Iterator
from typing import Literal, cast

from setpoint.core.eventlog.application import ApplicationRecord

__all__ = ["Opening", "Segment", "Segments"]

Opening = Literal["stream", "log_start", "after_end", "application_start"]
"""What a segment begins with: the stream, a log's first line, whatever follows an application's end, or its start."""


class Segment:
    """Lines of one application that follow each other, as far as single lines tell."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.record = ApplicationRecord()

    @property
    def is_preamble(self) -> bool:
        """Whether it holds no more than what a log has before the application's start."""
        return self.record.start is None and not self.record.has_body

    @property
    def key(self) -> tuple[str | None, str | None] | None:
        """Id and attempt of the application; None where its start is not in the segment."""
        start = self.record.start
        return None if start is None else (start.id, start.attempt)

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was seen."""
        return self.record.reading.is_empty


class Segments:
    """The segments of a stream, in order."""

    def __init__(self) -> None:
        self._segments = [Segment("stream")]

    @property
    def last(self) -> Segment:
        """The one that is being read."""
        return self._segments[-1]

    def open(self, opening: Opening) -> None:
        """Another application may begin, or, where nothing was read before, it begins so."""
        if opening == "log_start" and self.last.is_empty:
            self.last.opening = opening
        else:
            self._append(Segment(opening))

    def shift(self, lines: int, offset: int) -> None:
        """The log turned out to begin so many lines and bytes earlier."""
        for segment in self._segments:
            segment.record.reading.shift(lines, offset)

    def merge(self, later: "Segments") -> None:
        """Take in the segments of the lines that follow; `later` must not be used any more."""
        first, *rest = later._segments
        if first.opening == "stream" or self.last.is_empty:
            self.last.opening = self.last.opening if first.opening == "stream" else first.opening
            self.last.record.merge(first.record)
        else:
            self._append(first)
        for segment in rest:
            self._append(segment)

    def _append(self, segment: Segment) -> None:
        """Add a segment; what a log has before its application's start belongs to that."""
        last = self.last
        if segment.opening == "application_start" and last.is_preamble and last.opening in {"log_start", "after_end"}:
            last.record.merge(segment.record)
        else:
            self._coalesce()
            self._segments.append(segment)

    def _coalesce(self) -> None:
        """Merge the segment before the last into the one before it, if they belong together: few stay apart."""
        if len(self._segments) > 2:  # noqa: PLR2004 - three neighbours tell it
            before, middle, last = self._segments[-3:]
            if not _waits(middle, last) and (middle.record.start is None or middle.key == before.key):
                before.record.merge(middle.record)
                del self._segments[-2]

    def reasons(self) -> tuple[str, ...]:
        """Why lines were skipped or parts were lost, in all of them."""
        return tuple(reason for segment in self._segments for reason in segment.record.reading.reasons())

    def applications(self) -> Iterator[ApplicationRecord]:
        """Records of the application attempts: segments that belong together, merged."""
        return map(_merged, self._groups())

    def _groups(self) -> list[list[Segment]]:
        groups: list[list[Segment]] = []
        known: dict[tuple[str | None, str | None], list[Segment]] = {}
        current: list[Segment] = []
        waiting: list[Segment] = []
        for segment, following in zip(self._segments, [*self._segments[1:], None], strict=True):
            if following is not None and _waits(segment, following):
                waiting = [segment]
                continue
            if segment.key is not None:
                current = known.setdefault(segment.key, [])
            if not current:
                groups.append(current)
            current += [*waiting, segment]
            waiting = []
        return groups


def _waits(segment: Segment, following: Segment) -> bool:
    """Whether a segment is what a log has before the application's start that follows."""
    return segment.is_preamble and following.opening == "application_start"


def _merged(group: list[Segment]) -> ApplicationRecord:
    filled = [segment for segment in group if not segment.is_empty] or group[:1]
    if len(filled) == 1:
        return filled[0].record
    # Merging uses up its argument, and the fold may go on: work on copies, which pickle makes fastest.
    merged, *rest = pickle.loads(pickle.dumps([segment.record for segment in filled]))  # noqa: S301 - our own objects
    for record in rest:
        merged.merge(record)
    return cast("ApplicationRecord", merged)
