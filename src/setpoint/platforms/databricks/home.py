"""The platform of a home: projects in any number of workspaces, each workspace asked once for all of its projects."""

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.core.pricebook import Cloud, NodeType, PriceBook
from setpoint.errors import Conflict
from setpoint.platforms.databricks.logs import CallFiles
from setpoint.platforms.databricks.ownership import LeftToOwner, OwnedByOthers, Patch, committed, written
from setpoint.platforms.databricks.platform import DatabricksPlatform, JobOf
from setpoint.platforms.databricks.project import DatabricksProject, HandedOver, Store
from setpoint.platforms.databricks.signing_in import signed_in
from setpoint.platforms.databricks.transport import Calls

__all__ = ["DatabricksHome", "SignIn", "branch_of", "sign_in"]

Json = Mapping[str, Any]
SignIn = Callable[[str, str], Calls]
"""Host and profile → calls."""
_NODE_TYPES = "/api/2.0/clusters/list-node-types"
_CLOUDS: dict[str, Cloud] = {"aws-databricks": "aws", "azure-databricks": "azure", "gcp-databricks": "gcp"}


def sign_in(host: str, profile: str) -> Calls:
    """The calls of a workspace with the credentials that there are for it. Raises PlatformError."""
    return signed_in(host, profile).calls


def branch_of(project: str) -> str:
    """On which changes of a project are committed, where nobody named another one."""
    return f"setpoint/{project}"


class DatabricksHome:
    """A `Platform` over the workspaces of all projects of a home."""

    def __init__(
        self,
        home: Path,
        sign_in: SignIn = sign_in,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Look at workspaces.

        Args:
            home: below which projects are kept.
            sign_in: opens a workspace, once something is asked of it.
            now: the time there, in seconds since 1970.
            sleep: waits for a log.
        """
        self.store = Store(home)
        self._sign_in, self._now, self._sleep = sign_in, now, sleep
        self._opened: dict[tuple[str, str], tuple[DatabricksPlatform, dict[str, JobOf]]] = {}

    def register(self, name: str, project: DatabricksProject) -> None:
        """Bring a project under control: which job it is."""
        self.store.register(name, project)

    def finished_runs(self, project: str) -> tuple[str, ...]:
        """Ids of the runs that have ended and had the cluster, oldest first."""
        return self.workspace_of(project).finished_runs(project)

    def event_log(self, project: str, run_id: str) -> Iterable[Iterable[bytes]]:
        """The log that a run's cluster delivered."""
        return self.workspace_of(project).event_log(project, run_id)

    def cluster_report(self, project: str, run_id: str) -> ClusterReport:
        """What really ran."""
        return self.workspace_of(project).cluster_report(project, run_id)

    def current_spec(self, project: str) -> ClusterSpec:
        """The spec of the job's cluster as its settings are now."""
        return self.workspace_of(project).current_spec(project)

    def apply(self, project: str, spec: ClusterSpec, *, expect: ClusterSpec) -> None:
        """Give the next run this spec; see `DatabricksPlatform.apply`.

        Raises LeftToOwner where others own the job: what would change it lies where its owner looks for it.
        """
        workspace = self.workspace_of(project)
        with self.store.locked(project):
            try:
                workspace.apply(project, spec, expect=expect)
            except OwnedByOthers as owned:
                place = self._handed_over(project, workspace, spec)
                raise LeftToOwner(f"{owned} {place}") from None

    def with_owner(self, project: str, spec: ClusterSpec) -> str | None:
        """See HandsOver."""
        left = self.store.handed_over(project)
        return left.place if left is not None and left.spec == spec else None

    def _handed_over(self, project: str, workspace: DatabricksPlatform, spec: ClusterSpec) -> str:
        found = self.store.project(project)
        patch = workspace.patch(project, spec, found.key)
        if patch is None:
            raise Conflict(f"The job of {project!r} changed hands just now; nothing was done.")
        if found.checkout:
            branch = found.branch or branch_of(project)
            message = f"Run {project} on {spec}\n\nWhat Setpoint decided on for its next runs."
            commit = committed(patch, Path(found.checkout), branch, message)
            place = f"its owner is to take {commit[:12]} on the branch {branch} of {found.checkout}"
        else:
            place = f"its owner is to take {written(patch, self.store.folder(project))}"
        self.store.hand_over(project, HandedOver(spec, place))
        return f"{place[0].upper()}{place[1:]}."

    def patch(self, project: str, spec: ClusterSpec, key: str = "") -> Patch | None:
        """What the owner of the job is given to take; None where nobody else owns it."""
        return self.workspace_of(project).patch(project, spec, key)

    def place_of(self, project: str) -> str:
        """The workspace, and as whom. Raises UnknownProject."""
        found = self.store.project(project)
        return f"{found.host} {found.profile}"

    def workspace_of(self, project: str) -> DatabricksPlatform:
        """The workspace that a project is in. Raises UnknownProject, PlatformError."""
        found = self.store.project(project)
        place = (found.host, found.profile)
        if place not in self._opened:
            calls, jobs = self._sign_in(*place), dict[str, JobOf]()
            book = _book(calls, _CLOUDS[found.product], found.region)
            self._opened[place] = (
                DatabricksPlatform(
                    calls, CallFiles(calls), jobs, found.product, book, now=self._now, sleep=self._sleep
                ),
                jobs,
            )
        platform, jobs = self._opened[place]
        jobs[project] = found.job
        return platform


def _book(calls: Calls, cloud: Cloud, region: str) -> PriceBook:
    """The hardware that a workspace offers; prices are no matter of the platform."""
    listed = calls.read(_NODE_TYPES).get("node_types") or ()
    nodes = {str(each["node_type_id"]): _node(each) for each in listed}
    return PriceBook(source="Databricks clusters/list-node-types", cloud=cloud, region=region, nodes=nodes)


def _node(told: Json) -> NodeType:
    local = told.get("node_instance_type") or {}
    return NodeType(
        name=str(told["node_type_id"]),
        vcpus=max(1, int(told.get("num_cores") or 1)),
        memory_gib=int(told.get("memory_mb") or 0) / 1024,
        arch="arm64" if told.get("is_graviton") else "x86_64",
        local_disk_gb=float((local.get("local_disks") or 0) * (local.get("local_disk_size_gb") or 0)),
        gpus=int(told.get("num_gpus") or 0),
        on_databricks=True,
    )
