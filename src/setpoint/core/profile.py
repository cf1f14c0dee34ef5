"""Profile: what one event log says happened, free of money and goals.

All times are seconds since the application started unless a name says otherwise; all sizes are bytes.
"""

from dataclasses import dataclass, field
from typing import Literal

PROFILE_VERSION = 1

Fault = Literal["memory", "application", "infrastructure"]
"""Whose fault a failure is: memory (capacity, ours to choose), the code or its data, or what lies beneath."""


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
    """One executor, or the driver in local mode (id "driver")."""

    id: str
    host: str
    cores: int
    added: float
    removed: float | None
    removed_reason: str | None
    peak_heap_bytes: int
    """Highest JVM heap in use that was logged (garbage included); 0 where the log has no executor metrics."""


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
    """complete: application end seen, no line skipped; cut_off: no end; partial: lines were skipped."""
    lines_skipped: int = 0
    first_skipped_line: int | None = None
    reasons: tuple[str, ...] = ()


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
    sql_executions: int
    code_signature: str
    """Hash over job and stage call sites and SQL plan operators, without sizes: changes when the code changes."""
    completeness: Completeness
    version: int = field(default=PROFILE_VERSION)

    @property
    def input_bytes(self) -> int:
        """Bytes read from outside Spark."""
        return sum(stage.totals.input_bytes for stage in self.stages)

    @property
    def slots(self) -> int:
        """Task slots at the application's widest moment."""
        working = [e for e in self.executors if e.id != "driver"] or list(self.executors)
        edges = sorted({e.added for e in working})
        alive = (sum(e.cores for e in working if e.added <= t and (e.removed is None or e.removed > t)) for t in edges)
        return max(alive, default=0)

    def property_value(self, name: str) -> str | None:
        """Value of one Spark property, None where the log does not have it."""
        return dict(self.properties).get(name)
