"""A spec of a study with its price, in parts, at the time that is typical of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from setpoint.core.cloud import CloudSpec, usage_of
from setpoint.core.cost import meter, price, unit_name
from setpoint.core.domain import ClusterSpec, Cost, CostKind, CostPart, Unpriceable
from setpoint.core.pricebook import Missing, NodeType, PriceBook
from setpoint.core.study.groups import StudyGroup, groups_of
from setpoint.core.study.samples import SpecSamples, StudySpec

__all__ = ["PARTS", "BookOf", "StudyRow", "rows_of"]

BookOf = Callable[[StudySpec], PriceBook]
"""The prices that hold for a spec: those of its cloud and region."""

PARTS: dict[str, tuple[str, tuple[CostKind, ...]]] = {
    "vm": ("instances", ("vm_on_demand", "vm_spot")),
    "dbu": ("Databricks units", ("dbu",)),
    "disk": ("disks", ("disk",)),
    "fee": ("EMR fee", ("emr_fee",)),
    "cores": ("cores and memory", ("vcpu", "memory", "storage")),
}
"""Columns of a cost: key, name, and what is counted in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRow:
    """One spec: how long the workload took on it, and what that cost."""

    samples: SpecSamples
    group: StudyGroup
    hardware: NodeType | None
    """Of a worker; None where the book does not know it."""
    driver_hardware: NodeType | None
    cost: Cost | Unpriceable | None
    """Of a run of typical length; None where no run did its work."""
    units: Cost | Unpriceable | None
    """The same with nothing but Databricks units in it; None where there are none."""
    run_dollars: tuple[float, ...] = ()
    """Of each single run, cost and all; empty where unpriceable."""
    run_unit_dollars: tuple[float, ...] = ()

    @property
    def label(self) -> str:
        """Its name in this study."""
        return self.samples.label

    @property
    def spec(self) -> StudySpec:
        """What it ran on."""
        return self.samples.spec

    @property
    def seconds(self) -> float | None:
        """Typical time of a run."""
        return self.samples.seconds

    @property
    def dollars(self) -> float | None:
        """Of a typical run; None where it cannot be priced."""
        return self.cost.dollars if isinstance(self.cost, Cost) else None

    @property
    def reason(self) -> str:
        """Why it has no price; empty where it has one."""
        if self.cost is None:
            errors = [failure.error for failure in self.samples.failures if failure.error]
            outcome = self.samples.failures[0].outcome.value if self.samples.failures else "no run"
            return f"no run did its work: {errors[0] if errors else outcome}"
        return "; ".join(self.cost.reasons) if isinstance(self.cost, Unpriceable) else ""

    def part(self, key: str) -> float | None:
        """Dollars in one column of its cost; None where nothing of the kind is in it."""
        if not isinstance(self.cost, Cost):
            return None
        kinds = PARTS[key][1]
        return self.cost.of(*kinds) if any(part.kind in kinds for part in self.cost.parts) else None


def rows_of(specs: Sequence[SpecSamples], book_of: BookOf) -> tuple[StudyRow, ...]:
    """Every spec priced, in the order given."""
    hardware = {each.label: _hardware(each.spec, book_of) for each in specs}
    known = {label: node for label, (node, _) in hardware.items() if node is not None}
    groups = groups_of(specs, known)
    return tuple(_row(each, groups[each.label], hardware[each.label], book_of) for each in specs)


def _hardware(spec: StudySpec, book_of: BookOf) -> tuple[NodeType | None, NodeType | None]:
    if isinstance(spec, ClusterSpec):
        return None, None
    nodes = book_of(spec).nodes
    return nodes.get(spec.node_type), nodes.get(spec.driver)


def _row(
    samples: SpecSamples, group: StudyGroup, hardware: tuple[NodeType | None, NodeType | None], book_of: BookOf
) -> StudyRow:
    book = book_of(samples.spec)
    row = StudyRow(
        samples=samples,
        group=group,
        hardware=hardware[0],
        driver_hardware=hardware[1],
        cost=None,
        units=None,
    )
    if samples.seconds is None:
        return row
    runs = [(run.seconds, run.startup_seconds, run.dbu) for run in samples.runs if run.seconds is not None]
    costs = [_cost(samples.spec, *run, book) for run in runs]
    units = [_units(samples.spec, seconds, dbu, book) for seconds, _, dbu in runs]
    return replace(
        row,
        cost=_cost(samples.spec, samples.seconds, samples.startup_seconds, samples.dbu, book),
        units=_units(samples.spec, samples.seconds, samples.dbu, book),
        run_dollars=tuple(sorted(cost.dollars for cost in costs if isinstance(cost, Cost))),
        run_unit_dollars=tuple(sorted(cost.dollars for cost in units if isinstance(cost, Cost))),
    )


def _cost(spec: StudySpec, seconds: float, startup: float, dbu: float | None, book: PriceBook) -> Cost | Unpriceable:
    if isinstance(spec, ClusterSpec):
        return price(spec, startup + seconds, book, "list-estimated")
    usage = usage_of(spec, seconds, startup)
    if dbu is None or spec.service != "databricks":
        return meter(usage, book, "list-estimated")
    rest = meter(replace(usage, units=()), book, "list-estimated")
    counted = _counted(spec, dbu, book)
    parts = (*rest.parts, *counted.parts)
    reasons = tuple(why for each in (rest, counted) if isinstance(each, Unpriceable) for why in each.reasons)
    if reasons:
        return Unpriceable(reasons, parts)
    return Cost(parts, "list-estimated", ("Databricks units as the platform counted them",))


def _units(spec: StudySpec, seconds: float, dbu: float | None, book: PriceBook) -> Cost | Unpriceable | None:
    if isinstance(spec, ClusterSpec) or spec.service != "databricks":
        return None
    if dbu is not None:
        return _counted(spec, dbu, book)
    return meter(replace(usage_of(spec, seconds), machines=()), book, "list-estimated")


def _counted(spec: CloudSpec, dbu: float, book: PriceBook) -> Cost | Unpriceable:
    """Units that the platform counted, at the book's price."""
    found = book.dbu_price(spec.plan, spec.compute)
    if isinstance(found, Missing):
        return Unpriceable((found.reason,))
    part = CostPart(
        "dbu", unit_name(usage_of(spec, 0.0)), dbu, "DBU", dbu * found.dollars, found.origin, found.is_estimated
    )
    return Cost((part,), "list-estimated")
