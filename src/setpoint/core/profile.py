"""Profile: what one event log says happened, free of money and goals.

All times are seconds since the application started unless a name says otherwise; all sizes are bytes. However long the
log, a Profile stays small: the heaviest stages, jobs, executors and SQL executions are kept one by one, the others as
sums (`core.eventlog.condense`). `docs/profile.md` describes it field by field.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from setpoint.core.integers import whole_number

PROFILE_VERSION = 2
UNKNOWN_APPLICATION = "unknown"
"""Stands for the id of an application that its log does not name; two of them need not be the same."""

Fault = Literal["memory", "application", "infrastructure"]
"""Whose fault a failure is: memory (capacity, ours to choose), the code or its data, or what lies beneath."""

Platform = Literal["databricks", "emr", "dataproc", "plain"]
"""Who ran the cluster; plain where nothing in the log tells of a service."""

Engine = Literal["spark", "photon", "rapids", "gluten", "comet"]
"""What carried out the SQL operators: Spark's own code, or a native or GPU engine in its place."""

Removal = Literal["spot", "memory", "idle", "finished", "lost"]
"""Why an executor went: its machine was reclaimed, it ran out of memory, it had nothing to do, the application was
over, or it was lost for another reason."""

_IN_PYTHON = re.compile(r"Python|Pandas|InArrow")
"""Operators whose work Python workers do, by their names."""


@dataclass(frozen=True, slots=True)
class Application:
    """Who ran: identity and clock of one application attempt."""

    id: str
    name: str
    attempt: str | None
    spark_version: str
    started_epoch_seconds: float
    """Application start on the driver's clock; the origin of every other time of the profile."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much of each there was in the whole log, also of what the profile holds only as sums."""

    jobs: int = 0
    """Distinct jobs started."""
    stages: int = 0
    """Distinct stage attempts submitted or completed."""
    tasks: int = 0
    """Task attempts that ended, however they ended."""
    executors: int = 0
    """Executors that registered or ran a task; the driver only where it is the only one."""
    sql_executions: int = 0
    failed_tasks: int = 0
    killed_tasks: int = 0
    speculative_tasks: int = 0
    adaptive_updates: int = 0
    """Plans changed by adaptive execution while they ran."""
    failed_jobs: int = 0
    """Jobs that ended without success, also those that were stopped because they were no longer wanted."""


@dataclass(frozen=True, slots=True)
class TaskTotals:
    """Sums over the successful tasks of a stage."""

    run_seconds: float = 0.0
    cpu_seconds: float = 0.0
    """CPU time of the task threads; Python workers are other processes and are not in it."""
    gc_seconds: float = 0.0
    fetch_wait_seconds: float = 0.0
    overhead_seconds: float = 0.0
    """Task wall time outside the run: scheduling, deserialisation, result handling."""
    input_bytes: int = 0
    output_bytes: int = 0
    shuffle_read_bytes: int = 0
    shuffle_write_bytes: int = 0
    memory_spilled_bytes: int = 0
    disk_spilled_bytes: int = 0
    deserialise_seconds: float = 0.0
    """Of the overhead: unpacking the task and its closure."""
    shuffle_write_seconds: float = 0.0
    """Of the run: writing shuffle files."""
    input_rows: int = 0
    output_rows: int = 0
    shuffle_read_rows: int = 0


@dataclass(frozen=True, slots=True)
class Spread:
    """How one measure is spread over the successful tasks of a stage; quantiles are within 4 % of the exact ones."""

    measure: str
    """A name of TaskTotals, or peak_memory_bytes."""
    least: float
    median: float
    p95: float
    most: float


@dataclass(frozen=True, slots=True)
class LongTask:
    """One of the longest tasks of a stage, exactly."""

    index: int
    """Partition that it worked on."""
    attempt: int
    executor_id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage attempt that ran tasks."""

    id: int
    attempt: int
    name: str
    parents: tuple[int, ...]
    """Stage ids this one reads from; a parent that was skipped (its shuffle files existed) has no Stage here."""
    submitted: float
    completed: float
    tasks: int
    """Successful tasks."""
    failed_tasks: int
    task_seconds: tuple[float, ...]
    """Wall time (launch to finish) of the successful tasks, ascending: all of them, or at most 128 means of
    groups of equal size with the longest kept exactly as the last."""
    totals: TaskTotals
    failure: str | None = None
    killed_tasks: int = 0
    """Attempts stopped because they were no longer wanted: speculative twins, cancelled stages; not failures."""
    lost_seconds: float = 0.0
    """Slot time of the attempts that failed or were killed."""
    first_launch: float | None = None
    """When its first task started."""
    speculative_tasks: int = 0
    peak_memory_bytes: int = 0
    """Most execution memory that one task took for sorts, aggregations and joins."""
    locality: tuple[tuple[str, int], ...] = ()
    """Task attempts by how near to their data they ran."""
    spreads: tuple[Spread, ...] = ()
    """Of the heaviest stages only."""
    longest: tuple[LongTask, ...] = ()
    """Of the heaviest stages only; longest first."""


@dataclass(frozen=True, slots=True)
class LightStages:
    """Sums over the stage attempts that are too light to be kept one by one."""

    stages: int = 0
    tasks: int = 0
    failed_tasks: int = 0
    totals: TaskTotals = TaskTotals()
    lost_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Job:
    """One Spark job: an action of the application."""

    id: int
    started: float
    ended: float
    stage_ids: tuple[int, ...]
    succeeded: bool
    sql_execution_id: int | None = None


@dataclass(frozen=True, slots=True)
class Executor:
    """One executor, or the driver in local mode (id "driver"); or several alike, where there were very many."""

    id: str
    host: str
    cores: int
    added: float
    removed: float | None
    removed_reason: str | None
    peak_heap_bytes: int
    """Highest JVM heap in use that was logged (garbage included); 0 where the log has no executor metrics."""
    removal: Removal | None = None
    peak_off_heap_bytes: int = 0
    """Highest memory off the heap that Spark itself used, for execution and storage."""
    peak_python_bytes: int = 0
    """Highest resident memory of its Python workers; 0 where the log does not have it."""
    tasks: int = 0
    """Task attempts that ended on it."""
    count: int = 1
    """How many executors this entry stands for."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One kind of physical operator in a SQL execution, its nodes taken together."""

    name: str
    engine: Engine
    nodes: int
    metrics: tuple[tuple[str, float], ...] = ()
    """Sums of what the operator measured, by Spark's own names; times in seconds, sizes in bytes."""


@dataclass(frozen=True, slots=True)
class SqlExecution:
    """One SQL execution: a query, a write, a DataFrame action."""

    id: int
    description: str
    started: float
    ended: float
    plan_hash: str
    """Hash over the operators as first planned, without sizes: the same for the same code on other data."""
    adaptive_updates: int = 0
    error: str | None = None
    operators: tuple[Operator, ...] = ()
    """As last planned; of the longest executions only."""


@dataclass(frozen=True, slots=True)
class InputSource:
    """One place outside Spark that SQL operators read from."""

    name: str
    """Where, or what table, as the plan has it, without credentials."""
    format: str
    bytes: int = 0
    rows: int = 0
    files: int = 0


@dataclass(frozen=True, slots=True)
class StreamingQuery:
    """One structured streaming query and the time its batches took."""

    id: str
    name: str
    batches: int
    rows: int
    median_seconds: float
    p95_seconds: float
    most_seconds: float
    """Longest batch."""
    interval_seconds: float | None = None
    """Median time between the starts of two batches that followed each other."""


@dataclass(frozen=True, slots=True)
class BusySlots:
    """How many slots had a task, over time: means over steps of equal length."""

    started: float
    """When the first step begins."""
    step_seconds: float
    slots: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """Something failed for good: a job, a SQL execution, an executor."""

    where: str
    reason: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of the log could be used."""

    state: Literal["complete", "cut_off", "partial"]
    """complete: application end seen, nothing lost; cut_off: no end; partial: lines or parts were lost in between."""
    lines_skipped: int = 0
    first_skipped_line: int | None = None
    reasons: tuple[str, ...] = ()
    first_skipped_offset: int | None = None
    """Bytes of the uncompressed log before the first line that was skipped."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The measured state of one run; kilobytes, whatever the size of the log."""

    application: Application
    wall_seconds: float
    """Application start to application end (to the last event where the end is missing)."""
    properties: tuple[tuple[str, str], ...]
    """Spark properties that size the application or tell the platform, sorted by name."""
    executors: tuple[Executor, ...]
    jobs: tuple[Job, ...]
    stages: tuple[Stage, ...]
    failures: tuple[Failure, ...]
    code_signature: str
    """Hash over job and stage call sites and SQL plan operators, without sizes: changes when the code changes."""
    completeness: Completeness
    platform: Platform = "plain"
    engine: Engine = "spark"
    evidence: tuple[str, ...] = ()
    """What in the log tells the platform and the engine."""
    counts: Counts = Counts()
    light_stages: LightStages = LightStages()
    sql: tuple[SqlExecution, ...] = ()
    inputs: tuple[InputSource, ...] = ()
    """By bytes, largest first."""
    streaming: tuple[StreamingQuery, ...] = ()
    busy: BusySlots = BusySlots(0.0, 1.0, ())
    version: int = field(default=PROFILE_VERSION)

    @property
    def runs_python(self) -> bool:
        """Whether tasks hand rows to Python workers, whose CPU time no log has."""
        if any(executor.peak_python_bytes for executor in self.executors):
            return True
        return any(_IN_PYTHON.search(operator.name) for execution in self.sql for operator in execution.operators)

    @property
    def input_bytes(self) -> int:
        """Bytes read from outside Spark."""
        return self.light_stages.totals.input_bytes + sum(stage.totals.input_bytes for stage in self.stages)

    @property
    def core_seconds(self) -> float | None:
        """CPU time of the tasks that succeeded; None where the log has none, or others than the JVM did the work."""
        if self.engine == "rapids" or self.runs_python:
            return None
        found = self.light_stages.totals.cpu_seconds + sum(stage.totals.cpu_seconds for stage in self.stages)
        return found if found > 0 else None

    @property
    def slots(self) -> int:
        """Task slots at the application's widest moment."""
        slots = most = 0
        for _, change in self.slot_steps():
            slots += change
            most = max(most, slots)
        return most

    def slot_steps(self) -> list[tuple[float, int]]:
        """By how much the number of task slots changes, and when; those that go before those that come."""
        steps = []
        for executor in self.workers:
            slots = self.slots_of(executor)
            if executor.removed is None:
                steps.append((executor.added, slots))
            elif executor.removed > executor.added:
                steps += [(executor.added, slots), (executor.removed, -slots)]
        return sorted(steps)

    def slots_of(self, executor: Executor) -> int:
        """Tasks that an executor (or all that the entry stands for) can run at once."""
        per_task = whole_number(self.property_value("spark.task.cpus"), most_digits=5) or 1
        return max(1, executor.cores // per_task) * executor.count

    @property
    def workers(self) -> tuple[Executor, ...]:
        """Executors that ran tasks: all but the driver, which counts where it is alone."""
        return tuple(executor for executor in self.executors if executor.id != "driver") or self.executors

    def property_value(self, name: str) -> str | None:
        """Value of one Spark property, None where the log does not have it."""
        return next((value for known, value in self.properties if known == name), None)
