"""A run cut into sections: jobs that overlapped one another, as graphs of steps, with the driver alone in between."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from setpoint.core.prediction.schedule import Step
from setpoint.core.profile import Job, Profile, Stage

__all__ = ["Plan", "Section", "plan"]

_JITTER_SECONDS = 0.002
"""Event logs have millisecond times: a job that starts this much before another ends still waited for it."""


@dataclass(frozen=True, slots=True)
class Section:
    """Jobs that overlapped one another; no job before or after them did."""

    begins: float
    ends: float
    steps: tuple[Step, ...]
    stages: tuple[int, ...]
    """The stages in it, by position in the plan."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What ran after what, and what waited for what, in one run."""

    stages: tuple[Stage, ...]
    sections: tuple[Section, ...]
    driver_seconds: float
    """Wall time outside the sections."""


def plan(profile: Profile) -> Plan:
    """The plan that a log shows."""
    listed = sorted(profile.jobs, key=lambda job: (job.started, job.id))
    of_job = _assigned(profile.stages, listed)
    jobs = sorted((_timed(job, of_job[job.id]) for job in listed), key=lambda job: (job.started, job.id))
    stages = tuple(stage for job in jobs for stage in of_job[job.id])
    position = {id(stage): number for number, stage in enumerate(stages)}
    sections = []
    for together in _overlapping(jobs):
        begins, ends = together[0].started, max(job.ended for job in together)
        within = [stage for job in together for stage in of_job[job.id]]
        steps = _Steps(begins, position, of_job, _launch_seconds(within)).of(together)
        inside = tuple(position[id(stage)] for stage in within)
        sections.append(Section(begins, ends, steps, inside))
    inside_seconds = sum(section.ends - section.begins for section in sections)
    return Plan(stages, tuple(sections), max(0.0, profile.wall_seconds - inside_seconds))


def _timed(job: Job, stages: Sequence[Stage]) -> Job:
    """The job, from its stages where its own times are missing (before Spark 1.3) and stand at the log's end."""
    began = min((stage.submitted for stage in stages), default=job.started)
    if began >= job.started - _JITTER_SECONDS:
        return job
    return replace(job, started=began, ended=max(stage.completed for stage in stages))


def _assigned(stages: Iterable[Stage], jobs: Sequence[Job]) -> dict[int, list[Stage]]:
    """Each stage under the job that ran it: the last one listing it that had begun when it was submitted."""
    latest = {stage.id: stage for stage in sorted(stages, key=lambda stage: stage.attempt)}
    owners: dict[int, list[Job]] = {}
    for job in jobs:
        for stage_id in job.stage_ids:
            owners.setdefault(stage_id, []).append(job)
    of_job: dict[int, list[Stage]] = {job.id: [] for job in jobs}
    for stage in sorted(latest.values(), key=lambda stage: (stage.submitted, stage.id)):
        listing = owners.get(stage.id, [])
        begun = [job for job in listing if job.started <= stage.submitted + _JITTER_SECONDS] or listing[:1]
        if begun:
            of_job[begun[-1].id].append(stage)
    return of_job


def _overlapping(jobs: Sequence[Job]) -> list[list[Job]]:
    groups: list[list[Job]] = []
    end = 0.0
    for job in jobs:
        if groups and job.started + _JITTER_SECONDS < end:
            groups[-1].append(job)
            end = max(end, job.ended)
        else:
            groups.append([job])
            end = job.ended
    return groups


def _launch_seconds(stages: Iterable[Stage]) -> dict[int, float]:
    """From a stage's submission to its first task, 0 where another stage held the slots in between."""
    ordered = sorted(stages, key=lambda stage: stage.submitted)
    seconds: dict[int, float] = {}
    held_until = 0.0
    for number, stage in enumerate(ordered):
        first = stage.submitted if stage.first_launch is None else stage.first_launch
        follower = ordered[number + 1].submitted if number + 1 < len(ordered) else first
        is_alone = held_until <= stage.submitted + _JITTER_SECONDS and follower >= first
        seconds[id(stage)] = max(0.0, first - stage.submitted) if is_alone else 0.0
        held_until = max(held_until, stage.completed)
    return seconds


class _Steps:
    """The graph of one section while it is drawn. Not reusable."""

    def __init__(
        self,
        begins: float,
        position: dict[int, int],
        of_job: dict[int, list[Stage]],
        launch_seconds: dict[int, float],
    ) -> None:
        self._begins, self._position, self._of_job = begins, position, of_job
        self._launch_seconds = launch_seconds
        self._steps: list[Step] = []

    def of(self, jobs: Sequence[Job]) -> tuple[Step, ...]:
        over: list[tuple[float, int]] = []
        anchor: tuple[float, int | None] = (self._begins, None)
        for job in jobs:
            while over and over[0][0] <= job.started + _JITTER_SECONDS:
                anchor = heapq.heappop(over)
            begin = self._add(() if anchor[1] is None else (anchor[1],), job.started - anchor[0])
            heapq.heappush(over, (job.ended, self._job(job, begin)))
        return tuple(self._steps)

    def _job(self, job: Job, begin: int) -> int:
        stages = self._of_job[job.id]
        if not stages:
            return self._add((begin,), job.ended - job.started)
        steps: dict[int, int] = {}
        completed = {stage.id: stage.completed for stage in stages}
        waiting = {stage.id: stage for stage in stages}
        while waiting:
            ready = [s for s in waiting.values() if not any(parent in waiting for parent in s.parents)]
            for stage in ready or list(waiting.values()):
                parents = tuple(parent for parent in stage.parents if parent in steps)
                since = max([job.started, *(completed[parent] for parent in parents)])
                waits_for = tuple(steps[parent] for parent in parents) or (begin,)
                steps[stage.id] = self._stage(stage, waits_for, stage.submitted - since)
                del waiting[stage.id]
        last = max(stage.completed for stage in stages)
        read = {parent for stage in stages for parent in stage.parents}
        leaves = tuple(steps[stage.id] for stage in stages if stage.id not in read)
        return self._add(leaves or tuple(steps.values()), job.ended - last)

    def _stage(self, stage: Stage, waits_for: tuple[int, ...], lag: float) -> int:
        return self._add(waits_for, lag + self._launch_seconds[id(stage)], self._position[id(stage)])

    def _add(self, waits_for: tuple[int, ...], lag: float, stage: int | None = None) -> int:
        self._steps.append(Step(waits_for, max(0.0, lag), stage))
        return len(self._steps) - 1
