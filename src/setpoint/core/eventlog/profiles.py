"""What was seen of an application to the values of its Profile, on one clock."""

from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate

from setpoint.core.eventlog import faults, origin, tasks
from setpoint.core.eventlog.application import ApplicationRecord
from setpoint.core.eventlog.bins import middle_of
from setpoint.core.eventlog.clock import Clock
from setpoint.core.eventlog.condense import condense
from setpoint.core.eventlog.events import ApplicationStart
from setpoint.core.eventlog.executors import ExecutorRecord
from setpoint.core.eventlog.records import JobRecord, StageRecord
from setpoint.core.eventlog.rows import LOCALITIES
from setpoint.core.profile import (
    UNKNOWN_APPLICATION,
    Application,
    BusySlots,
    Completeness,
    Counts,
    Executor,
    Job,
    LongTask,
    Profile,
    Spread,
    Stage,
    TaskTotals,
)

__all__ = ["POINTS", "profile_of"]

POINTS = 128
"""Task times of a stage that a Profile holds at most."""
_MEASURES = (
    ("run_seconds", 1e-3),
    ("cpu_seconds", 1e-9),
    ("gc_seconds", 1e-3),
    ("fetch_wait_seconds", 1e-3),
    ("input_bytes", 1),
    ("output_bytes", 1),
    ("shuffle_read_bytes", 1),
    ("shuffle_write_bytes", 1),
    ("disk_spilled_bytes", 1),
    ("peak_memory_bytes", 1),
)
"""Names and scales of what `tasks.SPREAD` keeps the distribution of."""


def profile_of(record: ApplicationRecord) -> Profile:
    """Say what happened; the record can go on taking events."""
    record.flush()
    clock = _clock(record)
    started_ms = clock.start(record.start.timestamp if record.start else None)
    end_ms = clock.end(record.ended_ms if record.ended else None)
    stages = _stages(record, clock)
    jobs = tuple(_job(job, clock) for _, job in sorted(record.jobs.items()) if job.has_started)
    sql = record.sql.executions(clock)
    platform = origin.guess_platform(record.platforms)
    engines = origin.engine_evidence(record.sql.engines, record.properties)
    return condense(
        Profile(
            application=_application(record, started_ms),
            wall_seconds=clock.seconds(end_ms),
            properties=tuple(sorted(record.properties.items())),
            executors=_executors(record, clock),
            jobs=jobs,
            stages=stages,
            failures=tuple(record.failures),
            code_signature=record.signature.digest(),
            completeness=_completeness(record, clock),
            platform=platform,
            engine=next(iter(engines), "spark"),
            evidence=(*(record.platforms[p] for p in (platform,) if p in record.platforms), *engines.values()),
            counts=_counts(record),
            sql=sql,
            inputs=record.sql.inputs(),
            streaming=record.streaming.queries(),
            busy=_busy(record, clock),
        )
    )


def _clock(record: ApplicationRecord) -> Clock:
    """The clock with the moments of tasks, which are gathered stage by stage."""
    spans = ((stage.first_launch_ms, stage.last_finish_ms) for stage in record.stages.values())
    return Clock([record.clock.first_ms, record.clock.last_ms, *(moment for span in spans for moment in span)])


def _application(record: ApplicationRecord, started_ms: int) -> Application:
    start = record.start or ApplicationStart()
    return Application(
        id=start.id or record.properties.get("spark.app.id") or UNKNOWN_APPLICATION,
        name=start.name or record.properties.get("spark.app.name") or "",
        attempt=start.attempt,
        spark_version=record.spark_version,
        started_epoch_seconds=started_ms / 1000,
    )


def _completeness(record: ApplicationRecord, clock: Clock) -> Completeness:
    return record.reading.completeness(
        started=record.start is not None, ended=record.ended, notes=tuple(_oddities(record, clock))
    )


def _oddities(record: ApplicationRecord, clock: Clock) -> Iterator[str]:
    """What whoever reads the numbers should know of the log."""
    jobs = sum(job.has_started and not job.has_ended for job in record.jobs.values())
    if jobs:
        yield f"jobs without an end: {jobs}"
    if record.sql.without_end:
        yield f"SQL executions without an end: {record.sql.without_end}"
    if record.unexplained_tasks:
        yield f"task ends that do not say how the task ended: {record.unexplained_tasks}"
    if record.stages and not record.executors.has_registered_any:
        yield "no executor registered: slots are as configured, or as many as were seen in use at once"
    if record.not_read:
        yield f"events of other kinds than the usual ones: {', '.join(record.not_read)}"
    if clock.ran_backwards:
        yield "times run backwards: the clock of the driver was set back, or the log is damaged"


def _counts(record: ApplicationRecord) -> Counts:
    stages = record.stages.values()
    return Counts(
        jobs=sum(job.has_started for job in record.jobs.values()),
        stages=sum(stage.was_announced for stage in stages),
        tasks=sum(stage.task_ends for stage in stages),
        executors=len(record.executors.known()),
        sql_executions=record.sql.count,
        failed_jobs=sum(job.has_started and job.has_ended and not job.succeeded for job in record.jobs.values()),
        failed_tasks=sum(stage.failed_tasks for stage in stages),
        killed_tasks=sum(stage.killed_tasks for stage in stages),
        speculative_tasks=sum(stage.speculative_tasks for stage in stages),
        adaptive_updates=record.sql.adaptive_updates,
    )


def _job(record: JobRecord, clock: Clock) -> Job:
    """One without an end lasts until the last event."""
    ended_ms = record.ended_ms if record.has_ended and record.ended_ms else clock.last_ms
    started, ended = clock.span(record.submitted_ms or ended_ms, ended_ms)
    return Job(record.id, started, ended, record.stage_ids, record.succeeded, record.sql_execution_id)


def _stages(record: ApplicationRecord, clock: Clock) -> tuple[Stage, ...]:
    kept = sorted((s for s in record.stages.values() if s.task_ends), key=lambda stage: (stage.id, stage.attempt))
    return tuple(_stage(stage, record, clock) for stage in kept)


def _stage(stage: StageRecord, record: ApplicationRecord, clock: Clock) -> Stage:
    """One without completion lasts until the last event where the log is cut off, else until its last task."""
    planned_name, planned_parents = record.planned.get(stage.id, (None, ()))
    end_ms = stage.completed_ms or (stage.last_finish_ms if record.ended else clock.last_ms)
    submitted, completed = clock.span(stage.submitted_ms or stage.first_launch_ms or end_ms, end_ms)
    if stage.tasks.last_finish_ms:
        completed = max(completed, clock.seconds(stage.tasks.last_finish_ms))
    name = stage.name if stage.name is not None else planned_name
    return Stage(
        id=stage.id,
        attempt=stage.attempt,
        name=name if name is not None else f"stage {stage.id}",
        parents=stage.parents if stage.parents is not None else planned_parents,
        submitted=submitted,
        completed=completed,
        tasks=stage.tasks.count,
        failed_tasks=stage.failed_tasks,
        task_seconds=points(stage.tasks.walls(), POINTS),
        totals=_totals(stage.tasks.sums),
        failure=stage.failure,
        killed_tasks=stage.killed_tasks,
        lost_seconds=stage.lost_ms / 1000,
        first_launch=clock.seconds(stage.first_launch_ms) if stage.first_launch_ms else None,
        speculative_tasks=stage.speculative_tasks,
        peak_memory_bytes=stage.tasks.largest[-1],
        locality=tuple((n, c) for n, c in zip((*LOCALITIES, "other"), stage.tasks.locality, strict=True) if c),
        spreads=_spreads(stage.tasks),
        longest=tuple(
            LongTask(index, attempt, executor, -wall / 1000) for wall, index, attempt, executor in stage.tasks.longest
        ),
    )


def _totals(sums: list[int]) -> TaskTotals:
    run, cpu, gc, fetch, overhead, read, written, shuffled, shuffle_written, spilled, disk, *rest = sums
    deserialise, write, input_rows, output_rows, shuffle_rows = rest
    return TaskTotals(
        run_seconds=run / 1e3,
        cpu_seconds=cpu / 1e9,
        gc_seconds=gc / 1e3,
        fetch_wait_seconds=fetch / 1e3,
        overhead_seconds=overhead / 1e3,
        input_bytes=read,
        output_bytes=written,
        shuffle_read_bytes=shuffled,
        shuffle_write_bytes=shuffle_written,
        memory_spilled_bytes=spilled,
        disk_spilled_bytes=disk,
        deserialise_seconds=deserialise / 1e3,
        shuffle_write_seconds=write / 1e9,
        input_rows=input_rows,
        output_rows=output_rows,
        shuffle_read_rows=shuffle_rows,
    )


def points(walls: list[tuple[float, int]], most: int) -> tuple[float, ...]:
    """Seconds from ascending (milliseconds, how many): all of them, or means of groups of equal size and the longest.

    >>> points([(1000.0, 1), (2000.0, 2)], 4), points([(1000.0, 6), (4000.0, 1)], 3)
    ((1.0, 2.0, 2.0), (1.0, 1.0, 4.0))
    """
    if sum(count for _, count in walls) <= most:
        return tuple(wall / 1000 for wall, count in walls for _ in range(count))
    longest = walls[-1][0]
    rest = [*walls[:-1], *([(longest, walls[-1][1] - 1)] if walls[-1][1] > 1 else [])]
    return (*(mean / 1000 for mean in _group_means(rest, most - 1)), longest / 1000)


def _group_means(counted: list[tuple[float, int]], groups: int) -> list[float]:
    """Means of groups of equal size over ascending (value, how many); what lies on a border is shared out."""
    size = sum(count for _, count in counted) / groups
    sums = [0.0] * groups
    group, room = 0, size
    for value, count in counted:
        left = float(count)
        while left > room and group < groups - 1:
            sums[group] += value * room
            left -= room
            group, room = group + 1, size
        sums[group] += value * left
        room -= left
    # Rounding may lift a mean over its values, or turn the order of neighbours, by one unit in the last place.
    highest, _ = counted[-1]
    return list(accumulate((min(total / size, highest) for total in sums), max))


def _spreads(stage: tasks.StageTasks) -> tuple[Spread, ...]:
    found = []
    for (measure, scale), most, bins in zip(_MEASURES, stage.largest, stage.spreads(), strict=True):
        if most:
            least, median, p95 = (min(most, middle) * scale for middle in _quantiles(bins, stage.count))
            found.append(Spread(measure, least, median, p95, most * scale))
    return tuple(found)


def _quantiles(bins: list[tuple[int, int]], tasks_in_all: int) -> tuple[float, float, float]:
    """Least, median and 95 % quantile: middles of the bins they lie in."""
    behind = list(accumulate(count for _, count in bins))
    places = (0, bisect_left(behind, 0.5 * tasks_in_all), bisect_left(behind, 0.95 * tasks_in_all))
    least, median, p95 = (middle_of(bins[place][0], tasks.SPREAD_BITS) for place in places)
    return least, median, p95


def _executors(record: ApplicationRecord, clock: Clock) -> tuple[Executor, ...]:
    cores = record.executors.cores(record.properties)
    return tuple(_executor(executor, cores[executor.id], clock) for executor in record.executors.known())


def _executor(executor: ExecutorRecord, cores: int, clock: Clock) -> Executor:
    added = clock.seconds(executor.added_ms)
    is_gone = executor.last_event == "removed" and executor.removed_ms is not None
    return Executor(
        id=executor.id,
        host=executor.host or executor.task_host,
        cores=cores,
        added=added,
        removed=max(added, clock.seconds(executor.removed_ms)) if is_gone else None,
        removed_reason=executor.removed_reason,
        peak_heap_bytes=executor.heap_bytes,
        removal=faults.removal_of(executor.removed_reason or "") if executor.last_event == "removed" else None,
        peak_off_heap_bytes=executor.off_heap_bytes,
        peak_python_bytes=executor.python_bytes,
        tasks=executor.tasks,
    )


def _busy(record: ApplicationRecord, clock: Clock) -> BusySlots:
    first_ms, step_ms, slots = record.busy.steps()
    # The first step begins on a round moment, maybe before the application did.
    return BusySlots((first_ms - clock.start_ms) / 1000 if first_ms else 0.0, step_ms / 1000, tuple(slots))
