"""The laws of a simulated job: how long it takes and how much memory it needs, on any spec, on any day.

All stages wait for one another, so the runtime is a sum: launch, start-up, the driver's work, and for each stage the
length of its list schedule times what slows its tasks. Seconds are those at input scale 1 and without noise.
"""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from setpoint.core.domain import ClusterSpec

__all__ = ["USABLE_HEAP", "JobLaw", "Placed", "StageLaw", "placed"]

USABLE_HEAP = 0.92
"""Share of the heap that live objects may fill; beyond, the JVM gives up."""
_RESERVED_MIB, _EXECUTION_SHARE = 300, 0.6
"""Spark's reserve, and what of the rest tasks work in."""
_SPILL_MIB_PER_SECOND = 150.0
_MOST_COLLECTING = 1.5
"""Garbage collection never takes more than this much of the tasks' own time: before that, the run fails."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where and when a task of a stage runs, in units of the stage's mean task."""

    slot: int
    starts: float
    ends: float


def placed(lengths: Sequence[float], slots: int) -> tuple[Placed, ...]:
    """List scheduling: each task goes to the slot that is free first.

    >>> [(task.slot, task.starts, task.ends) for task in placed((2.0, 1.0, 1.0), 2)]
    [(0, 0.0, 2.0), (1, 0.0, 1.0), (1, 1.0, 2.0)]
    """
    free = [(0.0, slot) for slot in range(slots)]
    found = []
    for length in lengths:
        starts, slot = free[0]
        found.append(Placed(slot, starts, starts + length))
        heapq.heapreplace(free, (starts + length, slot))
    return tuple(found)


@dataclass(frozen=True)
class StageLaw:
    """One stage: tasks whose number stays and whose length grows with the input."""

    shares: tuple[float, ...]
    """Length of each task over the mean; the longest is the skew."""
    mean_seconds: float
    """Of a task."""
    cpu_share: float
    source_slots: int
    """Tasks beyond this many at once wait for the source or the disks, which give no more."""
    traffic: float
    """By how much a task is longer for each further machine that it exchanges data with."""
    wanted_mib: float
    """What a task would like to work in; what it does not get it spills."""
    input_bytes: int = 0
    shuffle_bytes: int = 0
    """Handed on to the next stage."""

    @cached_property
    def _schedules(self) -> dict[int, tuple[Placed, ...]]:
        return {}

    @cached_property
    def _lengths(self) -> dict[tuple[int, int], float]:
        return {}

    def schedule(self, slots: int) -> tuple[Placed, ...]:
        """Its tasks on so many slots, in units of the mean task."""
        if slots not in self._schedules:
            self._schedules[slots] = placed(self.shares, slots)
        return self._schedules[slots]

    def length(self, slots: int, tasks: int | None = None) -> float:
        """From its first task's start to its last one's end, in units of the mean task; of its first `tasks` only."""
        count = len(self.shares) if tasks is None else tasks
        if (slots, count) not in self._lengths:
            self._lengths[slots, count] = max(task.ends for task in self.schedule(slots)[:count])
        return self._lengths[slots, count]

    @property
    def tasks_before_failure(self) -> int:
        """Of its tasks, those that end before it fails where it does."""
        return max(1, len(self.shares) // 2)

    def crowding(self, slots: int) -> float:
        """Task time when so many run at once over task time alone."""
        return max(1.0, min(slots, len(self.shares)) / self.source_slots)

    def exchange(self, workers: int) -> float:
        """Task time with the traffic between so many machines over task time without."""
        return 1 + self.traffic * (workers - 1)

    def spilled_mib(self, spec: ClusterSpec, scale: float) -> float:
        """What each task spills."""
        heap = max(0, spec.task_memory_mib - _RESERVED_MIB) * _EXECUTION_SHARE
        return max(0.0, self.wanted_mib * scale - heap / spec.worker_cores)

    def task_seconds(self, spec: ClusterSpec, scale: float, collecting: float) -> float:
        """Of its mean task, garbage collection and spilling included."""
        own = self.mean_seconds * scale * self.crowding(spec.slots) * self.exchange(spec.workers)
        return own * (1 + collecting) + self.spilled_mib(spec, scale) / _SPILL_MIB_PER_SECOND


@dataclass(frozen=True, slots=True)
class JobLaw:
    """One version of a job's code."""

    launch_seconds: float
    """Before and after the application: machines, submission."""
    startup_seconds: float
    """Until the executors are there; each further machine adds `startup_per_worker`."""
    startup_per_worker: float
    serial_seconds: float
    """Only the driver works."""
    serial_growing: float
    """Share of it that grows with the input."""
    stages: tuple[StageLaw, ...]
    fixed_mib: float
    """Live objects of a worker, whatever the input."""
    growing_mib: float
    """Those that grow with it."""
    collecting: float
    """Garbage collection over task time where the heap is twice the live objects."""
    garbage: float
    """Share of the free heap that garbage fills before it is collected, which the logged peak shows."""
    logs_memory: bool = True
    version: int = 1
    """Of the code: another one has other call sites."""

    def needed_mib(self, scale: float) -> float:
        """Live objects of a worker."""
        return self.fixed_mib + self.growing_mib * scale

    def is_enough(self, heap_mib: float, scale: float, jitter: float = 1.0) -> bool:
        """Whether a run on such a heap ends well; `jitter` is what differs from run to run."""
        return self.needed_mib(scale) * jitter <= USABLE_HEAP * heap_mib

    def collecting_at(self, heap_mib: float, scale: float) -> float:
        """Garbage collection over task time."""
        needed = self.needed_mib(scale)
        free = max(heap_mib - needed, 1.0)
        return min(_MOST_COLLECTING, self.collecting * needed / free)

    def peak_mib(self, heap_mib: float, scale: float) -> float:
        """The highest heap in use that the log shows, garbage included."""
        needed = min(self.needed_mib(scale), heap_mib)
        return needed + self.garbage * (heap_mib - needed)

    def serial(self, scale: float) -> float:
        """Seconds in which only the driver works."""
        return self.serial_seconds * (1 - self.serial_growing + self.serial_growing * scale)

    def startup(self, spec: ClusterSpec) -> float:
        """Seconds from the application's start until its executors are there."""
        return self.startup_seconds + self.startup_per_worker * spec.workers

    def stage_seconds(self, spec: ClusterSpec, scale: float) -> tuple[float, ...]:
        """How long each stage takes."""
        collecting = self.collecting_at(spec.task_memory_mib, scale)
        return tuple(stage.length(spec.slots) * stage.task_seconds(spec, scale, collecting) for stage in self.stages)

    def seconds(self, spec: ClusterSpec, scale: float) -> float:
        """Wall time of a run that ends well."""
        fixed = self.launch_seconds + self.startup(spec) + self.serial(scale)
        return fixed + math.fsum(self.stage_seconds(spec, scale))

    def seconds_to_failure(self, spec: ClusterSpec, scale: float) -> float:
        """Wall time of a run that fails in its last stage, after half of its tasks."""
        stage, slots = self.stages[-1], spec.slots
        gaps = len(self.stages) + 1
        lost = 1 - stage.length(slots, stage.tasks_before_failure) / stage.length(slots)
        return self.seconds(spec, scale) - self.serial(scale) / gaps - lost * self.stage_seconds(spec, scale)[-1]

    def seconds_to_kill(self, spec: ClusterSpec, scale: float, share: float) -> float:
        """Wall time of a run that is stopped after this share of its application."""
        return self.launch_seconds + share * (self.seconds(spec, scale) - self.launch_seconds)
