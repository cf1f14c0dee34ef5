"""How much of the log could be used."""

from typing import Literal

from setpoint.core.profile import Completeness

CompletenessState = Literal["complete", "cut_off", "partial"]
_MOST_REASONS = 10
CUT_OFF = "a line is cut off"


class Reading:
    """Counts what was skipped of one application's lines, and says why. Lines and bytes count from the log's start."""

    def __init__(self) -> None:
        self.last_used = 0
        """Number of the last line that was made sense of."""
        self._skipped = 0
        self._first_skipped: int | None = None
        self._first_offset: int | None = None
        self._last_skipped: int | None = None
        self._lost_after: int | None = None
        self._notes: dict[str, None] = {}
        self._first_lines: dict[str, int] = {}
        """Why lines were skipped, with the first of each kind."""

    def skip(self, line: int, offset: int, reason: str) -> None:
        """A line, which begins after so many bytes of the log, could not be used."""
        self._skipped += 1
        if self._first_skipped is None:
            self._first_skipped, self._first_offset = line, offset
        self._last_skipped = line
        self._first_lines.setdefault(reason, line)

    def lose(self, line: int, reason: str) -> None:
        """An unknown number of lines after this one could not be read."""
        if self._lost_after is None:
            self._lost_after = line
        self._notes[reason] = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was seen."""
        return not (self.last_used or self._skipped or self._notes)

    def shift(self, lines: int, offset: int) -> None:
        """The log turned out to begin so many lines and bytes earlier."""
        self.last_used = self.last_used + lines if self.last_used else 0
        self._first_skipped = None if self._first_skipped is None else self._first_skipped + lines
        self._first_offset = None if self._first_offset is None else self._first_offset + offset
        self._last_skipped = None if self._last_skipped is None else self._last_skipped + lines
        self._lost_after = None if self._lost_after is None else self._lost_after + lines
        self._first_lines = {reason: line + lines for reason, line in self._first_lines.items()}

    def merge(self, later: "Reading") -> None:
        """Take in what was skipped of the lines that follow."""
        self.last_used = max(self.last_used, later.last_used)
        self._skipped += later._skipped
        if self._first_skipped is None:
            self._first_skipped, self._first_offset = later._first_skipped, later._first_offset
        self._last_skipped = self._last_skipped if later._last_skipped is None else later._last_skipped
        self._lost_after = later._lost_after if self._lost_after is None else self._lost_after
        self._notes.update(later._notes)
        self._first_lines = {**later._first_lines, **self._first_lines}

    def reasons(self) -> tuple[str, ...]:
        """Why lines were skipped or parts were lost."""
        in_order = sorted(self._first_lines.items(), key=lambda item: (item[1], item[0]))
        skipped = [f"{reason} (first at line {line})" for reason, line in in_order]
        return (*skipped[:_MOST_REASONS], *list(self._notes)[:_MOST_REASONS])

    def completeness(self, *, started: bool, ended: bool, notes: tuple[str, ...]) -> Completeness:
        """The verdict. A last line cut off where the log stops is part of being cut off, not damage of its own."""
        only_the_tail = self._skipped == 1 and (self._last_skipped or 0) > self.last_used
        begins = () if started else ("the log does not have the application's start",)
        stopped = () if ended else ("the log stops before the application ended",)
        is_damaged = bool(self._skipped) and (ended or not only_the_tail)
        is_holed = self._lost_after is not None and (ended or self.last_used > self._lost_after)
        is_partial = is_damaged or is_holed or (ended and not started)
        state: CompletenessState = "partial" if is_partial else "complete" if ended else "cut_off"
        reasons = (*self.reasons(), *begins, *stopped, *notes)
        return Completeness(state, self._skipped, self._first_skipped, reasons, self._first_offset)
