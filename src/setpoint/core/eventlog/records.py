"""Records of the fold to the values of the Profile, on one clock."""

from collections.abc import Iterable
from dataclasses import dataclass

from setpoint.core.eventlog.executors import ExecutorRecord
from setpoint.core.eventlog.tasks import StageRecord
from setpoint.core.profile import Executor, Job, Stage

_YEAR_2100_MS = 4_102_444_800_000


def plausible(moment_ms: int | None) -> int | None:
    """A moment as the log has it; None for one that cannot be."""
    return moment_ms if moment_ms is not None and 0 < moment_ms < _YEAR_2100_MS else None


class Clock:
    """The driver's clock: which moments the log shows, and seconds since the application started."""

    def __init__(self) -> None:
        self.first_ms: int | None = None
        self.last_ms: int | None = None
        self.ran_backwards = False
        self._origin_ms = 0

    def see(self, moment_ms: int | None) -> int | None:
        """Take note of a moment; None for one that cannot be."""
        if moment_ms is None or not 0 < moment_ms < _YEAR_2100_MS:
            return None
        if self.last_ms is None or moment_ms > self.last_ms:
            self.last_ms = moment_ms
        if self.first_ms is None or moment_ms < self.first_ms:
            self.first_ms = moment_ms
        return moment_ms

    def start(self, logged_ms: int | None) -> int:
        """Set the origin: the logged start, or the first moment seen."""
        self._origin_ms = plausible(logged_ms) or self.first_ms or 0
        return self._origin_ms

    def end(self, logged_ms: int | None) -> int:
        """The logged end, or the last moment seen."""
        if logged_ms is not None and logged_ms < self._origin_ms:
            self.ran_backwards = True
            logged_ms = None
        return logged_ms or self.last_ms or self._origin_ms

    def seconds(self, moment_ms: int | None) -> float:
        """Seconds since the origin, never negative."""
        return max(0, (moment_ms or self._origin_ms) - self._origin_ms) / 1000

    def span(self, first_ms: int | None, last_ms: int | None) -> tuple[float, float]:
        """Two moments as seconds, the second never before the first."""
        first, last = self.seconds(first_ms), self.seconds(last_ms)
        if last < first:
            self.ran_backwards = True
        return first, max(first, last)


@dataclass(slots=True)
class JobRecord:
    """One job while the log is read."""

    id: int
    submitted_ms: int | None
    stage_ids: tuple[int, ...]
    ended_ms: int | None = None
    succeeded: bool = False
    sql_execution_id: int | None = None


def jobs_of(records: Iterable[JobRecord], clock: Clock) -> tuple[Job, ...]:
    """Jobs by id; one without an end lasts until the last event."""
    return tuple(_job(record, clock) for record in sorted(records, key=lambda record: record.id))


def _job(record: JobRecord, clock: Clock) -> Job:
    ended_ms = record.ended_ms if record.ended_ms is not None else clock.last_ms
    started, ended = clock.span(record.submitted_ms or ended_ms, ended_ms)
    return Job(record.id, started, ended, record.stage_ids, record.succeeded, record.sql_execution_id)


def stages_of(records: Iterable[StageRecord], clock: Clock, *, is_running: bool) -> tuple[Stage, ...]:
    """Stage attempts that ran tasks, by id and attempt.

    One without completion lasts until the last event where the log is cut off, else until its last task.
    """
    kept = sorted((r for r in records if r.ran_tasks), key=lambda record: (record.id, record.attempt))
    return tuple(_stage(record, clock, is_running=is_running) for record in kept)


def _stage(record: StageRecord, clock: Clock, *, is_running: bool) -> Stage:
    end_ms = record.completed_ms or (clock.last_ms if is_running else record.last_finish_ms)
    submitted, completed = clock.span(record.submitted_ms or record.first_launch_ms or end_ms, end_ms)
    return Stage(
        id=record.id,
        attempt=record.attempt,
        name=record.name if record.name is not None else f"stage {record.id}",
        parents=record.parents,
        submitted=submitted,
        completed=completed,
        tasks=record.times.count,
        failed_tasks=record.failed_tasks,
        task_seconds=record.times.points(),
        totals=record.totals(),
        failure=record.failure,
        killed_tasks=record.killed_tasks,
        lost_seconds=record.lost_ms / 1000,
    )


def executors_of(records: Iterable[ExecutorRecord], clock: Clock) -> tuple[Executor, ...]:
    """Executors in the order they came."""
    return tuple(_executor(record, clock) for record in records)


def _executor(record: ExecutorRecord, clock: Clock) -> Executor:
    added = clock.seconds(record.added_ms)
    removed = None if record.removed_ms is None else max(added, clock.seconds(record.removed_ms))
    cores = record.cores or 1
    return Executor(record.id, record.host, cores, added, removed, record.removed_reason, record.peak_heap_bytes)
