"""What was used, metered: the common form of every cluster report and of every spec that is to be priced.

Times are seconds since the epoch, or since anything else: only differences count.
"""

from dataclasses import dataclass

from setpoint.core.pricebook import Cloud, Compute, Market, Plan

__all__ = ["Disk", "MachineUse", "ServerlessUse", "UnitUse", "Usage"]


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk attached to an instance as long as that lives."""

    kind: str
    """gp2, gp3, st1, premium_ssd …"""
    gib: float
    iops: int | None = None
    """Provisioned; None: what comes with the disk."""
    mb_per_second: int | None = None


@dataclass(frozen=True, slots=True)
class MachineUse:
    """`count` alike instances from their start to their end."""

    instance_type: str
    market: Market
    began: float
    ended: float
    count: float = 1.0
    disks: tuple[Disk, ...] = ()
    """Of each of them."""
    is_driver: bool = False


@dataclass(frozen=True, slots=True)
class UnitUse:
    """Time in which `count` alike instances used Databricks units."""

    instance_type: str
    began: float
    ended: float
    count: float = 1.0


@dataclass(frozen=True, slots=True)
class ServerlessUse:
    """What a serverless run says it used."""

    vcpu_hours: float
    gib_hours: float
    storage_gib_hours: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """All that one run is charged for."""

    cloud: Cloud
    region: str
    machines: tuple[MachineUse, ...] = ()
    units: tuple[UnitUse, ...] = ()
    """Empty where no Databricks is in it."""
    plan: Plan | None = None
    compute: Compute | None = None
    photon: bool = False
    has_emr_fee: bool = False
    serverless: ServerlessUse | None = None
    assumptions: tuple[str, ...] = ()
    """What the report did not say and how it was filled in, in words for people."""
