"""Gives a job another cluster: read, compare, read again, write, read back.

Databricks has no version of a job's settings, so what is compared is a hash of the whole cluster block. Between the
last read and the write there is the time of one call, in which an edit of the same block cannot be seen.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from setpoint.errors import Conflict, PlatformError
from setpoint.platforms.databricks.jobs import OurCluster, block_hash, update_of
from setpoint.platforms.databricks.ownership import OwnedByOthers, owner_of
from setpoint.platforms.databricks.transport import CallFailed

__all__ = ["JobCalls", "put_block", "read_job"]

Json = Mapping[str, Any]
_JOB, _UPDATE = "/api/2.1/jobs/get", "/api/2.1/jobs/update"
_COMPLIANCE = "/api/2.0/policies/jobs/get-compliance"
_FILLED_IN = frozenset(
    {
        "aws_attributes",
        "azure_attributes",
        "data_security_mode",
        "driver_node_type_id",
        "enable_elastic_disk",
        "enable_local_disk_encryption",
        "gcp_attributes",
        "runtime_engine",
    }
)
"""Members that a block may have on reading though they were not given."""
_NOT_READ = frozenset({"apply_policy_default_values"})
"""Members that are taken and never given back. Source: Terraform provider, cluster policies."""
_MOST_ROUNDS = 4
"""Of a write whose answer did not come."""


class JobCalls(Protocol):
    """What the actuator needs of `Calls`."""

    def read(self, path: str, query: Json | None = None, *, body: Json | None = None) -> Any:  # noqa: ANN401 - JSON
        """Ask, again where it may help."""
        ...

    def write(self, path: str, body: Json) -> Any:  # noqa: ANN401 - JSON
        """Change, once."""
        ...


def read_job(calls: JobCalls, job_id: str) -> dict[str, Any]:
    """A job with all its tasks and clusters: `jobs/get` has at most 100 a page from version 2.2 on."""
    query: dict[str, Any] = {"job_id": job_id}
    job: dict[str, Any] = dict(calls.read(_JOB.replace("2.1", "2.2"), query))
    settings = dict(job.get("settings") or {})
    token = job.pop("next_page_token", None)
    while token:
        page = calls.read(_JOB.replace("2.1", "2.2"), {**query, "page_token": token})
        for member in ("tasks", "job_clusters"):
            key = "task_key" if member == "tasks" else "job_cluster_key"
            known = {each[key]: each for each in settings.get(member) or ()}
            known |= {each[key]: each for each in (page.get("settings") or {}).get(member) or ()}
            if known:
                settings[member] = list(known.values())
        following = page.get("next_page_token")
        token = following if following != token else None
    return {**job, "settings": settings}


def put_block(
    calls: JobCalls,
    job_id: str,
    find: Callable[[Json], OurCluster],
    block: Json,
    *,
    expect: str,
    sleep: Callable[[float], None] = lambda _: None,
) -> None:
    """Put a complete block where the one with the hash `expect` stands. Repeating it changes nothing.

    Args:
        calls: of the workspace.
        job_id: of the job.
        find: the cluster under control in the settings of the job.
        block: the complete new block.
        expect: hash of the block that the decision was based on.
        sleep: between rounds, in seconds.

    Raises Conflict where neither that block nor the new one is there, PlatformError where the job belongs to others
    or Databricks does not keep the block as it was given.
    """
    for number in range(_MOST_ROUNDS):
        job = read_job(calls, job_id)
        owner = owner_of(job)
        if owner is not None:
            raise OwnedByOthers(f"The job {job_id} is not changed: {owner.reason}")
        ours = find(job["settings"])
        now = block_hash(ours.block)
        if now == block_hash(block) or (now != expect and not _differences(ours.block, block)):
            return
        if now != expect:
            raise Conflict(f"The cluster {ours.place} of job {job_id} was changed by somebody else; nothing was done.")
        change = {"job_id": _number(job_id), "new_settings": update_of(job["settings"], ours.place, block)}
        try:
            calls.write(_UPDATE, change)
        except CallFailed as failed:
            if not failed.is_passing:
                raise
            sleep(2.0**number)
            continue
        _verify(calls, job_id, find, block)
        broken = _broken_policy(calls, job_id, block)
        if broken:
            back = {"job_id": _number(job_id), "new_settings": update_of(job["settings"], ours.place, ours.block)}
            calls.write(_UPDATE, back)
            raise PlatformError(f"The policy of job {job_id} does not allow it, so it was put back: {broken}.")
        return
    raise PlatformError(f"Job {job_id} could not be changed in {_MOST_ROUNDS} tries; look at it before the next one.")


def _broken_policy(calls: JobCalls, job_id: str, block: Json) -> str:
    """What Databricks itself says against the new cluster; empty where nothing, or where it may not be asked."""
    if not block.get("policy_id"):
        return ""
    try:
        found = calls.read(_COMPLIANCE, {"job_id": job_id})
    except CallFailed:
        return ""  # it needs a right of its own; the definition was checked before
    if found.get("is_compliant", True):
        return ""
    said = found.get("violations") or {}
    return "; ".join(f"{where}: {why}" for where, why in said.items()) or "it names no reason"


def _verify(calls: JobCalls, job_id: str, find: Callable[[Json], OurCluster], block: Json) -> None:
    kept = find(read_job(calls, job_id)["settings"]).block
    different = _differences(kept, block)
    if different:
        raise Conflict(
            f"Job {job_id} does not have the cluster it was given: {', '.join(different)} differ. Somebody changed it "
            "at the same moment, or a policy does."
        )


def _differences(kept: Json, given: Json) -> list[str]:
    """Members of a block that are not as they were given; what Databricks fills in on reading is none."""
    extra = set(kept) - set(given) - _FILLED_IN
    return sorted(extra | {key for key in given if not _is_kept(key, kept.get(key), given[key])})


def _is_kept(key: str, kept: object, given: object) -> bool:
    if key.endswith("_attributes") and isinstance(kept, Mapping) and isinstance(given, Mapping):
        return all(kept.get(member) == value for member, value in given.items())
    return kept == given or (key in _NOT_READ and kept is None)


def _number(job_id: str) -> int:
    if not job_id.isdecimal():
        raise PlatformError(f"{job_id!r:.40} is no id of a Databricks job; it is a number.")
    return int(job_id)
