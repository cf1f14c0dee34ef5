"""How much of the log could be used."""

from typing import Literal

from setpoint.core.profile import Completeness

CompletenessState = Literal["complete", "cut_off", "partial"]
_MOST_REASONS = 10
CUT_OFF = "a line is cut off"


class Reading:
    """Counts lines read and skipped, and says why."""

    def __init__(self) -> None:
        self.line = 0
        """Number of the current line, from 1, counted through all parts."""
        self._skipped = 0
        self._first_skipped: int | None = None
        self._last_skipped: int | None = None
        self.last_used = 0
        """Number of the last line that was made sense of."""
        self._lost_after: int | None = None
        self._reasons: dict[str, None] = {}
        self._first_lines: dict[str, int] = {}
        """Why lines were skipped, with the first of each kind."""

    def skip(self, reason: str) -> None:
        """The current line could not be used."""
        self._skipped += 1
        self._first_skipped = self._first_skipped or self.line
        self._last_skipped = self.line
        self._first_lines.setdefault(reason, self.line)

    def lose(self, reason: str) -> None:
        """An unknown number of lines could not be read."""
        if self._lost_after is None:
            self._lost_after = self.line
        self.note(reason)

    def note(self, reason: str) -> None:
        """Something about the log that whoever reads the numbers should know."""
        if len(self._reasons) < _MOST_REASONS:
            self._reasons[reason] = None

    def describe(self) -> str:
        """What was met, for the message that nothing was usable."""
        lines = f"{self.line} lines" if self.line > 1 else "1 line"
        met = f"no application start and no task in {lines}" if self.line else "it is empty"
        return "; ".join([met, *self._all_reasons()[:1]])

    def _all_reasons(self) -> tuple[str, ...]:
        skipped = [f"{reason} (first at line {line})" for reason, line in self._first_lines.items()]
        return (*skipped[:_MOST_REASONS], *self._reasons)

    def completeness(self, *, ended: bool) -> Completeness:
        """The verdict. A last line cut off where the log stops is part of being cut off, not damage of its own."""
        only_the_tail = self._skipped == 1 and (self._last_skipped or 0) > self.last_used
        if not ended:
            self.note("the log stops before the application ended")
        is_damaged = bool(self._skipped) and (ended or not only_the_tail)
        is_holed = self._lost_after is not None and (ended or self.last_used > self._lost_after)
        is_partial = is_damaged or is_holed
        state: CompletenessState = "partial" if is_partial else "complete" if ended else "cut_off"
        return Completeness(state, self._skipped, self._first_skipped, self._all_reasons())
