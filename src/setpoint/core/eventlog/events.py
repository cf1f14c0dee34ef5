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
    """Peaks of an executor's memory in one stage, or while one task ran."""

    heap_bytes: int = field(default=0, name="JVMHeapMemory")
    off_heap_bytes: int = field(default=0, name="OffHeapUnifiedMemory")
    python_bytes: int = field(default=0, name="ProcessTreePythonRSSMemory")


class StageExecutorMetrics(Struct):
    """Peaks of one executor in one stage; written where spark.eventLog.logStageExecutorMetrics is on."""

    id: str = field(name="Executor ID")
    peaks: MemoryPeaks | None = field(default=None, name="Executor Metrics")


class Accumulable(Struct):
    """A value that tasks added up; of SQL operators where the metadata says so."""

    id: Count = field(name="ID")
    value: msgspec.Raw = field(default=msgspec.Raw(b"null"), name="Value")
    metadata: str | None = field(default=None, name="Metadata")


class StageInfo(Struct):
    """A stage attempt as job start, stage submission and stage completion describe it."""

    id: Count = field(name="Stage ID")
    attempt: Count = field(default=0, name="Stage Attempt ID")
    name: str | None = field(default=None, name="Stage Name")
    parents: list[Count] | None = field(default=None, name="Parent IDs")
    submitted: Count | None = field(default=None, name="Submission Time")
    completed: Count | None = field(default=None, name="Completion Time")
    failure: str | None = field(default=None, name="Failure Reason")
    accumulables: list[Accumulable] | None = field(default=None, name="Accumulables")


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


class PlanMetric(Struct, gc=False):
    """A measure of a plan node: which accumulator holds it, and in what unit."""

    name: str = ""
    accumulator_id: Count = field(default=-1, name="accumulatorId")
    kind: str = field(default="", name="metricType")


class PlanNode(Struct):
    """A node of a physical plan."""

    name: str = field(default="", name="nodeName")
    text: str = field(default="", name="simpleString")
    children: "list[PlanNode]" = []
    metadata: dict[str, str | None] | None = None
    metrics: list[PlanMetric] = []


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


class AdaptiveUpdate(Struct):
    """Adaptive execution changed the plan of a running SQL execution."""

    execution_id: Count = field(name="executionId")
    plan: PlanNode | None = field(default=None, name="sparkPlanInfo")


class DriverUpdates(Struct):
    """What the driver measured for a SQL execution: pairs of accumulator and value."""

    execution_id: Count = field(name="executionId")
    updates: list[tuple[Count, Count]] | None = field(default=None, name="accumUpdates")


class BatchDurations(Struct, gc=False):
    """How long the phases of a streaming batch took."""

    whole_ms: Count | None = field(default=None, name="triggerExecution")


class BatchSource(Struct, gc=False):
    """What a batch read from one source."""

    rows: Count | None = field(default=None, name="numInputRows")


class BatchProgress(Struct):
    """One batch of a streaming query."""

    id: str
    name: str | None = None
    timestamp: str | None = None
    batch_id: Count | None = field(default=None, name="batchId")
    durations: BatchDurations | None = field(default=None, name="durationMs")
    sources: list[BatchSource] | None = None


class QueryProgress(Struct):
    """A streaming query reports a batch."""

    progress: BatchProgress
