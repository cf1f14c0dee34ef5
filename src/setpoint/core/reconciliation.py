"""Bill against estimate: what billed rows say of each reported run, and the factor by which estimates are off.

The factor is learned from the logarithms of billed ÷ estimated: their median, so that one odd bill does not move it,
drawn towards 1 while runs are few (normal prior and normal likelihood, Gelman et al., Bayesian Data Analysis, 2.5).
"""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import median

from setpoint.core.domain import Cost, CostKind, CostPart
from setpoint.core.reports import ReportedRun
from setpoint.errors import InputError

__all__ = [
    "LARGEST_BILL_BYTES",
    "PARTS",
    "BilledRow",
    "Correction",
    "Reconciled",
    "billed_cost",
    "correction",
    "part_of_sku",
    "read_bill",
    "reconcile",
    "rows_of",
]

PARTS: Mapping[str, tuple[CostKind, ...]] = {
    "machines": ("vm_on_demand", "vm_spot"),
    "units": ("dbu",),
    "disks": ("disk",),
    "emr fee": ("emr_fee",),
    "serverless": ("vcpu", "memory", "storage"),
}
"""Kinds of cost that bills tell apart. Machines of both markets are one: what fell back is known to the bill only."""

_SKU_WORDS = (
    # The first that is found decides: "EMR-SPOT" is a fee and "SpotUsage" a machine.
    ("serverless", ("emr-serverless", "emr serverless", "emr_serverless")),
    ("emr fee", ("elasticmapreduce", "emr")),
    ("units", ("dbu", "jobs_compute", "jobs compute", "all_purpose", "all-purpose", "databricks")),
    ("disks", ("ebs:", "volumeusage", "disk", "storage pd", "pd capacity")),
    ("machines", ("boxusage", "spotusage", "virtual machines", "instance core", "instance ram", "ec2", "compute")),
)
_COST_KINDS: Mapping[str, CostKind] = {
    "machines": "vm_on_demand",
    "units": "dbu",
    "disks": "disk",
    "emr fee": "emr_fee",
    "serverless": "vcpu",
}
_COLUMNS = {
    "run_id": ("run_id", "job_run_id", "usage_metadata.job_run_id"),
    "cluster_id": ("cluster_id", "usage_metadata.cluster_id"),
    "day": ("date", "usage_date", "day"),
    "sku": ("sku", "sku_name", "service", "usage_type"),
    "quantity": ("quantity", "usage_quantity"),
    "dollars": ("dollars", "cost", "usd"),
}
"""Names of columns; where a bill has several, the first counts."""
LARGEST_BILL_BYTES = 64 * 2**20
_MOST_DOLLARS = 1e9
_PRIOR_DEVIATION = 0.3
"""Of the logarithm of the factor among accounts: contracts take off up to half of the list price."""
_PRIOR_NOISE = 0.3
"""Of a single run, before any is known; worth one run."""
_TO_DEVIATION = 1.4826
"""From the median absolute deviation of normal values to their standard deviation."""
_OF_MEDIAN = 1.2533
"""Standard error of a median over that of a mean: sqrt(pi / 2)."""
_NINETY_PERCENT = 1.6449


@dataclass(frozen=True, slots=True)
class BilledRow:
    """One line of a bill; negative dollars take back an earlier one."""

    run_id: str
    cluster_id: str
    day: date | None
    sku: str
    quantity: float
    dollars: float


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

    @property
    def ratio(self) -> float | None:
        """Billed over estimated."""
        if self.estimated_dollars is None or self.billed_dollars is None or self.estimated_dollars <= 0:
            return None
        return self.billed_dollars / self.estimated_dollars


@dataclass(frozen=True, slots=True)
class Correction:
    """The factor by which estimates are to be multiplied to be like the bills, with its 90 % interval."""

    factor: float
    low: float
    high: float
    runs: int
    """How many it was learned from."""


def read_bill(document: bytes) -> tuple[BilledRow, ...]:
    """The rows of a CSV file; docs/cost.md names its columns. Raises InputError, which names the line."""
    if len(document) > LARGEST_BILL_BYTES:
        raise InputError(f"The bill is larger than {LARGEST_BILL_BYTES >> 20} MiB: reduce it to the runs in question.")
    try:
        lines = csv.reader(document.decode("utf-8-sig").splitlines(), strict=True)
        head = [name.strip().lower() for name in next(lines, [])]
        where = {name: head.index(it) for name, known in _COLUMNS.items() for it in reversed(known) if it in head}
        _judge_columns(where, head)
        return tuple(_row(cells, where, lines.line_num) for cells in lines if any(cell.strip() for cell in cells))
    except UnicodeDecodeError:
        raise InputError("The bill is not UTF-8 text: a CSV file is needed.") from None
    except csv.Error as error:
        raise InputError(f"The bill is no CSV file: {error}.") from None


def _judge_columns(where: Mapping[str, int], head: Sequence[str]) -> None:
    if "dollars" in where and ("cluster_id" in where or "run_id" in where):
        return
    found = ", ".join(head)[:200] or "none"
    raise InputError(f"The bill needs the columns dollars and cluster_id or run_id; its columns are: {found}.")


def _row(cells: Sequence[str], where: Mapping[str, int], line: int) -> BilledRow:
    def cell(name: str) -> str:
        at = where.get(name)
        return cells[at].strip() if at is not None and at < len(cells) else ""

    text = cell("day")
    try:
        day = date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise InputError(f"Line {line} of the bill: {text[:40]!r} is no date such as 2026-01-31.") from None
    quantity, dollars = _amount(cell("quantity") or "0", line), _amount(cell("dollars"), line)
    return BilledRow(cell("run_id"), cell("cluster_id"), day, cell("sku"), quantity, dollars)


def _amount(text: str, line: int) -> float:
    try:
        found = float(text.removeprefix("$"))
    except ValueError:
        found = math.nan
    if not abs(found) <= _MOST_DOLLARS:
        raise InputError(f"Line {line} of the bill: {text[:40]!r} is no amount.")
    return found


def part_of_sku(sku: str) -> str | None:
    """Which part of a cost a SKU or service pays for; None where it does not tell.

    >>> part_of_sku("PREMIUM_JOBS_COMPUTE_(PHOTON)"), part_of_sku("USE1-SpotUsage:m5.xlarge"), part_of_sku("Tax")
    ('units', 'machines', None)
    """
    text = sku.lower()
    return next((part for part, words in _SKU_WORDS if any(word in text for word in words)), None)


def rows_of(run: ReportedRun, bill: Iterable[BilledRow]) -> list[BilledRow]:
    """The rows of a run: by its cluster, else by a run's id, of the days it used anything."""
    times = [at for use in run.usage.machines for at in (use.began, use.ended)] or [run.began, run.ended]
    first = datetime.fromtimestamp(min(times), UTC).date()
    last = datetime.fromtimestamp(max(times), UTC).date()
    return [
        row
        for row in bill
        if (row.cluster_id == run.cluster_id if row.cluster_id and run.cluster_id else row.run_id in run.run_ids)
        and (row.day is None or first <= row.day <= last)
    ]


def reconcile(run: ReportedRun, estimate: Cost | None, bill: Sequence[BilledRow]) -> Reconciled:
    """The estimate of a run beside what was billed. Only parts that the bill has are compared."""
    rows = rows_of(run, bill)
    billed = math.fsum(row.dollars for row in rows) if rows else None
    if estimate is None or billed is None:
        return Reconciled(run.cluster_id, run.name, None, billed)
    by_part: dict[str | None, list[float]] = {}
    for row in rows:
        by_part.setdefault(part_of_sku(row.sku), []).append(row.dollars)
    if None in by_part:
        return Reconciled(run.cluster_id, run.name, estimate.dollars, billed)
    parts = tuple(
        (part, estimate.of(*kinds), math.fsum(by_part[part])) for part, kinds in PARTS.items() if part in by_part
    )
    return Reconciled(run.cluster_id, run.name, math.fsum(it[1] for it in parts), billed, parts)


def billed_cost(run: ReportedRun, bill: Sequence[BilledRow]) -> Cost | None:
    """What the bill says a run cost, by its parts; None where it has nothing of it, or does not say what for."""
    sums: dict[tuple[CostKind, str], list[BilledRow]] = {}
    for row in rows_of(run, bill):
        part = part_of_sku(row.sku)
        if part is None:
            return None
        is_spot = part == "machines" and "spot" in row.sku.lower()
        sums.setdefault(("vm_spot" if is_spot else _COST_KINDS[part], row.sku), []).append(row)
    if not sums:
        return None
    return Cost(tuple(_billed_part(kind, sku, rows) for (kind, sku), rows in sorted(sums.items())), "billed")


def _billed_part(kind: CostKind, sku: str, rows: Sequence[BilledRow]) -> CostPart:
    quantity, dollars = math.fsum(row.quantity for row in rows), math.fsum(row.dollars for row in rows)
    return CostPart(kind, sku, quantity, "as billed", dollars, "the bill")


def correction(pairs: Iterable[tuple[float, float]]) -> Correction:
    """The factor from pairs of estimated and billed dollars; pairs without either are left out.

    >>> correction([]).factor
    1.0
    >>> learned = correction([(10, 7), (20, 14.2), (30, 20.9), (8, 5.6), (10, 70)])
    >>> 0.7 < learned.factor < 0.75
    True
    """
    logs = [math.log(billed / estimated) for estimated, billed in pairs if estimated > 0 and billed > 0]
    runs = len(logs)
    if not runs:
        return _correction(0.0, _PRIOR_DEVIATION, 0)
    centre = median(logs)
    spread = _TO_DEVIATION * median(abs(each - centre) for each in logs)
    noise = math.sqrt((_PRIOR_NOISE**2 + runs * spread**2) / (1 + runs))
    error = _OF_MEDIAN * noise / math.sqrt(runs)
    weight = _PRIOR_DEVIATION**2 / (_PRIOR_DEVIATION**2 + error**2)
    return _correction(weight * centre, error * math.sqrt(weight), runs)


def _correction(log_factor: float, deviation: float, runs: int) -> Correction:
    margin = _NINETY_PERCENT * deviation
    low, high = math.exp(log_factor - margin), math.exp(log_factor + margin)
    return Correction(math.exp(log_factor), low, high, runs)
