"""The platform of Databricks jobs: finished runs, logs, reports, the cluster of the next run, and another one."""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from setpoint.core.configurations import Reported, reported_cluster
from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.core.pricebook import Missing, PriceBook
from setpoint.core.reports import Terms
from setpoint.errors import Conflict, EventLogError, PlatformError, UnknownProject
from setpoint.platforms.databricks.actuator import put_block, read_job
from setpoint.platforms.databricks.edits import Hardware, edited, spec_of
from setpoint.platforms.databricks.jobs import OurCluster, block_hash, cluster_of
from setpoint.platforms.databricks.logs import LogFiles, Patience, await_log, destination_of, parts_of
from setpoint.platforms.databricks.noted import noted_machines
from setpoint.platforms.databricks.ownership import Patch, owner_of, patch_for
from setpoint.platforms.databricks.policy import violations
from setpoint.platforms.databricks.report import clusters_of, contexts_of, report_of, tasks_on
from setpoint.platforms.databricks.runs import RunFeed, failure_of, last_attempts, was_stopped
from setpoint.platforms.databricks.transport import Calls
from setpoint.platforms.reported import names_on_bills

__all__ = ["DatabricksPlatform", "JobOf"]

Json = Mapping[str, Any]
_EXIT = re.compile(r"exit(?:ed with)?(?: (?:code|status))?:? (-?\d{1,3})\b", re.IGNORECASE)
_NODE_TYPES, _POLICY = "/api/2.0/clusters/list-node-types", "/api/2.0/policies/clusters/get"
_POOL = "/api/2.0/instance-pools/get"


@dataclass(frozen=True, slots=True)
class JobOf:
    """Which job, and which of its clusters, a project is."""

    job_id: str
    cluster_path: str = ""
    """`job_clusters/<key>` or `tasks/<key>`; empty: the one with the project's tag, or the only one."""


@dataclass(slots=True)
class DatabricksPlatform:
    """A `Platform` over the jobs of one workspace."""

    calls: Calls
    files: LogFiles
    jobs: Mapping[str, JobOf]
    """By project."""
    product_code: str
    """aws-databricks, azure-databricks or gcp-databricks."""
    book: PriceBook
    """Of the workspace's region."""
    plan: str = "Premium"
    patience: Patience = field(default_factory=Patience)
    poll_seconds: float = 30.0
    """Runs of the whole workspace are asked for so often at the most."""
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    _feed: RunFeed = field(init=False)
    _polled: float = field(default=float("-inf"), init=False)
    _reports: dict[str, Reported] = field(default_factory=dict, init=False)
    _node_types: dict[str, Json] = field(default_factory=dict, init=False)
    _pools: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Begin with no runs known."""
        self._feed = RunFeed(self.calls, lambda: int(self.now() * 1000))

    def finished_runs(self, project: str) -> tuple[str, ...]:
        """Ids of the runs that have ended and had the cluster, oldest first."""
        return tuple(str(run["run_id"]) for run in self._runs(project))

    def event_log(self, project: str, run_id: str) -> Iterable[Iterable[bytes]]:
        """The log of the run's last Spark context on the cluster, waited for while it is still being delivered."""
        run = self._run(project, run_id)
        ours = self._ours(project, run)
        cluster_id, tasks = tasks_on(run, ours)
        folder = destination_of(ours.block, cluster_id)
        if not folder:
            raise EventLogError(f"The cluster of run {run_id} delivers no logs: set its cluster_log_conf.")
        contexts = contexts_of(tasks)
        ended = max((task.get("end_time") or 0) for task in tasks) / 1000
        parts, _ = await_log(
            lambda: parts_of(self.files.below(folder), contexts), ended, self.patience, self.now, self.sleep
        )
        if not parts:
            raise EventLogError(f"There is no event log of run {run_id} in {folder}.")
        return tuple(self.files.read(part) for part in parts)

    def cluster_report(self, project: str, run_id: str) -> ClusterReport:
        """What really ran: from the first machine's start to the last one's end."""
        runs = self._runs(project)
        place = next((at for at, run in enumerate(runs) if str(run["run_id"]) == run_id), None)
        if place is None:
            raise PlatformError(f"Project {project!r} has no run {run_id!r}.")
        run = runs[place]
        ours = self._ours(project, run)
        reported = self._reported(project, run, ours)
        machines, failure = reported.run.usage.machines, failure_of(run)
        began = min((use.began for use in machines), default=reported.run.began)
        ended = max((use.ended for use in machines), default=reported.run.ended)
        said = _EXIT.search(failure or "")
        return ClusterReport(
            spec=spec_of(ours.block, self.product_code, self.book, self._hardware(ours.block)),
            started_at=datetime.fromtimestamp(began, UTC),
            finished_at=datetime.fromtimestamp(max(began, ended), UTC),
            exit_code=0 if failure is None else (int(said[1]) if said else 1) or 1,
            host_cores=None,
            error=failure,
            retry=place > 0 and failure_of(runs[place - 1]) is not None,
            stopped=was_stopped(run),
            usage=reported.run.usage,
            billed_as=tuple(
                dict.fromkeys([*clusters_of(self._feed.ended.get(run_id, run), ours), *names_on_bills(reported)])
            ),
        )

    def current_spec(self, project: str) -> ClusterSpec:
        """The spec of the job's cluster as its settings are now."""
        return self._now(project)[1]

    def apply(self, project: str, spec: ClusterSpec, *, expect: ClusterSpec) -> None:
        """Give the next run this spec. Raises Conflict, or PlatformError where it is others' to change or forbidden."""
        ours, current, _ = self._now(project)
        if current == spec:
            return
        if current != expect:
            raise Conflict(f"The next run of {project!r} would not get {expect}; nothing was changed.")
        block = self._block(project, ours, spec)
        put_block(
            self.calls,
            self._job(project).job_id,
            lambda settings: cluster_of(settings, project, self._job(project).cluster_path),
            block,
            expect=block_hash(ours.block),
            sleep=self.sleep,
        )

    def patch(self, project: str, spec: ClusterSpec, key: str = "") -> Patch | None:
        """What the owner of the job is given to take; None where nobody else owns it. `key`: its name in the bundle."""
        ours, _, job = self._now(project)
        owner = owner_of(job)
        if owner is None:
            return None
        name = key or str(job["settings"].get("name") or self._job(project).job_id)
        return patch_for(owner, name, ours.place, self._block(project, ours, spec))

    def _block(self, project: str, ours: OurCluster, spec: ClusterSpec) -> dict[str, Any]:
        block = edited(ours.block, spec, self.product_code, project, self._hardware(ours.block, with_types=True))
        broken = self._forbidden(block)
        if broken:
            raise PlatformError(f"The policy {block['policy_id']} does not allow it: {'; '.join(broken)}.")
        return block

    def _forbidden(self, block: Json) -> tuple[str, ...]:
        if not block.get("policy_id"):
            return ()
        policy = self.calls.read(_POLICY, {"policy_id": block["policy_id"]})
        return violations(msgspec.json.decode(str(policy.get("definition") or "{}").encode(), type=dict), block)

    def _now(self, project: str) -> tuple[OurCluster, ClusterSpec, dict[str, Any]]:
        job = read_job(self.calls, self._job(project).job_id)
        ours = self._ours(project, job["settings"])
        return ours, spec_of(ours.block, self.product_code, self.book, self._hardware(ours.block)), job

    def _job(self, project: str) -> JobOf:
        found = self.jobs.get(project)
        if found is None:
            raise UnknownProject(f"No job of Databricks is known for project {project!r}.")
        return found

    def _ours(self, project: str, settings: Json) -> OurCluster:
        return cluster_of(settings, project, self._job(project).cluster_path)

    def _runs(self, project: str) -> list[Json]:
        job_id = self._job(project).job_id
        if self.now() - self._polled >= self.poll_seconds:
            self._feed.poll()
            self._polled = self.now()
        return [run for run in map(last_attempts, self._feed.of(job_id)) if self._had_cluster(project, run)]

    def _had_cluster(self, project: str, run: Json) -> bool:
        """Whether it can be reported: a run that ended before a cluster was there, or on another's, tells nothing."""
        try:
            tasks_on(run, self._ours(project, run))
        except PlatformError:
            return False
        return True

    def _run(self, project: str, run_id: str) -> Json:
        found = next((run for run in self._runs(project) if str(run["run_id"]) == run_id), None)
        if found is None:
            raise PlatformError(f"Project {project!r} has no run {run_id!r}.")
        return found

    def _reported(self, project: str, run: Json, ours: OurCluster) -> Reported:
        key = f"{project}/{run['run_id']}"
        if key not in self._reports:
            report = report_of(self.calls, run, ours, self._agent(run, ours), self.plan)
            found = reported_cluster(report, self.product_code, self.book, Terms(region=self.book.region))
            if isinstance(found, Missing):
                raise PlatformError(f"The cluster of run {run['run_id']} is not known: {found.reason}.")
            self._reports[key] = found
        return self._reports[key]

    def _agent(self, run: Json, ours: OurCluster) -> Json | None:
        """What the agent wrote beside the logs, if there is an agent."""
        if not ours.block.get("init_scripts"):
            return None
        cluster_id, tasks = tasks_on(run, ours)
        return noted_machines(self.files, ours.block, cluster_id, contexts_of(tasks))

    def _hardware(self, block: Json, *, with_types: bool = False) -> Hardware:
        if with_types and not self._node_types:
            listed = self.calls.read(_NODE_TYPES).get("node_types") or ()
            self._node_types.update({each["node_type_id"]: each for each in listed})
        for key in ("instance_pool_id", "driver_instance_pool_id"):
            pool = block.get(key)
            if pool and pool not in self._pools:
                self._pools[pool] = str(self.calls.read(_POOL, {"instance_pool_id": pool}).get("node_type_id") or "")
        return Hardware(self._node_types if with_types else {}, self._pools)
