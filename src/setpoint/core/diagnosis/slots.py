"""The slot time of a run, every slot times as long as it was there, by what the slots did."""

from dataclasses import dataclass

from setpoint.core.diagnosis.spans import Capacity, Timeline
from setpoint.core.diagnosis.tasks import TaskTime


@dataclass(frozen=True, slots=True)
class SlotTime:
    """Slot-seconds by what the slots did; the parts add up to all slot time there was."""

    tasks: TaskTime
    idle_startup_seconds: float
    idle_driver_seconds: float
    """Idle while only the driver worked."""
    idle_scheduling_seconds: float
    """Idle while stages waited for their first task."""
    idle_straggler_seconds: float
    """Idle while stages waited for a few tasks that took much longer than the others."""
    idle_stage_seconds: float
    """Idle for other reasons while stages were at work: too few tasks."""

    @property
    def used_seconds(self) -> float:
        """Slots with a task."""
        return self.tasks.total_seconds

    @property
    def idle_at_work_seconds(self) -> float:
        """Idle while tasks of stages ran."""
        return self.idle_straggler_seconds + self.idle_stage_seconds

    @property
    def total_seconds(self) -> float:
        """All slot time."""
        waiting = self.idle_startup_seconds + self.idle_driver_seconds + self.idle_scheduling_seconds
        return self.used_seconds + waiting + self.idle_at_work_seconds


def slot_time(there: Capacity, when: Timeline, tasks: TaskTime, held_up_seconds: float) -> SlotTime:
    """Split the slot time of a run; `held_up_seconds` are slot-seconds that stragglers kept idle, at most."""
    running = there.within(when.running)
    idle = max(0.0, running - tasks.total_seconds)
    held_up = min(idle, held_up_seconds)
    return SlotTime(
        tasks=tasks,
        idle_startup_seconds=there.within([(0.0, when.startup_seconds)]),
        idle_driver_seconds=there.within(when.gaps),
        idle_scheduling_seconds=max(0.0, there.within(when.at_work) - running),
        idle_straggler_seconds=held_up,
        idle_stage_seconds=idle - held_up,
    )
