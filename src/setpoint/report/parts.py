"""The parts of the splits by the names they are shown with, in the order they are shown in."""

from collections.abc import Iterator
from dataclasses import dataclass

from setpoint.core.diagnosis import Diagnosis, TaskTime

__all__ = ["Part", "mostly", "slot_parts", "wall_parts"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a split."""

    key: str
    """Tells its colour."""
    name: str
    seconds: float
    share: float


def wall_parts(diagnosis: Diagnosis) -> tuple[Part, ...]:
    """Of the wall time; those that took no time left out."""
    wall = diagnosis.wall
    named = (
        ("startup", "start-up", wall.startup_seconds),
        ("driver", "driver alone", wall.driver_seconds),
        ("scheduling", "waiting for slots", wall.scheduling_seconds),
        ("cpu", computing(diagnosis), wall.computing_seconds),
        ("io", "I/O and other waits", wall.io_seconds),
        ("fetch", "shuffle fetch wait", wall.fetch_wait_seconds),
        ("write", "shuffle write", wall.shuffle_write_seconds),
        ("gc", "garbage collection", wall.gc_seconds),
        ("spill", "spill (estimated)", wall.spill_seconds),
        ("overhead", "task overhead", wall.overhead_seconds),
        ("lost", "failed attempts", wall.lost_seconds),
        ("straggler", "stragglers", wall.straggler_seconds),
        ("idle", "idle slots", wall.idle_seconds),
    )
    return _parts(named, wall.total_seconds)


def slot_parts(diagnosis: Diagnosis) -> tuple[Part, ...]:
    """Of the slot time; those that took no time left out."""
    slots = diagnosis.slots
    named = (
        *_of_tasks(slots.tasks, computing(diagnosis)),
        ("straggler", "idle beside stragglers", slots.idle_straggler_seconds),
        ("idle", "idle beside stages", slots.idle_stage_seconds),
        ("scheduling", "idle, stages waiting", slots.idle_scheduling_seconds),
        ("driver", "idle, driver alone", slots.idle_driver_seconds),
        ("startup", "idle at start-up", slots.idle_startup_seconds),
    )
    return _parts(named, slots.total_seconds)


def mostly(time: TaskTime, computing_name: str) -> tuple[str, str]:
    """Key and name of what the tasks of a stage did most."""
    key, name, _ = max(_of_tasks(time, computing_name), key=lambda part: part[2])
    return key, name


def computing(diagnosis: Diagnosis) -> str:
    """What computing is called: old logs do not tell it from waiting."""
    return "computing" if diagnosis.has_cpu_times else "computing or waiting"


def _of_tasks(time: TaskTime, computing_name: str) -> Iterator[tuple[str, str, float]]:
    yield "cpu", computing_name, time.cpu_seconds
    yield "io", "I/O and other waits", time.waiting_seconds
    yield "fetch", "shuffle fetch wait", time.fetch_wait_seconds
    yield "write", "shuffle write", time.shuffle_write_seconds
    yield "gc", "garbage collection", time.gc_seconds
    yield "spill", "spill (estimated)", time.spill_seconds
    yield "overhead", "task overhead", time.overhead_seconds
    yield "lost", "failed attempts", time.lost_seconds


def _parts(named: tuple[tuple[str, str, float], ...], total: float) -> tuple[Part, ...]:
    return tuple(Part(key, name, s, s / total if total > 0 else 0.0) for key, name, s in named if s > 0)
