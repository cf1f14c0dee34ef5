"""The estimate of a run beside what billed rows say of it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from setpoint.core.domain import Cost, CostKind, CostPart
from setpoint.core.reconciliation.bill import BilledRow, part_of_sku
from setpoint.core.reports import ReportedRun

__all__ = ["PARTS", "Reconciled", "billed_cost", "reconcile", "rows_of"]

PARTS: Mapping[str, tuple[CostKind, ...]] = {
    "machines": ("vm_on_demand", "vm_spot"),
    "units": ("dbu",),
    "disks": ("disk",),
    "emr fee": ("emr_fee",),
    "serverless": ("vcpu", "memory", "storage"),
}
"""Kinds of cost that bills tell apart. Machines of both markets are one: what fell back is known to the bill only."""

_COST_KINDS: Mapping[str, CostKind] = {
    "machines": "vm_on_demand",
    "units": "dbu",
    "disks": "disk",
    "emr fee": "emr_fee",
    "serverless": "vcpu",
}


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A run's estimate beside its bill."""

    cluster_id: str
    name: str
    estimated_dollars: float | None
    """Of the parts that the bill has; None where there is no bill, or the run has no whole price."""
    billed_dollars: float | None
    """None: nothing of the bill is this run's."""
    parts: tuple[tuple[str, float, float], ...] = ()
    """(part, estimated, billed) where every SKU of the run told its part."""
    project: str = ""
    """Which recurring workload it is a run of; empty where the report does not tell."""
    rows_outside: int = 0
    """Rows of its cluster, or its id, that are of other days, and so are not counted."""

    @property
    def ratio(self) -> float | None:
        """Billed over estimated."""
        if self.estimated_dollars is None or self.billed_dollars is None or self.estimated_dollars <= 0:
            return None
        return self.billed_dollars / self.estimated_dollars


def rows_of(run: ReportedRun, bill: Iterable[BilledRow]) -> list[BilledRow]:
    """The rows of a run: by its cluster, else by a run's id, of the days it used anything."""
    return _by_day(run, bill)[0]


def _by_day(run: ReportedRun, bill: Iterable[BilledRow]) -> tuple[list[BilledRow], int]:
    """The rows of a run, and how many there are of its cluster on other days."""
    times = [at for use in run.usage.machines for at in (use.began, use.ended)] or [run.began, run.ended]
    first = datetime.fromtimestamp(min(times), UTC).date()
    last = datetime.fromtimestamp(max(times), UTC).date()
    named = [
        row
        for row in bill
        if (row.cluster_id == run.cluster_id if row.cluster_id and run.cluster_id else row.run_id in run.run_ids)
    ]
    rows = [row for row in named if row.day is None or first <= row.day <= last]
    return rows, len(named) - len(rows)


def reconcile(run: ReportedRun, estimate: Cost | None, bill: Sequence[BilledRow]) -> Reconciled:
    """The estimate of a run beside what was billed. Only parts that the bill has are compared."""
    rows, outside = _by_day(run, bill)
    billed = math.fsum(row.dollars for row in rows) if rows else None
    whole = Reconciled(run.cluster_id, run.name, None, billed, (), run.project, outside)
    if estimate is None or billed is None:
        return whole
    by_part: dict[str | None, list[float]] = {}
    for row in rows:
        by_part.setdefault(part_of_sku(row.sku), []).append(row.dollars)
    if None in by_part:
        return replace(whole, estimated_dollars=estimate.dollars)
    parts = tuple(
        (part, estimate.of(*kinds), math.fsum(by_part[part])) for part, kinds in PARTS.items() if part in by_part
    )
    return replace(whole, estimated_dollars=math.fsum(it[1] for it in parts), parts=parts)


def billed_cost(run: ReportedRun, bill: Sequence[BilledRow]) -> Cost | None:
    """What the bill says a run cost, by its parts; None where it has nothing of it. What does not tell is "other"."""
    sums: dict[tuple[CostKind, str], list[BilledRow]] = {}
    for row in rows_of(run, bill):
        part = part_of_sku(row.sku)
        is_spot = part == "machines" and "spot" in row.sku.lower()
        kind: CostKind = "other" if part is None else _COST_KINDS[part]
        sums.setdefault(("vm_spot" if is_spot else kind, row.sku), []).append(row)
    if not sums:
        return None
    return Cost(tuple(_billed_part(kind, sku, rows) for (kind, sku), rows in sorted(sums.items())), "billed")


def _billed_part(kind: CostKind, sku: str, rows: Sequence[BilledRow]) -> CostPart:
    quantity, dollars = math.fsum(row.quantity for row in rows), math.fsum(row.dollars for row in rows)
    return CostPart(kind, sku, quantity, "as billed", dollars, "the bill")
