"""EMR Serverless: sizes that a job run asks for in `sparkSubmitParameters`, worker shapes, and asking for others.

Workers and their memory: https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/app-behavior.html
Defaults of Spark there: https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-spark.html
"""

import math
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace

import msgspec

from setpoint.core.configurations.submit_words import properties_of, without
from setpoint.core.domain import ClusterSpec
from setpoint.core.integers import whole_number
from setpoint.core.reports.field import Field, parse_document
from setpoint.core.sizes import format_mib, parse_mib
from setpoint.errors import InputError

__all__ = ["WORKER_SHAPES", "Sizes", "Worker", "WorkerShape", "asked_sizes", "job_run_of", "worker_shape"]

WORKER_SHAPES: Mapping[int, tuple[int, int, int]] = {
    1: (2, 8, 1),
    2: (4, 16, 1),
    4: (8, 30, 1),
    8: (16, 60, 4),
    16: (32, 120, 8),
}
"""By vCPUs: least and most GiB of a worker, and the step between. What is asked for is rounded up to a step."""
LEAST_DISK_GIB, MOST_DISK_GIB, MOST_SHUFFLE_DISK_GIB = 20, 200, 2000
"""Of a worker; the last one where the disk is of the type optimised for shuffles."""
_DEFAULTS = {
    "spark.driver.cores": "4",
    "spark.driver.memory": "14g",
    "spark.executor.cores": "4",
    "spark.executor.memory": "14g",
    "spark.executor.instances": "3",
    "spark.dynamicAllocation.enabled": "true",
    "spark.emr-serverless.driver.disk": "20g",
    "spark.emr-serverless.executor.disk": "20g",
}
_OVERHEAD, _LEAST_OVERHEAD_MIB = 0.1, 384
_MOST_WORKERS = 10_000
_LARGEST_BYTES = 2**20
_PARTITIONS = "spark.sql.shuffle.partitions"
_DYNAMIC = "spark.dynamicAllocation"
_UNITS = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*")

Document = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Worker:
    """What a driver or an executor asks for."""

    cores: int
    heap_mib: int
    overhead_mib: int
    disk_gib: float


@dataclass(frozen=True, slots=True)
class WorkerShape:
    """The worker it gets."""

    vcpus: int
    memory_gib: int
    disk_gib: float


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a job run asks for: each worker's arguments for `worker_shape`, and how many executors at the most."""

    driver: tuple[Worker]
    executor: tuple[Worker]
    executors: int
    shuffle_partitions: int | None = None

    def spec(self) -> ClusterSpec:
        """As a spec: cores and memory are asked for, and no machines."""
        (driver,), (executor,) = self.driver, self.executor
        sizes = (executor.cores, executor.heap_mib, driver.cores, driver.heap_mib)
        return ClusterSpec(self.executors, *sizes, self.shuffle_partitions)


def worker_shape(worker: Worker) -> WorkerShape:
    """The smallest worker that holds what is asked for. Raises InputError where there is none.

    >>> worker_shape(Worker(4, 14 * 1024, 1434, 20))
    WorkerShape(vcpus=4, memory_gib=16, disk_gib=20)
    """
    if worker.cores not in WORKER_SHAPES:
        raise InputError(f"EMR Serverless has no workers of {worker.cores} vCPUs: use {_words(WORKER_SHAPES)}.")
    least, most, step = WORKER_SHAPES[worker.cores]
    asked = math.ceil((worker.heap_mib + worker.overhead_mib) / 1024)
    memory = max(least, least + step * math.ceil((asked - least) / step))
    if memory > most:
        raise InputError(
            f"EMR Serverless gives a worker of {worker.cores} vCPUs at most {most} GiB, and {asked} GiB are asked for "
            f"(a heap of {format_mib(worker.heap_mib)} and what is added to it): ask for more vCPUs or less memory."
        )
    if not LEAST_DISK_GIB <= worker.disk_gib <= MOST_SHUFFLE_DISK_GIB:
        raise InputError(f"EMR Serverless gives a worker 20 to 2000 GiB of disk, and not {worker.disk_gib:g}.")
    return WorkerShape(worker.cores, memory, worker.disk_gib)


def _words(numbers: Mapping[int, object]) -> str:
    return ", ".join(map(str, numbers))


def asked_sizes(run: Document, application: Document | None = None) -> Sizes:
    """What a job run (or the arguments of StartJobRun) asks for.

    Args:
        run: the answer of GetJobRun under `jobRun`, or arguments of StartJobRun.
        application: the answer of GetApplication: defaults, and the most that all its runs may use.

    Raises:
        InputError: it is no Spark job, or leaves open how many executors it may have.
    """
    root, owner = _field(run, "job run"), _field(application or {}, "application")
    found = _properties(root, owner)
    driver = _worker(found, "driver")
    executor = _worker(found, "executor")
    partitions = whole_number(found.get(_PARTITIONS)) or None
    return Sizes((driver,), (executor,), _executors(found, driver, executor, owner), partitions)


def job_run_of(run: Document, spec: ClusterSpec, application: Document | None = None) -> dict[str, object]:
    """Arguments of StartJobRun for the same job with other sizes; the caller adds a `clientToken`.

    Raises InputError where EMR Serverless has no such workers, or the application no room for them.
    """
    root = _field(run, "job run")
    before = asked_sizes(run, application)
    wanted = _wanted(before, spec)
    shapes = worker_shape(wanted.driver[0]), worker_shape(wanted.executor[0])
    _check_room(shapes, spec.workers, _field(application or {}, "application"))
    owner = _field(application or {}, "application")
    parameters = _parameters(root, wanted, _properties(root, owner), spec)
    entry = {key: value for key, value in _object(root["jobDriver"]["sparkSubmit"]).items() if value is not None}
    found: dict[str, object] = {"applicationId": root["applicationId"].text()}
    for theirs, ours in (("executionRoleArn", "executionRoleArn"), ("executionRole", "executionRoleArn")):
        if root[theirs].text():
            found[ours] = root[theirs].text()
    for key in ("configurationOverrides", "tags", "name", "executionTimeoutMinutes", "mode", "retryPolicy"):
        if root[key].value:
            found[key] = root[key].value
    return found | {"jobDriver": {"sparkSubmit": entry | {"sparkSubmitParameters": parameters}}}


def _wanted(before: Sizes, spec: ClusterSpec) -> Sizes:
    (driver,), (executor,) = before.driver, before.executor

    def sized(worker: Worker, cores: int, heap: int) -> Worker:
        changed = heap != worker.heap_mib
        overhead = max(_LEAST_OVERHEAD_MIB, round(heap * _OVERHEAD)) if changed else worker.overhead_mib
        return replace(worker, cores=cores, heap_mib=heap, overhead_mib=overhead)

    return Sizes(
        (sized(driver, spec.driver_cores, spec.driver_memory_mib),),
        (sized(executor, spec.worker_cores, spec.worker_memory_mib),),
        spec.workers,
        spec.shuffle_partitions or before.shuffle_partitions,
    )


def _parameters(root: Field, wanted: Sizes, found: Mapping[str, str], spec: ClusterSpec) -> str:
    sizes = {
        "spark.driver.cores": str(spec.driver_cores),
        "spark.driver.memory": format_mib(spec.driver_memory_mib),
        "spark.executor.cores": str(spec.worker_cores),
        "spark.executor.memory": format_mib(spec.worker_memory_mib),
    }
    if wanted.shuffle_partitions is not None:
        sizes[_PARTITIONS] = str(wanted.shuffle_partitions)
    if not _is_dynamic(found):
        sizes["spark.executor.instances"] = str(spec.workers)
    else:
        sizes[f"{_DYNAMIC}.maxExecutors"] = str(spec.workers)
        # More to begin with than there may be at the most is refused by Spark.
        for key, default in (("initialExecutors", found["spark.executor.instances"]), ("minExecutors", "0")):
            count = whole_number(found.get(f"{_DYNAMIC}.{key}", default)) or 0
            if f"{_DYNAMIC}.{key}" in found or count > spec.workers:
                sizes[f"{_DYNAMIC}.{key}"] = str(min(count, spec.workers))
        if (whole_number(found["spark.executor.instances"]) or 0) > spec.workers:
            sizes["spark.executor.instances"] = str(spec.workers)
    changed = {key: value for key, value in sizes.items() if found.get(key) != value}
    words = without(_submit_words(root), changed)
    added = [word for key, value in changed.items() for word in ("--conf", f"{key}={value}")]
    return shlex.join([*words, *added])


def _submit_words(root: Field) -> list[str]:
    text = root["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"].value
    try:
        return shlex.split(text) if isinstance(text, str) else []
    except ValueError as error:
        raise InputError(f"sparkSubmitParameters cannot be split into words ({error}).") from None


def _properties(root: Field, owner: Field) -> dict[str, str]:
    if not root["jobDriver"]["sparkSubmit"].is_object:
        raise InputError("This job run of EMR Serverless is no Spark job: it has no `jobDriver.sparkSubmit`.")
    found = dict(_DEFAULTS)
    for configurations in (
        owner["runtimeConfiguration"],
        root["configurationOverrides"]["applicationConfiguration"],
    ):
        for each in configurations.items():
            if each["classification"].text() == "spark-defaults":
                found |= {key: str(value) for key, value in _object(each["properties"]).items()}
    return found | properties_of(_submit_words(root))


def _worker(found: Mapping[str, str], kind: str) -> Worker:
    cores = whole_number(found[f"spark.{kind}.cores"])
    if not cores:
        raise InputError(f"spark.{kind}.cores is {found[f'spark.{kind}.cores']!r:.40}: a number of vCPUs is needed.")
    heap = parse_mib(found[f"spark.{kind}.memory"], f"spark.{kind}.memory")
    told = found.get(f"spark.{kind}.memoryOverhead")
    overhead = parse_mib(told, f"spark.{kind}.memoryOverhead") if told else max(384, round(heap * _factor(found, kind)))
    return Worker(cores, heap, overhead, parse_mib(found[f"spark.emr-serverless.{kind}.disk"], "disk") / 1024)


def _factor(found: Mapping[str, str], kind: str) -> float:
    text = found.get(f"spark.{kind}.memoryOverheadFactor", "")
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return _OVERHEAD


def _is_dynamic(found: Mapping[str, str]) -> bool:
    return found[f"{_DYNAMIC}.enabled"].strip().lower() == "true"


def _executors(found: Mapping[str, str], driver: Worker, executor: Worker, owner: Field) -> int:
    if not _is_dynamic(found):
        return max(1, min(_MOST_WORKERS, whole_number(found["spark.executor.instances"]) or 1))
    most = whole_number(found.get(f"{_DYNAMIC}.maxExecutors"))
    if most:
        return min(_MOST_WORKERS, most)
    room = _room(worker_shape(driver), worker_shape(executor), owner)
    if room is None:
        raise InputError(
            "The job run may have any number of executors, so that it has no size to control: set "
            "spark.dynamicAllocation.maxExecutors, or a maximum capacity of the application."
        )
    return max(1, min(_MOST_WORKERS, room))


def _room(driver: WorkerShape, executor: WorkerShape, owner: Field) -> int | None:
    """How many executors fit beside a driver; None where the application has no limit."""
    limits = owner["maximumCapacity"]
    if not limits.is_object:
        return None
    found = []
    for key, first, each in (
        ("cpu", driver.vcpus, executor.vcpus),
        ("memory", driver.memory_gib, executor.memory_gib),
        ("disk", driver.disk_gib, executor.disk_gib),
    ):
        number = _UNITS.match(limits[key].text())
        if number:
            found.append(int((float(number[1]) - first) // each))
    return min(found) if found else None


def _check_room(shapes: tuple[WorkerShape, WorkerShape], executors: int, owner: Field) -> None:
    room = _room(*shapes, owner)
    if room is not None and executors > room:
        raise InputError(
            f"The maximum capacity of the application has room for {max(0, room)} such executors, and {executors} are "
            "asked for: they would never come."
        )


def _field(document: Document, what: str) -> Field:
    try:
        return parse_document(msgspec.json.encode(document), _LARGEST_BYTES, what)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"The {what} is no JSON document: {str(error)[:200]}.") from None


def _object(field: Field) -> dict[str, object]:
    return dict(field.value) if isinstance(field.value, dict) else {}
