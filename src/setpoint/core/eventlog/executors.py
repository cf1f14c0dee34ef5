"""Executors over the life of the application, and how many slots each had where the log does not say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from setpoint.core.eventlog.events import ExecutorAdded, ExecutorRemoved, MemoryPeaks
from setpoint.core.eventlog.properties import local_slots
from setpoint.core.integers import whole_number

DRIVER = "driver"
_MOST_CORES = 100_000
"""No machine has more: what is larger is damage."""
UNKNOWN = "unknown"
"""Stands for the executor of tasks that do not say where they ran."""


@dataclass(slots=True)
class ExecutorRecord:
    """One executor while the log is read. Times are milliseconds of the driver's clock."""

    id: str
    host: str = ""
    """Where it registered."""
    task_host: str = ""
    """Where its first task ran."""
    cores: int | None = None
    registered_ms: int | None = None
    """First registration."""
    first_launch_ms: int = 0
    last_event: Literal["added", "removed"] | None = None
    removed_ms: int | None = None
    removed_reason: str | None = None
    has_registered: bool = False
    tasks: int = 0
    heap_bytes: int = 0
    off_heap_bytes: int = 0
    python_bytes: int = 0
    running: int = 0
    """Task starts less task ends so far; below zero where the starts are in an earlier part of the log."""
    most_running: int = 0
    least_running: int = 0

    @property
    def is_known(self) -> bool:
        """Registered or ran a task: the driver of a cluster only reports its memory."""
        return self.has_registered or self.tasks > 0

    @property
    def added_ms(self) -> int | None:
        """When it came: registered, or ran its first task where that was earlier."""
        moments = [moment for moment in (self.registered_ms, self.first_launch_ms) if moment]
        return min(moments, default=None)

    @property
    def most_at_once(self) -> int:
        """Most tasks that ran on it at once."""
        return self.most_running - min(0, self.least_running)

    def see_memory(self, heap_bytes: int, off_heap_bytes: int, python_bytes: int) -> None:
        """Keep the highest of each."""
        self.heap_bytes = max(self.heap_bytes, heap_bytes)
        self.off_heap_bytes = max(self.off_heap_bytes, off_heap_bytes)
        self.python_bytes = max(self.python_bytes, python_bytes)

    def merge(self, later: "ExecutorRecord") -> None:
        """Take in what the lines that follow say."""
        self.host = later.host or self.host
        self.task_host = self.task_host or later.task_host
        self.cores = later.cores or self.cores
        self.registered_ms = self.registered_ms or later.registered_ms
        launches = [launch for launch in (self.first_launch_ms, later.first_launch_ms) if launch]
        self.first_launch_ms = min(launches, default=0)
        if later.last_event is not None:
            self.last_event, self.removed_ms = later.last_event, later.removed_ms
            self.removed_reason = later.removed_reason
        self.has_registered |= later.has_registered
        self.tasks += later.tasks
        self.see_memory(later.heap_bytes, later.off_heap_bytes, later.python_bytes)
        self.most_running = max(self.most_running, self.running + later.most_running)
        self.least_running = min(self.least_running, self.running + later.least_running)
        self.running += later.running


class Executors:
    """All executors of an application, also known by number: their place in the order in which they were heard of."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        """By id; ids as tasks have them may be here too."""
        self._records: list[ExecutorRecord] = []
        self.none_registered = True
        """Whether no executor said how many cores it has: then task starts tell how many slots there are."""

    def number(self, executor_id: str) -> int:
        """The number of an executor, a new one where it was not heard of. Old Sparks call the driver `<driver>`."""
        found = self.numbers.get(executor_id)
        if found is None:
            name = DRIVER if executor_id == "<driver>" else executor_id or UNKNOWN
            found = self.numbers.get(name, len(self._records))
            if found == len(self._records):
                self._records.append(ExecutorRecord(name))
            self.numbers[executor_id] = self.numbers[name] = found
        return found

    def record(self, executor_id: str) -> ExecutorRecord:
        """The record of an executor."""
        return self._records[self.number(executor_id)]

    def number_of_task(self, executor_id: str, host: str) -> int:
        """The number of the executor of a task, which may never have registered."""
        number = self.number(executor_id)
        record = self._records[number]
        record.task_host = record.task_host or host
        return number

    def id_of(self, number: int) -> str:
        """The id behind a number."""
        return self._records[number].id

    def add(self, event: ExecutorAdded, added_ms: int | None) -> None:
        """An executor registered, maybe again."""
        executor = self.record(event.id)
        executor.has_registered = True
        executor.registered_ms = executor.registered_ms or added_ms
        executor.last_event, executor.removed_ms, executor.removed_reason = "added", None, None
        if event.info is not None:
            executor.host = event.info.host or executor.host
            if event.info.cores and 0 < event.info.cores <= _MOST_CORES:
                executor.cores = event.info.cores
                self.none_registered = False

    def remove(self, event: ExecutorRemoved, removed_ms: int | None) -> None:
        """An executor went."""
        executor = self.record(event.id)
        executor.last_event, executor.removed_ms, executor.removed_reason = "removed", removed_ms, event.reason

    def task_started(self, executor_id: str) -> None:
        """Count how many tasks run at once."""
        executor = self.record(executor_id)
        executor.running += 1
        executor.most_running = max(executor.most_running, executor.running)

    def task_ended(self, number: int) -> None:
        """Count how many tasks run at once."""
        executor = self._records[number]
        executor.running -= 1
        executor.least_running = min(executor.least_running, executor.running)

    def ran(self, number: int, tasks: int, first_launch_ms: int, peaks: Sequence[int]) -> None:
        """Tasks ended on an executor, the first of them launched then (0: it does not say).

        Peaks are bytes of the heap, off the heap, and of Python workers.
        """
        executor = self._records[number]
        executor.tasks += tasks
        if first_launch_ms and (not executor.first_launch_ms or first_launch_ms < executor.first_launch_ms):
            executor.first_launch_ms = first_launch_ms
        executor.see_memory(*peaks)

    def memory_used(self, executor_id: str, peaks: MemoryPeaks) -> None:
        """Peaks of its memory were logged."""
        self.record(executor_id).see_memory(peaks.heap_bytes, peaks.off_heap_bytes, peaks.python_bytes)

    def merge(self, later: "Executors") -> None:
        """Take in the executors of the lines that follow."""
        for record in later._records:
            self.record(record.id).merge(record)
        self.none_registered &= later.none_registered

    def known(self) -> list[ExecutorRecord]:
        """Those that registered or ran tasks, in the order they came.

        The driver counts only where it is alone: local mode.
        """
        known = [executor for executor in self._records if executor.is_known]
        return sorted(
            [executor for executor in known if executor.id != DRIVER] or known,
            key=lambda executor: (executor.added_ms or 0, executor.id),
        )

    @property
    def has_registered_any(self) -> bool:
        """Whether the log shows any executor register."""
        return any(record.has_registered for record in self._records)

    def cores(self, properties: dict[str, str]) -> dict[str, int]:
        """Cores of the known executors by id: as logged, as configured, as others have, or as were seen in use."""
        like_others = max((record.cores or 0 for record in self._records), default=0)
        return {
            executor.id: executor.cores
            or _configured_cores(executor.id, properties)
            or like_others
            or max(1, executor.most_at_once)
            for executor in self.known()
        }


def _configured_cores(executor_id: str, properties: dict[str, str]) -> int | None:
    if executor_id == DRIVER:
        return local_slots(properties.get("spark.master"))
    return whole_number(properties.get("spark.executor.cores", "").strip(), most_digits=5)
