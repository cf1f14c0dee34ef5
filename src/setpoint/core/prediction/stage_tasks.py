"""The tasks of a recorded stage: how long each takes, in what order, and how much of that is computing."""

import math
import re
from collections.abc import Iterable

from setpoint.core.profile import Profile, Stage

__all__ = ["Nature", "computing_seconds", "lost_seconds", "python_stages", "queueing", "resplit", "task_seconds"]

MOST_TASKS = 2000
"""Tasks simulated per stage; beyond, neighbours are run as one, which moves a stage's end by less than 1/2000."""
_IDLE, _BUSY = 0.2, 0.4
"""Share of the machine's cores in use by a stage: below the one, tasks without CPU are taken to wait for a source,
above the other for a core (two slots that compute all the time use 0.6 to 0.85 of two cores: the JVM has threads of
its own, and so have others)."""
_COMPUTES = 0.3
"""Share of CPU in the run time from which a stage is one that computes."""
_LEAST_CPU_SECONDS = 0.005
"""Of a task without work: readers and writers are opened and closed, generated code is loaded."""
_PYTHON_CALL = re.compile(r"\.py:\d+$")
"""Where PySpark's own RDD operations were called from; what SQL runs has Scala's places, or belongs to an execution."""
_PYTHON_OPERATOR = re.compile(r"Python|Pandas|InArrow")

Nature = tuple[float, float, float]
"""Seconds of computing, of Python workers, and in all."""


def task_seconds(stage: Stage) -> list[float]:
    """One time per simulated task, in the order in which they are launched, as far as the log tells.

    Where it does not, long and short are mixed: an order that neither favours nor punishes.
    """
    groups = stage.task_seconds
    count = min(stage.tasks, MOST_TASKS)
    if not groups or count == 0:
        return []
    weight = stage.tasks / count
    times = [groups[min(len(groups) - 1, i * len(groups) // count)] * weight for i in range(count)]
    times[-1] = max(times[-1], groups[-1])
    known = sorted((long.index, long.seconds) for long in stage.longest) if weight == 1 else []
    known = known[:count] if len(known) <= count else []
    rest = times[: count - len(known)]
    mixed = _mixed(rest)
    for index, seconds in known:
        mixed.insert(min(index, len(mixed)), seconds)
    return mixed


def _mixed(times: list[float]) -> list[float]:
    count = len(times)
    stride = next((s for s in range(max(1, round(count * 0.618)), count + 2) if math.gcd(s, count) == 1), 1)
    return [times[i * stride % count] for i in range(count)]


def lost_seconds(stage: Stage) -> list[float]:
    """Attempts that failed or were killed held slots too."""
    attempts = min(stage.failed_tasks + stage.killed_tasks, MOST_TASKS)
    return [stage.lost_seconds / attempts] * attempts if attempts and stage.lost_seconds > 0 else []


def resplit(stage: Stage, times: list[float], tasks: int) -> list[float]:
    """The same work in another number of tasks; what each task costs however small does not shrink with its share."""
    before = len(times)
    after = min(tasks, MOST_TASKS)
    if tasks == stage.tasks or not before or not after:
        return times
    totals = stage.totals
    opening = min(1.0, _LEAST_CPU_SECONDS * stage.tasks / max(1e-9, totals.cpu_seconds)) * totals.run_seconds
    whole = totals.run_seconds + totals.overhead_seconds
    fixed = (totals.overhead_seconds + opening) / whole if whole > 0 else 0.0
    shares = [times[i * before // after] for i in range(after)]
    scale = (1 - fixed) * sum(times) / max(1e-9, sum(shares))
    each = fixed * sum(times) / before
    return [share * scale + each for share in shares]


def python_stages(profile: Profile) -> set[int]:
    """Ids of the stages whose tasks hand rows to Python workers."""
    in_python = {e.id for e in profile.sql if any(_PYTHON_OPERATOR.search(o.name) for o in e.operators)}
    names = {stage.id: stage.name for stage in profile.stages}
    found = set()
    for job in profile.jobs:
        if job.sql_execution_id is None:
            found |= {i for i in job.stage_ids if _PYTHON_CALL.search(names.get(i, ""))}
        elif job.sql_execution_id in in_python:
            found |= set(job.stage_ids)
    return found


def computing_seconds(stage: Stage, slots: int, cores: int, *, in_python: bool) -> Nature:
    """What the tasks did with their time when so many slots shared so many cores."""
    totals = stage.totals
    cpu = min(totals.cpu_seconds, totals.run_seconds)
    rest = max(0.0, totals.run_seconds - cpu - totals.fetch_wait_seconds)
    whole = totals.run_seconds + totals.overhead_seconds
    if totals.run_seconds <= 0:
        return 0.0, 0.0, whole
    if in_python:
        return cpu + totals.overhead_seconds, rest, whole
    used = min(slots, stage.tasks) * cpu / totals.run_seconds / cores
    queueing = max(0.0, min(1.0, (used - _IDLE) / (_BUSY - _IDLE)))
    return cpu + totals.overhead_seconds + rest * queueing, 0.0, whole


def queueing(stages: Iterable[Stage], in_python: set[int]) -> float | None:
    """log(run time / CPU time) of the stages that compute; None where they are no large part of the run.

    Stages that spill wait for the disk and tell nothing of the cores.
    """
    run = cpu = whole = 0.0
    for stage in stages:
        totals = stage.totals
        whole += totals.run_seconds
        if stage.id in in_python or totals.disk_spilled_bytes or totals.cpu_seconds < _COMPUTES * totals.run_seconds:
            continue
        run += totals.run_seconds - totals.fetch_wait_seconds
        cpu += totals.cpu_seconds
    return math.log(max(1.0, run / cpu)) if cpu > 0 and run > whole / 2 else None
