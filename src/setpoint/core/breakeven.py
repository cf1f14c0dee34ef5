"""How much faster an engine must be to pay for its price: S_th = (M' + B') / (M + B).

M are the dollars an hour of the machines and B those of the Databricks units; M' and B' those with the engine, where
B' is φ times as much on the same machines. Machines are paid during start-up and units are not, so where machines or
start-ups differ the break-even runtime is solved for.
"""

import math
from dataclasses import dataclass, replace

from setpoint.core.cloud import CloudSpec, usage_of
from setpoint.core.cost import LEAST_BILLED_SECONDS, meter
from setpoint.core.domain import CostPart, Unpriceable
from setpoint.core.pricebook import PriceBook

__all__ = ["BreakEven", "ClusterRates", "break_even", "cluster_rates", "rates_of_nodes"]

_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class ClusterRates:
    """Dollars an hour of a whole cluster, by when they are paid."""

    machines: float
    """From the start of its machines on; an EMR fee included."""
    units: float
    """Of Databricks, while it runs."""
    disks: float = 0.0
    """As long as the machines."""
    origins: tuple[str, ...] = ()
    """Where the prices are from, in words."""
    is_estimated: bool = False
    """Whether nobody lists one of the prices."""

    def dollars(self, run_seconds: float, startup_seconds: float = 0.0) -> float:
        """What a run costs.

        >>> ClusterRates(machines=2.0, units=1.0).dollars(3600, 900)
        3.5
        """
        alive = max(LEAST_BILLED_SECONDS, run_seconds + startup_seconds)
        return ((self.machines + self.disks) * alive + self.units * run_seconds) / _HOUR

    def without_disks(self) -> "ClusterRates":
        """As the formula has it: machines and units only."""
        return replace(self, disks=0.0)


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The speed-up at which both clusters cost the same."""

    threshold: float | None
    """Seconds of the run now over seconds with the engine; None: it never pays, however fast; 0: it costs nothing."""

    @property
    def runtime_cut(self) -> float | None:
        """Share by which the runtime must fall; negative where it may even rise."""
        return 1.0 - 1.0 / self.threshold if self.threshold else None


def break_even(
    now: ClusterRates,
    engine: ClusterRates,
    run_seconds: float = _HOUR,
    startup_seconds: float = 0.0,
    engine_startup_seconds: float | None = None,
) -> BreakEven:
    """Solve for the runtime with the engine at which a run costs as much as now.

    The length of the run and the start-up matter only where the machines or the start-ups differ.

    >>> ones = rates_of_nodes(machine=1.0, units=1.0, workers=10)
    >>> break_even(ones, rates_of_nodes(machine=1.0, units=2.0, workers=10)).threshold
    1.5
    """
    later = startup_seconds if engine_startup_seconds is None else engine_startup_seconds
    held, held_then = now.machines + now.disks, engine.machines + engine.disks
    if later == startup_seconds and (held == held_then or not startup_seconds):
        hourly, hourly_then = held + now.units, held_then + engine.units
        seconds = run_seconds * hourly / hourly_then if hourly_then > 0 else math.inf
        if min(run_seconds, seconds) + startup_seconds >= LEAST_BILLED_SECONDS and math.isfinite(seconds) and hourly:
            return BreakEven(hourly_then / hourly)
    dollars = now.dollars(run_seconds, startup_seconds) * _HOUR
    return _at(dollars, held_then, engine.units, run_seconds, later)


def _at(dollars: float, held: float, units: float, run_seconds: float, startup_seconds: float) -> BreakEven:
    """The runtime that costs so much, on the branch of the minimum of one minute that it lies on."""
    if held + units <= 0:
        return BreakEven(0.0)
    seconds = (dollars - held * startup_seconds) / (held + units)
    if seconds + startup_seconds < LEAST_BILLED_SECONDS:
        seconds = (dollars - held * LEAST_BILLED_SECONDS) / units if units > 0 else 0.0
    return BreakEven(run_seconds / seconds if seconds > 0 else None)


def rates_of_nodes(
    *,
    machine: float,
    units: float,
    workers: int,
    driver_machine: float | None = None,
    driver_units: float | None = None,
    factor: float = 1.0,
) -> ClusterRates:
    """Rates from dollars an hour of one worker and of the driver, which is priced as a worker unless given."""
    machines = workers * machine + (machine if driver_machine is None else driver_machine)
    every = workers * units + (units if driver_units is None else driver_units)
    return ClusterRates(machines, factor * every)


def cluster_rates(spec: CloudSpec, book: PriceBook, factor: float | None = None) -> ClusterRates | Unpriceable:
    """Rates of a cluster from the book; `factor` takes the place of what the book says Photon multiplies units by."""
    plain = spec if factor is None else replace(spec, photon=False)
    cost = meter(usage_of(plain, _HOUR), book, "modelled")
    if isinstance(cost, Unpriceable):
        return cost
    photon = factor if factor is not None and spec.photon else 1.0
    return ClusterRates(
        machines=cost.of("vm_on_demand", "vm_spot", "emr_fee"),
        units=photon * cost.of("dbu"),
        disks=cost.of("disk"),
        origins=tuple(dict.fromkeys(map(_origin, cost.parts))),
        is_estimated=any(part.is_estimated for part in cost.parts),
    )


def _origin(part: CostPart) -> str:
    quantity = part.quantity or 0.0
    unit_price = part.dollars / quantity if quantity else 0.0
    what = {"vm_on_demand": "on-demand", "vm_spot": "spot", "dbu": "per DBU", "disk": "disk", "emr_fee": "EMR fee"}
    return f"{part.item}, {what.get(part.kind, part.kind)}: ${unit_price:.4g} ({part.price_origin})"
