"""Another cluster in the place of a job's own: the complete block, made from the whole of the old one.

No list is ever added to, keys can go, and of keys that exclude each other only one stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from setpoint.core.configurations import ask_for, reported_cluster
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import Missing, PriceBook
from setpoint.core.reports import Terms
from setpoint.errors import PlatformError
from setpoint.platforms.databricks.jobs import PROJECT_TAGS

__all__ = ["Hardware", "configured", "edited", "spec_of"]

Json = Mapping[str, Any]

_PARTITIONS = "spark.sql.shuffle.partitions"
_NOT_IN_JOBS = ("cluster_name", "autotermination_minutes", "is_pinned", "workload_type")
"""Members that a job cluster must not have. Source: `jobs/create`, ClusterSpec."""
_PROFILE, _MASTER = "spark.databricks.cluster.profile", "spark.master"
_NODE_FLEXIBILITY = {
    "node_type_id": "worker_node_type_flexibility",
    "driver_node_type_id": "driver_node_type_flexibility",
}
_SOME_DAY = 1_700_000_000_000


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a workspace offers, by the answers of `clusters/list-node-types` and `instance-pools/list`."""

    node_types: Mapping[str, Json] = field(default_factory=dict)
    """By `node_type_id`; empty: not asked, so nothing is checked."""
    pools: Mapping[str, str] = field(default_factory=dict)
    """Node type by the id of the pool."""


def spec_of(block: Json, product_code: str, book: PriceBook, hardware: Hardware | None = None) -> ClusterSpec:
    """The spec that a cluster block asks for. Raises PlatformError where its hardware is not known."""
    found = reported_cluster(_report(block, hardware or Hardware()), product_code, book, Terms(region=book.region))
    if isinstance(found, Missing):
        raise PlatformError(f"The cluster of the job is not known: {found.reason}.")
    return found.spec


def edited(
    block: Json, spec: ClusterSpec, product_code: str, project: str, hardware: Hardware | None = None
) -> dict[str, Any]:
    """The whole block by which the next run gets this spec. Raises PlatformError where it cannot be asked for."""
    if spec.cloud is None:
        raise PlatformError(f"The spec {spec} says nothing of machines, so Databricks cannot be asked for it.")
    known = hardware or Hardware()
    wanted = ask_for(spec, _report(block, known), product_code)
    found = _rearranged(block, wanted, spec.shuffle_partitions, known)
    _tag(found, project)
    _check(spec, block, known)
    return found


def configured(block: Json, configuration: Json, project: str, hardware: Hardware | None = None) -> dict[str, Any]:
    """The whole block with a configuration of the Sync API in it: what is no size or machine is put over its like.

    Of lists the configuration's own stand. Raises PlatformError where a pool has no such machines.
    """
    known = hardware or Hardware()
    sizes = [key for key in ("num_workers", "autoscale") if configuration.get(key) is not None]
    if len(sizes) > 1:
        raise PlatformError("The configuration has both a fixed size and an autoscaled one; it must have one of them.")
    asked = {key: block[key] for key in ("num_workers", "autoscale") if key in block and not sizes}
    asked |= {key: value for key, value in configuration.items() if value is not None and key not in _NOT_IN_JOBS}
    partitions = {**_dict(block.get("spark_conf")), **_dict(asked.get("spark_conf"))}.get(_PARTITIONS)
    found = _rearranged(block, _complete(asked, block, known), None if partitions is None else int(partitions), known)
    for key, value in asked.items():
        if key not in _ARRANGED and not key.endswith("_attributes"):
            found[key] = {**_dict(found.get(key)), **value} if isinstance(value, Mapping) else value
    for tag in _RUN_TAGS:
        found.get("custom_tags", {}).pop(tag, None)
    if project:
        _tag(found, project, _CLIENTS_TAG)
    return found


def _complete(asked: Json, block: Json, known: Hardware) -> dict[str, object]:
    """With the machines and the engine of the block where nothing is said of them."""
    pool = block.get("instance_pool_id")
    driver_pool = block.get("driver_instance_pool_id") or pool
    worker = asked.get("node_type_id") or block.get("node_type_id") or known.pools.get(pool or "")
    driver = asked.get("driver_node_type_id") or block.get("driver_node_type_id") or known.pools.get(driver_pool or "")
    has_photon = "-photon-" in str(block.get("spark_version")) or block.get("runtime_engine") == "PHOTON"
    engine = "PHOTON" if has_photon else "STANDARD"
    return {"runtime_engine": engine} | dict(asked) | {"node_type_id": worker, "driver_node_type_id": driver or worker}


_CLIENTS_TAG = "sync:project-id"
"""The one that existing clients look for."""
_RUN_TAGS = ("sync:run-id",)
"""Another value for each run: the machines of the run before could not be used again."""
_ARRANGED = frozenset({"node_type_id", "driver_node_type_id", "num_workers", "autoscale", "runtime_engine"})
_ARRANGED |= {"spark_version"}


def _rearranged(block: Json, wanted: dict[str, object], partitions: int | None, known: Hardware) -> dict[str, Any]:
    """The block with the machines, the size, the engine and the attributes of what is asked for."""
    wanted.pop("spark_version", None)
    is_local = wanted.get("num_workers") == 0
    found = {key: value for key, value in block.items() if key not in _NOT_IN_JOBS}
    _set_machines(found, wanted, known, is_local=is_local)
    _set_size(found, wanted, is_local=is_local)
    _set_engine(found, wanted)
    _set_partitions(found, partitions)
    for key in [key for key in wanted if key.endswith("_attributes")]:
        found[key] = {**(found.get(key) or {}), **_dict(wanted[key])}
    return found


def _tag(found: dict[str, Any], project: str, name: str = PROJECT_TAGS[0]) -> None:
    tags = found.get("custom_tags") or {}
    if not any(tags.get(tag) for tag in PROJECT_TAGS):
        found["custom_tags"] = {**tags, name: project}


def _report(block: Json, hardware: Hardware) -> dict[str, object]:
    """The block as a cluster of which nothing but its spec is to be read."""
    times = {"cluster_id": "-", "start_time": _SOME_DAY, "terminated_time": _SOME_DAY + 1, "cluster_source": "JOB"}
    cluster = {**block, **times}
    pool = block.get("instance_pool_id")
    driver_pool = block.get("driver_instance_pool_id") or pool
    for key, its_pool in (("node_type_id", pool), ("driver_node_type_id", driver_pool)):
        if its_pool and its_pool in hardware.pools:
            cluster[key] = hardware.pools[its_pool]
    return {"cluster": cluster, "plan_type": "Premium", "compute_type": "Jobs Compute"}


def _dict(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _set_machines(found: dict[str, Any], wanted: dict[str, object], hardware: Hardware, *, is_local: bool) -> None:
    """Types of the nodes: of a pool those it has, since a type besides a pool is an error."""
    worker, driver = str(wanted.pop("node_type_id")), str(wanted.pop("driver_node_type_id"))
    pool = found.get("instance_pool_id")
    driver_pool = found.get("driver_instance_pool_id") or pool
    if pool or driver_pool:
        _keep_pools(found, (worker, pool), (driver, driver_pool), hardware)
        for key in [key for key in wanted if key.endswith("_attributes")]:
            del wanted[key]
        return
    for key, now in (("node_type_id", worker), ("driver_node_type_id", driver)):
        before = found.get(key) or found.get("node_type_id")
        if before != now:
            found.pop(_NODE_FLEXIBILITY[key], None)
    had_driver = "driver_node_type_id" in found
    found["node_type_id"] = worker
    if had_driver or driver != worker:
        found["driver_node_type_id"] = driver
    if is_local and not had_driver:
        found.pop("driver_node_type_id", None)
        found["node_type_id"] = driver


def _keep_pools(
    found: dict[str, Any], worker: tuple[str, str | None], driver: tuple[str, str | None], hardware: Hardware
) -> None:
    for node_type, pool in (worker, driver):
        has = hardware.pools.get(pool or "")
        if pool and has != node_type:
            raise PlatformError(
                f"The cluster takes its machines from pool {pool}, whose type is {has or 'not known'}, not "
                f"{node_type}; only the number of workers can change."
            )
    found.pop("node_type_id", None)
    found.pop("driver_node_type_id", None)


def _set_size(found: dict[str, Any], wanted: dict[str, object], *, is_local: bool) -> None:
    """Exactly one of `num_workers` and `autoscale`, and all the marks of a single node or none."""
    was_new_form = "is_single_node" in found or found.get("kind") == "CLASSIC_PREVIEW"
    for key in ("num_workers", "autoscale"):
        found.pop(key, None)
    for key in ("num_workers", "autoscale"):
        if key in wanted:
            found[key] = wanted[key]
    conf, tags = dict(found.get("spark_conf") or {}), dict(found.get("custom_tags") or {})
    if was_new_form:
        found.pop("is_single_node", None)
        if is_local:
            found["is_single_node"] = True
            found.pop("num_workers", None)
            found["num_workers"] = 0
    elif is_local:
        conf |= {_PROFILE: "singleNode", _MASTER: "local[*, 4]"}
        tags["ResourceClass"] = "SingleNode"
    if not is_local and (conf.get(_PROFILE) == "singleNode" or tags.get("ResourceClass") == "SingleNode"):
        conf.pop(_PROFILE, None)
        if str(conf.get(_MASTER, "")).startswith("local"):
            conf.pop(_MASTER)
        tags.pop("ResourceClass", None)
    _put(found, "spark_conf", conf)
    _put(found, "custom_tags", tags)


def _put(found: dict[str, Any], key: str, value: dict[str, Any]) -> None:
    if value or key in found:
        found[key] = value


def _set_engine(found: dict[str, Any], wanted: dict[str, object]) -> None:
    """Photon by `runtime_engine` alone; the older way is in the version and excludes it."""
    is_photon = wanted["runtime_engine"] == "PHOTON"
    version = str(found.get("spark_version") or "")
    had_photon = "-photon-" in version or found.get("runtime_engine") == "PHOTON"
    if is_photon == had_photon:
        return
    if version:
        found["spark_version"] = version.replace("-photon-", "-")
    found["runtime_engine"] = wanted["runtime_engine"]


def _set_partitions(found: dict[str, Any], partitions: int | None) -> None:
    conf = dict(found.get("spark_conf") or {})
    if partitions is None:
        conf.pop(_PARTITIONS, None)
    else:
        conf[_PARTITIONS] = str(partitions)
    _put(found, "spark_conf", conf)


def _check(spec: ClusterSpec, block: Json, hardware: Hardware) -> None:
    """Whether the workspace has such machines. Raises PlatformError with the reason."""
    if spec.cloud is None or not hardware.node_types:
        return
    asked = spec.cloud.cluster
    before = hardware.node_types.get(str(block.get("node_type_id")))
    for node_type, role in ((asked.node_type, "worker"), (asked.driver, "driver")):
        known = hardware.node_types.get(node_type)
        if known is None or known.get("is_hidden") or known.get("is_deprecated"):
            raise PlatformError(f"The workspace does not offer machines of type {node_type} (any more).")
        if asked.photon and known.get(f"photon_{role}_capable") is False:
            raise PlatformError(f"Photon does not run on a {role} of type {node_type}.")
        if before is not None and bool(before.get("is_graviton")) != bool(known.get("is_graviton")):
            raise PlatformError(
                f"{node_type} has another processor architecture than {block.get('node_type_id')}: wheels and init "
                "scripts may not run there, so change it by hand first."
            )
