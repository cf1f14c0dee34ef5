"""What is known of one application while its events are read; mergeable with what the lines that follow say."""

from contextlib import suppress

import msgspec

from setpoint.core.eventlog import events, faults, properties
from setpoint.core.eventlog.busy import BusyTime
from setpoint.core.eventlog.clock import Clock, plausible
from setpoint.core.eventlog.executors import Executors
from setpoint.core.eventlog.origin import platform_marks
from setpoint.core.eventlog.reading import Reading
from setpoint.core.eventlog.records import JobRecord, StageRecord
from setpoint.core.eventlog.rows import FLUSH_BYTES, LOCALITIES, PACK_ROW, batches
from setpoint.core.eventlog.signature import CodeSignature
from setpoint.core.eventlog.sql import SqlExecutions
from setpoint.core.eventlog.streaming import StreamingQueries
from setpoint.core.eventlog.task_events import (
    InputMetrics,
    OutputMetrics,
    ShuffleRead,
    ShuffleWrite,
    TaskEndDecoder,
    TaskInfo,
    TaskMetrics,
    TaskOutcome,
    TaskStart,
)
from setpoint.core.integers import whole_number
from setpoint.core.profile import Failure, Platform

__all__ = ["ApplicationRecord"]

_MOST_FAILURES = 100
_MOST_NAMES = 10
_LONGEST_NAME = 100
_NO_METRICS = TaskMetrics()
_NO_READ, _NO_WRITE, _NO_INPUT, _NO_OUTPUT = ShuffleRead(), ShuffleWrite(), InputMetrics(), OutputMetrics()
_NO_PEAKS = events.MemoryPeaks()
_LOCALITY_CODES = {name: code for code, name in enumerate(LOCALITIES)}
_OTHER_LOCALITY = len(LOCALITIES)


class ApplicationRecord:
    """Everything that was seen of one application attempt. Its methods take events in the order of the log."""

    def __init__(self) -> None:
        self.reading = Reading()
        self.clock = Clock()
        self.start: events.ApplicationStart | None = None
        self.spark_version = ""
        self.ended = False
        self.ended_ms: int | None = None
        self.properties: dict[str, str] = {}
        self.platforms: dict[Platform, str] = {}
        self.executors = Executors()
        self.busy = BusyTime()
        self.jobs: dict[int, JobRecord] = {}
        self.stages: dict[tuple[int, int], StageRecord] = {}
        self.planned: dict[int, tuple[str | None, tuple[int, ...]]] = {}
        """Name and parents of stages as their jobs announced them."""
        self.sql = SqlExecutions()
        self.streaming = StreamingQueries()
        self.failures: dict[Failure, None] = {}
        self.signature = CodeSignature()
        self.not_read: dict[str, None] = {}
        """Names of events that are neither used nor known to be of no use, in the order of the log."""
        self.unexplained_tasks = 0
        """Task ends that do not say how the task ended."""
        self._stage_numbers: dict[tuple[int, int], int] = {}
        """Of stage attempts whose tasks ended: their places in `_numbered`."""
        self._numbered: list[StageRecord] = []
        self._loose: set[int] = set()
        """Stages, by number, whose tasks were flushed last: others give back memory."""
        self._task_executors: dict[str, int] = {}
        self._rows = bytearray()
        self._decoder = TaskEndDecoder()
        self._outcome: TaskOutcome | None = None
        """Of the last task end, with what follows from it."""
        self._stage_number = -1
        self._went_well = False

    @property
    def has_body(self) -> bool:
        """Whether the application was seen at work: jobs, stages, SQL or its end."""
        return bool(self.jobs or self.stages or self.sql.count or self.ended)

    @property
    def is_usable(self) -> bool:
        """Whether there is anything to say of it: a start that says something, or tasks."""
        self.flush()
        start = self.start
        has_begun = start is not None and any((start.id, start.name, start.timestamp))
        return has_begun or any(stage.task_ends for stage in self.stages.values())

    def application_start(self, event: events.ApplicationStart) -> None:
        """The application begins."""
        self.start = self.start or event
        self.clock.see(event.timestamp)

    def application_end(self, event: events.Timestamped) -> None:
        """The application is over."""
        self.ended, self.ended_ms = True, self.clock.see(event.timestamp) or self.ended_ms

    def environment(self, line: bytes, event: events.EnvironmentUpdate) -> None:
        """Properties are known."""
        logged = event.properties or {}
        self.properties.update(properties.keep(logged.items() if isinstance(logged, dict) else logged))
        for platform, mark in platform_marks(line).items():
            self.platforms.setdefault(platform, mark)

    def executor_added(self, event: events.ExecutorAdded) -> None:
        """An executor registered. Its time says nothing about how long the application worked."""
        self.executors.add(event, plausible(event.timestamp))

    def executor_removed(self, event: events.ExecutorRemoved) -> None:
        """An executor went."""
        self.executors.remove(event, self.clock.see(event.timestamp))
        if failure := faults.executor_failure(event.id, event.reason or ""):
            self.fail(failure)

    def executor_metrics(self, event: events.StageExecutorMetrics) -> None:
        """Peaks of an executor's memory in a stage."""
        if event.peaks is not None:
            self.executors.memory_used(event.id, event.peaks)

    def stage_event(self, event: events.StageEvent) -> None:
        """A stage was submitted or is over."""
        info = event.info
        self.clock.see(info.submitted if info.completed is None else info.completed)
        self._stage(info.id, info.attempt).describe(info)
        if info.completed is not None:
            self.sql.measured(info.accumulables or ())

    def _stage(self, stage_id: int, attempt: int) -> StageRecord:
        found = self.stages.get((stage_id, attempt))
        if found is None:
            found = self.stages[stage_id, attempt] = StageRecord(stage_id, attempt)
        return found

    def _number_stage(self, stage_id: int, attempt: int) -> int:
        number = self._stage_numbers.get((stage_id, attempt))
        if number is None:
            number = self._stage_numbers[stage_id, attempt] = len(self._numbered)
            self._numbered.append(self._stage(stage_id, attempt))
        return number

    def _number_executor(self, executor_id: str, task_end: bytes) -> int:
        host = self._decoder.decode_rare(task_end).marks.host
        number = self.executors.number_of_task(executor_id, host)
        if host:
            self._task_executors[executor_id] = number
        return number

    def job_start(self, event: events.JobStart) -> None:
        """A job begins."""
        job = self.jobs.setdefault(event.id, JobRecord(event.id))
        job.has_started, job.submitted_ms = True, self.clock.see(event.submitted)
        job.stage_ids = tuple(event.stage_ids or ())
        job.sql_execution_id = whole_number(event.properties.sql_execution_id if event.properties else None)
        for info in event.stages or ():
            self.planned[info.id] = info.name, tuple(info.parents or ())
        self.signature.add_job(event)

    def job_end(self, event: events.JobEnd) -> None:
        """A job is over."""
        job = self.jobs.setdefault(event.id, JobRecord(event.id))
        result = event.result.result if event.result else None
        job.has_ended, job.ended_ms = True, self.clock.see(event.completed)
        job.succeeded = result == "JobSucceeded"
        if not job.succeeded and event.result is not None:
            message = event.result.exception.message if event.result.exception else None
            self._fail(f"job {event.id}", message or result or "")

    def sql_start(self, event: events.SqlExecutionStart) -> None:
        """A SQL execution begins."""
        self.clock.see(event.time)
        self.sql.start(event)
        self.signature.add_sql(event)

    def sql_end(self, event: events.SqlExecutionEnd) -> None:
        """A SQL execution is over."""
        self.clock.see(event.time)
        self.sql.end(event)
        if event.error:
            self._fail(f"SQL execution {event.id}", event.error)

    def sql_update(self, event: events.AdaptiveUpdate) -> None:
        """Adaptive execution changed a plan."""
        self.sql.update(event)

    def driver_measured(self, event: events.DriverUpdates) -> None:
        """The driver counted for SQL operators."""
        self.sql.measured_by_driver(event)

    def batch_done(self, event: events.QueryProgress) -> None:
        """A streaming query reports a batch."""
        self.streaming.progress(event.progress)

    def _fail(self, where: str, reason: str) -> None:
        """A job or a query failed, unless it was stopped because it was no longer wanted."""
        if not faults.was_stopped(reason):
            self.fail(faults.failure(where, reason))

    def leave_unread(self, name: str) -> None:
        """An event of a kind that is not known came by."""
        if len(self.not_read) < _MOST_NAMES:
            self.not_read.setdefault(name[:_LONGEST_NAME])

    def fail(self, failure: Failure) -> None:
        """Something failed for good."""
        if len(self.failures) < _MOST_FAILURES:
            self.failures[failure] = None

    def task_start(self, line: bytes) -> None:
        """A task was launched: counted only where no executor says how many cores it has.

        Elsewhere these lines are not even parsed, so a damaged one is no loss here either.
        """
        if self.executors.none_registered:
            with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                if (info := msgspec.json.decode(line, type=TaskStart).info) is not None:
                    self.executors.task_started(info.executor_id)

    def task_end(self, line: bytes) -> None:
        """A task attempt ended. Called for nine tenths of all lines: it avoids calls that it can."""
        outcome, info, metrics, peaks = self._decoder.decode(line)
        if outcome is not self._outcome:
            self._stage_number = self._number_stage(outcome.stage_id, outcome.stage_attempt)
            self._went_well = outcome.reason is not None and outcome.reason.reason == "Success"
            self._outcome = outcome
        stage = self._stage_number
        executor = self._task_executors.get(info.executor_id)
        if executor is None:
            executor = self._number_executor(info.executor_id, line)
        if self._went_well or (rare := self._decoder.decode_rare(line)).succeeded:
            self._rows += _packed(info, metrics or _NO_METRICS, peaks or _NO_PEAKS, stage, executor)
        else:
            self._lose(info, peaks or _NO_PEAKS, executor, killed=rare.was_killed)
        if not self._went_well and (outcome.reason is None or outcome.reason.reason is None):
            self.unexplained_tasks += 1
        if self.executors.none_registered:
            self.executors.task_ended(executor)
        if info.speculative:
            self._numbered[stage].speculative_tasks += 1

    def _lose(self, info: TaskInfo, peaks: events.MemoryPeaks, executor: int, *, killed: bool) -> None:
        launched_ms, finished_ms = plausible(info.launched) or 0, plausible(info.finished) or 0
        self._numbered[self._stage_number].lose(launched_ms, finished_ms, killed=killed)
        self.executors.ran(executor, 1, launched_ms, (peaks.heap_bytes, peaks.off_heap_bytes, peaks.python_bytes))
        self.busy.add([(launched_ms, finished_ms)])

    def flush_if_full(self) -> None:
        """Work through the tasks that were gathered where they are many. To be called now and then."""
        if len(self._rows) >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Work through the tasks that were gathered."""
        packed, self._rows = self._rows, bytearray()
        touched: set[int] = set()
        for number, columns in batches(packed, self.executors, self.busy):
            self._numbered[number].tasks.add(columns, self.executors)
            touched.add(number)
        for number in self._loose - touched:
            self._numbered[number].tasks.pack()
        self._loose = touched

    def merge(self, later: "ApplicationRecord") -> None:
        """Take in what the lines that follow say; `later` must not be used any more."""
        self.flush()
        later.flush()
        self.reading.merge(later.reading)
        self.clock = Clock((self.clock.first_ms, self.clock.last_ms, later.clock.first_ms, later.clock.last_ms))
        self.start = self.start or later.start
        self.spark_version = self.spark_version or later.spark_version
        self.ended, self.ended_ms = self.ended or later.ended, later.ended_ms or self.ended_ms
        self.properties.update(later.properties)
        self.platforms = {**later.platforms, **self.platforms}
        self.executors.merge(later.executors)
        self.busy.merge(later.busy)
        self._merge_work(later)
        self.planned.update(later.planned)
        self.sql.merge(later.sql)
        self.streaming.merge(later.streaming)
        self.signature.merge(later.signature)
        for failure in later.failures:
            self.fail(failure)
        for name in later.not_read:
            self.leave_unread(name)
        self.unexplained_tasks += later.unexplained_tasks

    def _merge_work(self, later: "ApplicationRecord") -> None:
        for job_id, job in later.jobs.items():
            self.jobs.setdefault(job_id, JobRecord(job_id)).merge(job)
        for key, stage in later.stages.items():
            if key in self.stages:
                self.stages[key].merge(stage)
            else:
                self.stages[key] = stage


def _packed(info: TaskInfo, metrics: TaskMetrics, peaks: events.MemoryPeaks, stage: int, executor: int) -> bytes:
    read, write = metrics.shuffle_read or _NO_READ, metrics.shuffle_write or _NO_WRITE
    source, sink = metrics.input or _NO_INPUT, metrics.output or _NO_OUTPUT
    return PACK_ROW(
        metrics.run_ms,
        metrics.cpu_ns,
        metrics.gc_ms,
        read.fetch_wait_ms,
        source.bytes_read,
        sink.bytes_written,
        read.remote_bytes + read.local_bytes,
        write.bytes_written,
        metrics.memory_spilled_bytes,
        metrics.disk_spilled_bytes,
        metrics.deserialise_ms,
        write.write_ns,
        source.rows,
        sink.rows,
        read.rows,
        metrics.peak_memory_bytes,
        peaks.heap_bytes,
        peaks.off_heap_bytes,
        peaks.python_bytes,
        info.launched,
        info.finished,
        stage,
        executor,
        info.index,
        info.attempt,
        _LOCALITY_CODES.get(info.locality, _OTHER_LOCALITY),
    )
