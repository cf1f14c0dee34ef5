"""What the platform asks of EMR on EC2 and of EMR Serverless alike."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.platforms.emr.project import EmrProject

__all__ = ["Begun", "Reader", "Sensor"]


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that has begun, and may have ended."""

    id: str
    at: datetime
    spec: ClusterSpec
    """What was asked for."""


class Reader(Protocol):
    """Reads runs; whatever is asked raises PlatformError where AWS does not answer."""

    def ended(self, project: EmrProject) -> tuple[str, ...]:
        """Ids of the runs that have ended, oldest first."""
        ...

    def report(self, project: EmrProject, run_id: str) -> ClusterReport:
        """What really ran."""
        ...

    def event_log(self, project: EmrProject, run_id: str) -> Iterable[Iterable[bytes]]:
        """The parts of its log. Raises EventLogError."""
        ...


class Sensor(Reader, Protocol):
    """Reads runs that are launched one by one, and what launches them."""

    def newest(self, project: EmrProject) -> Begun | None:
        """The run that began last; None where there is none. Raises PlatformError where its machines are not ours."""
        ...

    def spec_in(self, project: EmrProject, arguments: dict[str, Any]) -> ClusterSpec:
        """The spec that a launcher's arguments ask for."""
        ...

    def arguments(self, project: EmrProject, spec: ClusterSpec, arguments: dict[str, Any] | None) -> dict[str, Any]:
        """Complete arguments for another spec: those of the launcher, else of the newest run, with it put in."""
        ...
