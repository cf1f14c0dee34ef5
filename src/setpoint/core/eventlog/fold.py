"""The fold: events in the order of the log, one Profile at the end."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from setpoint.core.eventlog import events, faults, properties
from setpoint.core.eventlog.events import decode_task_end
from setpoint.core.eventlog.executors import Executors
from setpoint.core.eventlog.reading import CUT_OFF, Reading
from setpoint.core.eventlog.records import Clock, JobRecord, executors_of, jobs_of, plausible, stages_of
from setpoint.core.eventlog.signature import CodeSignature
from setpoint.core.eventlog.tasks import StageRecord
from setpoint.core.profile import Application, Failure, Profile
from setpoint.errors import EventLogError

_NAME_STARTS = 10
_PREFIX = b'{"Event":"'
_SQL = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecution"
_MOST_FAILURES = 100
_CLOSING_BRACE = ord("}")
_E = TypeVar("_E")


class _SecondApplication(Exception):  # noqa: N818 - reads as a statement
    """Another application begins in the same log."""


class Fold:
    """Reads one application's events, line by line."""

    def __init__(self) -> None:
        self._reading = Reading()
        self._clock = Clock()
        self._start: events.ApplicationStart | None = None
        self._spark_version = ""
        self._ended_ms: int | None = None
        self._is_over = False
        self._properties: dict[str, str] = {}
        self._executors = Executors()
        self._stages: dict[tuple[int, int], StageRecord] = {}
        self._planned: dict[int, events.StageInfo] = {}
        self._jobs: dict[int, JobRecord] = {}
        self._sql_executions: set[int] = set()
        self._failures: dict[Failure, None] = {}
        self._signature = CodeSignature()
        self._handlers: dict[bytes, Callable[[bytes], None]] = self._build_handlers()

    def _build_handlers(self) -> dict[bytes, Callable[[bytes], None]]:
        return {
            b"SparkListenerTaskEnd": self._task_end,
            b"SparkListenerTaskStart": self._task_start,
            b"SparkListenerLogStart": _typed(events.LogStart, self._log_start),
            b"SparkListenerApplicationStart": _typed(events.ApplicationStart, self._application_start),
            b"SparkListenerApplicationEnd": _typed(events.Timestamped, self._application_end),
            b"SparkListenerEnvironmentUpdate": _typed(events.EnvironmentUpdate, self._environment),
            b"SparkListenerExecutorAdded": _typed(events.ExecutorAdded, self._executor_added),
            b"SparkListenerExecutorRemoved": _typed(events.ExecutorRemoved, self._executor_removed),
            b"SparkListenerStageExecutorMetrics": _typed(events.StageExecutorMetrics, self._executor_metrics),
            b"SparkListenerStageSubmitted": _typed(events.StageEvent, self._stage_submitted),
            b"SparkListenerStageCompleted": _typed(events.StageEvent, self._stage_completed),
            b"SparkListenerJobStart": _typed(events.JobStart, self._job_start),
            b"SparkListenerJobEnd": _typed(events.JobEnd, self._job_end),
            f"{_SQL}Start".encode(): _typed(events.SqlExecutionStart, self._sql_start),
            f"{_SQL}End".encode(): _typed(events.SqlExecutionEnd, self._sql_end),
        }

    def feed(self, line: bytes) -> None:
        """Take in the next line of the log."""
        reading = self._reading
        reading.line += 1
        if self._is_over:
            return
        if line.startswith(_PREFIX):
            handler = self._handlers.get(line[_NAME_STARTS : line.find(b'"', _NAME_STARTS)])
            if handler is not None:
                self._handle(handler, line)
            elif line[-1] != _CLOSING_BRACE and line.rstrip()[-1] != _CLOSING_BRACE:
                reading.skip(CUT_OFF)
        elif line and not line.isspace():
            self._feed_unusual(line)

    def lose_part(self, reason: str) -> None:
        """Remember that a part, or the rest of one, could not be read."""
        self._reading.lose(reason)

    def _feed_unusual(self, line: bytes) -> None:
        """A line that does not begin as Spark writes it: other spacing or another order of keys."""

        def dispatch(line: bytes) -> None:
            handler = self._handlers.get(msgspec.json.decode(line, type=events.Head).event.encode())
            if handler is not None:
                handler(line)

        self._handle(dispatch, line)

    def _handle(self, handler: Callable[[bytes], None], line: bytes) -> None:
        try:
            handler(line)
        except UnicodeDecodeError:
            self._handle(handler, line.decode("utf-8", errors="replace").encode())
        except msgspec.ValidationError as error:
            self._reading.skip(f"an event is not as Spark writes it ({error})")
        except msgspec.DecodeError:
            self._reading.skip("a line is not JSON" if line.rstrip()[-1] == _CLOSING_BRACE else CUT_OFF)
        except RecursionError:
            self._reading.skip("an event is nested too deeply")
        except _SecondApplication as second:
            self._is_over = True
            self._reading.lose(f"line {self._reading.line}: {second}; what follows it was not read")
        else:
            self._reading.last_used = self._reading.line

    def _log_start(self, event: events.LogStart) -> None:
        self._spark_version = self._spark_version or event.spark_version or ""

    def _application_start(self, event: events.ApplicationStart) -> None:
        if self._start is not None and event.id != self._start.id:
            raise _SecondApplication(f"another application begins ({event.name}, {event.id})")
        self._start = self._start or event
        self._clock.see(event.timestamp)

    def _application_end(self, event: events.Timestamped) -> None:
        self._ended_ms = self._clock.see(event.timestamp) or self._clock.last_ms

    def _environment(self, event: events.EnvironmentUpdate) -> None:
        logged = event.properties or {}
        self._properties.update(properties.keep(logged.items() if isinstance(logged, dict) else logged))

    def _executor_added(self, event: events.ExecutorAdded) -> None:
        # Its time says nothing about how long the application worked: it is no event to measure the wall by.
        self._executors.add(event, plausible(event.timestamp))

    def _executor_removed(self, event: events.ExecutorRemoved) -> None:
        self._executors.remove(event, self._clock.see(event.timestamp))
        if failure := faults.executor_failure(event.id, event.reason or ""):
            self._fail(failure)

    def _executor_metrics(self, event: events.StageExecutorMetrics) -> None:
        if event.peaks is not None:
            self._executors.heap_used(event.id, event.peaks.heap_bytes)

    def _stage(self, stage_id: int, attempt: int) -> StageRecord:
        found = self._stages.get((stage_id, attempt))
        if found is None:
            found = self._stages[stage_id, attempt] = StageRecord(stage_id, attempt)
            if (planned := self._planned.get(stage_id)) is not None:
                found.name, found.parents = planned.name, tuple(planned.parents or ())
        return found

    def _stage_submitted(self, event: events.StageEvent) -> None:
        self._describe_stage(event.info)

    def _stage_completed(self, event: events.StageEvent) -> None:
        self._describe_stage(event.info).times.settle()

    def _describe_stage(self, info: events.StageInfo) -> StageRecord:
        info.submitted = self._clock.see(info.submitted)
        info.completed = self._clock.see(info.completed)
        stage = self._stage(info.id, info.attempt)
        stage.describe(info)
        return stage

    def _job_start(self, event: events.JobStart) -> None:
        job = JobRecord(event.id, self._clock.see(event.submitted), tuple(event.stage_ids or ()))
        job.sql_execution_id = _integer(event.properties.sql_execution_id if event.properties else None)
        self._jobs[event.id] = job
        for info in event.stages or ():
            self._planned[info.id] = info
        self._signature.add_job(event)

    def _job_end(self, event: events.JobEnd) -> None:
        ended_ms = self._clock.see(event.completed) or self._clock.last_ms
        result = event.result.result if event.result else None
        succeeded = result == "JobSucceeded"
        if not succeeded and event.result is not None:
            message = event.result.exception.message if event.result.exception else None
            self._fail(faults.failure(f"job {event.id}", message or result or ""))
        if (job := self._jobs.get(event.id)) is not None:
            job.ended_ms, job.succeeded = ended_ms, succeeded
            for stage_id in job.stage_ids:
                self._planned.pop(stage_id, None)

    def _sql_start(self, event: events.SqlExecutionStart) -> None:
        self._clock.see(event.time)
        self._sql_executions.add(event.id)
        self._signature.add_sql(event)

    def _sql_end(self, event: events.SqlExecutionEnd) -> None:
        self._clock.see(event.time)
        if event.error:
            self._fail(faults.failure(f"SQL execution {event.id}", event.error))

    def _fail(self, failure: Failure) -> None:
        if len(self._failures) < _MOST_FAILURES:
            self._failures[failure] = None

    def _task_start(self, line: bytes) -> None:
        if self._executors.none_registered:
            info = msgspec.json.decode(line, type=events.TaskStart).info
            if info is not None:
                self._executors.task_started(info.executor_id)
        elif line[-1] != _CLOSING_BRACE and line.rstrip()[-1] != _CLOSING_BRACE:
            raise msgspec.DecodeError(CUT_OFF)

    def _task_end(self, line: bytes) -> None:
        event = decode_task_end(line)
        info = event.info
        info.launched = self._clock.see(info.launched) or 0
        info.finished = self._clock.see(info.finished) or 0
        stage = self._stages.get((event.stage_id, event.stage_attempt))
        (stage or self._stage(event.stage_id, event.stage_attempt)).add(event)
        self._executors.task_ended(info, event.peaks)

    def profile(self) -> Profile:
        """What happened.

        Raises:
            EventLogError: neither an application start nor a task was found.
        """
        if self._start is None and not any(stage.ran_tasks for stage in self._stages.values()):
            raise EventLogError(f"There is no Spark application in this event log: {self._reading.describe()}.")
        started_ms = self._clock.start(self._start.timestamp if self._start else None)
        end_ms = self._clock.end(self._ended_ms)
        is_running = self._ended_ms is None
        stages = stages_of(self._stages.values(), self._clock, is_running=is_running)
        if self._clock.ran_backwards:
            self._reading.note("times run backwards: the clock of the driver was set back, or the log is damaged")
        return Profile(
            application=self._application(started_ms),
            wall_seconds=self._clock.seconds(end_ms),
            properties=tuple(sorted(self._properties.items())),
            executors=executors_of(self._executors.known(self._properties), self._clock),
            jobs=jobs_of(self._jobs.values(), self._clock),
            stages=stages,
            failures=tuple(self._failures),
            sql_executions=len(self._sql_executions),
            code_signature=self._signature.digest(),
            completeness=self._reading.completeness(ended=not is_running),
        )

    def _application(self, started_ms: int) -> Application:
        start = self._start or events.ApplicationStart()
        return Application(
            id=start.id or self._properties.get("spark.app.id") or "unknown",
            name=start.name or self._properties.get("spark.app.name") or "",
            attempt=start.attempt,
            spark_version=self._spark_version,
            started_epoch_seconds=started_ms / 1000,
        )


def _typed(event_type: type[_E], handle: Callable[[_E], None]) -> Callable[[bytes], None]:
    decoder = msgspec.json.Decoder(event_type)
    return lambda line: handle(decoder.decode(line))


def _integer(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None  # noqa: PLR2004
