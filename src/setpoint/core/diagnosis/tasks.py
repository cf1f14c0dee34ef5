"""What slots did while they had a task."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from setpoint.core.profile import TaskTotals

_SPILL_BYTES_PER_SECOND = 100e6
"""A middling disk shared by the slots of a machine; each spilled byte is written once and read once."""


@dataclass(frozen=True, slots=True)
class TaskTime:
    """Slot-seconds of tasks by what they did; the parts add up to all time that slots had a task."""

    cpu_seconds: float = 0.0
    """Computing. In logs without CPU times (before Spark 2.1) this holds what cannot be told from it: waiting."""
    gc_seconds: float = 0.0
    fetch_wait_seconds: float = 0.0
    shuffle_write_seconds: float = 0.0
    spill_seconds: float = 0.0
    """Estimated from the bytes: Spark does not measure it."""
    waiting_seconds: float = 0.0
    """The rest of the run: input and output, sleeping, Python workers, busy neighbours."""
    overhead_seconds: float = 0.0
    """Outside the run: scheduling, deserialisation, result handling."""
    lost_seconds: float = 0.0
    """Attempts that failed or were killed."""

    @property
    def run_seconds(self) -> float:
        """Successful tasks at work."""
        return self.total_seconds - self.overhead_seconds - self.lost_seconds

    @property
    def total_seconds(self) -> float:
        """Slots with a task."""
        return float(sum(astuple(self)))


def task_time(totals: TaskTotals, lost_seconds: float, *, has_cpu_times: bool = True) -> TaskTime:
    """Split the time of tasks. What was measured may overlap, so each part takes of the run what those before left."""
    left = totals.run_seconds
    parts = []
    spilling = 2 * totals.disk_spilled_bytes / _SPILL_BYTES_PER_SECOND
    measured = (totals.gc_seconds, totals.fetch_wait_seconds, totals.shuffle_write_seconds, spilling)
    for seconds in (totals.cpu_seconds, *measured):
        parts.append(min(left, seconds))
        left = max(0.0, left - parts[-1])
    cpu, gc, fetch, write, spill = parts
    if not has_cpu_times:
        cpu, left = left, 0.0
    return TaskTime(cpu, gc, fetch, write, spill, left, totals.overhead_seconds, lost_seconds)


def total(times: Iterable[TaskTime]) -> TaskTime:
    """Part by part."""
    columns = zip(*(astuple(each) for each in [TaskTime(), *times]), strict=True)
    return TaskTime(*(float(sum(column)) for column in columns))
