"""Stage simulation: the recorded tasks of a run, scheduled again over another number of slots.

Jobs start when the job they waited for has ended, plus the driver's gap that was recorded between them; stages start
when their parents have ended; tasks take free slots first come, first served. Where slots share the cores of one
machine, task times follow the asymptotic bounds of a closed queueing network (Denning & Buzen, "The operational
analysis of queueing network models", ACM Computing Surveys 10(3), 1978): a task never beats its own demand, and the
cores never serve more than one second of CPU per second each.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from setpoint.core.domain import ClusterSpec
from setpoint.core.profile import Job, Profile, Stage
from setpoint.core.workload import Experience

__all__ = ["replay", "simulate_seconds"]

MOST_TASKS = 2000
"""Tasks simulated per stage; beyond, neighbours are run as one, which moves a stage's end by less than 1/2000."""
_SATURATED = 0.85
"""Share of the cores in use from which waiting tasks are taken to wait for a core rather than for a source."""
_JITTER_SECONDS = 0.002
"""Event logs have millisecond times: a job that starts this much before another ends still waited for it."""


def simulate_seconds(base: Experience, spec: ClusterSpec) -> float:
    """Wall seconds of the whole run on `spec`, from the log of one other run."""

    def task_seconds(stage: Stage) -> list[float]:
        return _tasks_on(stage, base, spec)

    return base.launch_seconds + replay(base.profile, max(1, spec.slots), task_seconds)


def replay(profile: Profile, slots: int, task_seconds: Callable[[Stage], list[float]]) -> float:
    """Seconds from application start to end when its stages' tasks take `task_seconds` on so many slots."""
    return _Replay(profile, slots, task_seconds).run()


def _tasks_on(stage: Stage, base: Experience, spec: ClusterSpec) -> list[float]:
    times = _expanded(stage)
    times = _resplit(stage, times, base.spec.shuffle_partitions, spec.shuffle_partitions)
    factor = _contention(stage, len(times), base, spec)
    return [seconds * factor for seconds in times]


def _expanded(stage: Stage) -> list[float]:
    """One time per simulated task, in an order that neither favours nor punishes (long and short mixed)."""
    groups = stage.task_seconds
    count = min(stage.tasks, MOST_TASKS)
    if not groups or count == 0:
        return []
    weight = stage.tasks / count
    times = [groups[min(len(groups) - 1, i * len(groups) // count)] * weight for i in range(count)]
    times[-1] = max(times[-1], groups[-1])
    stride = next(s for s in range(max(1, round(count * 0.618)), count + 2) if math.gcd(s, count) == 1)
    return [times[i * stride % count] for i in range(count)]


def _resplit(stage: Stage, times: list[float], before: int | None, after: int | None) -> list[float]:
    """The same work in another number of shuffle partitions; a task's fixed overhead does not shrink with its share."""
    if not before or not after or before == after or stage.tasks != before or not stage.totals.shuffle_read_bytes:
        return times
    overhead = min(stage.totals.overhead_seconds / stage.tasks, *times)
    work = [(seconds - overhead) * before / after for seconds in times]
    return [work[i * len(work) // after] + overhead for i in range(after)]


def _contention(stage: Stage, tasks: int, base: Experience, spec: ClusterSpec) -> float:
    """How much longer a task takes because its neighbours share the machine's cores (1 where each has its own)."""
    cores = base.host_cores
    run, cpu = stage.totals.run_seconds, stage.totals.cpu_seconds
    if cores is None or not spec.is_local or not base.spec.is_local or run <= 0 or cpu <= 0:
        return 1.0
    then = min(base.spec.slots, stage.tasks)
    now = min(spec.slots, tasks)
    used = then * cpu / run / cores
    queueing = max(0.0, min(1.0, (used - _SATURATED) / (1 - _SATURATED)))
    waiting = max(0.0, run - cpu) * (1 - queueing)
    demand = cpu + waiting
    return max(demand, now * cpu / cores) / max(demand, then * cpu / cores)


@dataclass(slots=True)
class _Running:
    """A stage while it is simulated."""

    stage: Stage
    children: list[tuple[int, float]] = field(default_factory=list)
    """Stages that read from it, each with its recorded lag."""
    waits_for: int = 0
    ready: float = 0.0
    tasks: deque[float] = field(default_factory=deque)
    open_tasks: int = 0


class _Replay:
    """Discrete-event simulation of one application. Not reusable."""

    def __init__(self, profile: Profile, slots: int, task_seconds: Callable[[Stage], list[float]]) -> None:
        self._profile = profile
        self._free = slots
        self._task_seconds = task_seconds
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._sequence = 0
        self._pending: deque[_Running] = deque()
        self._jobs = sorted(profile.jobs, key=lambda job: (job.started, job.id))
        self._stages_of, self._job_of = _assign(profile, self._jobs)
        self._running: dict[int, dict[int, _Running]] = {}
        self._followers: dict[int | None, list[tuple[Job, float]]] = {}
        for job, anchor, gap in _chain(self._jobs):
            self._followers.setdefault(anchor, []).append((job, gap))
        self._last_end = 0.0

    def run(self) -> float:
        for job, gap in self._followers.get(None, []):
            self._at(gap, partial(self._start_job, job))
        while self._events:
            now, _, act = heapq.heappop(self._events)
            act(now)
        last_recorded = max((job.ended for job in self._jobs), default=0.0)
        return self._last_end + max(0.0, self._profile.wall_seconds - last_recorded)

    def _at(self, when: float, act: Callable[[float], None]) -> None:
        self._sequence += 1
        heapq.heappush(self._events, (when, self._sequence, act))

    def _start_job(self, job: Job, now: float) -> None:
        stages = {stage.id: _Running(stage) for stage in self._stages_of[job.id]}
        self._running[job.id] = stages
        if not stages:
            self._at(now + max(0.0, job.ended - job.started), partial(self._end_job, job))
            return
        for running in stages.values():
            parents = [stages[p] for p in running.stage.parents if p in stages]
            running.waits_for = len(parents)
            ready_then = max([job.started, *(p.stage.completed for p in parents)])
            lag = max(0.0, running.stage.submitted - ready_then)
            for parent in parents:
                parent.children.append((running.stage.id, lag))
            if not parents:
                self._at(now + lag, partial(self._submit, job, running))

    def _submit(self, job: Job, running: _Running, now: float) -> None:
        running.tasks = deque(self._task_seconds(running.stage))
        running.open_tasks = len(running.tasks)
        if not running.tasks:
            self._end_stage(job, running, now)
            return
        self._pending.append(running)
        self._launch(now)

    def _launch(self, now: float) -> None:
        while self._free > 0 and self._pending:
            running = self._pending[0]
            self._free -= 1
            owner = self._job_of[running.stage.id]
            seconds = running.tasks.popleft()
            self._at(now + seconds, partial(self._end_task, owner, running))
            if not running.tasks:
                self._pending.popleft()

    def _end_task(self, job: Job, running: _Running, now: float) -> None:
        self._free += 1
        running.open_tasks -= 1
        if running.open_tasks == 0:
            self._end_stage(job, running, now)
        self._launch(now)

    def _end_stage(self, job: Job, running: _Running, now: float) -> None:
        stages = self._running[job.id]
        for child_id, lag in running.children:
            child = stages[child_id]
            child.waits_for -= 1
            child.ready = max(child.ready, now + lag)
            if child.waits_for == 0:
                self._at(child.ready, partial(self._submit, job, child))
        del stages[running.stage.id]
        if not stages:
            tail = max(0.0, job.ended - max(s.completed for s in self._stages_of[job.id]))
            self._at(now + tail, partial(self._end_job, job))

    def _end_job(self, job: Job, now: float) -> None:
        self._last_end = max(self._last_end, now)
        for follower, gap in self._followers.get(job.id, []):
            self._at(now + gap, partial(self._start_job, follower))


def _assign(profile: Profile, jobs: list[Job]) -> tuple[dict[int, list[Stage]], dict[int, Job]]:
    """Each stage to the job under which it ran: the last one listing it that had begun when it was submitted."""
    latest: dict[int, Stage] = {}
    for stage in sorted(profile.stages, key=lambda stage: stage.attempt):
        latest[stage.id] = stage
    owners: dict[int, list[Job]] = {}
    for job in jobs:
        for stage_id in job.stage_ids:
            owners.setdefault(stage_id, []).append(job)
    stages_of: dict[int, list[Stage]] = {job.id: [] for job in jobs}
    job_of: dict[int, Job] = {}
    for stage in latest.values():
        listing = owners.get(stage.id, [])
        begun = [job for job in listing if job.started <= stage.submitted + _JITTER_SECONDS] or listing[:1]
        if begun:
            stages_of[begun[-1].id].append(stage)
            job_of[stage.id] = begun[-1]
    return stages_of, job_of


def _chain(jobs: list[Job]) -> list[tuple[Job, int | None, float]]:
    """Each job with the job it waited for (None: the application's start) and the driver's gap between them."""
    chain: list[tuple[Job, int | None, float]] = []
    open_jobs: list[tuple[float, int]] = []
    anchor: tuple[float, int | None] = (0.0, None)
    for job in jobs:
        while open_jobs and open_jobs[0][0] <= job.started + _JITTER_SECONDS:
            anchor = heapq.heappop(open_jobs)
        chain.append((job, anchor[1], max(0.0, job.started - anchor[0])))
        heapq.heappush(open_jobs, (job.ended, job.id))
    return chain
