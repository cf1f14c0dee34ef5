"""What is known of a run's cost now: bills where there are any, the estimate for what they do not have."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from setpoint.core.billing.attribution import Told
from setpoint.core.domain import Cost, CostKind, CostLabel, Run
from setpoint.core.history import Billed, History
from setpoint.core.reconciliation import PARTS, Corrections, corrections

__all__ = ["Compared", "as_known", "bills_of", "compared", "factors", "known_cost", "news"]

LEAST_DOLLARS = 1e-6
"""A smaller difference between two readings is rounding."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One run's estimate beside its bills."""

    project: str
    run_id: str
    at: datetime
    """When the run began."""
    estimate: Cost
    known: Cost
    """Bills, and the estimate for what they do not have."""
    billed_dollars: float | None
    """On all bills together; None where no bill has the run."""
    estimated_dollars: float
    """Of the parts that the bills have."""
    sources: tuple[str, ...]
    """Whose bills."""
    is_paid: bool
    """Whether all that is on the bills is what is paid, and not metered usage at list prices."""

    @property
    def ratio(self) -> float | None:
        """Billed over estimated."""
        if self.billed_dollars is None or self.estimated_dollars <= 0:
            return None
        return self.billed_dollars / self.estimated_dollars


def news(project: str, history: History, told: Told, source: str, at: datetime) -> tuple[Billed, ...]:
    """What a reading says of a project's runs that was not known: entries for the ledger, none where nothing changed.

    A run of which the reading does not tell everything, or has no price for something, is left as it was.
    """
    found = []
    for key in sorted(told.covered):
        if key[0] != project or key in told.unpriced:
            continue
        before, cost = history.bills.get(key[1], {}).get(source), told.costs.get(key)
        if cost is None and (before is None or not before.cost.parts):
            continue
        entry = Billed(key[1], source, cost or Cost((), "billed"), at)
        if before is None or not _is_same(before.cost, entry.cost):
            found.append(entry)
    return tuple(found)


def _is_same(before: Cost, now: Cost) -> bool:
    ours, theirs = _by_item(before), _by_item(now)
    close = all(abs(ours.get(it, 0.0) - theirs.get(it, 0.0)) <= LEAST_DOLLARS for it in ours.keys() | theirs.keys())
    return close and ours.keys() == theirs.keys() and before.label == now.label


def _by_item(cost: Cost) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for part in cost.parts:
        key = (part.kind, part.item)
        found[key] = found.get(key, 0.0) + part.dollars
    return found


def bills_of(history: History, run_id: str) -> tuple[Billed, ...]:
    """The newest word of each bill on a run, where it has any part of it."""
    return tuple(bill for _, bill in sorted(history.bills.get(run_id, {}).items()) if bill.cost.parts)


def known_cost(run: Run, bills: Sequence[Billed]) -> Cost:
    """The run's cost: `billed` where bills have every part of the estimate, else what they lack is estimated still."""
    if not bills:
        return run.cost
    on_bills = tuple(part for bill in bills for part in bill.cost.parts)
    covered = _covered(part.kind for part in on_bills)
    rest = tuple(part for part in run.cost.parts if part.kind not in covered)
    label: CostLabel = run.cost.label if rest else "billed"
    if not all(bill.cost.label == "billed" for bill in bills):
        label = "list-estimated"
    said = tuple(dict.fromkeys(word for bill in bills for word in bill.cost.assumptions))
    if rest:
        names = ", ".join(sorted({_part_of(part.kind) for part in rest}))
        said = (*said, f"Not on the bills that were read, so estimated: {names}.", *run.cost.assumptions)
    return Cost((*on_bills, *rest), label, said)


def _covered(kinds: Iterable[CostKind]) -> frozenset[CostKind]:
    """Kinds that a bill with these has: what pays for a spot machine pays for those that fell back to on-demand."""
    there = set(kinds)
    groups = (group for group in PARTS.values() if there & set(group))
    return frozenset(there.union(*groups))


def _part_of(kind: CostKind) -> str:
    return next((name for name, kinds in PARTS.items() if kind in kinds), "other")


def compared(project: str, history: History) -> tuple[Compared, ...]:
    """Every run of a project beside its bills, in the order they were recorded."""
    return tuple(_compared(project, run, bills_of(history, run.id)) for run in history.runs)


def _compared(project: str, run: Run, bills: Sequence[Billed]) -> Compared:
    covered = _covered(part.kind for bill in bills for part in bill.cost.parts)
    return Compared(
        project=project,
        run_id=run.id,
        at=run.report.started_at,
        estimate=run.cost,
        known=known_cost(run, bills),
        billed_dollars=math.fsum(bill.cost.dollars for bill in bills) if bills else None,
        estimated_dollars=run.cost.of(*covered) if bills else 0.0,
        sources=tuple(bill.source for bill in bills),
        is_paid=all(bill.cost.label == "billed" for bill in bills),
    )


def factors(rows: Iterable[Compared]) -> Corrections:
    """By which factor estimates are off, with its spread; only what is paid tells."""
    paid = (row for row in rows if row.billed_dollars is not None and row.is_paid)
    return corrections((row.project, row.estimated_dollars, row.billed_dollars or 0.0) for row in paid)


def as_known(run: Run, history: History) -> Run:
    """The run with what is known of its cost now."""
    return replace(run, cost=known_cost(run, bills_of(history, run.id)))
