"""Task ends and task starts: nine tenths of every log, so only what is used is decoded, and what can be cut out is."""

import msgspec
from msgspec import Struct, field

from setpoint.core.eventlog.events import MemoryPeaks
from setpoint.core.eventlog.reading import CUT_OFF

__all__ = ["RareTaskEnd", "TaskEnd", "TaskEndDecoder", "TaskInfo", "TaskMetrics", "TaskOutcome", "TaskStart"]


class TaskEndReason(Struct, gc=False):
    """How a task attempt ended: "Success" or the kind of its failure."""

    reason: str | None = field(default=None, name="Reason")


class TaskInfo(Struct, gc=False):
    """When and where a task attempt ran."""

    index: int = field(default=0, name="Index")
    attempt: int = field(default=0, name="Attempt")
    launched: int = field(default=0, name="Launch Time")
    executor_id: str = field(default="", name="Executor ID")
    locality: str = field(default="", name="Locality")
    speculative: bool = field(default=False, name="Speculative")
    finished: int = field(default=0, name="Finish Time")


class TaskMarks(Struct, gc=False):
    """What of a task is wanted once in a while only."""

    host: str = field(default="", name="Host")
    failed: bool = field(default=False, name="Failed")
    killed: bool = field(default=False, name="Killed")


class TaskStart(Struct):
    """A task was launched; read only where the log does not say how many slots there are."""

    info: TaskInfo | None = field(default=None, name="Task Info")


class ShuffleRead(Struct, gc=False):
    """What a task fetched from other tasks' output."""

    fetch_wait_ms: int = field(default=0, name="Fetch Wait Time")
    remote_bytes: int = field(default=0, name="Remote Bytes Read")
    local_bytes: int = field(default=0, name="Local Bytes Read")
    rows: int = field(default=0, name="Total Records Read")


class ShuffleWrite(Struct, gc=False):
    """What a task left for other tasks."""

    bytes_written: int = field(default=0, name="Shuffle Bytes Written")
    write_ns: int = field(default=0, name="Shuffle Write Time")


class InputMetrics(Struct, gc=False):
    """What a task read from outside Spark."""

    bytes_read: int = field(default=0, name="Bytes Read")
    rows: int = field(default=0, name="Records Read")


class OutputMetrics(Struct, gc=False):
    """What a task wrote outside Spark."""

    bytes_written: int = field(default=0, name="Bytes Written")
    rows: int = field(default=0, name="Records Written")


class TaskMetrics(Struct, gc=False):
    """What a task measured about itself."""

    deserialise_ms: int = field(default=0, name="Executor Deserialize Time")
    run_ms: int = field(default=0, name="Executor Run Time")
    cpu_ns: int = field(default=0, name="Executor CPU Time")
    peak_memory_bytes: int = field(default=0, name="Peak Execution Memory")
    gc_ms: int = field(default=0, name="JVM GC Time")
    memory_spilled_bytes: int = field(default=0, name="Memory Bytes Spilled")
    disk_spilled_bytes: int = field(default=0, name="Disk Bytes Spilled")
    shuffle_read: ShuffleRead | None = field(default=None, name="Shuffle Read Metrics")
    shuffle_write: ShuffleWrite | None = field(default=None, name="Shuffle Write Metrics")
    input: InputMetrics | None = field(default=None, name="Input Metrics")
    output: OutputMetrics | None = field(default=None, name="Output Metrics")


class TaskOutcome(Struct, gc=False, kw_only=True):
    """Of which stage a task attempt was, and how it ended: the same for most tasks that follow each other."""

    stage_id: int = field(name="Stage ID")
    stage_attempt: int = field(default=0, name="Stage Attempt ID")
    reason: TaskEndReason | None = field(default=None, name="Task End Reason")


class TaskEnd(TaskOutcome, gc=False, kw_only=True):
    """A task attempt ended. Here as above fields stand in the order of the log, in which they are found fastest."""

    info: TaskInfo = field(name="Task Info")
    peaks: MemoryPeaks | None = field(default=None, name="Task Executor Metrics")
    metrics: TaskMetrics | None = field(default=None, name="Task Metrics")


class RareTaskEnd(Struct, gc=False):
    """The same event with what is wanted once in a while only."""

    marks: TaskMarks = field(name="Task Info")
    reason: TaskEndReason | None = field(default=None, name="Task End Reason")

    @property
    def succeeded(self) -> bool:
        """Whether the attempt did its work; some tools write no reason."""
        if self.reason is None or self.reason.reason is None:
            return not (self.marks.failed or self.marks.killed)
        return self.reason.reason == "Success"

    @property
    def was_killed(self) -> bool:
        """Whether it was stopped because it was no longer wanted: a speculative twin, a cancelled stage."""
        if self.reason is None or self.reason.reason is None:
            return self.marks.killed
        return self.reason.reason == "TaskKilled"


_INFO = b',"Task Info":'
_ACCUMULABLES = b',"Accumulables":['
_PEAKS = b']},"Task Executor Metrics":{'
_PEAKS_LENGTH = len(_PEAKS) - 1
_METRICS = b'},"Task Metrics":{'
_METRICS_LENGTH = len(_METRICS) - 1
_ACCUMULABLES_FROM = 256
"""In no log does the key stand nearer to the start of a line that Spark wrote whole."""
_SLACK = 32
"""Bytes by which numbers make the metrics of neighbouring tasks longer or shorter."""
_BRACE = ord("}")

TaskEndParts = tuple[TaskOutcome, TaskInfo, TaskMetrics | None, MemoryPeaks | None]


class TaskEndDecoder:
    """Decodes task ends without their accumulables: half of the line, and nothing of use in them.

    The marks hold bare quotes, which cannot stand inside a JSON string, so they are found only where they are keys;
    they are looked for near the end, as what follows them is short and the accumulables are long.
    What stands before the task's own numbers is decoded only where it differs from the line before, and so are peaks of
    memory: nearly all of them are zeros, as executors look at their memory every ten seconds only.
    """

    __slots__ = (
        "_decode", "_decode_info", "_decode_metrics", "_decode_outcome", "_decode_peaks",
        "_last_block", "_last_outcome", "_last_peaks", "_last_start", "_metrics_from",
    )  # fmt: skip

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(TaskEnd).decode
        self._decode_outcome = msgspec.json.Decoder(TaskOutcome).decode
        self._decode_info = msgspec.json.Decoder(TaskInfo).decode
        self._decode_metrics = msgspec.json.Decoder(TaskMetrics).decode
        self._decode_peaks = msgspec.json.Decoder(MemoryPeaks).decode
        self._last_start, self._last_outcome = _INFO, TaskOutcome(stage_id=0)
        self._last_block, self._last_peaks = _METRICS, MemoryPeaks()
        self._metrics_from = -_SLACK

    def __reduce__(self) -> tuple[type["TaskEndDecoder"], tuple[()]]:
        """A decoder has no state worth sending to another process."""
        return TaskEndDecoder, ()

    def decode(self, line: bytes) -> TaskEndParts:
        """Decode one line. The outcome is the same object for lines that begin in the same way."""
        start = line.find(_ACCUMULABLES, _ACCUMULABLES_FROM)
        end = line.find(_METRICS, self._metrics_from)
        if end < 0:
            end = self._find_metrics(line)
        if start < 0 or end < start:
            return _parts(self._decode(line))
        try:
            if not line.startswith(self._last_start):
                self._begin(line[:start])
            info = self._decode_info(line[len(self._last_start) : start] + b"}")
            metrics = self._decode_metrics(line[end + _METRICS_LENGTH : -2])
        except msgspec.DecodeError:
            # Not quite as Spark writes it, or damaged: then this says where.
            return _parts(self._decode(line[:start] + line[end:]))
        if line[-2] != _BRACE:
            raise msgspec.DecodeError(CUT_OFF)
        if line.endswith(self._last_block, start, end):
            return self._last_outcome, info, metrics, self._last_peaks
        first = line.rfind(_PEAKS, start, end)
        if first < 0:
            return self._last_outcome, info, metrics, None
        peaks = self._last_peaks = self._decode_peaks(line[first + _PEAKS_LENGTH : end + 1])
        self._last_block = line[first:end]
        return self._last_outcome, info, metrics, peaks

    def _find_metrics(self, line: bytes) -> int:
        """Look for the mark further from the end than in all lines before, and remember how far that is."""
        end = line.rfind(_METRICS)
        if end >= 0:
            self._metrics_from = end - len(line) - _SLACK
        return end

    def _begin(self, head: bytes) -> None:
        """Decode what stands before the task's own numbers."""
        before, mark, _ = head.partition(_INFO)
        self._last_outcome = self._decode_outcome(before + b"}")
        self._last_start = before + mark

    @staticmethod
    def decode_rare(line: bytes) -> RareTaskEnd:
        """Decode what is wanted once in a while, from the same parts of the line: the rest may be damaged unseen."""
        start = line.find(_ACCUMULABLES, _ACCUMULABLES_FROM)
        end = line.rfind(_METRICS)
        kept = line if start < 0 or end < start else line[:start] + line[end:]
        return msgspec.json.decode(kept, type=RareTaskEnd)


def _parts(event: TaskEnd) -> TaskEndParts:
    return event, event.info, event.metrics, event.peaks
