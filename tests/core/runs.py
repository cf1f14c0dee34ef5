"""Made-up runs on a cluster for tests of the diagnosis: a healthy one, and any at all."""

from dataclasses import replace
from typing import get_args

from hypothesis import strategies as st
from tests.core.made import profile, stage

from setpoint.core.profile import (
    BusySlots,
    Counts,
    Executor,
    Job,
    LightStages,
    Profile,
    Removal,
    Stage,
    TaskTotals,
)

WORKERS = tuple(Executor(str(n), f"host-{n}", 4, 0.5, None, None, 0, tasks=40) for n in (1, 2))


def totals(seconds: float, tasks: int, **others: float) -> TaskTotals:
    """Of tasks that mostly compute."""
    computing = TaskTotals(run_seconds=seconds, cpu_seconds=0.95 * seconds, overhead_seconds=0.01 * tasks)
    return replace(computing, **others)  # type: ignore[arg-type]  # fields of TaskTotals


def even_stage(number: int = 0, begins: float = 1.0, tasks: int = 80, seconds: float = 2.0, **others: float) -> Stage:
    """Tasks of one length on eight slots."""
    ends = begins + -(-tasks // 8) * (seconds + 0.01)
    of = totals(seconds * tasks, tasks, **others)
    made = stage(number, (seconds + 0.01,) * tasks, begins=begins, ends=ends, totals=of)
    return replace(made, first_launch=begins)


def healthy(*stages: Stage, wall_seconds: float | None = None, **others: object) -> Profile:
    """A run of two executors with four slots each: one even stage, or the stages given."""
    ran = stages or (even_stage(),)
    jobs = tuple(Job(each.id, each.submitted, each.completed, (each.id,), succeeded=True) for each in ran)
    wall = wall_seconds or max(each.completed for each in ran) + 0.5
    counts = Counts(len(ran), len(ran), sum(each.tasks for each in ran), 2, 1)
    made = replace(profile(ran, jobs, wall_seconds=wall), executors=WORKERS, counts=counts)
    return replace(made, **others)  # type: ignore[arg-type]  # fields of a Profile


_seconds = st.floats(0, 200)
_removals = st.sampled_from([None, *get_args(Removal)])


@st.composite
def _totals(draw: st.DrawFn) -> TaskTotals:
    run, cpu, gc, fetch, overhead, write = (draw(_seconds) for _ in range(6))
    spilled = draw(st.integers(0, 10**10))
    measured = TaskTotals(run, cpu, gc, fetch, overhead, disk_spilled_bytes=spilled, input_bytes=spilled)
    return replace(measured, shuffle_write_seconds=write)


@st.composite
def _stages(draw: st.DrawFn, number: int) -> Stage:
    begins = draw(st.floats(-10, 150))
    times = tuple(sorted(draw(st.lists(_seconds, max_size=6))))
    made = stage(number, times, begins=begins, ends=begins + draw(st.floats(-5, 100)), totals=draw(_totals()))
    launched = draw(st.none() | st.floats(-10, 250))
    failed = draw(st.integers(0, 2))
    return replace(made, first_launch=launched, failed_tasks=failed, lost_seconds=draw(_seconds))


@st.composite
def _executors(draw: st.DrawFn, number: int) -> Executor:
    added, removed = draw(_seconds), draw(st.none() | _seconds)
    who = str(number) if number else draw(st.sampled_from(["driver", "0"]))
    count = draw(st.integers(1, 5))
    return Executor(who, "host", draw(st.integers(0, 8)), added, removed, None, 0, draw(_removals), count=count)


@st.composite
def any_run(draw: st.DrawFn) -> Profile:
    """Any run, sensible or not: clocks that run backwards, stages after the end, no executors."""
    stages = tuple(draw(_stages(number)) for number in range(draw(st.integers(0, 4))))
    light = LightStages(draw(st.integers(0, 3)), draw(st.integers(0, 99)), 0, draw(_totals()), draw(_seconds))
    busy = BusySlots(0.0, draw(st.floats(0.1, 20)), tuple(draw(st.lists(st.floats(0, 20), max_size=12))))
    return replace(
        profile(stages, wall_seconds=draw(st.floats(0, 150))),
        executors=tuple(draw(_executors(number)) for number in range(draw(st.integers(0, 3)))),
        light_stages=light,
        busy=busy,
    )
