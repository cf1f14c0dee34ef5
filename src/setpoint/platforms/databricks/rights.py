"""Whether a workspace lets us read its jobs, and change those that we are to: tried by calls that change nothing.

That a job may be changed is read from its list of permissions, which only those see who may change it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from setpoint.errors import PlatformError, SetpointError
from setpoint.platforms.databricks.jobs import all_clusters
from setpoint.platforms.databricks.logs import LogFiles, destination_of
from setpoint.platforms.databricks.ownership import owner_of
from setpoint.platforms.databricks.policies import grants_of_billing, grants_of_volume
from setpoint.platforms.databricks.transport import CallFailed, Calls
from setpoint.platforms.rights import Checked, Denied, Right, Scope, Untried, checked

__all__ = ["check_rights"]

Json = Mapping[str, Any]
_ME, _JOBS, _RUNS = "/api/2.0/preview/scim/v2/Me", "/api/2.2/jobs/list", "/api/2.1/jobs/runs/list"
_CLUSTER, _EVENTS = "/api/2.0/clusters/get", "/api/2.0/clusters/events"
_TYPES, _POLICY = "/api/2.0/clusters/list-node-types", "/api/2.0/policies/clusters/get"
_POOL, _PERMISSIONS = "/api/2.0/instance-pools/get", "/api/2.0/permissions/jobs/"
_STATEMENTS = "/api/2.0/sql/statements"
_PAGE, _MOST_TRIED, _MOST_JOBS = 25, 3, 5
_WRITERS = ("CAN_MANAGE", "IS_OWNER")
_FORGOTTEN = ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST", "ENDPOINT_NOT_FOUND")


def check_rights(
    calls: Calls, files: LogFiles, scope: Scope, jobs: Sequence[str] = (), warehouse: str = ""
) -> Iterator[Checked]:
    """Every right of a scope, tried one after the other on what is there; about a dozen calls.

    Args:
        calls: of the workspace.
        files: of the places that logs are delivered to.
        scope: what is to be possible.
        jobs: ids of those that are to be changed; by default a few of those that may be.
        warehouse: the SQL warehouse that tells what was billed; it is started if it does not run.

    Raises PlatformError where the workspace does not answer at all.
    """
    space = _Workspace(calls, files)
    entitlement = "add the user or service principal to the workspace, with the entitlement “Workspace access”"
    signed_in = checked(Right("sign in to the workspace", entitlement), space.sign_in)
    yield signed_in
    if signed_in.verdict == "missing":
        return
    yield checked(Right("see jobs and their settings", "CAN_VIEW on each job"), space.see_jobs)
    yield checked(Right("see runs", "CAN_VIEW on each job"), space.see_runs)
    seeing = "CAN_VIEW on each job, or CAN_ATTACH_TO on the cluster"
    yield checked(Right("see the cluster of a run", seeing), space.see_cluster)
    yield checked(Right("see what happened to a cluster", seeing), space.see_events)
    yield from space.logs()
    yield from space.pools()
    if warehouse:
        billing = Right("read what was billed", "; ".join(grants_of_billing(space.principal)), is_needed=False)
        yield checked(billing, partial(space.read_billing, warehouse))
    if scope == "auto":
        yield from space.changing(jobs)


@dataclass(slots=True)
class _Workspace:
    """What was seen of a workspace so far, for the next rights to be tried on."""

    calls: Calls
    files: LogFiles
    principal: str = ""
    """What SQL grants to: the name of a user, or the application id of a service principal."""
    names: frozenset[str] = frozenset()
    """Of who we are, and of our groups."""
    jobs: list[Json] = field(default_factory=list)
    runs: list[Json] = field(default_factory=list)
    cluster: Json = field(default_factory=dict)

    def sign_in(self) -> str:
        """Who we are. Raises PlatformError where the workspace does not answer, so that nothing can be tried."""
        try:
            me = self._ask(_ME)
        except Untried as error:
            raise PlatformError(str(error)) from None
        groups = [str(each.get("display")) for each in me.get("groups") or ()]
        self.principal = str(me.get("userName") or "<application id>")
        self.names = frozenset({self.principal, *groups})
        return str(me.get("displayName") or me.get("userName") or "signed in")

    def see_jobs(self) -> str:
        """The first page of them."""
        self.jobs = list(self._ask(_JOBS, {"limit": _PAGE, "expand_tasks": "true"}).get("jobs") or ())
        if not self.jobs:
            raise Denied("no job is visible: there is none, or you may see none")
        return f"{len(self.jobs)} on the first page"

    def see_runs(self) -> str:
        """The newest ones that have ended."""
        asked = {"limit": _PAGE, "completed_only": "true", "expand_tasks": "true"}
        self.runs = list(self._ask(_RUNS, asked).get("runs") or ())
        if not self.runs:
            raise Untried("no run has ended within the last weeks")
        return f"{len(self.runs)} on the first page"

    def see_cluster(self) -> str:
        """That of the newest run which had one."""
        self.cluster = self._ask(_CLUSTER, {"cluster_id": self._cluster_id()})
        return str(self.cluster.get("cluster_id", ""))

    def see_events(self) -> str:
        """One of them."""
        found = self._ask(_EVENTS, body={"cluster_id": self._cluster_id(), "limit": 1})
        return f"{found.get('total_count', len(found.get('events') or ()))} events"

    def logs(self) -> Iterator[Checked]:
        """Rights to the places that logs are delivered to."""
        places: dict[str, str] = {}
        for run in self.runs:
            for cluster_id, block in _clusters_of(run):
                folder = destination_of(block, cluster_id)
                if folder:
                    places.setdefault(folder.removesuffix(f"/{cluster_id}/eventlog"), folder)
        for root, folder in list(places.items())[:_MOST_TRIED]:
            yield checked(
                Right(f"read logs in {root}", _grant_of_place(root, self.principal)), partial(self._read_logs, folder)
            )
        if not places:
            grant = "read access to where cluster_log_conf of the jobs delivers logs"
            words = "no run was seen whose cluster delivers its logs: set cluster_log_conf"
            yield Checked(Right("read logs", grant), "untried", words)

    def pools(self) -> Iterator[Checked]:
        """Rights to the pools that jobs use."""
        pools = (block.get(key) for block in self._blocks() for key in ("instance_pool_id", "driver_instance_pool_id"))
        for pool in [str(pool) for pool in dict.fromkeys(pools) if pool][:_MOST_TRIED]:
            right = Right(f"see the pool {pool}", f"CAN_ATTACH_TO on the pool {pool}")
            yield checked(right, partial(self._seen, _POOL, {"instance_pool_id": pool}, "instance_pool_name"))

    def changing(self, jobs: Sequence[str]) -> Iterator[Checked]:
        """Rights that only writing needs."""
        types = Right("know which machines are offered", "the entitlement “Workspace access”", "auto")
        yield checked(types, self._see_types)
        policies = dict.fromkeys(str(block["policy_id"]) for block in self._blocks() if block.get("policy_id"))
        for policy in list(policies)[:_MOST_TRIED]:
            right = Right(f"see the policy {policy}", f"CAN_USE on the cluster policy {policy}", "auto")
            yield checked(right, partial(self._seen, _POLICY, {"policy_id": policy}, "name"))
        wanted = list(jobs) or [str(job["job_id"]) for job in self.jobs if owner_of(job) is None and _is_ours(job)]
        for job_id in wanted if jobs else wanted[:_MOST_JOBS]:
            right = Right(f"change job {job_id}", f"CAN_MANAGE on the job {job_id}", "auto")
            yield checked(right, partial(self._may_change, job_id))
        if not wanted:
            words = "no job was seen that is ours to change"
            yield Checked(Right("change jobs", "CAN_MANAGE on each job", "auto"), "untried", words)
        yield from self._running_as()

    def read_billing(self, warehouse: str) -> str:
        """One row of what was billed, by SQL."""
        body = {
            "warehouse_id": warehouse,
            "statement": "SELECT 1 FROM system.billing.usage LIMIT 1",
            "wait_timeout": "50s",
            "on_wait_timeout": "CANCEL",
        }
        status = self._ask(_STATEMENTS, body=body).get("status") or {}
        state = str(status.get("state"))
        if state == "SUCCEEDED":
            return "a row was read"
        message = str((status.get("error") or {}).get("message", ""))[:200]
        if state == "FAILED":
            raise Denied(message or "the query failed")
        raise Untried(f"the warehouse {warehouse} did not answer in time ({state})")

    def _read_logs(self, folder: str) -> str:
        found = self._tried(lambda: self.files.below(folder))
        if not found:
            raise Untried(f"nothing is in {folder} yet, or it may not be seen")
        self._tried(lambda: next(iter(self.files.read(found[0])), b""))
        return f"{len(found)} files in {folder}"

    def _see_types(self) -> str:
        return f"{len(self._ask(_TYPES).get('node_types') or ())} types of machines"

    def _seen(self, path: str, asked: Json, name: str) -> str:
        return str(self._ask(path, asked).get(name) or "seen")

    def _may_change(self, job_id: str) -> str:
        entries = self._ask(f"{_PERMISSIONS}{job_id}").get("access_control_list") or ()
        for entry in entries:
            who = {str(entry.get(key)) for key in ("user_name", "service_principal_name", "group_name")}
            levels = [str(each.get("permission_level")) for each in entry.get("all_permissions") or ()]
            level = next((each for each in levels if each in _WRITERS), "")
            if level and who & self.names:
                return f"{level} for {', '.join(sorted(who & self.names))}"
        raise Denied("neither you nor one of your groups may change it")

    def _running_as(self) -> Iterator[Checked]:
        """Who changes a job that runs as another must be let use that other."""
        others = dict.fromkeys(
            str(name)
            for job in self.jobs
            if (name := ((job.get("settings") or {}).get("run_as") or {}).get("service_principal_name"))
            and name not in self.names
        )
        for name in list(others)[:_MOST_TRIED]:
            right = Right(f"change jobs that run as {name}", f"role servicePrincipal/user on {name}", "auto")
            yield Checked(right, "untried", "no harmless call tells; it shows with the first change")

    def _blocks(self) -> Iterator[Json]:
        for job in self.jobs:
            for ours in all_clusters(job.get("settings") or {}):
                yield ours.block

    def _cluster_id(self) -> str:
        found = next((cluster_id for run in self.runs for cluster_id, _ in _clusters_of(run)), "")
        if not found:
            raise Untried("no run was seen that had a cluster")
        return found

    def _ask(self, path: str, query: Json | None = None, *, body: Json | None = None) -> Json:
        found: Json = self._tried(lambda: self.calls.read(path, query, body=body))
        return found

    def _tried(self, attempt: Any) -> Any:  # noqa: ANN401 - whatever it answers
        """An answer. Raises Denied, or Untried where Databricks does not answer or has forgotten what was asked for."""
        try:
            return attempt()
        except CallFailed as error:
            if (error.is_passing and error.code not in _NOT_SIGNED_IN) or error.code in _FORGOTTEN:
                raise Untried(str(error)) from None
            raise Denied(str(error)) from None
        except SetpointError as error:
            raise Denied(str(error)) from None


_NOT_SIGNED_IN = ("UNAUTHENTICATED", "Unauthenticated")


def _clusters_of(run: Json) -> Iterator[tuple[str, Json]]:
    """Ids of the clusters that a run had, with what each was asked for to be."""
    asked = {task: ours.block for ours in all_clusters(run) for task in ours.tasks}
    for task in run.get("tasks") or ():
        cluster_id = (task.get("cluster_instance") or {}).get("cluster_id")
        if cluster_id and task.get("task_key") in asked:
            yield str(cluster_id), asked[task["task_key"]]


def _is_ours(job: Json) -> bool:
    return next(all_clusters(job.get("settings") or {}), None) is not None


def _grant_of_place(root: str, principal: str) -> str:
    plain = root.removeprefix("dbfs:")
    parts = plain.strip("/").split("/")
    if plain.startswith("/Volumes/") and len(parts) > len(("Volumes", "catalog", "schema")):
        return "; ".join(grants_of_volume(parts[1], parts[2], parts[3], principal))
    if root.startswith("s3"):
        bucket, _, key = root.partition("://")[2].partition("/")
        return f"s3:ListBucket on arn:aws:s3:::{bucket}; s3:GetObject on arn:aws:s3:::{bucket}/{key}*"
    if root.startswith(("abfs", "wasb")):
        return f"the role Storage Blob Data Reader on the container of {root}"
    if root.startswith("gs"):
        return f"the role roles/storage.objectViewer on the bucket of {root}"
    return f"read access to {root} in DBFS"
