"""Stage simulation: the recorded tasks of a run, scheduled again over another number of slots.

The run is cut into sections that follow each other (`sections`); in each, tasks take free slots first come, first
served (`schedule`); then tasks are made slower by those that run beside them (`contention`). What the same
simulation misses at the run's own size, each section keeps as a factor: a log replayed on its own spec takes what it
took.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.capacity import Capacity
from setpoint.core.prediction.contention import EXPECTED, Contention, fullness, slowdown
from setpoint.core.prediction.hardware import SAME_HARDWARE, Hardware, hardware_factor, machines_of
from setpoint.core.prediction.heap import Heap, sharing
from setpoint.core.prediction.machines import Machines
from setpoint.core.prediction.partitions import partitioning
from setpoint.core.prediction.schedule import Levels, schedule
from setpoint.core.prediction.sections import plan
from setpoint.core.prediction.stage_tasks import (
    computing_seconds,
    lost_seconds,
    python_stages,
    queueing,
    resplit,
    task_seconds,
)
from setpoint.core.profile import Profile, Stage
from setpoint.core.workload import Experience

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Simulation", "scheduled_seconds", "simulate_seconds", "simulated_curves"]

MOST_SIMULATED = 12
"""Numbers of slots that are simulated; the curve between is drawn in log slots."""
_LEAST_SECONDS = 1e-3
_MOST_MISSED = 10.0
"""A section which took this much longer or shorter than simulated did something the simulation does not know."""
_MOST_RELIEF, _MOST_LOAD = 0.2, 1.0
"""Within these, in logs, a run's queueing is believed to be others' load."""
_STARTUP_SHARE = 0.25
"""What a start of a second says of the load, where minutes of tasks say the rest."""
_LOOPBACK = ("localhost", "127.")

_Flat = list[tuple[float, float, int]]
"""Busy slots, seconds, and the section they belong to."""
CoresOf = Callable[[ClusterSpec], int]
TasksOf = Callable[[Stage], list[float]]


def simulate_seconds(
    base: Experience, spec: ClusterSpec, contention: Contention = EXPECTED, hardware: Hardware = SAME_HARDWARE
) -> float:
    """Wall seconds of the whole run on `spec`, from the log of one other run."""
    return math.exp(float(Simulation(base, hardware).log_seconds((spec,), (contention,))[0, 0]))


def simulated_curves(
    base: Experience,
    specs: Sequence[ClusterSpec],
    hypotheses: Sequence[Contention] = (EXPECTED,),
    hardware: Hardware = SAME_HARDWARE,
    cores_of: CoresOf | None = None,
) -> "np.ndarray":
    """Log seconds of the whole run, hypotheses × specs."""
    return Simulation(base, hardware, cores_of).log_seconds(specs, hypotheses)


def scheduled_seconds(profile: Profile, slots: int, tasks_of: TasksOf) -> float:
    """Seconds from application start to end when its stages' tasks take `tasks_of` on so many slots, and no more."""
    drawn = plan(profile)
    tasks = [tasks_of(stage) for stage in drawn.stages]
    inside = sum(seconds for section in drawn.sections for _, seconds in schedule(section.steps, tasks, slots))
    return drawn.driver_seconds + inside


@dataclass(frozen=True, slots=True)
class _Point:
    """What was scheduled: the levels of all sections, laid end to end."""

    busy: "np.ndarray"
    seconds: "np.ndarray"
    section: "np.ndarray"
    cores: "np.ndarray"
    """Of the machine, level by level."""
    cell: "np.ndarray"
    """The section, counted on through the points where there are several."""


class Simulation:
    """One run, ready to be simulated on any spec."""

    def __init__(self, base: Experience, hardware: Hardware = SAME_HARDWARE, cores_of: CoresOf | None = None) -> None:
        """Read the run.

        Args:
            base: the run.
            hardware: how fast the machines are that specs are simulated on.
            cores_of: how many cores the machine of a spec has; those of the run's where it is None.
        """
        self._base = base
        self._cores_of = cores_of
        self._hardware = hardware
        self._plan = plan(base.profile)
        self._partitioning = partitioning(base.profile, base.spec)
        self._cores = _shared_cores(base)
        self._times = [task_seconds(stage) for stage in self._plan.stages]
        self._lost = [lost_seconds(stage) for stage in self._plan.stages]
        self._factors = [hardware_factor(stage, hardware) for stage in self._plan.stages]
        rules = [self._partitioning.rule(stage) for stage in self._plan.stages]
        self._rules = [(i, rule) for i, rule in enumerate(rules) if rule is not None]
        self._capacity = Capacity(base.profile, is_fixed=base.spec.is_local)
        self._resplit: dict[tuple[int, int], list[float]] = {}
        self._seen: dict[tuple[int, ...], _Flat] = {}
        self._natures = self._section_natures()
        self._queueing = queueing(self._plan.stages, python_stages(base.profile))
        own = [times + lost for times, lost in zip(self._times, self._lost, strict=True)]
        self._there = [self._scaled(i, times) for i, times in enumerate(self._times)]
        self._heap = Heap(base, self._plan.stages)
        self._machines = Machines(base.spec, self._plan)
        self._own = self._schedule(
            own, max(1, base.spec.slots), self._seen if hardware == SAME_HARDWARE else {}, self._cores or 1
        )

    def log_seconds(self, specs: Sequence[ClusterSpec], hypotheses: Sequence[Contention]) -> "np.ndarray":
        """Log wall seconds of the whole run, hypotheses × specs."""
        import numpy as np

        answers = np.empty((len(hypotheses), len(specs)))
        for members in _alike(specs):
            at = np.array([max(1, specs[i].slots) for i in members])
            heaps, heap = np.unique([specs[i].task_memory_mib for i in members], return_inverse=True)
            chosen, first = np.unique(at, return_index=True)
            few = _few(chosen, max(1, self._base.spec.slots))
            points = [specs[members[i]] for i in first[few]]
            curves = np.log(self._totals(points, heaps.tolist(), hypotheses))
            below, share = _between(chosen[few], at)
            above = np.minimum(below + 1, len(points) - 1)
            answers[:, members] = curves[:, below, heap] * (1 - share) + curves[:, above, heap] * share
        return answers

    def _totals(
        self, specs: Sequence[ClusterSpec], heaps: Sequence[int], hypotheses: Sequence[Contention]
    ) -> "np.ndarray":
        """Wall seconds, hypotheses × specs × heaps."""
        import numpy as np

        points = [self._on(spec) for spec in specs]
        driver = self._plan.driver_seconds / self._hardware.cpu
        recorded = np.array([section.ends - section.begins for section in self._plan.sections])
        totals = np.empty((len(hypotheses), len(specs), len(heaps)))
        every = _side_by_side(points, len(recorded))
        heap_factors = self._heap_factors(specs, heaps)
        rented = self._machines.factors(specs[0]) if specs else None
        if rented is not None:
            driver *= rented.driver
            heap_factors = heap_factors * rented.sections
        for row, contention in enumerate(hypotheses):
            own_slow = self._slow(self._own, contention)
            alone = self._mean_slowdown(own_slow)
            own = np.bincount(self._own.section, self._own.seconds * own_slow, len(recorded)) / alone
            missed, extra = _missed(recorded, own)
            load = contention.relief * self.queueing_beyond(contention)
            relief = self._relief(contention, load)
            fixed = (self._base.launch_seconds + driver * math.exp(-load)) * self._driver_factors(specs, contention)
            slow = self._slow(every, contention)
            seconds = np.bincount(every.cell, every.seconds * slow, len(points) * len(recorded))
            seconds = seconds.reshape(len(points), -1) * (missed * relief / alone)
            totals[row] = (fixed + float(extra.sum()))[:, None] + np.einsum("ps,phs->ph", seconds, heap_factors)
        return np.maximum(totals, _LEAST_SECONDS)

    def _heap_factors(self, specs: Sequence[ClusterSpec], heaps: Sequence[int]) -> "np.ndarray":
        """Task time under another heap over task time under the run's own, specs × heaps × sections."""
        import numpy as np

        shape = (len(specs), len(heaps), len(self._plan.sections))
        own = (self._base.spec.task_memory_mib, sharing(self._base.spec))
        grid = [(heap, slots) for slots in map(sharing, specs) for heap in heaps]
        if set(grid) == {own} or not self._plan.stages:
            return np.ones(shape)
        work = self._heap.work
        slowed = self._heap.factors(*zip(*grid, strict=True)) * work
        sections = [section.stages for section in self._plan.sections]
        filled = [number for number, stages in enumerate(sections) if stages]
        starts = [sections[number][0] for number in filled]
        before = np.add.reduceat(work, starts)
        factors = np.ones((len(grid), shape[2]))
        after = np.add.reduceat(slowed, starts, axis=1)
        factors[:, filled] = np.where(before > 0, after / np.maximum(before, 1e-9), 1.0)
        return factors.reshape(shape)

    def _slow(self, point: _Point, contention: Contention) -> "np.ndarray":
        """Time in company over time alone, level by level."""
        import numpy as np

        if self._cores is None:
            return np.ones_like(point.seconds)
        return slowdown(point.busy, self._share(contention)[point.section], point.cores, contention)

    def _driver_factors(self, specs: Sequence[ClusterSpec], contention: Contention) -> "np.ndarray":
        """The driver's time there over its time here, spec by spec."""
        import numpy as np

        if self._cores is None:
            return np.ones(len(specs))
        single = np.array([self._cores_on(spec) == 1 for spec in specs], dtype=float)
        return np.asarray(np.exp(contention.single_core * (single - (self._cores == 1))))

    def _cores_on(self, spec: ClusterSpec) -> int:
        return max(1, self._cores_of(spec) if self._cores_of is not None else self._cores or 1)

    def _share(self, contention: Contention) -> "np.ndarray":
        """How much of its tasks' time is computing, section by section."""
        import numpy as np

        computing, python, whole = self._natures
        return np.asarray(np.minimum(1.0, (computing + python * contention.python_share) / np.maximum(whole, 1e-9)))

    @property
    def queueing(self) -> float | None:
        """log(run time / CPU time) of its computing stages; None where no cores are shared or little is computed."""
        return self._queueing if self._cores is not None else None

    @property
    def fullness(self) -> float:
        """How full its slots made the machine: 0 with one core busy, 1 with all."""
        return fullness(max(1, self._base.spec.slots), self._cores) if self._cores is not None else 0.0

    @property
    def startup_seconds(self) -> float:
        """From the application's start to its driver's executor, on more than one core; 0 where workers run tasks."""
        is_local = self._base.spec.is_local and self._base.profile.executors
        single = EXPECTED.single_core if self._cores == 1 else 0.0
        return max(0.0, self._base.profile.executors[0].added) * math.exp(-single) if is_local else 0.0

    def queueing_beyond(self, contention: Contention) -> float:
        """How much longer computing took for others' load, in logs.

        Two things tell: run time / CPU time of the computing stages beyond what its slots explain, and how long the
        driver took to start, which is the same work in every run.
        """
        if self._cores is None or self._queueing is None:
            return 0.0
        beyond = self._queueing - contention.usual_queueing(max(1, self._base.spec.slots), self._cores)
        if contention.startup_seconds > 0 and self.startup_seconds > 0:
            beyond += _STARTUP_SHARE * (math.log(self.startup_seconds / contention.startup_seconds) - beyond)
        return max(-_MOST_RELIEF, min(_MOST_LOAD, beyond))

    def _relief(self, contention: Contention, load: float) -> "np.ndarray":
        """Time on a machine as busy as usual over time on one as busy as it was, section by section."""
        import numpy as np

        share = self._share(contention)
        return np.asarray(1 - share + share * math.exp(-load))

    def _mean_slowdown(self, slow: "np.ndarray") -> "np.ndarray":
        """How much longer the recorded tasks of each section took than alone."""
        import numpy as np

        sections = len(self._plan.sections)
        work = self._own.busy * self._own.seconds
        total = np.bincount(self._own.section, work, sections)
        slowed = np.bincount(self._own.section, work * slow, sections)
        return np.where(total > 0, slowed / np.where(total > 0, total, 1.0), 1.0)

    def _on(self, spec: ClusterSpec) -> _Point:
        """The tasks that the spec would have, scheduled on its slots."""
        tasks = list(self._there)
        slots, partitions = max(1, spec.slots), spec.shuffle_partitions or self._partitioning.shuffle_partitions
        for i, rule in self._rules:
            count = rule(slots, partitions)
            if (i, count) not in self._resplit:
                self._resplit[i, count] = self._scaled(i, resplit(self._plan.stages[i], self._times[i], count))
            tasks[i] = self._resplit[i, count]
        return self._schedule(tasks, slots, self._seen, self._cores_on(spec))

    def _scaled(self, stage: int, times: list[float]) -> list[float]:
        factor, lost = self._factors[stage], self._lost[stage]
        return [seconds * factor for seconds in (*times, *lost)] if factor != 1.0 else times + lost

    def _schedule(
        self, tasks: Sequence[list[float]], slots: int, seen: dict[tuple[int, ...], _Flat], cores: int
    ) -> _Point:
        """The sections one by one; where there are more slots than tasks, one more changes nothing."""
        levels: _Flat = []
        counts = [len(each) for each in tasks]
        for number, section in enumerate(self._plan.sections):
            inside = [counts[i] for i in section.stages]
            first, changes = self._capacity.during(section, slots)
            key = (number, slots if changes else min(first, sum(inside)), *inside)
            if key not in seen:
                seen[key] = self._flat(number, schedule(section.steps, tasks, first, changes))
            levels += seen[key]
        return _laid_out(levels, cores)

    def _flat(self, section: int, levels: Levels) -> _Flat:
        """The levels of a section; merged where company makes no difference."""
        seconds: dict[float, float] = {}
        for busy, length in levels:
            key = busy if self._cores is not None else 0.0
            seconds[key] = seconds.get(key, 0.0) + length
        return [(busy, length, section) for busy, length in seconds.items()]

    def _section_natures(self) -> "tuple[np.ndarray, np.ndarray, np.ndarray]":
        """Seconds of computing, with Python workers, and in all, section by section."""
        import numpy as np

        in_python = python_stages(self._base.profile)
        slots, cores = max(1, self._base.spec.slots), self._cores or 1
        sums = np.zeros((len(self._plan.sections), 3))
        for number, section in enumerate(self._plan.sections):
            for stage in (self._plan.stages[i] for i in section.stages):
                sums[number] += computing_seconds(stage, slots, cores, in_python=stage.id in in_python)
        return sums[:, 0], sums[:, 1], sums[:, 2]


def _missed(recorded: "np.ndarray", own: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    """What the simulation misses at the run's own size, as a factor and seconds that are left."""
    import numpy as np

    factor = np.clip(recorded / np.maximum(own, 1e-9), 1 / _MOST_MISSED, _MOST_MISSED)
    return factor, np.maximum(0.0, recorded - own * factor)


def _alike(specs: Sequence[ClusterSpec]) -> list[list[int]]:
    """Positions of the specs which differ in slots (and memory) alone."""
    groups: dict[tuple[bool, int | None, object], list[int]] = {}
    for number, spec in enumerate(specs):
        groups.setdefault((spec.is_local, spec.shuffle_partitions, machines_of(spec)), []).append(number)
    return list(groups.values())


def _few(slots: "np.ndarray", own: int) -> "np.ndarray":
    """Positions of the numbers of slots (ascending) that are simulated: the run's own, least and most among them."""
    import numpy as np

    if len(slots) <= MOST_SIMULATED:
        return np.arange(len(slots))
    evenly = np.append(np.geomspace(slots[0], slots[-1], MOST_SIMULATED - 1), own)
    return np.unique(np.abs(np.log(slots / evenly[:, None])).argmin(axis=1))


def _between(chosen: "np.ndarray", at: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    """The position at or below in what was chosen, and how far it is to the next, in log slots."""
    import numpy as np

    below = np.searchsorted(chosen, at, side="right") - 1
    above = np.minimum(below + 1, len(chosen) - 1)
    width = np.log(chosen[above] / chosen[below])
    return below, np.log(at / chosen[below]) / np.where(width > 0, width, 1.0)


def _laid_out(levels: _Flat, cores: int) -> _Point:
    import numpy as np

    laid = np.fromiter(chain.from_iterable(levels), float, 3 * len(levels)).reshape(-1, 3)
    section = laid[:, 2].astype(np.intp)
    return _Point(laid[:, 0], laid[:, 1], section, np.full(len(levels), cores), section)


def _side_by_side(points: Sequence[_Point], sections: int) -> _Point:
    import numpy as np

    return _Point(
        np.concatenate([point.busy for point in points]),
        np.concatenate([point.seconds for point in points]),
        np.concatenate([point.section for point in points]),
        np.concatenate([point.cores for point in points]),
        np.concatenate([number * sections + point.section for number, point in enumerate(points)]),
    )


def _shared_cores(base: Experience) -> int | None:
    """Cores of the machine that all slots share; None where each worker has a machine of its own."""
    if base.spec.is_local:
        return base.host_cores
    hosts = [executor.host for executor in base.profile.workers for _ in range(executor.count)]
    is_one = len(set(hosts)) == 1 and (len(hosts) > 1 or hosts[0].startswith(_LOOPBACK))
    return base.host_cores if is_one else None
