"""What a cluster report says, whoever wrote it."""

from dataclasses import dataclass

from setpoint.core.pricebook import Compute, Plan
from setpoint.core.usage import Usage

__all__ = ["ReportedRun", "ReportedTask", "Terms"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What whoever asks knows better than the report. None: what the report says holds."""

    region: str | None = None
    plan: Plan | None = None
    compute: Compute | None = None


@dataclass(frozen=True, slots=True)
class ReportedTask:
    """A task or step of the run, as the platform calls its parts."""

    key: str
    run_id: str
    began: float | None
    """Seconds since the epoch, as all times here."""
    ended: float | None
    setup_seconds: float = 0.0
    """From its start until its cluster was ready."""


@dataclass(frozen=True, slots=True)
class ReportedRun:
    """One run as its platform reports it."""

    usage: Usage
    kind: str
    """How the report was recognised, in words."""
    cluster_id: str
    name: str
    began: float
    """When the run began: its first task, else its cluster."""
    ended: float
    tasks: tuple[ReportedTask, ...] = ()
    run_ids: tuple[str, ...] = ()
    """By which bills may call it besides the cluster's id."""
    project: str = ""
    """Of which recurring workload it is a run, as far as the report tells; empty where it does not."""
    resources: tuple[str, ...] = ()
    """Ids of its machines and disks, by which bills of clouds may call it where nobody activated its tags."""
