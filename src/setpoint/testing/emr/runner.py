"""What runs a step's Spark application: the port, and one that makes the log up by known physics."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Protocol

import msgspec

from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.hardware import driver_speed
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, cluster, local
from setpoint.testing.pushed_plant import RentedPhysics

__all__ = ["Application", "Ordered", "Ran", "Runner", "SimulatedRunner"]

_KILLED = 137
_NO_MEMORY = "java.lang.OutOfMemoryError: Java heap space"


@dataclass(frozen=True, slots=True)
class Application:
    """One `spark-submit` that is to be run."""

    id: str
    """YARN's, such as application_1767232800000_0001; a job run's on EMR Serverless."""
    name: str
    words: Sequence[str]
    """Of its command line, `spark-submit` first."""
    spec: ClusterSpec
    """What it has to run on."""
    began: datetime


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of it."""

    seconds: float
    exit_code: int = 0
    words: str = ""
    """What it said last, where it failed."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Its event log by the names below the log's folder; several where it is rolled, none where it never began."""


class Runner(Protocol):
    """Runs applications, one at a time or many at once."""

    def run(self, application: Application) -> Ran:
        """Run it to its end."""
        ...


@dataclass(frozen=True, slots=True)
class Ordered:
    """How an application is to end."""

    exit_code: int = 0
    with_log: bool = True
    words: str = ""
    rolled: bool = False
    """Whether its log is a folder of parts."""


class SimulatedRunner:
    """The physics of a plant: work that shrinks with slots, waiting that does not, a need of memory, and scatter."""

    def __init__(self, physics: RentedPhysics | None = None, seed: int = 7) -> None:
        self.physics = physics or RentedPhysics(cpu_seconds=400.0, waiting_seconds=100.0, tasks=16)
        self.orders: deque[Ordered] = deque()
        """How the next ones end, in order; well, where there is none."""
        self.ran: list[Application] = []
        self._chance = Random(seed)
        self._measured_on: ClusterSpec | None = None

    def run(self, application: Application) -> Ran:
        """See Runner."""
        self.ran.append(application)
        order = self.orders.popleft() if self.orders else Ordered()
        self._measured_on = self._measured_on or application.spec
        if _has_too_little(application.spec, self.physics):
            order = replace(order, exit_code=_KILLED, words=_NO_MEMORY)
        log, seconds = self._log(application)
        words = order.words or (f"The application exited with code {order.exit_code}" if order.exit_code else "")
        files = _files(application.id, log, rolled=order.rolled) if order.with_log else {}
        return Ran(seconds, order.exit_code, words, files)

    def _log(self, application: Application) -> tuple[list[bytes], float]:
        physics, spec = self.physics, application.spec
        speed = self._speed(spec)
        factor = self._chance.lognormvariate(0.0, physics.noise)
        shares = (physics.waiting_seconds * factor, physics.cpu_seconds * factor / speed)
        fetch, compute = (
            StagePlan(task_seconds=_spread(each / physics.tasks, physics.tasks), name=site)
            for each, site in zip(shares, physics.call_sites, strict=True)
        )
        gap = factor * physics.serial_seconds / 2 / speed
        began = application.began.timestamp()
        plan = ApplicationPlan(
            jobs=(JobPlan((fetch,), driver_seconds_before=gap), JobPlan((compute,), driver_seconds_before=gap)),
            executors=cluster(spec.workers, spec.worker_cores) if spec.workers else local(spec.slots),
            name=application.name,
            id=application.id,
            started_epoch_seconds=began,
        )
        lines = build(plan)
        return lines, float(msgspec.json.decode(lines[-1])["Timestamp"]) / 1000 - began

    def _speed(self, spec: ClusterSpec) -> float:
        now = None if self._measured_on is None else self._measured_on.cloud
        return 1.0 if now is None or spec.cloud is None else driver_speed(spec.cloud.worker, now.worker)


def _has_too_little(spec: ClusterSpec, physics: RentedPhysics) -> bool:
    """Whether a slot has less heap than its task needs."""
    return bool(spec.workers) and spec.worker_memory_mib < physics.needed_mib_per_slot * spec.worker_cores


def _files(name: str, lines: list[bytes], *, rolled: bool) -> dict[str, bytes]:
    if not rolled:
        return {name: b"".join(line + b"\n" for line in lines)}
    half = len(lines) // 2
    parts = {f"events_{number}_{name}": part for number, part in enumerate((lines[:half], lines[half:]), start=1)}
    folder = f"eventlog_v2_{name}"
    found = {f"{folder}/{key}": b"".join(line + b"\n" for line in part) for key, part in parts.items()}
    return found | {f"{folder}/appstatus_{name}": b""}


def _spread(mean: float, tasks: int) -> tuple[float, ...]:
    return tuple(mean * (0.8 + 0.4 * (i * 0.618034 % 1.0)) for i in range(tasks))
