"""What the loop may do by itself, and when: guards between a decision and the spec that it puts in place.

A decision is taken and written down first; each guard then says in words why it is not put in place, or nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from setpoint.core.autonomy.ladder import MODES, highest_mode, kinds_of, mode_of
from setpoint.core.autonomy.staleness import stale
from setpoint.core.domain import ClusterSpec, Decision, Recommendation, Rollback
from setpoint.core.history import History
from setpoint.core.windows import closed

__all__ = ["GUARDS", "Acting", "holds_back"]


@dataclass(frozen=True, slots=True)
class Acting:
    """What guards look at: a decision that would put a spec in place, and the moment."""

    history: History
    decision_id: str
    decision: Decision
    based_on: ClusterSpec
    now: datetime
    trials_are_full: Callable[[], str | None]
    """Asked last: other projects are looked at for it."""

    @property
    def is_rescue(self) -> bool:
        """Whether the spec that is left would miss the goal."""
        return isinstance(self.decision, Recommendation) and self.decision.rescue


def _mode(acting: Acting) -> str | None:
    history, decision = acting.history, acting.decision
    if isinstance(decision, Rollback):
        highest = highest_mode(history)
        may = MODES.index(highest) >= MODES.index("approve")
        return None if may else f"the project is in mode {highest}: nothing is put in place, nor taken back, by itself"
    if not isinstance(decision, Recommendation):
        return None
    kinds = kinds_of(acting.based_on, decision.spec, is_rescue=decision.rescue)
    mode = mode_of(history, kinds)
    if mode == "auto" or (mode == "approve" and acting.decision_id in history.approved):
        return None
    return f"{_WHY[mode]} ({', '.join(kinds)}: mode {mode})"


_WHY = {
    "observe": "it is only measured",
    "shadow": "it is only held against what happens",
    "propose": "it is proposed: put it in place yourself",
    "approve": "it waits for an approval",
}


def _stale(acting: Acting) -> str | None:
    return None if isinstance(acting.decision, Rollback) else stale(acting.history.runs, acting.now)


def _time(acting: Acting) -> str | None:
    if isinstance(acting.decision, Rollback):
        return None
    return closed(acting.history.restrictions, acting.now, is_rescue=acting.is_rescue)


def _trials(acting: Acting) -> str | None:
    """A rescue is no trial that could as well wait."""
    is_trial = isinstance(acting.decision, Recommendation) and not acting.is_rescue
    return acting.trials_are_full() if is_trial else None


Guard = Callable[[Acting], str | None]
GUARDS: tuple[Guard, ...] = (_mode, _stale, _time, _trials)
"""What is known to be good may be restored at any time: none but the mode holds back a rollback."""


def holds_back(acting: Acting) -> str | None:
    """Why the spec of a decision is not put in place now; None where nothing is against it."""
    return next((reason for guard in GUARDS if (reason := guard(acting))), None)
