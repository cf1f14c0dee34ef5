"""Executors on EMR: what `spark-defaults` of a report say, and the ones that fit a spec."""

from dataclasses import dataclass

from setpoint.core.cloudspec import emr_node_mib
from setpoint.core.configurations.emr_instances import listed
from setpoint.core.configurations.submit_words import properties_of, without
from setpoint.core.domain import ClusterSpec
from setpoint.core.integers import whole_number
from setpoint.core.pricebook import NodeType
from setpoint.core.reports.field import Field
from setpoint.core.sizes import format_mib, parse_mib
from setpoint.errors import InputError

__all__ = ["ToldExecutors", "configurations", "partitions", "submit_options", "told", "without_sizes"]

_SPARK, _YARN = "spark-defaults", "yarn-site"
_CORES, _MEMORY, _INSTANCES = "spark.executor.cores", "spark.executor.memory", "spark.executor.instances"
_DYNAMIC = "spark.dynamicAllocation.enabled"
_DYNAMIC_LIMITS = ("spark.dynamicAllocation.m", "spark.dynamicAllocation.initial")
"""Limits of executors are of the cluster they were set for."""
_PARTITIONS = "spark.sql.shuffle.partitions"
_LOG_FOLDER = ("spark.eventLog.dir", "spark.history.fs.logDirectory")
_RUN_TAG = "sync:run-id"
_SIZES = frozenset({_CORES, _MEMORY, _INSTANCES, _DYNAMIC, "spark.executor.memoryOverhead"})
_SUBMIT = "spark-submit"
_OVERHEAD = 0.1
"""Spark's own reckoning of what an executor needs besides its heap."""
_MOST_EXECUTORS = 10_000


@dataclass(frozen=True, slots=True)
class ToldExecutors:
    """Executors as a report has them."""

    per_node: int
    """As many as fit."""
    cores: int
    heap_mib: int
    instances: int | None
    """How many in all; None where Spark decides."""


def told(root: Field, node: NodeType) -> ToldExecutors | None:
    """What the report says of executors; None where it leaves them to EMR."""
    found = _in_force(root)
    cores = whole_number(found.get(_CORES))
    heap = _mib(found.get(_MEMORY))
    if not cores or not heap or cores > node.vcpus:
        return None
    by_memory = int(emr_node_mib(node) // (heap * (1 + _OVERHEAD)))
    instances = whole_number(found.get(_INSTANCES))
    is_fixed = found.get(_DYNAMIC, "").strip().lower() == "false"
    count = instances if is_fixed and instances and instances <= _MOST_EXECUTORS else None
    return ToldExecutors(max(1, min(node.vcpus // cores, by_memory)), cores, heap, count)


def partitions(root: Field) -> int | None:
    """Shuffle partitions that the report sets."""
    return whole_number(_in_force(root).get(_PARTITIONS)) or None


def _in_force(root: Field) -> dict[str, str]:
    """What the cluster's defaults say, and over it what the commands of its steps say."""
    found = _properties(root["Cluster"], _SPARK)
    for step in listed(root, "Steps").items():
        config = step["Config"] if step["Config"].is_object else step["HadoopJarStep"]
        found |= properties_of(submit_options([arg.text() for arg in config["Args"].items()]))
    return found


def without_sizes(words: list[str], spec: ClusterSpec) -> list[str]:
    """A step's command without what would undo the sizes that the cluster's defaults give."""
    options = submit_options(words)
    if not options:
        return words
    set_by_us = {*_SIZES, _PARTITIONS} if spec.shuffle_partitions is not None else _SIZES
    names = {name for name in properties_of(options) if name in set_by_us or name.startswith(_DYNAMIC_LIMITS)}
    start = len(words) - len(options)
    return [*words[:start], *without(options, names)]


def submit_options(words: list[str]) -> list[str]:
    """The words of a step after `spark-submit`; none where it is no such command.

    >>> submit_options(["spark-submit", "--deploy-mode", "cluster", "s3://b/job.py"])
    ['--deploy-mode', 'cluster', 's3://b/job.py']
    """
    at = next((at for at, word in enumerate(words) if word.rpartition("/")[2] == _SUBMIT), None)
    return [] if at is None else words[at + 1 :]


def _mib(text: str | None) -> int | None:
    try:
        return parse_mib(text, _MEMORY) if text else None
    except InputError:
        return None


def _properties(cluster: Field, classification: str) -> dict[str, str]:
    for each in cluster["Configurations"].items():
        if each["Classification"].text() == classification and isinstance(each["Properties"].value, dict):
            return {str(key): str(value) for key, value in each["Properties"].value.items()}
    return {}


def configurations(cluster: Field, spec: ClusterSpec) -> list[dict[str, object]]:
    """The job's own configurations, with executors that fill the machines of the spec and nothing that undoes them."""
    own = [dict(each.value) for each in cluster["Configurations"].items() if isinstance(each.value, dict)]
    sized = {_SPARK: _spark(cluster, spec), _YARN: _yarn(cluster, spec)}
    kept = [each for each in own if each.get("Classification") not in sized]
    found = [_without_maximum(each) for each in kept]
    for name, properties in sized.items():
        before = next((each for each in own if each.get("Classification") == name), {})
        if properties or before:
            nested = {"Configurations": before["Configurations"]} if before.get("Configurations") else {}
            found.append({"Classification": name, "Properties": properties, **nested})
    return found


def _without_maximum(each: dict[str, object]) -> dict[str, object]:
    """`maximizeResourceAllocation` would size executors once more."""
    properties = each.get("Properties")
    if each.get("Classification") != "spark" or not isinstance(properties, dict):
        return each
    return each | {"Properties": {key: value for key, value in properties.items() if "maximizeResource" not in key}}


def _spark(cluster: Field, spec: ClusterSpec) -> dict[str, str]:
    own = _properties(cluster, _SPARK)
    run = next((tag["Value"].text() for tag in cluster["Tags"].items() if tag["Key"].text() == _RUN_TAG), "")
    # A folder of one run is no folder for the next one.
    kept = {key: value for key, value in own.items() if not (run and key in _LOG_FOLDER and run in value)}
    if spec.shuffle_partitions is not None:
        kept[_PARTITIONS] = str(spec.shuffle_partitions)
    if not spec.workers or spec.cloud is None:
        return kept
    nodes = max(1, spec.cloud.cluster.workers)
    per_node = max(1, -(-spec.workers // nodes))
    container = emr_node_mib(spec.cloud.worker) // per_node
    overhead = max(384, container - spec.worker_memory_mib)
    return {key: value for key, value in kept.items() if not key.startswith(_DYNAMIC_LIMITS)} | {
        _CORES: str(spec.worker_cores),
        _MEMORY: format_mib(spec.worker_memory_mib),
        "spark.executor.memoryOverhead": format_mib(overhead),
        "spark.yarn.heterogeneousExecutors.enabled": "false",
        **_count(spec, spec.cloud.cluster.least_workers, per_node),
    }


def _count(spec: ClusterSpec, least_nodes: int | None, per_node: int) -> dict[str, str]:
    """Where machines come and go, so do executors: Spark asks for them, and the cluster grows for what it asked."""
    if least_nodes is None:
        return {_INSTANCES: str(spec.workers), _DYNAMIC: "false"}
    least = min(spec.workers, max(1, least_nodes * per_node))
    return {
        _DYNAMIC: "true",
        _INSTANCES: str(least),
        "spark.dynamicAllocation.minExecutors": str(least),
        "spark.dynamicAllocation.maxExecutors": str(spec.workers),
    }


def _yarn(cluster: Field, spec: ClusterSpec) -> dict[str, str]:
    own = _properties(cluster, _YARN)
    if not spec.workers or spec.cloud is None:
        return own
    whole = str(emr_node_mib(spec.cloud.worker))
    return own | {"yarn.nodemanager.resource.memory-mb": whole, "yarn.scheduler.maximum-allocation-mb": whole}
