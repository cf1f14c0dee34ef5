"""Which cluster of a job is under control, and where it stands in the job's settings.

Source: Databricks REST API, Jobs 2.1 and 2.2 (`jobs/get`, `jobs/update`).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from setpoint.errors import PlatformError

__all__ = [
    "PROJECT_TAGS",
    "OurCluster",
    "Place",
    "all_clusters",
    "block_hash",
    "cluster_of",
    "project_of",
    "update_of",
    "why_none",
]

Json = Mapping[str, Any]

PROJECT_TAGS = ("setpoint:project", "sync:project-id")
"""Tags of a cluster that name its project; one for all runs, since a tag that differs by run defeats warm reuse."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cluster block stands in a job's settings."""

    kind: Literal["job_clusters", "tasks"]
    key: str
    """Of the job cluster or of the task."""
    is_looped: bool = False
    """Whether it is the cluster of the task inside a for-each task."""

    def __str__(self) -> str:
        """The cluster path, as clients write it: `job_clusters/main`."""
        return f"{self.kind}/{self.key}"


@dataclass(frozen=True, slots=True)
class OurCluster:
    """The cluster of a job that is under control."""

    place: Place
    block: Json
    """Its complete `new_cluster`."""
    tasks: tuple[str, ...]
    """Keys of the tasks that run on it."""


def block_hash(block: Json) -> str:
    """SHA-256 of a whole cluster block; the order of keys is of no account, that of lists is.

    >>> block_hash({"a": 1, "b": 2}) == block_hash({"b": 2, "a": 1})
    True
    """
    canonical = json.dumps(block, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def cluster_of(settings: Json, project: str, path: str = "") -> OurCluster:
    """The cluster under control: the one with the project's tag, else the one at `path`, else the only one.

    `settings` are those of a job, or a run, which has the same lists. Raises PlatformError with the reason.
    """
    found = tuple(all_clusters(settings))
    name = _name(settings)
    tagged = [each for each in found if project_of(each.block) == project]
    if len(tagged) > 1:
        places = ", ".join(str(each.place) for each in tagged)
        raise PlatformError(f"Several clusters of {name} have the tag of project {project!r}: {places}. Tag only one.")
    if tagged:
        return tagged[0]
    chosen = _at(found, path, name) if path else _only(found, settings, name)
    owner = project_of(chosen.block)
    if owner:
        raise PlatformError(f"The cluster {chosen.place} of {name} belongs to project {owner!r} by its tag.")
    return chosen


def update_of(settings: Json, place: Place, block: Json) -> dict[str, Any]:
    """The `new_settings` of `jobs/update` that replace this cluster and nothing else.

    An entry is replaced whole, so it is sent whole, as it was read.
    """
    entry = next(each for each in settings.get(place.kind) or () if _key(each, place.kind) == place.key)
    if not place.is_looped:
        return {place.kind: [{**entry, "new_cluster": dict(block)}]}
    loop = entry["for_each_task"]
    inner = {**loop["task"], "new_cluster": dict(block)}
    return {place.kind: [{**entry, "for_each_task": {**loop, "task": inner}}]}


def all_clusters(settings: Json) -> Iterator[OurCluster]:
    """Every cluster that a job, or a run, has of its own."""
    tasks: Sequence[Json] = settings.get("tasks") or ()
    for entry in settings.get("job_clusters") or ():
        key = entry["job_cluster_key"]
        users = tuple(str(task["task_key"]) for task in tasks if _inner(task).get("job_cluster_key") == key)
        yield OurCluster(Place("job_clusters", key), entry.get("new_cluster") or {}, users)
    for task in tasks:
        inner = _inner(task)
        if inner.get("new_cluster"):
            key = str(task["task_key"])
            yield OurCluster(Place("tasks", key, is_looped=inner is not task), inner["new_cluster"], (key,))


def _inner(task: Json) -> Json:
    """The task that is repeated by a for-each task; else the task itself."""
    loop = task.get("for_each_task") or {}
    return loop.get("task") or task


def _key(entry: Json, kind: str) -> str:
    return str(entry["job_cluster_key" if kind == "job_clusters" else "task_key"])


def project_of(block: Json) -> str:
    """The project that a cluster belongs to by its tag, or ""."""
    tags = block.get("custom_tags") or {}
    return next((str(tags[tag]) for tag in PROJECT_TAGS if tags.get(tag)), "")


def _name(settings: Json) -> str:
    return f"the job {str(settings.get('name') or settings.get('run_name') or 'without a name')!r:.80}"


def _at(found: Sequence[OurCluster], path: str, name: str) -> OurCluster:
    chosen = next((each for each in found if str(each.place) == path), None)
    if chosen is None:
        known = ", ".join(str(each.place) for each in found) or "none of its own"
        raise PlatformError(f"There is no cluster {path!r} in {name}; it has {known}.")
    return chosen


def _only(found: Sequence[OurCluster], settings: Json, name: str) -> OurCluster:
    if len(found) == 1:
        return found[0]
    if found:
        places = ", ".join(str(each.place) for each in found)
        raise PlatformError(
            f"{name[0].upper()}{name[1:]} has several clusters ({places}): name one as the cluster path of the "
            f"project, or tag it with {PROJECT_TAGS[0]}."
        )
    raise PlatformError(why_none(settings))


def why_none(settings: Json) -> str:
    """Why a job without clusters of its own has nothing that is ours to change."""
    name = _name(settings)
    tasks = [_inner(task) for task in settings.get("tasks") or ()]
    shared = next((task["existing_cluster_id"] for task in tasks if task.get("existing_cluster_id")), None)
    if shared is not None:
        return (
            f"The tasks of {name} run on the all-purpose cluster {shared}, which others may use too and which is not "
            "ours to change; give the job a job cluster."
        )
    if tasks and all(task.get("pipeline_task") or task.get("sql_task") or task.get("dbt_task") for task in tasks):
        return f"The tasks of {name} are of pipelines or SQL warehouses, which size themselves."
    return f"Nothing in {name} has a cluster: it is serverless, and Databricks sizes that itself."
