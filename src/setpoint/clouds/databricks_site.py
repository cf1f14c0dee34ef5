"""A Databricks workspace for commands: what a run left behind, runs that are started, clusters that are changed."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from setpoint.client import DatabricksAccess, load_configuration
from setpoint.client.clouds import AccessLine, Collected, RunQuery, Started
from setpoint.client.logs import LogFile
from setpoint.clouds import Say, machines
from setpoint.clouds.chosen_cluster import chosen_cluster, project_cluster, without_tasks
from setpoint.clouds.databricks_access import access_lines
from setpoint.clouds.fetched_logs import zipped
from setpoint.clouds.masking import masked
from setpoint.clouds.waiting import Waiter
from setpoint.errors import EventLogError, PlatformError, SettingsError
from setpoint.platforms.databricks import CallFiles, Calls, Patience, workspace
from setpoint.platforms.databricks.actuator import put_block, read_job
from setpoint.platforms.databricks.buckets import WithBuckets
from setpoint.platforms.databricks.edits import Hardware, configured
from setpoint.platforms.databricks.jobs import OurCluster, block_hash
from setpoint.platforms.databricks.logs import LogFiles, await_log, destination_of, is_complete, parts_of
from setpoint.platforms.databricks.noted import noted_machines
from setpoint.platforms.databricks.one_off import run_job, submit_copy
from setpoint.platforms.databricks.policy import violations
from setpoint.platforms.databricks.report import contexts_of, report_of, tasks_on
from setpoint.platforms.databricks.runs import is_over, last_attempts
from setpoint.platforms.emr import connect
from setpoint.platforms.emr.calls import Calls as AwsCalls

__all__ = ["DatabricksSite", "calls_to", "open_workspace"]

Json = Mapping[str, Any]
_RUN, _CLUSTER = "/api/2.1/jobs/runs/get", "/api/2.0/clusters/get"
_END = "/api/2.0/clusters/delete"
_POLICY, _POOL = "/api/2.0/policies/clusters/get", "/api/2.0/instance-pools/get"
_ENDING_SECONDS = 600.0
"""For which a cluster may take to end after its run."""
_GRACE_SECONDS = 10.0
"""For which a log is waited for that should have been there long ago: clocks differ."""
_ANY_REGION = "us-east-1"
"""S3 redirects to where a bucket is."""
_MACHINES = ("instances", "instance_timelines", "timelines", "volumes")


@dataclass(slots=True)
class DatabricksSite:
    """A `DatabricksCloud`."""

    product: str
    calls: Calls
    files: LogFiles
    waiter: Waiter
    watch: machines.Watch
    """Who knows the machines of a cluster in its cloud."""
    patience: Patience = field(default_factory=lambda: Patience(first_seconds=2.0, longest_seconds=30.0))
    now: Callable[[], float] = time.time

    def collect(self, run: RunQuery, *, with_log: bool = True) -> Collected:
        """The cluster report of a run that has ended, and its event log."""
        found = without_tasks(last_attempts(self._run(run.run_id)), run.excluded_tasks)
        if not is_over(found):
            raise PlatformError(f"Run {run.run_id} is {_state(found)}: it can be collected once it has ended.")
        ours = chosen_cluster(self.calls, found, run)
        cluster_id, tasks = tasks_on(found, ours)
        self._await_end(cluster_id)
        contexts = contexts_of(tasks)
        noted = noted_machines(self.files, ours.block, cluster_id, contexts)
        report = report_of(self.calls, found, ours, noted, run.plan) | {"compute_type": run.compute}
        report |= self._machines(report, cluster_id, is_enough=run.allow_incomplete)
        report["cluster_events"]["events"].reverse()  # newest first, as clients send them
        log = self._log(run.run_id, ours.block, cluster_id, tasks) if with_log else LogFile.of("eventlog.zip", b"")
        return Collected(masked(report), log)

    def run(
        self,
        job_id: str,
        configuration: Json | None,
        *,
        wait: bool,
        project_id: str = "",
        cluster_path: str = "",
    ) -> Started:
        """Run a job as it stands, or a copy of it with a configuration put into its cluster."""
        token = uuid.uuid4().hex
        if configuration is None:
            started = run_job(self.calls, job_id, token)
        else:
            wanted = configuration
            started = submit_copy(
                self.calls,
                job_id,
                lambda settings: project_cluster(settings, project_id, cluster_path),
                lambda block: self._block(block, wanted, project_id),
                token,
            )
        if wait:
            self.waiter.until(
                lambda: self._run(started.run_id), is_over, lambda it: f"Run {started.run_id} is {_state(it)}"
            )
            if started.cluster_id is not None:
                self.calls.write(_END, {"cluster_id": started.cluster_id})  # it was made for this run
        return Started(started.run_id, started.cluster_id)

    def apply(self, job_id: str, project_id: str, configuration: Json, *, cluster_path: str = "") -> None:
        """Put a configuration into the cluster of a job; nobody's edit is written over."""

        def find(settings: Json) -> OurCluster:
            return project_cluster(settings, project_id, cluster_path)

        ours = find(read_job(self.calls, job_id)["settings"])
        block = self._block(ours.block, configuration, project_id)
        expect = block_hash(ours.block)
        put_block(self.calls, job_id, find, block, expect=expect, sleep=self.waiter.sleep)

    def access(self, log_url: str | None) -> Sequence[AccessLine]:
        """What may be done in the workspace, with its logs, and with the cloud's machines."""
        return access_lines(self.calls, self.files, self.watch, log_url)

    def monitor(self, cluster_id: str) -> None:
        """Note the machines of a cluster beside its logs, until it ends."""
        machines.monitor(self.watch, cluster_id, self.waiter)

    def _run(self, run_id: str) -> dict[str, Any]:
        """A run with all its tasks; a page has at most 100."""
        query: dict[str, Any] = {"run_id": run_id}
        found = dict(self.calls.read(_RUN, query))
        tasks, token = list(found.get("tasks") or ()), found.pop("next_page_token", None)
        while token:
            page = self.calls.read(_RUN, {**query, "page_token": token})
            tasks += page.get("tasks") or ()
            following = page.get("next_page_token")
            token = following if following != token else None
        return found | {"tasks": tasks}

    def _await_end(self, cluster_id: str) -> None:
        """Until the cluster is given back, if it is about to be. Raises PlatformError where it goes on living."""

        def look() -> str:
            try:
                return str(self.calls.read(_CLUSTER, {"cluster_id": cluster_id}).get("state") or "")
            except PlatformError as error:
                if getattr(error, "is_passing", False):
                    raise
                return "TERMINATED"  # Databricks has forgotten it

        state = self.waiter.until(
            look, lambda it: it != "TERMINATING", lambda _: f"Cluster {cluster_id} is ending", _ENDING_SECONDS
        )
        if state in ("RUNNING", "RESIZING", "PENDING", "RESTARTING"):
            raise PlatformError(
                f"Cluster {cluster_id} is {state}: what it used is known once it has terminated; try again then."
            )

    def _machines(self, report: Json, cluster_id: str, *, is_enough: bool) -> dict[str, Any]:
        """What the report lacks of its machines. Raises PlatformError where nobody knows them and that matters."""
        if any(report.get(member) for member in _MACHINES):
            return {}
        try:
            found = machines.seen(self.watch, cluster_id)
            why = "the cloud has forgotten them"
        except PlatformError as error:
            found, why = {}, str(error).rstrip(".")
        if not found and not is_enough:
            raise PlatformError(
                f"The machines of cluster {cluster_id} are not known: the agent noted none beside its logs, and {why}. "
                "With --allow-incomplete-cluster-report it goes on without them; spot, volumes and lifetimes are "
                "guessed from the cluster's events then."
            )
        if not found:
            self.waiter.say(f"The machines of cluster {cluster_id} are not known; its costs are uncertain.")
        return found

    def _log(self, run_id: str, block: Json, cluster_id: str, tasks: Sequence[Json]) -> LogFile:
        folder = destination_of(block, cluster_id)
        if not folder:
            raise EventLogError(f"The cluster of run {run_id} delivers no logs: set its cluster_log_conf.")
        contexts, ended = contexts_of(tasks), max((task.get("end_time") or 0) for task in tasks) / 1000
        sleep = self.waiter.sleeping(f"Waiting for the event log of run {run_id}")
        late = max(0.0, self.now() - ended - self.patience.most_seconds + _GRACE_SECONDS)
        parts, _ = await_log(
            lambda: parts_of(self.files.below(folder), contexts),
            ended,
            self.patience,
            lambda: self.now() - late,
            sleep,
        )
        if not parts:
            raise EventLogError(f"There is no event log of run {run_id} in {folder}; it may still be on its way.")
        if not is_complete(parts, ended):
            self.waiter.say(f"The end of the event log of run {run_id} is missing; it is sent as it is.")
        folders = {part.path.rpartition("/")[0] for part in parts}
        depth = 1 if len(folders) == 1 else 2
        return zipped("eventlog.zip", [("/".join(it.path.split("/")[-depth:]), self.files.read(it)) for it in parts])

    def _block(self, block: Json, configuration: Json, project_id: str) -> dict[str, Any]:
        """The whole new block. Raises PlatformError where a pool has no such machines, or a policy forbids it."""
        pools = {
            pool: str(self.calls.read(_POOL, {"instance_pool_id": pool}).get("node_type_id") or "")
            for pool in {str(block[key]) for key in ("instance_pool_id", "driver_instance_pool_id") if block.get(key)}
        }
        found = configured(block, configuration, project_id, Hardware(pools=pools))
        if found.get("policy_id"):
            policy = self.calls.read(_POLICY, {"policy_id": found["policy_id"]})
            definition = msgspec.json.decode(str(policy.get("definition") or "{}").encode(), type=dict)
            broken = violations(definition, found)
            if broken:
                raise PlatformError(f"The policy {found['policy_id']} does not allow it: {'; '.join(broken)}.")
        return found


def open_workspace(product: str, say: Say, given: DatabricksAccess | None = None) -> DatabricksSite:
    """The workspace that is given, else the configured one. Raises SettingsError where none is."""
    from setpoint.settings import environment

    variables = environment()
    access = given or load_configuration(variables).databricks
    if access is None:
        raise SettingsError(
            "There is no Databricks workspace: run `configure`, or set DATABRICKS_HOST and DATABRICKS_TOKEN."
        )
    calls = calls_to(access.host, access.token, variables)
    watch = machines.Watch(product, access.host, access.token, access.aws_region, variables)
    buckets = AwsCalls(connect, time.sleep)
    files = WithBuckets(CallFiles(calls), buckets, access.aws_region or _ANY_REGION)
    return DatabricksSite(product, calls, files, Waiter(say), watch)


def calls_to(host: str, token: str, variables: Mapping[str, str]) -> Calls:
    """The calls of a workspace, as variables lead there: FIXIE_URL is a proxy for it, SSL_CERT_FILE is trusted."""
    proxy, ca_file = variables.get("FIXIE_URL", ""), variables.get("SSL_CERT_FILE", "")
    return workspace(host, proxy=proxy, ca_file=ca_file, token=token)


def _state(run: Json) -> str:
    return str((run.get("state") or {}).get("life_cycle_state") or "without a state")
