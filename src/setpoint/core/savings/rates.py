"""What a second on one spec costs beside one on another, at the unit prices of the day: those a run was charged."""

from setpoint.core.domain import ClusterSpec, Cost, Run
from setpoint.core.pricebook import PriceBook

__all__ = ["cost_ratio", "paid_prices"]

ORIGIN = "as the run was priced"
# A GiB-hour over a vCPU-hour where a bill does not tell them apart: that of serverless lists of 2024 to 2026.
# (0.0057785 / 0.052624 for EMR Serverless in us-east-1.)
USUAL_GIB_OVER_VCPU = 0.11


def cost_ratio(spec: ClusterSpec, run: Run) -> float:
    """Dollars a second on the spec over those on the spec of the run.

    >>> from setpoint.core.domain import ClusterReport, CostPart, Outcome
    >>> from datetime import UTC, datetime
    >>> at, one = datetime(2026, 1, 1, tzinfo=UTC), ClusterSpec.local(1, 1024)
    >>> parts = (CostPart("vcpu", "", 1.0, "", 3.0), CostPart("memory", "", 1.0, "", 1.0))
    >>> run = Run("r", ClusterReport(one, at, at, 0, 1), Outcome.SUCCEEDED, None, None, Cost(parts, "billed"))
    >>> cost_ratio(ClusterSpec.local(2, 1024), run)
    1.75
    """
    vcpu, gib = _rates(run.cost)
    here = run.spec.vcpus * vcpu + run.spec.memory_gib * gib
    return (spec.vcpus * vcpu + spec.memory_gib * gib) / here if here > 0 else 1.0


def paid_prices(run: Run) -> PriceBook:
    """Prices of specs as this run was charged for its own."""
    return PriceBook.of_cores(*_rates(run.cost), ORIGIN)


def _rates(cost: Cost) -> tuple[float, float]:
    """Dollars of a vCPU-hour and of a GiB-hour."""
    vcpu, gib = _unit(cost, "vcpu"), _unit(cost, "memory")
    return (1.0, USUAL_GIB_OVER_VCPU) if vcpu is None or gib is None else (vcpu, gib)


def _unit(cost: Cost, kind: str) -> float | None:
    parts = [part for part in cost.parts if part.kind == kind]
    quantity = sum(part.quantity or 0.0 for part in parts)
    return sum(part.dollars for part in parts) / quantity if quantity > 0 else None
