"""A made-up run with something of everything: for pages that show runs."""

from dataclasses import replace
from random import Random

from tests.core.made import stage
from tests.core.runs import WORKERS, healthy, totals

from setpoint.core.profile import (
    BusySlots,
    Completeness,
    Counts,
    Failure,
    InputSource,
    LightStages,
    LongTask,
    Operator,
    Profile,
    SqlExecution,
    Stage,
    StreamingQuery,
)

EVIL = "<img src=x onerror=alert(1)>"


def rich_run(seed: int = 7, stages: int = 24) -> Profile:
    """Stages that overlap, one skewed, one failed; an executor lost; SQL, inputs, streaming, names that are markup."""
    random = Random(seed)
    made: list[Stage] = []
    moment = 6.0
    for number in range(stages):
        made.append(_stage(random, number, moment))
        moment += random.choice([0.3, 0.6, 1.1, 1.6]) * (made[-1].completed - made[-1].submitted)
    wall = max(each.completed for each in made) + 9.0
    run = healthy(*made, wall_seconds=wall)
    operators = (Operator("Scan parquet", "photon", 3), Operator("BatchEvalPython", "spark", 2, (("rows", 1e6),)))
    return replace(
        run,
        application=replace(run.application, name=f"nightly orders {EVIL}"),
        platform="databricks",
        engine="photon",
        counts=Counts(31, 412, 98_124, 3, 12, 9, 4, 3, 22),
        executors=(*WORKERS, replace(WORKERS[0], id="3", added=wall / 3, removed=wall / 2, removal="spot")),
        light_stages=LightStages(388, 4100, 0, totals(30.0, 4100), 0.0),
        sql=(SqlExecution(3, f"insert into orders {EVIL}", 6.0, 90.0, "h", 4, None, operators),),
        inputs=(InputSource(f"s3://lake/{EVIL}", "parquet", 5 * 10**10, 10**8, 40_000),),
        streaming=(StreamingQuery("q", "clicks", 40, 10**6, 2.0, 14.0, 19.0, 10.0),),
        busy=BusySlots(0.0, wall / 60, tuple(random.uniform(0, 8) for _ in range(60))),
        failures=(Failure("job 3", f"SparkException: {EVIL}", "application"),),
        completeness=Completeness("partial", 2, 7, (f"not JSON: {EVIL}",)),
    )


def _stage(random: Random, number: int, begins: float) -> Stage:
    tasks = random.choice([4, 40, 128])
    times = [random.uniform(0.5, 2.0) for _ in range(tasks)]
    if number % 6 == 0:
        times.append(14.0)
    work = sum(times)
    measured = totals(
        work, tasks, cpu_seconds=work * random.uniform(0.1, 0.9), gc_seconds=work * random.uniform(0, 0.3)
    )
    ends = begins + max(work / 8, times[-1])
    made = stage(number, times, begins=begins, ends=ends, totals=replace(measured, input_bytes=tasks * 10**8))
    longest = (LongTask(3, 0, "2", max(times)),)
    failure = f"Job aborted {EVIL}" if number == 5 else None
    name = f"$anonfun$call at orders.py:{number} {EVIL}"
    return replace(made, name=name, first_launch=begins + 0.4, longest=longest, failure=failure)
