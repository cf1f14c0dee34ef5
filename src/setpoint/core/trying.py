"""The ledger of exploration: what trying specs for what their runs may tell has cost, and what it won back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import fmean
from typing import Literal

from setpoint.core.domain import ClusterSpec, Recommendation, Run
from setpoint.core.history import Applied, Decided, Disturbed, Entry, RollbackAsked, RunRecorded

__all__ = ["MonthOfTrying", "Tried", "by_month", "tried"]

Fate = Literal["on trial", "kept", "left"]


@dataclass(frozen=True, slots=True)
class Tried:
    """One spec that was tried for what its runs may tell, and what became of it."""

    decision_id: str
    spec: ClusterSpec
    at: datetime
    otherwise_dollars: float
    """What a run was expected to cost on the spec before, when it began."""
    fate: Fate = "on trial"
    trials: tuple[float, ...] = ()
    """Dollars of its runs on trial."""
    money: tuple[tuple[str, float, float], ...] = ()
    """Month (UTC), dollars spent beyond what was expected, dollars won: of each run on it until it was left."""

    @property
    def spent_dollars(self) -> float:
        """Beyond what runs were expected to cost without trying."""
        return sum(spent for _, spent, _ in self.money)

    @property
    def won_dollars(self) -> float:
        """Each run since beside what it would have cost, in the proportion that the trial showed: modelled."""
        return sum(won for _, _, won in self.money)


@dataclass(frozen=True, slots=True)
class MonthOfTrying:
    """A month of them."""

    month: str
    spent_dollars: float
    won_dollars: float


def tried(entries: Iterable[Entry]) -> tuple[Tried, ...]:
    """All of a project, oldest first."""
    done: list[Tried] = []
    now: Tried | None = None
    decisions: dict[str, Decided] = {}
    for entry in entries:
        if isinstance(entry, Decided):
            decisions[entry.id] = entry
            if now is not None and entry.decision.assessment.kept == now.spec:
                now = replace(now, fate="kept")
        elif isinstance(entry, Applied | Disturbed | RollbackAsked) and entry.spec is not None:
            if now is not None and entry.spec != now.spec:
                done.append(now if now.fate == "kept" else replace(now, fate="left"))
                now = None
            decided = decisions.get(entry.decision_id) if isinstance(entry, Applied) else None
            now = now if decided is None else _begun(decided, entry.at) or now
        elif isinstance(entry, RunRecorded) and now is not None and entry.run.spec == now.spec:
            now = _ran(now, entry.run)
    return (*done, now) if now is not None else tuple(done)


def _begun(decided: Decided, at: datetime) -> Tried | None:
    decision = decided.decision
    if not isinstance(decision, Recommendation) or not decision.trying:
        return None
    current = decision.assessment.current
    return Tried(decided.id, decision.spec, at, 0.0 if current is None else current.cost.dollars)


def _ran(now: Tried, run: Run) -> Tried:
    month, dollars = f"{run.report.finished_at.astimezone(UTC):%Y-%m}", run.cost.dollars
    if now.fate == "on trial":
        more = dollars - now.otherwise_dollars
        return replace(now, trials=(*now.trials, dollars), money=(*now.money, (month, max(0.0, more), max(0.0, -more))))
    usual = fmean(now.trials) if now.trials else 0.0
    # In proportion, so that a larger input is not taken for a loss.
    won = dollars * (now.otherwise_dollars / usual - 1) if usual > 0 else 0.0
    return replace(now, money=(*now.money, (month, 0.0, won)))


def by_month(every: Sequence[Tried]) -> tuple[MonthOfTrying, ...]:
    """What was spent and won in each month, oldest first."""
    spent: dict[str, float] = defaultdict(float)
    won: dict[str, float] = defaultdict(float)
    for each in every:
        for month, less, more in each.money:
            spent[month] += less
            won[month] += more
    return tuple(MonthOfTrying(month, spent[month], won[month]) for month in sorted(spent))
