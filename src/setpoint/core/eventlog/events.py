"""The events that matter as typed structs with only the fields that are used; all else is skipped while decoding."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

Count = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""A Java long; what is larger is damage, and would overflow when divided."""


class Head(Struct, gc=False):
    """Name of any event."""

    event: str = field(name="Event")


class LogStart(Struct, gc=False):
    """First line of a log."""

    spark_version: str | None = field(default=None, name="Spark Version")


class ApplicationStart(Struct, gc=False):
    """The application begins."""

    id: str | None = field(default=None, name="App ID")
    name: str | None = field(default=None, name="App Name")
    attempt: str | None = field(default=None, name="App Attempt ID")
    timestamp: Count | None = field(default=None, name="Timestamp")


class Timestamped(Struct, gc=False):
    """Any event of which only the time matters."""

    timestamp: Count | None = field(default=None, name="Timestamp")


class EnvironmentUpdate(Struct):
    """Properties; written as an object or, by some tools, as pairs."""

    properties: dict[str, str | None] | list[tuple[str, str | None]] | None = field(
        default=None, name="Spark Properties"
    )


class ExecutorInfo(Struct, gc=False):
    """Where an executor is and how large."""

    host: str | None = field(default=None, name="Host")
    cores: Count | None = field(default=None, name="Total Cores")


class ExecutorAdded(Struct):
    """An executor registered."""

    id: str = field(name="Executor ID")
    timestamp: Count | None = field(default=None, name="Timestamp")
    info: ExecutorInfo | None = field(default=None, name="Executor Info")


class ExecutorRemoved(Struct, gc=False):
    """An executor went."""

    id: str = field(name="Executor ID")
    timestamp: Count | None = field(default=None, name="Timestamp")
    reason: str | None = field(default=None, name="Removed Reason")


class MemoryPeaks(Struct, gc=False):
    """Peaks of an executor's memory."""

    heap_bytes: Count | None = field(default=None, name="JVMHeapMemory")


class StageExecutorMetrics(Struct):
    """Peaks of one executor in one stage; written where spark.eventLog.logStageExecutorMetrics is on."""

    id: str = field(name="Executor ID")
    peaks: MemoryPeaks | None = field(default=None, name="Executor Metrics")


class StageInfo(Struct):
    """A stage attempt as job start, stage submission and stage completion describe it."""

    id: Count = field(name="Stage ID")
    attempt: Count = field(default=0, name="Stage Attempt ID")
    name: str | None = field(default=None, name="Stage Name")
    parents: list[Count] | None = field(default=None, name="Parent IDs")
    submitted: Count | None = field(default=None, name="Submission Time")
    completed: Count | None = field(default=None, name="Completion Time")
    failure: str | None = field(default=None, name="Failure Reason")


class StageEvent(Struct):
    """A stage attempt was submitted or completed."""

    info: StageInfo = field(name="Stage Info")


class JobProperties(Struct, gc=False):
    """Local properties of the thread that started a job."""

    sql_execution_id: str | None = field(default=None, name="spark.sql.execution.id")
    description: str | None = field(default=None, name="spark.job.description")


class JobStart(Struct):
    """A job begins."""

    id: Count = field(name="Job ID")
    submitted: Count | None = field(default=None, name="Submission Time")
    stages: list[StageInfo] | None = field(default=None, name="Stage Infos")
    stage_ids: list[Count] | None = field(default=None, name="Stage IDs")
    properties: JobProperties | None = field(default=None, name="Properties")


class JobException(Struct, gc=False):
    """Why a job failed."""

    message: str | None = field(default=None, name="Message")


class JobResult(Struct):
    """How a job ended."""

    result: str | None = field(default=None, name="Result")
    exception: JobException | None = field(default=None, name="Exception")


class JobEnd(Struct):
    """A job ended."""

    id: Count = field(name="Job ID")
    completed: Count | None = field(default=None, name="Completion Time")
    result: JobResult | None = field(default=None, name="Job Result")


class PlanNode(Struct):
    """A node of a physical plan."""

    name: str = field(default="", name="nodeName")
    text: str = field(default="", name="simpleString")
    children: "list[PlanNode]" = []


class SqlExecutionStart(Struct):
    """A SQL execution begins."""

    id: Count = field(name="executionId")
    description: str | None = None
    time: Count | None = None
    plan: PlanNode | None = field(default=None, name="sparkPlanInfo")


class SqlExecutionEnd(Struct, gc=False):
    """A SQL execution ended; since Spark 3.4 with the error it ended with."""

    id: Count = field(name="executionId")
    time: Count | None = None
    error: str | None = field(default=None, name="errorMessage")


class TaskEndReason(Struct, gc=False):
    """How a task attempt ended: "Success" or the kind of its failure."""

    reason: str | None = field(default=None, name="Reason")


class TaskInfo(Struct, gc=False):
    """When and where a task attempt ran."""

    launched: Count = field(default=0, name="Launch Time")
    finished: Count = field(default=0, name="Finish Time")
    executor_id: str = field(default="", name="Executor ID")
    host: str = field(default="", name="Host")
    failed: bool = field(default=False, name="Failed")
    killed: bool = field(default=False, name="Killed")


class TaskStart(Struct):
    """A task was launched; read only where the log does not say how many slots there are."""

    info: TaskInfo | None = field(default=None, name="Task Info")


class ShuffleRead(Struct, gc=False):
    """What a task fetched from other tasks' output."""

    fetch_wait_ms: Count = field(default=0, name="Fetch Wait Time")
    remote_bytes: Count = field(default=0, name="Remote Bytes Read")
    local_bytes: Count = field(default=0, name="Local Bytes Read")


class ShuffleWrite(Struct, gc=False):
    """What a task left for other tasks."""

    bytes_written: Count = field(default=0, name="Shuffle Bytes Written")


class InputMetrics(Struct, gc=False):
    """What a task read from outside Spark."""

    bytes_read: Count = field(default=0, name="Bytes Read")


class OutputMetrics(Struct, gc=False):
    """What a task wrote outside Spark."""

    bytes_written: Count = field(default=0, name="Bytes Written")


class TaskMetrics(Struct, gc=False):
    """What a task measured about itself."""

    run_ms: Count = field(default=0, name="Executor Run Time")
    cpu_ns: Count = field(default=0, name="Executor CPU Time")
    gc_ms: Count = field(default=0, name="JVM GC Time")
    memory_spilled_bytes: Count = field(default=0, name="Memory Bytes Spilled")
    disk_spilled_bytes: Count = field(default=0, name="Disk Bytes Spilled")
    shuffle_read: ShuffleRead | None = field(default=None, name="Shuffle Read Metrics")
    shuffle_write: ShuffleWrite | None = field(default=None, name="Shuffle Write Metrics")
    input: InputMetrics | None = field(default=None, name="Input Metrics")
    output: OutputMetrics | None = field(default=None, name="Output Metrics")


class TaskEnd(Struct, gc=False):
    """A task attempt ended: nine tenths of every log."""

    stage_id: Count = field(name="Stage ID")
    info: TaskInfo = field(name="Task Info")
    stage_attempt: Count = field(default=0, name="Stage Attempt ID")
    reason: TaskEndReason | None = field(default=None, name="Task End Reason")
    metrics: TaskMetrics | None = field(default=None, name="Task Metrics")
    peaks: MemoryPeaks | None = field(default=None, name="Task Executor Metrics")

    @property
    def succeeded(self) -> bool:
        """Whether the attempt did its work; some tools write no reason."""
        if self.reason is None or self.reason.reason is None:
            return not (self.info.failed or self.info.killed)
        return self.reason.reason == "Success"

    @property
    def killed(self) -> bool:
        """Whether it was stopped because it was no longer wanted: a speculative twin, a cancelled stage."""
        if self.reason is None or self.reason.reason is None:
            return self.info.killed
        return self.reason.reason == "TaskKilled"


_TASK_END = msgspec.json.Decoder(TaskEnd)
_ACCUMULABLES = b',"Accumulables":['
_AFTER_ACCUMULABLES = (b']},"Task Executor Metrics":{', b']},"Task Metrics":{')


def decode_task_end(line: bytes) -> TaskEnd:
    """Decode a task end without its accumulables: half of the line, and nothing of use in them.

    The marks hold bare quotes, which cannot stand inside a JSON string, so they are found only where they are keys.
    """
    start = line.find(_ACCUMULABLES)
    if start > 0:
        for mark in _AFTER_ACCUMULABLES:
            end = line.find(mark, start)
            if end > 0:
                return _TASK_END.decode(line[:start] + line[end + 1 :])
    return _TASK_END.decode(line)
