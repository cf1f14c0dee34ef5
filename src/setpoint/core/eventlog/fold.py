"""The fold of a stream of event lines: one record for each application attempt in it, mergeable at any line."""

import re
import struct
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import TypeVar

import msgspec

from setpoint.core.eventlog import events
from setpoint.core.eventlog.application import ApplicationRecord
from setpoint.core.eventlog.codecs import BrokenStream, decompress
from setpoint.core.eventlog.lines import line_blocks
from setpoint.core.eventlog.profiles import profile_of
from setpoint.core.eventlog.reading import CUT_OFF
from setpoint.core.eventlog.segments import Opening, Segments
from setpoint.core.profile import Profile

__all__ = ["LogFold"]

_TASK_END = b'{"Event":"SparkListenerTaskEnd"'
_HEAD_LENGTH = len(_TASK_END)
_TASK_START = b'{"Event":"SparkListenerTaskStart"'[:_HEAD_LENGTH]
"""No other event begins like this."""
_BRACE = ord("}")
_PREFIX = b'{"Event":"'
_NAME_STARTS = len(_PREFIX)
_SQL = "org.apache.spark.sql.execution.ui.SparkListener"
_STREAMING = "org.apache.spark.sql.streaming.StreamingQueryListener$QueryProgressEvent"
_DATABRICKS_PART = "DBCEventLoggingListenerMetadata"
_OF_NO_USE = re.compile(
    rb"SparkListener(BlockManager(Added|Removed)|BlockUpdated|UnpersistRDD|ResourceProfileAdded|ExecutorMetricsUpdate"
    rb"|SpeculativeTaskSubmitted|TaskGettingResult|UnschedulableTaskSet(Added|Removed))"
    rb"|org\.apache\.spark\.sql\.(execution\.ui\.SparkListenerSQLAdaptiveSQLMetricUpdates"
    rb"|streaming\.StreamingQueryListener\$Query(Started|Terminated|Idle)Event)"
)
"""Events of Spark that hold nothing a Profile is about."""
_NAMED_REASONS = 3
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_LONE_SURROGATE = re.compile(rb"%b(?!%b)|(?<!%b)%b" % (_HIGH, _LOW, _HIGH, _LOW))
_E = TypeVar("_E")


class LogFold:
    """Folds the lines of one stream, and takes in the folds of the lines that follow.

    Where one application ends and the next begins is told by single lines (log start, application start, application
    end), so that a stream that was split anywhere comes apart in the same places as one that was not.
    """

    def __init__(self) -> None:
        self.lines = 0
        self.bytes = 0
        """Uncompressed bytes of the lines read so far."""
        self._segments = Segments()

    def read(self, chunks: Iterable[bytes], part: str = "") -> None:
        """Fold one part of the log: chunks of raw, maybe compressed bytes. What is lost is noted, not raised.

        Args:
            chunks: the part.
            part: how to call it where something of it is lost.
        """
        try:
            for block in line_blocks(decompress(chunks)):
                self._feed_all(block)
        except BrokenStream as broken:
            self.lose_part(f"{part}: {broken}" if part else str(broken))

    def feed(self, line: bytes) -> None:
        """Take in the next line, or several that follow each other, each with its line feed."""
        self._feed_all(BytesIO(line))

    def lose_part(self, reason: str) -> None:
        """Remember that a part, or the rest of one, could not be read."""
        self.record.reading.lose(self.lines, reason)

    def merge(self, later: "LogFold") -> None:
        """Take in the fold of the lines that follow; `later` must not be used any more."""
        later._segments.shift(self.lines, self.bytes)
        self._segments.merge(later._segments)
        self.lines += later.lines
        self.bytes += later.bytes

    def profiles(self) -> tuple[Profile, ...]:
        """One Profile for each application attempt, in the order of the log; none where nothing usable was found."""
        return tuple(profile_of(record) for record in self._segments.applications() if record.is_usable)

    def describe(self) -> str:
        """What was met, for the message that nothing was usable."""
        lines = f"{self.lines} lines" if self.lines > 1 else "1 line"
        met = f"no application start and no task in {lines}" if self.lines else "it is empty"
        reasons = self._segments.reasons()
        return "; ".join([met, *reasons[:_NAMED_REASONS]])

    def _feed_all(self, block: BytesIO) -> None:
        """Fold lines. Called for every line there is, the loop avoids calls and look-ups that it can."""
        record, number = self.record, self.lines
        before = self.bytes - block.tell()
        used = record.reading.last_used
        can_skip_starts = not record.executors.none_registered
        for number, line in enumerate(block, start=number + 1):  # noqa: B020 - goes on from where it stood
            try:
                head = line[:_HEAD_LENGTH]
                if head == _TASK_END:
                    record.task_end(line)
                    used = number
                    continue
                if head == _TASK_START and can_skip_starts and line[-2] == _BRACE:
                    used = number
                    continue
                if head == b"\n":
                    continue
                record.reading.last_used = used
                self._feed_other(line)
            except _UNREADABLE as error:
                record.reading.last_used = used
                if not self._feed_mended(line, error):
                    record.reading.skip(number, before + block.tell() - len(line), _why(line, error))
                    continue
            record, used = self._turn(record, number)
            can_skip_starts = not record.executors.none_registered
        record.reading.last_used = used
        record.flush_if_full()
        self.lines, self.bytes = number, before + block.tell()

    def _turn(self, record: ApplicationRecord, number: int) -> tuple[ApplicationRecord, int]:
        """The record that goes on after a line was used, and which of its lines was used last.

        The line that ends an application belongs to it; any other that begins something, to what it begins.
        """
        if self.record is record:
            return record, number
        is_end = self._segments.last.opening == "after_end"
        record.reading.last_used = number if is_end else record.reading.last_used
        return self.record, 0 if is_end else number

    def _feed_other(self, line: bytes) -> None:
        if line.startswith(_PREFIX):
            name = line[_NAME_STARTS : line.find(b'"', _NAME_STARTS)]
            handler = _HANDLERS.get(name)
            if handler is not None:
                handler(self, line)
            elif not line.rstrip().endswith(b"}"):
                raise msgspec.DecodeError(CUT_OFF)
            elif not _OF_NO_USE.fullmatch(name):
                self.record.leave_unread(name.decode(errors="replace"))
        elif line and not line.isspace():
            # Not as Spark writes it: other spacing or another order of keys.
            name = msgspec.json.decode(line, type=events.Head).event.encode()
            if name == b"SparkListenerTaskEnd":
                self.record.task_end(line)
            elif (handler := _HANDLERS.get(name)) is not None:
                handler(self, line)

    def _feed_mended(self, line: bytes, error: Exception) -> bool:
        """Try again where only the encoding is wrong; whether that helped."""
        mended = _mend(line, error)
        if mended == line:
            return False
        try:
            if mended.startswith(_TASK_END):
                self.record.task_end(mended)
            else:
                self._feed_other(mended)
        except _UNREADABLE:
            return False
        return True

    @property
    def record(self) -> ApplicationRecord:
        """Of the application whose lines are being read."""
        return self._segments.last.record

    def open(self, opening: Opening) -> None:
        """Another application may begin, or, where nothing was read before, it begins so."""
        self._segments.open(opening)


_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, struct.error, OverflowError)


def _mend(line: bytes, error: Exception) -> bytes:
    """The line without what is no text: bytes that are not UTF-8, halves of surrogate pairs, a byte order mark."""
    if isinstance(error, UnicodeDecodeError):
        return line.decode("utf-8", errors="replace").encode()
    return _LONE_SURROGATE.sub(rb"\\ufffd", line.removeprefix(_BYTE_ORDER_MARK))


def _why(line: bytes, error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return f"an event is not as Spark writes it ({error})"
    if isinstance(error, struct.error | OverflowError):
        return "an event is not as Spark writes it (a number is out of range)"
    if isinstance(error, RecursionError):
        return "an event is nested too deeply"
    return "a line is not JSON" if line.rstrip().endswith(b"}") else CUT_OFF


Handler = Callable[[LogFold, bytes], None]


def _typed(event_type: type[_E], handle: Callable[[ApplicationRecord, _E], None]) -> Handler:
    decoder = msgspec.json.Decoder(event_type)
    return lambda fold, line: handle(fold.record, decoder.decode(line))


def _log_start(fold: LogFold, line: bytes) -> None:
    event = msgspec.json.decode(line, type=events.LogStart)
    fold.open("log_start")
    fold.record.spark_version = fold.record.spark_version or event.spark_version or ""


def _application_start(fold: LogFold, line: bytes) -> None:
    event = msgspec.json.decode(line, type=events.ApplicationStart)
    fold.open("application_start")
    fold.record.application_start(event)


def _application_end(fold: LogFold, line: bytes) -> None:
    fold.record.application_end(msgspec.json.decode(line, type=events.Timestamped))
    fold.open("after_end")


def _databricks_part(fold: LogFold, line: bytes) -> None:
    """First line of every file that Databricks writes; it does not begin another application."""
    event = msgspec.json.decode(line, type=events.LogStart)
    fold.record.spark_version = fold.record.spark_version or event.spark_version or ""
    fold.record.platforms.setdefault("databricks", f"event {_DATABRICKS_PART}")
    fold.record.leave_unread(_DATABRICKS_PART)


def _environment(fold: LogFold, line: bytes) -> None:
    fold.record.environment(line, msgspec.json.decode(line, type=events.EnvironmentUpdate))


def _task_start(fold: LogFold, line: bytes) -> None:
    if not line.rstrip().endswith(b"}"):
        raise msgspec.DecodeError(CUT_OFF)
    fold.record.task_start(line)


_HANDLERS: dict[bytes, Handler] = {
    b"SparkListenerTaskStart": _task_start,
    b"SparkListenerLogStart": _log_start,
    _DATABRICKS_PART.encode(): _databricks_part,
    b"SparkListenerApplicationStart": _application_start,
    b"SparkListenerApplicationEnd": _application_end,
    b"SparkListenerEnvironmentUpdate": _environment,
    b"SparkListenerExecutorAdded": _typed(events.ExecutorAdded, ApplicationRecord.executor_added),
    b"SparkListenerExecutorRemoved": _typed(events.ExecutorRemoved, ApplicationRecord.executor_removed),
    b"SparkListenerStageExecutorMetrics": _typed(events.StageExecutorMetrics, ApplicationRecord.executor_metrics),
    b"SparkListenerStageSubmitted": _typed(events.StageEvent, ApplicationRecord.stage_event),
    b"SparkListenerStageCompleted": _typed(events.StageEvent, ApplicationRecord.stage_event),
    b"SparkListenerJobStart": _typed(events.JobStart, ApplicationRecord.job_start),
    b"SparkListenerJobEnd": _typed(events.JobEnd, ApplicationRecord.job_end),
    f"{_SQL}SQLExecutionStart".encode(): _typed(events.SqlExecutionStart, ApplicationRecord.sql_start),
    f"{_SQL}SQLExecutionEnd".encode(): _typed(events.SqlExecutionEnd, ApplicationRecord.sql_end),
    f"{_SQL}SQLAdaptiveExecutionUpdate".encode(): _typed(events.AdaptiveUpdate, ApplicationRecord.sql_update),
    f"{_SQL}DriverAccumUpdates".encode(): _typed(events.DriverUpdates, ApplicationRecord.driver_measured),
    _STREAMING.encode(): _typed(events.QueryProgress, ApplicationRecord.batch_done),
}
