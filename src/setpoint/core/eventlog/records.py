"""Records of the fold: stages and jobs while the log is read."""

from dataclasses import dataclass, field

from setpoint.core.eventlog.clock import plausible
from setpoint.core.eventlog.events import StageInfo
from setpoint.core.eventlog.tasks import StageTasks


@dataclass(slots=True)
class JobRecord:
    """One job while the log is read."""

    id: int
    has_started: bool = False
    submitted_ms: int | None = None
    stage_ids: tuple[int, ...] = ()
    sql_execution_id: int | None = None
    has_ended: bool = False
    ended_ms: int | None = None
    succeeded: bool = False

    def merge(self, later: "JobRecord") -> None:
        """Take in what the lines that follow say."""
        if later.has_started:
            self.has_started, self.submitted_ms = True, later.submitted_ms
            self.stage_ids, self.sql_execution_id = later.stage_ids, later.sql_execution_id
        if later.has_ended:
            self.has_ended, self.ended_ms, self.succeeded = True, later.ended_ms, later.succeeded


@dataclass(slots=True)
class StageRecord:
    """One stage attempt while the log is read. Times are milliseconds of the driver's clock."""

    id: int
    attempt: int
    name: str | None = None
    parents: tuple[int, ...] | None = None
    submitted_ms: int | None = None
    completed_ms: int | None = None
    failure: str | None = None
    was_announced: bool = False
    """Submitted or completed; planned stages that were skipped never are."""
    failed_tasks: int = 0
    killed_tasks: int = 0
    speculative_tasks: int = 0
    lost_ms: int = 0
    lost_first_ms: int = 0
    lost_last_ms: int = 0
    """First launch and last finish of the attempts that failed or were killed."""
    tasks: StageTasks = field(default_factory=StageTasks)

    @property
    def task_ends(self) -> int:
        """Task attempts that ended, however they ended."""
        return self.tasks.count + self.failed_tasks + self.killed_tasks

    @property
    def first_launch_ms(self) -> int | None:
        """When its first task started."""
        moments = [moment for moment in (self.tasks.first_launch_ms, self.lost_first_ms) if moment]
        return min(moments, default=None)

    @property
    def last_finish_ms(self) -> int | None:
        """When its last task ended."""
        return max(self.tasks.last_finish_ms, self.lost_last_ms) or None

    def describe(self, info: StageInfo) -> None:
        """Take what an event says about the stage; later events know more."""
        self.was_announced = True
        self.name = info.name if info.name is not None else self.name
        self.parents = tuple(info.parents) if info.parents is not None else self.parents
        self.submitted_ms = plausible(info.submitted) or self.submitted_ms
        self.completed_ms = plausible(info.completed) or self.completed_ms
        self.failure = info.failure or self.failure

    def lose(self, launched_ms: int, finished_ms: int, *, killed: bool) -> None:
        """A task attempt failed, or was stopped because it was no longer wanted."""
        self.killed_tasks += killed
        self.failed_tasks += not killed
        self.lost_ms += finished_ms - launched_ms if 0 < launched_ms < finished_ms else 0
        self._see_lost(launched_ms, finished_ms)

    def _see_lost(self, first_ms: int, last_ms: int) -> None:
        self.lost_first_ms = min(self.lost_first_ms or first_ms, first_ms or self.lost_first_ms)
        self.lost_last_ms = max(self.lost_last_ms, last_ms)

    def merge(self, later: "StageRecord") -> None:
        """Take in what the lines that follow say."""
        self.name = later.name if later.name is not None else self.name
        self.parents = later.parents if later.parents is not None else self.parents
        self.submitted_ms = later.submitted_ms or self.submitted_ms
        self.completed_ms = later.completed_ms or self.completed_ms
        self.failure = later.failure or self.failure
        self.was_announced |= later.was_announced
        self.failed_tasks += later.failed_tasks
        self.killed_tasks += later.killed_tasks
        self.speculative_tasks += later.speculative_tasks
        self.lost_ms += later.lost_ms
        self._see_lost(later.lost_first_ms, later.lost_last_ms)
        self.tasks.merge(later.tasks)
