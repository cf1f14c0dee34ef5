"""Where runs happen: the port, and the registry of platforms."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol, runtime_checkable

from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.platforms.spark import SparkPlatform

__all__ = ["PLATFORMS", "HandsOver", "Platform"]


class Platform(Protocol):
    """Sensor and actuator of one kind of place that runs Spark."""

    def finished_runs(self, project: str) -> tuple[str, ...]:
        """Ids of the runs that have ended, oldest first. May repeat what was named before."""
        ...

    def event_log(self, project: str, run_id: str) -> Iterable[Iterable[bytes]]:
        """The parts of the run's event log in order, each as chunks of raw, maybe compressed bytes.

        Raises EventLogError where there is none.
        """
        ...

    def cluster_report(self, project: str, run_id: str) -> ClusterReport:
        """What really ran."""
        ...

    def current_spec(self, project: str) -> ClusterSpec:
        """The spec that the next run would get."""
        ...

    def apply(self, project: str, spec: ClusterSpec, *, expect: ClusterSpec) -> None:
        """Give the next run this spec. Raises Conflict where the current spec is neither `expect` nor `spec`."""
        ...


@runtime_checkable
class HandsOver(Protocol):
    """A platform that leaves changes to the owner of a job, where somebody else writes its settings."""

    def with_owner(self, project: str, spec: ClusterSpec) -> str | None:
        """Where a spec lies for the owner to take, in words; None where it was not handed over."""
        ...


def _open_emr(home: Path) -> Platform:
    """Clients of AWS are opened once something is asked of them; of prices it needs none."""
    from setpoint.platforms.emr import EmrPlatform, connect

    return EmrPlatform(home, connect)


def _open_databricks(home: Path) -> Platform:
    """Workspaces are signed in to once something is asked of them."""
    from setpoint.platforms.databricks.home import DatabricksHome

    return DatabricksHome(home)


PLATFORMS: dict[str, Callable[[Path], Platform]] = {
    "spark": SparkPlatform,
    "emr": _open_emr,
    "databricks": _open_databricks,
}
"""How to open each platform on the home folder of this installation."""
