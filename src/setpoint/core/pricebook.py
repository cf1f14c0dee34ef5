"""Prices at one moment in one region of one cloud: data, each figure with its origin.

A price that is not there is `Missing`, with a reason: never zero, never an exception.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "BILLED_MONTH_HOURS",
    "HOW_KNOWN",
    "SERVERLESS",
    "Cloud",
    "Compute",
    "CorePower",
    "CoreRates",
    "DbuRate",
    "DiskPrice",
    "MachinePrice",
    "Market",
    "Method",
    "Missing",
    "NodeType",
    "Plan",
    "Price",
    "PriceBook",
]

Cloud = Literal["aws", "azure", "gcp"]
Market = Literal["on_demand", "spot"]
Plan = Literal["standard", "premium", "enterprise"]
"""Of a Databricks account."""
Compute = Literal["jobs", "jobs_light", "all_purpose", "jobs_serverless", "all_purpose_serverless"]
"""What kind of work Databricks bills."""
SERVERLESS: frozenset[Compute] = frozenset({"jobs_serverless", "all_purpose_serverless"})
"""Machines, disks and Photon come with the unit."""
Method = Literal["listed", "estimated", "guessed", "own"]
"""How a price is known: read from a list, worked out from kin with a known error, taken from elsewhere, the user's."""

HOW_KNOWN: Mapping[Method, str] = {
    "listed": "listed",
    "estimated": "estimated from kin",
    "guessed": "guess",
    "own": "your rate",
}
"""In words."""
_JOULES_PER_KWH = 3.6e6
BILLED_MONTH_HOURS = 730
"""Hours by which monthly prices are divided (AWS, Azure: 365 × 24 / 12)."""


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars of one unit, and how they are known."""

    dollars: float
    source: str
    as_of: str
    """Day or month of the source, ISO 8601; empty where it has none."""
    method: Method = "listed"

    @property
    def is_estimated(self) -> bool:
        """Whether nobody lists it."""
        return self.method in ("estimated", "guessed")

    @property
    def origin(self) -> str:
        """Where it is from, in words."""
        return ", ".join(part for part in (HOW_KNOWN[self.method], self.source, self.as_of) if part)


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such price, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class MachinePrice:
    """Dollars an hour of one instance type, by market."""

    on_demand: Price
    spot: Price | None = None


@dataclass(frozen=True, slots=True)
class DbuRate:
    """Databricks units an hour of one instance type."""

    dbu_per_hour: float
    photon_jobs_factor: float
    """What Photon multiplies the units by for jobs compute."""
    photon_all_purpose_factor: float
    source: str
    as_of: str
    photon_method: Method = "listed"

    def per_hour(self, compute: Compute, *, photon: bool) -> float:
        """Units an hour.

        >>> rate = DbuRate(0.69, 2.9, 2.0, "an example", "2026")
        >>> [round(rate.per_hour(kind, photon=True), 3) for kind in ("jobs", "all_purpose", "jobs_serverless")]
        [2.001, 1.38, 0.69]
        """
        if not photon or compute in SERVERLESS:
            return self.dbu_per_hour
        factor = self.photon_jobs_factor if compute in ("jobs", "jobs_light") else self.photon_all_purpose_factor
        return self.dbu_per_hour * factor

    def is_estimated(self, *, photon: bool) -> bool:
        """Whether nobody lists the units, which can be so of Photon's only."""
        return photon and self.photon_method in ("estimated", "guessed")

    def origin(self, *, photon: bool) -> str:
        """Where it is from, in words."""
        factor = f", Photon's factor {HOW_KNOWN[self.photon_method]}" if self.is_estimated(photon=photon) else ""
        return f"{', '.join(part for part in (self.source, self.as_of) if part)}{factor}"


@dataclass(frozen=True, slots=True)
class DiskPrice:
    """Dollars of one kind of disk; what is beyond the free amounts costs extra."""

    gib_month: Price
    free_iops: int = 0
    iops_month_dollars: float = 0.0
    free_mb_per_second: int = 0
    mb_per_second_month_dollars: float = 0.0
    tiers: tuple[tuple[int, float], ...] = ()
    """(GiB, dollars a month) ascending where disks come in sizes (Azure): a disk is billed as the next larger size."""


@dataclass(frozen=True, slots=True)
class NodeType:
    """Hardware of an instance type. None: not known."""

    name: str
    vcpus: int
    memory_gib: float
    arch: Literal["x86_64", "arm64"]
    microarch: str | None = None
    """As the energy tables call it, such as "Ice Lake"."""
    coremark: float | None = None
    """CoreMark iterations a second of the whole instance."""
    local_disk_gb: float = 0.0
    network_gbps: float | None = None
    """Baseline."""
    disk_mb_per_second: float | None = None
    """Baseline bandwidth to attached disks."""
    gpus: int = 0
    on_databricks: bool = False
    on_emr: bool = False


@dataclass(frozen=True, slots=True)
class CoreRates:
    """What a core and a GiB cost where a spec asks for cores and not for machines: own clusters, EMR Serverless."""

    vcpu_hour: Price
    gib_hour: Price
    storage_gib_hour: Price | None = None


@dataclass(frozen=True, slots=True)
class CorePower:
    """What a core and a GiB draw where a spec asks for cores and not for machines, at the data centre's meter."""

    idle_watts: float
    """Of a vCPU that does nothing."""
    busy_watts: float
    gib_watts: float
    grams_per_kwh: float | None
    """Of CO2 equivalents, of the region's grid; None: not known."""
    source: str

    def kwh(self, vcpus: float, gib: float, seconds: float, core_seconds: float) -> float:
        """Energy of so many seconds, in which the cores worked for so long.

        >>> CorePower(1.0, 3.0, 0.5, None, "an example").kwh(2, 4, 3600, 3600)
        0.006
        """
        watts = vcpus * self.idle_watts + gib * self.gib_watts
        swing = (self.busy_watts - self.idle_watts) * min(core_seconds, vcpus * seconds)
        return (watts * seconds + swing) / _JOULES_PER_KWH

    def seconds_within(self, kwh: float, vcpus: float, gib: float, core_seconds: float) -> float:
        """The longest time that takes no more than this: the other way round."""
        joules = kwh * _JOULES_PER_KWH
        idle = vcpus * self.idle_watts + gib * self.gib_watts
        busy = vcpus * self.busy_watts + gib * self.gib_watts
        at_work = joules / busy if busy > 0 else math.inf
        if at_work * vcpus <= core_seconds:
            return at_work
        left = joules - (self.busy_watts - self.idle_watts) * core_seconds
        return left / idle if idle > 0 else math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """Unit prices at one moment and region: data, not code."""

    source: str
    """Where the prices are from, with their date, in words."""
    cloud: Cloud = "aws"
    region: str = ""
    cores: CoreRates | None = None
    power: CorePower | None = None
    """What cores and memory draw; None where nobody said."""
    nodes: Mapping[str, NodeType] = field(default_factory=dict)
    """Hardware by instance type."""
    machines: Mapping[str, MachinePrice] = field(default_factory=dict)
    interruption_percent: Mapping[str, float] = field(default_factory=dict)
    """Share of spot instances of a type that are taken back within a month."""
    dbu: Mapping[tuple[Plan, Compute], Price] = field(default_factory=dict)
    """Dollars a Databricks unit."""
    dbu_rates: Mapping[str, DbuRate] = field(default_factory=dict)
    disks: Mapping[str, DiskPrice] = field(default_factory=dict)
    """By kind: gp2, gp3, io1, st1, premium_ssd …"""
    emr_fees: Mapping[str, Price] = field(default_factory=dict)
    """Dollars an hour that EMR adds to an instance of a type, in every market."""

    @classmethod
    def of_cores(cls, vcpu_hour_dollars: float, gib_hour_dollars: float, source: str) -> "PriceBook":
        """A book that prices cores and memory only.

        >>> PriceBook.of_cores(0.05, 0.005, "an example").cores.vcpu_hour.dollars
        0.05
        """
        rates = CoreRates(Price(vcpu_hour_dollars, source, "", "own"), Price(gib_hour_dollars, source, "", "own"))
        return cls(source=source, cores=rates)

    def machine(self, instance_type: str, market: Market) -> Price | Missing:
        """Dollars an hour of an instance."""
        found = self.machines.get(instance_type)
        if found is None:
            return Missing(f"no price of {instance_type} in {self._where}")
        if market == "on_demand":
            return found.on_demand
        return found.spot or Missing(f"no spot price of {instance_type} in {self._where}")

    def dbu_price(self, plan: Plan, compute: Compute) -> Price | Missing:
        """Dollars a Databricks unit."""
        found = self.dbu.get((plan, compute))
        if found is not None:
            return found
        words = f"no price of a Databricks unit for {plan} {compute.replace('_', ' ')} in {self._where}"
        own = "; nobody lists it: put a rate of your own under [[discounts]] in the settings"
        return Missing(words + (own if compute == "jobs_light" else ""))

    def dbu_rate(self, instance_type: str) -> DbuRate | Missing:
        """Databricks units an hour of an instance."""
        words = f"how many Databricks units {instance_type} uses an hour is not known for {self.cloud}"
        return self.dbu_rates.get(instance_type) or Missing(words)

    def disk(self, kind: str) -> DiskPrice | Missing:
        """Prices of a kind of disk."""
        return self.disks.get(kind) or Missing(f"no price of {kind} disks in {self._where}")

    def emr_fee(self, instance_type: str) -> Price | Missing:
        """Dollars an hour that EMR adds."""
        return self.emr_fees.get(instance_type) or Missing(f"no EMR fee of {instance_type} in {self._where}")

    @property
    def _where(self) -> str:
        return f"{self.cloud} {self.region or '(no region)'}"
