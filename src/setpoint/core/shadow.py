"""What was decided and not put in place, held against the runs that came: a shadow is graded before it is let act."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from setpoint.core.domain import Candidate, Outcome, Recommendation, Run
from setpoint.core.history import Applied, Decided, Entry, RunRecorded

__all__ = ["ShadowGrades", "shadow_grades"]


@dataclass(frozen=True, slots=True)
class ShadowGrades:
    """How decisions did that somebody, or something, held back."""

    changes: int = 0
    """Changes that would have been made."""
    predicted: int = 0
    """Successful runs of which the last decision had predicted what they did, on the spec they really had."""
    held: int = 0
    """How many of them lay in the 90 % interval."""
    stated_misses: float = 0.0
    """Misses that the stated risks of the graded runs add up to, failures among them."""
    failures: int = 0
    """Of the runs with a prediction."""
    compared: int = 0
    """Runs that would have had another spec."""
    actual_dollars: float = 0.0
    """What those cost."""
    chosen_dollars: float = 0.0
    """What they would have cost on the spec that was chosen, by the model: its cost as a share of the one in place."""
    worst_risk: float = 0.0
    """The highest risk of a miss that was stated for a spec it would have changed to."""

    @property
    def saved_dollars(self) -> float:
        """By the model; negative where it would have cost more."""
        return self.actual_dollars - self.chosen_dollars


@dataclass(slots=True)
class _Book:
    changes: int = 0
    predicted: int = 0
    held: int = 0
    failures: int = 0
    compared: int = 0
    worst_risk: float = 0.0

    def grade(self, run: Run, expected: Candidate) -> None:
        if not run.succeeded:
            self.failures += run.outcome is Outcome.FAILED
            return
        low, high = expected.prediction.interval()
        self.predicted += 1
        self.held += low <= run.seconds <= high


def shadow_grades(entries: Iterable[Entry]) -> ShadowGrades:
    """Over the whole ledger of a project; decisions that were put in place count only until then."""
    book, risks, actual, chosen = _Book(), [0.0], [0.0], [0.0]
    last: Decided | None = None
    for entry in entries:
        match entry:
            case Decided():
                last = entry
                change = _held_back(entry)
                if change is not None:
                    book.changes += 1
                    book.worst_risk = max(book.worst_risk, change.miss_risk)
            case Applied():
                last = None
            case RunRecorded(run=run) if last is not None:
                now, other = last.decision.assessment.current, _held_back(last)
                if now is None or now.spec != run.spec or not last.waits:
                    continue
                book.grade(run, now)
                risks.append(now.miss_risk)
                if other is not None and run.succeeded and now.cost.dollars > 0:
                    book.compared += 1
                    actual.append(run.cost.dollars)
                    chosen.append(run.cost.dollars * other.cost.dollars / now.cost.dollars)
            case _:
                pass
    return ShadowGrades(
        changes=book.changes,
        predicted=book.predicted,
        held=book.held,
        stated_misses=math.fsum(risks),
        failures=book.failures,
        compared=book.compared,
        actual_dollars=math.fsum(actual),
        chosen_dollars=math.fsum(chosen),
        worst_risk=book.worst_risk,
    )


def _held_back(decided: Decided) -> Candidate | None:
    """What a decision would have changed to, had it not been held back."""
    decision = decided.decision
    if not isinstance(decision, Recommendation) or not decision.feasible or not decided.waits:
        return None
    return decision.assessment.chosen
