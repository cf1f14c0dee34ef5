"""One run of an application of known physics on rented machines: the event log it leaves, and how long it takes."""

from datetime import datetime

import msgspec

from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.hardware import driver_speed
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, cluster, local
from setpoint.testing.pushed_plant import RentedPhysics

__all__ = ["KILLED", "NO_MEMORY", "has_too_little", "run_log", "speed_on"]

KILLED = 137
"""Exit code of a process that was killed for its memory."""
NO_MEMORY = "java.lang.OutOfMemoryError: Java heap space"


def run_log(
    physics: RentedPhysics, spec: ClusterSpec, *, name: str, id_: str, began: datetime, factor: float, speed: float
) -> tuple[list[bytes], float]:
    """Lines of the event log, and seconds from the application's start to its end.

    Args:
        physics: what the application does.
        spec: what it runs on.
        name: of the application.
        id_: of the application, as its cluster manager calls it.
        began: when it starts.
        factor: of chance, 1 for the physics as they are.
        speed: of the machines, where those that the physics were measured on have 1.
    """
    shares = (physics.waiting_seconds * factor, physics.cpu_seconds * factor / speed)
    fetch, compute = (
        StagePlan(task_seconds=_spread(each / physics.tasks, physics.tasks), cpu_share=share, name=site)
        for each, share, site in zip(shares, (0.03, 0.97), physics.call_sites, strict=True)
    )
    gap = factor * physics.serial_seconds / 2 / speed
    plan = ApplicationPlan(
        jobs=(JobPlan((fetch,), driver_seconds_before=gap), JobPlan((compute,), driver_seconds_before=gap)),
        executors=cluster(spec.workers, spec.worker_cores) if spec.workers else local(spec.slots),
        name=name,
        id=id_,
        started_epoch_seconds=began.timestamp(),
    )
    lines = build(plan)
    return lines, float(msgspec.json.decode(lines[-1])["Timestamp"]) / 1000 - began.timestamp()


def speed_on(spec: ClusterSpec, measured_on: ClusterSpec | None) -> float:
    """Of the machines of a spec, where those it was measured on have 1; 1 where machines are not known."""
    now = None if measured_on is None else measured_on.cloud
    return 1.0 if now is None or spec.cloud is None else driver_speed(spec.cloud.worker, now.worker)


def has_too_little(spec: ClusterSpec, physics: RentedPhysics) -> bool:
    """Whether a slot has less heap than its task needs."""
    return bool(spec.workers) and spec.worker_memory_mib < physics.needed_mib_per_slot * spec.worker_cores


def _spread(mean: float, tasks: int) -> tuple[float, ...]:
    return tuple(mean * (0.8 + 0.4 * (i * 0.618034 % 1.0)) for i in range(tasks))
