"""A cluster rented from a cloud as what we may set, and what so many seconds on it use."""

from dataclasses import dataclass, field, replace
from typing import Literal

from setpoint.core.pricebook import Cloud, Compute, Market, NodeType, Plan
from setpoint.core.usage import Disk, MachineUse, UnitUse, Usage

__all__ = [
    "DATABRICKS_DISKS",
    "CloudShape",
    "CloudSpec",
    "Service",
    "databricks_disks",
    "on_demand_nodes",
    "usage_of",
]

Service = Literal["databricks", "emr", "machines"]
"""Who runs Spark on the machines and takes a fee for it; "machines": nobody."""

DATABRICKS_DISKS = (Disk("gp3", 30.0), Disk("gp3", 150.0))
"""What Databricks on AWS attaches to every instance: a root volume and one for the Spark container."""
_DISK_KINDS = {"GENERAL_PURPOSE_SSD": "gp3", "THROUGHPUT_OPTIMIZED_HDD": "st1"}
_LEAST_EBS_GIB = 100.0
"""Of a general SSD that a cluster asks for without a size."""
_MOST_EBS_VOLUMES = 40


def databricks_disks(
    volume_type: str, gib: float, count: int, iops: int | None = None, mb_per_second: int | None = None
) -> tuple[Disk, ...]:
    """Disks of each node of Databricks on AWS that asks for `count` EBS volumes besides."""
    asked = Disk(_DISK_KINDS.get(volume_type, "gp3"), gib or _LEAST_EBS_GIB, iops, mb_per_second)
    return (*DATABRICKS_DISKS, *(asked for _ in range(min(count, _MOST_EBS_VOLUMES))))


def on_demand_nodes(availability: str, first: int | None, cloud: Cloud) -> int | None:
    """How many nodes, the driver first, are not spot by what a Databricks cluster asked for; None: none is spot.

    >>> on_demand_nodes("SPOT_WITH_FALLBACK", 2, "aws"), on_demand_nodes("ON_DEMAND_AZURE", 1, "azure")
    (2, None)
    """
    if "SPOT" not in availability and "PREEMPTIBLE" not in availability:
        return None
    return 1 if first is None or (cloud == "gcp" and first == 0) else first


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSpec:
    """A cluster of one driver and `workers` alike workers; no worker is a single node."""

    cloud: Cloud
    region: str
    node_type: str
    workers: int
    driver_node_type: str | None = None
    """None: as the workers."""
    first_on_demand: int | None = None
    """So many nodes, the driver first, are on-demand and the others spot; None: all are on-demand."""
    service: Service = "databricks"
    plan: Plan = "premium"
    compute: Compute = "jobs"
    photon: bool = False
    disks: tuple[Disk, ...] | None = None
    """Of each node; None: what the service attaches by itself."""
    name: str = ""
    """How a study calls it."""
    least_workers: int | None = None
    """Where it scales by itself: it has from so many workers up to `workers`."""

    @property
    def driver(self) -> str:
        """Instance type of the driver."""
        return self.driver_node_type or self.node_type

    @property
    def nodes(self) -> int:
        """Instances, the driver included."""
        return self.workers + 1

    @property
    def mean_workers(self) -> float:
        """Workers that are paid for, of a cluster that scales by itself the middle of its range."""
        return float(self.workers) if self.least_workers is None else (self.least_workers + self.workers) / 2

    @property
    def on_demand_workers(self) -> float:
        """Of them, those that are not spot."""
        most = self.mean_workers
        return most if self.first_on_demand is None else min(most, max(0.0, self.first_on_demand - 1))

    @property
    def is_driver_on_demand(self) -> bool:
        """Whether the driver is not spot."""
        return self.first_on_demand is None or self.first_on_demand > 0

    @property
    def node_disks(self) -> tuple[Disk, ...]:
        """Disks of each node."""
        if self.disks is not None:
            return self.disks
        return DATABRICKS_DISKS if self.service == "databricks" and self.cloud == "aws" else ()

    def __str__(self) -> str:
        """Words for people: `m5.xlarge × 8 + driver · 1 on-demand, then spot · Photon`."""
        count = f"{self.workers}" if self.least_workers is None else f"{self.least_workers}–{self.workers}"
        size = f"{self.node_type} × {count} + driver" if self.workers else f"{self.driver}, single node"
        if self.workers and self.driver != self.node_type:
            size += f" {self.driver}"
        spot = "" if self.first_on_demand is None else f" · {self.first_on_demand} on-demand, then spot"
        return f"{size}{spot}{' · Photon' if self.photon else ''}"


@dataclass(frozen=True, slots=True)
class CloudShape:
    """The machines of a spec that is rented from a cloud, with their hardware.

    Two are equal where their clusters are: what a table says of the hardware may be amended at any time.
    """

    cluster: CloudSpec
    worker: NodeType = field(compare=False)
    driver: NodeType = field(compare=False)
    startup_seconds: float = field(default=0.0, compare=False)
    """How long machines are paid before Spark starts, as far as known."""
    startup_share: float = field(default=0.0, compare=False)
    """The same of the whole time of a usual run: so much of it no Databricks units are counted."""

    def with_workers(self, workers: int) -> "CloudShape":
        """The same machines, more of them or fewer; a range keeps its proportion."""
        cluster = self.cluster
        least = cluster.least_workers
        if least is not None:
            least = min(workers, max(1, round(least * workers / max(1, cluster.workers))))
        return replace(self, cluster=replace(cluster, workers=workers, least_workers=least))


def usage_of(spec: CloudSpec, run_seconds: float, startup_seconds: float = 0.0) -> Usage:
    """What a run uses: machines and disks from the first second of start-up on, Databricks units after it.

    >>> spec = CloudSpec(cloud="aws", region="us-east-1", node_type="m5.xlarge", workers=8, first_on_demand=1)
    >>> [(use.market, use.count, use.ended) for use in usage_of(spec, 3600, 300).machines]
    [('on_demand', 1, 3900), ('spot', 8.0, 3900)]
    """
    ended = startup_seconds + run_seconds
    market: Market = "on_demand" if spec.is_driver_on_demand else "spot"
    driver = MachineUse(spec.driver, market, 0.0, ended, 1, spec.node_disks, is_driver=True)
    reserved, count = spec.on_demand_workers, spec.mean_workers
    groups: tuple[tuple[Market, float], ...] = (("on_demand", reserved), ("spot", count - reserved))
    workers = tuple(
        MachineUse(spec.node_type, market, 0.0, ended, many, spec.node_disks) for market, many in groups if many
    )
    counted = ((spec.driver, 1), (spec.node_type, count)) if spec.service == "databricks" else ()
    units = tuple(UnitUse(node_type, startup_seconds, ended, many) for node_type, many in counted if many)
    return Usage(
        cloud=spec.cloud,
        region=spec.region,
        machines=(driver, *workers),
        units=units,
        plan=spec.plan if units else None,
        compute=spec.compute if units else None,
        photon=spec.photon,
        has_emr_fee=spec.service == "emr",
    )
