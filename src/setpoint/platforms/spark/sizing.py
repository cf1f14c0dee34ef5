"""The ClusterSpec in a spark-submit command, and the command with another ClusterSpec.

Defaults: https://spark.apache.org/docs/latest/configuration.html and submitting-applications.html (Spark 4.3; the
same since 3.0). What an application sets in its own code wins over the command line and cannot be seen here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from setpoint.core.domain import ClusterSpec
from setpoint.core.sizes import format_mib, parse_mib
from setpoint.errors import InputError
from setpoint.platforms.spark.arguments import SubmitCommand

MASTER = "spark.master"
DRIVER_CORES = "spark.driver.cores"
DRIVER_MEMORY = "spark.driver.memory"
EXECUTORS = "spark.executor.instances"
EXECUTOR_CORES = "spark.executor.cores"
EXECUTOR_MEMORY = "spark.executor.memory"
TOTAL_CORES = "spark.cores.max"
PARTITIONS = "spark.sql.shuffle.partitions"
DYNAMIC = "spark.dynamicAllocation.enabled"
DYNAMIC_MAXIMUM = "spark.dynamicAllocation.maxExecutors"
DYNAMIC_STARTS = ("spark.dynamicAllocation.minExecutors", "spark.dynamicAllocation.initialExecutors", EXECUTORS)

DEFAULT_MASTER = "local[*]"  # SparkSubmitArguments.loadEnvironmentArguments
DEFAULT_MEMORY = "1g"  # both spark.driver.memory and spark.executor.memory
DEFAULT_DRIVER_CORES = "1"
DEFAULT_EXECUTORS = "2"  # SchedulerBackendUtils.DEFAULT_NUMBER_EXECUTORS, YARN and Kubernetes
DEFAULT_EXECUTOR_CORES = "1"  # YARN and Kubernetes; a standalone worker gives all it has

_LOCAL = re.compile(r"local(?:\[\s*([0-9]+|\*)\s*(?:,\s*([0-9]+)\s*)?\])?")


@dataclass(frozen=True, slots=True)
class Host:
    """What surrounds a command: the machine, and the properties it inherits from files and environment."""

    cores: int
    """Cores that the JVM sees: what `local[*]` stands for."""
    inherited: Mapping[str, str]


def read_spec(command: SubmitCommand, host: Host) -> ClusterSpec:
    """The spec the command asks for. Raises InputError where it leaves open what it would get."""
    properties = command.properties(host.inherited)
    if properties.get("spark.remote"):
        raise InputError("--remote uses a Spark Connect server, whose cluster this command does not size.")
    master = properties.get(MASTER, DEFAULT_MASTER)
    partitions = _count(properties, PARTITIONS, "0") or None
    driver_mib = parse_mib(properties.get(DRIVER_MEMORY, DEFAULT_MEMORY), DRIVER_MEMORY)
    local = _LOCAL.fullmatch(master)
    if local:
        return ClusterSpec.local(_local_slots(local, host.cores), driver_mib, partitions)
    workers, cores = _executors(properties, master)
    worker_mib = parse_mib(properties.get(EXECUTOR_MEMORY, DEFAULT_MEMORY), EXECUTOR_MEMORY)
    driver_cores = _count(properties, DRIVER_CORES, DEFAULT_DRIVER_CORES)
    return ClusterSpec(workers, cores, worker_mib, driver_cores, driver_mib, partitions)


def rewrite(
    command: SubmitCommand, spec: ClusterSpec, extra_properties: Mapping[str, str], host: Host
) -> SubmitCommand:
    """The command with exactly the values of the spec and the extra properties; all else stays as it is."""
    properties = command.properties(host.inherited)
    master = properties.get(MASTER, DEFAULT_MASTER)
    local = _LOCAL.fullmatch(master)
    if bool(local) is not spec.is_local:
        raise InputError(f"The spec {spec} cannot be given to a command with the master {master}.")
    values = _local_values(local, spec) if local else _cluster_values(properties, master, spec)
    values[DRIVER_MEMORY] = format_mib(spec.driver_memory_mib)
    if spec.shuffle_partitions is not None:
        values[PARTITIONS] = str(spec.shuffle_partitions)
    return command.with_properties(values | dict(extra_properties))


def _local_slots(master: re.Match[str], host_cores: int) -> int:
    slots = {None: 1, "*": host_cores}.get(master[1]) or int(master[1])
    if slots < 1:
        raise InputError(f"The master {master[0]} has no task slot: write local[n] with n of 1 or more.")
    return slots


def _local_values(master: re.Match[str], spec: ClusterSpec) -> dict[str, str]:
    failures = f",{master[2]}" if master[2] else ""
    return {MASTER: f"local[{spec.driver_cores}{failures}]"}


def _executors(properties: Mapping[str, str], master: str) -> tuple[int, int]:
    """Executors at most, and cores of each."""
    if master.startswith("spark://"):
        return _standalone_executors(properties, master)
    if master != "yarn" and not master.startswith("k8s://"):
        raise InputError(f"The master {master} is not one that Setpoint can size: local, spark://, yarn or k8s://.")
    cores = _count(properties, EXECUTOR_CORES, DEFAULT_EXECUTOR_CORES)
    if not _dynamic(properties):
        return _count(properties, EXECUTORS, DEFAULT_EXECUTORS), cores
    if DYNAMIC_MAXIMUM not in properties:
        raise InputError(f"Dynamic allocation has no upper bound here: add --conf {DYNAMIC_MAXIMUM}=N.")
    return _count(properties, DYNAMIC_MAXIMUM, "0"), cores


def _standalone_executors(properties: Mapping[str, str], master: str) -> tuple[int, int]:
    dynamic_maximum = DYNAMIC_MAXIMUM if _dynamic(properties) else ""
    if EXECUTOR_CORES not in properties or not {TOTAL_CORES, dynamic_maximum} & properties.keys():
        raise InputError(
            f"On {master} this application takes every core it can get, so there is no spec to start from: "
            "add --total-executor-cores and --executor-cores."
        )
    cores = _count(properties, EXECUTOR_CORES, "0")
    limits = [_count(properties, dynamic_maximum, "0")] if dynamic_maximum in properties else []
    if TOTAL_CORES in properties:
        # The master starts whole executors only and leaves the remaining cores alone.
        limits.append(_count(properties, TOTAL_CORES, "0") // cores)
    if min(limits) < 1:
        raise InputError("--total-executor-cores is less than --executor-cores: no executor would start.")
    return min(limits), cores


def _cluster_values(properties: Mapping[str, str], master: str, spec: ClusterSpec) -> dict[str, str]:
    values = {
        EXECUTOR_CORES: str(spec.worker_cores),
        EXECUTOR_MEMORY: format_mib(spec.worker_memory_mib),
        DRIVER_CORES: str(spec.driver_cores),
    }
    if master.startswith("spark://"):
        values[TOTAL_CORES] = str(spec.workers * spec.worker_cores)
    if _dynamic(properties):
        # Spark refuses a minimum above the maximum, and would start with more than we allow.
        starts = {name: str(min(_count(properties, name, "0", least=0), spec.workers))
                  for name in DYNAMIC_STARTS if name in properties}  # fmt: skip
        return values | {DYNAMIC_MAXIMUM: str(spec.workers)} | starts
    return values if master.startswith("spark://") else values | {EXECUTORS: str(spec.workers)}


def _dynamic(properties: Mapping[str, str]) -> bool:
    return properties.get(DYNAMIC, "false").lower() == "true"


def _count(properties: Mapping[str, str], name: str, default: str, least: int = 1) -> int:
    text = properties.get(name, default)
    if not (text.isascii() and text.isdigit()) or (name in properties and int(text) < least):
        raise InputError(f"{name}={text} must be a whole number of {least} or more.")
    return int(text)
