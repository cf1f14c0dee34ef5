"""What happened: a run, and what the platform says of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from setpoint.core.domain.costs import Cost
from setpoint.core.domain.specs import ClusterSpec
from setpoint.core.profile import Fault, Profile
from setpoint.core.usage import Usage


class Outcome(StrEnum):
    """How a run ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    KILLED = "killed"
    """Stopped from outside (signal, lost machine): says nothing about the spec."""


@dataclass(frozen=True, slots=True)
class ClusterReport:
    """What the platform says really ran."""

    spec: ClusterSpec
    started_at: datetime
    finished_at: datetime
    exit_code: int | None
    """None where the process was lost and nobody saw it end."""
    host_cores: int | None
    """Physical cores behind the slots of one machine, where known; more slots than this share them."""
    error: str | None = None
    """The line that says why it failed, as the platform saw it."""
    retry: bool = False
    """Whether this was a repeat of a failed run."""
    stopped: bool = False
    """Whether it was stopped from outside (a signal to us), which says nothing about the spec."""
    usage: Usage | None = None
    """What was charged for, where the platform tells; otherwise all of the spec is, from start to end."""
    billed_as: tuple[str, ...] = ()
    """Ids by which bills may call it besides its own: its cluster, runs of its tasks, its machines and disks."""

    @property
    def seconds(self) -> float:
        """From start to end; never below a millisecond, since clocks are set back now and then."""
        return max(0.001, (self.finished_at - self.started_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Run:
    """One execution of a project."""

    id: str
    report: ClusterReport
    outcome: Outcome
    fault: Fault | None
    """Whose fault a failure was; None where it succeeded or was stopped from outside."""
    profile: Profile | None
    """None where there was no usable event log."""
    cost: Cost
    note: str = ""
    """What was unusual about recording it, in words: a cut-off log, a lost process."""
    kwh: float | None = None
    """Energy it is reckoned to have taken, at the data centre's meter; None where no coefficients were at hand."""
    gco2e: float | None = None
    """What that electricity emitted, in grams of CO2 equivalents; None where the grid is not known."""

    @property
    def spec(self) -> ClusterSpec:
        """The spec it ran with."""
        return self.report.spec

    @property
    def seconds(self) -> float:
        """Wall time of the whole run, start-up included."""
        return self.report.seconds

    @property
    def succeeded(self) -> bool:
        """Whether it did its work."""
        return self.outcome is Outcome.SUCCEEDED
