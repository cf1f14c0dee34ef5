"""Settings of jobs: what a workspace refuses, what it fills in on reading, and how it merges an update."""

from collections.abc import Iterator
from copy import deepcopy

from setpoint.testing.databricks.answers import Json, invalid

__all__ = ["check_destinations", "clusters_of", "filled_in", "page_of", "updated"]

_KEYS = {"tasks": "task_key", "job_clusters": "job_cluster_key"}
_NOT_IN_JOBS = ("cluster_name", "autotermination_minutes", "is_pinned", "workload_type")
_NUMBERS = {"num_workers", "min_workers", "max_workers", "first_on_demand", "spot_bid_price_percent"}
_NUMBERS |= {"ebs_volume_count", "ebs_volume_size", "spot_bid_max_price"}
MOST_DESTINATIONS = 3
"""Of one event."""
MOST_ENTRIES = 100
"""Tasks, or clusters, of one answer of `jobs/get`."""


def filled_in(settings: Json) -> Json:
    """Settings as they are read back, or a refusal; the argument stays as it is."""
    found = deepcopy(settings)
    if len(found.get("tags", {})) > 25:
        raise invalid("A job can have at most 25 tags.")
    keys = [entry["job_cluster_key"] for entry in found.get("job_clusters", [])]
    for name, default in (("email_notifications", {}), ("webhook_notifications", {}), ("timeout_seconds", 0)):
        found.setdefault(name, deepcopy(default))
    found.setdefault("name", "Untitled")
    found.setdefault("max_concurrent_runs", 1)
    found["format"] = "MULTI_TASK"
    for task in found.get("tasks", []):
        if task.get("job_cluster_key", None) not in {None, *keys}:
            raise invalid(f"Job cluster key {task['job_cluster_key']} is not defined in field job_clusters.")
        task.setdefault("run_if", "ALL_SUCCESS")
        task.setdefault("timeout_seconds", 0)
        task.setdefault("email_notifications", {})
    for cluster in clusters_of(found):
        _complete(cluster)
    return found


def check_destinations(settings: Json) -> None:
    """Raises the refusal of a job that names too many for one event."""
    for kind, named in (settings.get("webhook_notifications") or {}).items():
        if len(named) > MOST_DESTINATIONS:
            raise invalid(f"At most {MOST_DESTINATIONS} destinations can be specified for {kind}.")


def clusters_of(settings: Json) -> Iterator[Json]:
    """Every `new_cluster` of a job, where it lives."""
    tasks = list(settings.get("tasks", []))
    tasks += [task["for_each_task"]["task"] for task in tasks if "for_each_task" in task]
    for entry in [*settings.get("job_clusters", []), *tasks]:
        if "new_cluster" in entry:
            yield entry["new_cluster"]


def updated(settings: Json, new: Json, removed: list[str]) -> Json:
    """What `jobs/update` makes of settings: each field whole, tasks and clusters by their key, each entry whole."""
    found = deepcopy(settings)
    for name in removed:
        _remove(found, name)
    for name, value in new.items():
        found[name] = _by_key(found.get(name, []), value, _KEYS[name]) if name in _KEYS else deepcopy(value)
    return found


def page_of(settings: Json, first: int) -> tuple[Json, int | None]:
    """A page of settings from an entry on, and where the next begins."""
    found = dict(settings)
    for name in _KEYS.keys() & found.keys():
        found[name] = found[name][first : first + MOST_ENTRIES]
    after = first + MOST_ENTRIES
    return found, after if any(len(settings.get(name, [])) > after for name in _KEYS) else None


def _remove(settings: Json, name: str) -> None:
    top, _, key = name.partition("/")
    if key and top in _KEYS:
        settings[top] = [entry for entry in settings.get(top, []) if entry[_KEYS[top]] != key]
    else:
        settings.pop(top, None)


def _by_key(old: list[Json], new: list[Json], key: str) -> list[Json]:
    merged = {entry[key]: entry for entry in old} | {entry[key]: deepcopy(entry) for entry in new}
    return list(merged.values())


def _complete(cluster: Json) -> None:
    _read_numbers(cluster)
    for name in _NOT_IN_JOBS:
        if name in cluster:
            raise invalid(f"The field {name} is not supported in the cluster of a job.")
    if "num_workers" in cluster and "autoscale" in cluster:
        raise invalid("Only one of num_workers and autoscale can be set.")
    if "instance_pool_id" in cluster and "node_type_id" in cluster:
        raise invalid("The field 'node_type_id' cannot be supplied when an instance pool ID is provided.")
    if not {"instance_pool_id", "node_type_id", "policy_id"} & cluster.keys():
        raise invalid("The field 'node_type_id' is required.")
    cluster.pop("apply_policy_default_values", None)
    cluster.setdefault("enable_elastic_disk", False)


def _read_numbers(cluster: Json) -> None:
    """Numbers may be sent as words, as Airflow's operators do; they are read back as numbers."""
    holders = [cluster, *(cluster[key] for key in cluster if key == "autoscale" or key.endswith("_attributes"))]
    for holder in holders:
        for key in _NUMBERS & holder.keys():
            if isinstance(holder[key], str):
                if not holder[key].lstrip("-").isdecimal():
                    raise invalid(f"Could not parse request object: {key} must be a number.")
                holder[key] = int(holder[key])
