"""Which run a line of a bill is of: the sum over its lines is what the bill says of a run now.

A line names a cluster, a run or a machine. Where several runs bear that name (a kept cluster, a machine that was used
again) its dollars are shared out by the time that each run has of the line, which the cost then says.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from setpoint.core.billing.lines import SLACK, BillLine, Reading
from setpoint.core.domain import Cost, CostKind, CostLabel, CostPart, Run
from setpoint.core.reconciliation import part_of_sku

__all__ = ["RunKey", "Told", "attribute"]

RunKey = tuple[str, str]
"""Project and id of a run."""
_KINDS: Mapping[str, CostKind] = {
    "machines": "vm_on_demand",
    "units": "dbu",
    "disks": "disk",
    "emr fee": "emr_fee",
    "serverless": "vcpu",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What one reading of a bill says of runs."""

    costs: Mapping[RunKey, Cost]
    """Of runs with any line; one that cannot be priced whole has none."""
    covered: frozenset[RunKey]
    """Runs of which the reading tells everything; of others nothing is to be taken down."""
    unpriced: Mapping[RunKey, tuple[str, ...]] = field(default_factory=dict)
    """SKUs without a price."""
    other_lines: int = 0
    """Lines that are of none of the runs."""
    other_dollars: float = 0.0


@dataclass(frozen=True, slots=True)
class _Share:
    """What a run has of a line."""

    line: BillLine
    share: float = 1.0


def attribute(runs: Iterable[tuple[str, Run]], reading: Reading) -> Told:
    """What a reading says of each run of (project, run). Order and repetition of lines are nothing."""
    known = {(project, run.id): run for project, run in runs}
    names = _names(known)
    lines = {line.id: line for line in sorted(reading.lines, key=_order)}
    shares: dict[RunKey, list[_Share]] = {}
    others: list[BillLine] = []
    for line in lines.values():
        found = _shares(line, names, known)
        for key, share in found:
            shares.setdefault(key, []).append(_Share(line, share))
        if not found and line.is_charge:
            others.append(line)
    unpriced = {key: skus for key, each in shares.items() if (skus := _without_price(each))}
    return Told(
        costs={key: _cost(each) for key, each in sorted(shares.items()) if key not in unpriced},
        covered=frozenset(
            key for key, run in known.items() if reading.covers(run.report.started_at, run.report.finished_at)
        ),
        unpriced=unpriced,
        other_lines=len(others),
        other_dollars=math.fsum(line.dollars or 0.0 for line in others),
    )


def _order(line: BillLine) -> tuple[str, str, float]:
    """Any order will do as long as it is always the same one: of lines with one id the last counts."""
    return line.id, line.sku, line.dollars or 0.0


def _names(known: Mapping[RunKey, Run]) -> dict[str, list[RunKey]]:
    found: dict[str, list[RunKey]] = {}
    for key, run in known.items():
        for name in {run.id, *run.report.billed_as}:
            found.setdefault(name, []).append(key)
    return found


def _shares(
    line: BillLine, names: Mapping[str, list[RunKey]], known: Mapping[RunKey, Run]
) -> list[tuple[RunKey, float]]:
    """Who has which share of a line; the shares make 1, or there are none."""
    near = [key for key in _named(line, names, known) if _is_near(line, known[key])]
    if len(near) < 2:  # noqa: PLR2004 - nothing to share
        return [(key, 1.0) for key in near]
    seconds = {key: _seconds_within(line, known[key]) for key in near}
    whole = math.fsum(seconds.values())
    if not whole:
        return []
    return [(key, each / whole) for key, each in sorted(seconds.items()) if each]


def _named(line: BillLine, names: Mapping[str, list[RunKey]], known: Mapping[RunKey, Run]) -> Sequence[RunKey]:
    """The surest name that any run bears.

    A job's run may have several clusters of which each is another project: a run whose clusters are known has the
    lines of no other.
    """
    if line.cluster_id and (found := names.get(line.cluster_id)):
        return found
    if line.run_id and (found := names.get(line.run_id)):
        mine = [key for key in found if not line.cluster_id or not known[key].report.billed_as]
        if mine:
            return mine
    return names.get(line.resource_id, ()) if line.resource_id else ()


def _is_near(line: BillLine, run: Run) -> bool:
    return line.began < run.report.finished_at + SLACK and run.report.started_at - SLACK < line.ended


def _seconds_within(line: BillLine, run: Run) -> float:
    first, last = max(line.began, run.report.started_at), min(line.ended, run.report.finished_at)
    return max(0.0, (last - first).total_seconds())


def _without_price(shares: Iterable[_Share]) -> tuple[str, ...]:
    """SKUs whose dollars nobody says and whose quantities do not cancel."""
    left: dict[str, list[float]] = {}
    for each in shares:
        if each.line.dollars is None:
            left.setdefault(each.line.sku, []).append(each.line.quantity)
    return tuple(sorted(sku for sku, quantities in left.items() if math.fsum(quantities)))


def _cost(shares: Sequence[_Share]) -> Cost:
    label: CostLabel = "billed" if all(each.line.is_paid for each in shares) else "list-estimated"
    return Cost(tuple(_parts(shares)), label, tuple(_assumptions(shares)))


def _parts(shares: Iterable[_Share]) -> Iterator[CostPart]:
    groups: dict[tuple[CostKind, str, str, str], list[_Share]] = {}
    for each in shares:
        line = each.line
        groups.setdefault((_kind(line.sku), line.sku, line.unit, line.price_origin), []).append(each)
    for (kind, sku, unit, origin), group in sorted(groups.items()):
        quantity = math.fsum(each.line.quantity * each.share for each in group)
        dollars = math.fsum((each.line.dollars or 0.0) * each.share for each in group)
        yield CostPart(kind, sku, quantity, unit or "as billed", dollars, origin)


def _kind(sku: str) -> CostKind:
    part = part_of_sku(sku)
    if part == "machines" and "spot" in sku.lower():
        return "vm_spot"
    return "other" if part is None else _KINDS[part]


def _assumptions(shares: Sequence[_Share]) -> Iterator[str]:
    shared = math.fsum((each.line.dollars or 0.0) * each.share for each in shares if each.share < 1)
    if any(each.share < 1 for each in shares):
        yield (
            f"${shared:,.2f} of it is a share: several runs used the same cluster or machine in the same hours, "
            "and the bill is divided by the time of each."
        )
    if not all(each.line.is_paid for each in shares):
        yield "Units are those that were metered, at list prices; what your contract takes off is not in it."
