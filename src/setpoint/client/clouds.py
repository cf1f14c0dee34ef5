"""What cloud commands and recipes need of a platform's adapter.

They are whole themselves: they speak to the service and tell. What only Databricks or AWS can tell comes through these
two ports; `setpoint.clouds` has who provides it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from setpoint.client.logs import EventLog

__all__ = [
    "AccessLine",
    "Collected",
    "DatabricksCloud",
    "EmrCloud",
    "RunQuery",
    "Started",
]


@dataclass(frozen=True, slots=True)
class RunQuery:
    """A finished run of a Databricks job, and how much of its cluster must be known."""

    run_id: str
    plan: str
    compute: str
    project_id: str | None = None
    allow_incomplete: bool = False
    excluded_tasks: Sequence[str] = ()
    cluster_path: str = ""
    """`job_clusters/<key>` or `tasks/<key>`, where the project says which cluster is its own."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What a run left behind."""

    report: Mapping[str, object]
    log: EventLog


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was started, and the cluster that was made for it, if it needed one of its own."""

    run_id: str
    cluster_id: str | None = None


@dataclass(frozen=True, slots=True)
class AccessLine:
    """One permission, and what is to be done about it."""

    name: str
    status: str
    message: str


class DatabricksCloud(Protocol):
    """A Databricks workspace on one cloud."""

    def collect(self, run: RunQuery, *, with_log: bool = True) -> Collected:
        """The cluster report of a finished run, and its event log."""
        ...

    def run(
        self,
        job_id: str,
        configuration: Mapping[str, object] | None,
        *,
        wait: bool,
        project_id: str = "",
        cluster_path: str = "",
    ) -> Started:
        """Run a job, as it stands or with a configuration merged into its cluster; if told so, until it has ended.

        The cluster is that of the project, if one is given, else the only one.
        """
        ...

    def apply(
        self, job_id: str, project_id: str, configuration: Mapping[str, object], *, cluster_path: str = ""
    ) -> None:
        """Merge a configuration into the cluster of a job, for good."""
        ...

    def access(self, log_url: str | None) -> Sequence[AccessLine]:
        """What may be done there with the credentials at hand."""
        ...

    def monitor(self, cluster_id: str) -> None:
        """Note the instances of a cluster beside its logs, until the cluster ends."""
        ...


class EmrCloud(Protocol):
    """EMR on EC2 in one region."""

    def collect(
        self, cluster_id: str, *, with_log: bool = True, project: Mapping[str, object] | None = None
    ) -> Collected:
        """The cluster report of a terminated cluster, and its event log; of a project both are kept where it says."""
        ...

    def run(self, job_flow: Mapping[str, object], project: Mapping[str, object] | None, *, wait: bool) -> str:
        """Start a cluster, tagged with its project; if told so, until it has ended. Returns its id."""
        ...

    def cluster_of(self, project_id: str, run_id: str | None) -> str:
        """The cluster that ran a project last, or in one of its runs."""
        ...

    def access(self, cluster_id: str | None, log_url: str | None) -> Sequence[AccessLine]:
        """What may be done there with the credentials at hand."""
        ...
