"""Executors over the life of the application, and how many slots each had where the log does not say."""

from dataclasses import dataclass, field

from setpoint.core.eventlog.events import ExecutorAdded, ExecutorRemoved, MemoryPeaks, TaskInfo
from setpoint.core.eventlog.properties import local_slots

DRIVER = "driver"
UNKNOWN = "unknown"
"""Stands for the executor of tasks that do not say where they ran."""


@dataclass(slots=True)
class ExecutorRecord:
    """One executor while the log is read. Times are milliseconds of the driver's clock."""

    id: str
    host: str = ""
    cores: int | None = None
    added_ms: int | None = None
    removed_ms: int | None = None
    removed_reason: str | None = None
    peak_heap_bytes: int = 0
    is_known: bool = False
    """Registered or ran a task: the driver of a cluster only reports its memory."""
    running: int = field(default=0, repr=False)
    most_running: int = field(default=0, repr=False)


class Executors:
    """All executors of an application."""

    def __init__(self) -> None:
        self._records: dict[str, ExecutorRecord] = {}
        self.none_registered = True
        """Whether no ExecutorAdded was seen: then task starts tell how many slots there are."""

    def record(self, executor_id: str) -> ExecutorRecord:
        """The record of an executor, new where it was not heard of. Old Sparks call the driver `<driver>`."""
        name = DRIVER if executor_id == "<driver>" else executor_id
        found = self._records.get(name)
        if found is None:
            found = self._records[name] = ExecutorRecord(name)
        return found

    def add(self, event: ExecutorAdded, added_ms: int | None) -> None:
        """An executor registered, maybe again."""
        executor = self.record(event.id)
        self.none_registered = False
        executor.is_known = True
        executor.added_ms = executor.added_ms or added_ms
        executor.removed_ms = executor.removed_reason = None
        if event.info is not None:
            executor.host = event.info.host or executor.host
            executor.cores = event.info.cores if event.info.cores and event.info.cores > 0 else executor.cores

    def remove(self, event: ExecutorRemoved, removed_ms: int | None) -> None:
        """An executor went."""
        executor = self.record(event.id)
        executor.removed_ms, executor.removed_reason = removed_ms, event.reason

    def task_started(self, executor_id: str) -> None:
        """Count how many tasks run at once."""
        executor = self.record(executor_id)
        executor.running = max(0, executor.running) + 1
        executor.most_running = max(executor.most_running, executor.running)

    def task_ended(self, info: TaskInfo, peaks: MemoryPeaks | None) -> None:
        """A task ended on an executor, which may never have registered, or be said to have done so later."""
        executor = self._records.get(info.executor_id) or self.record(info.executor_id or UNKNOWN)
        executor.running -= 1
        if not executor.is_known:
            executor.is_known = True
            executor.host = info.host
        if info.launched > 0 and (executor.added_ms is None or info.launched < executor.added_ms):
            executor.added_ms = info.launched
        if peaks is not None and peaks.heap_bytes is not None and peaks.heap_bytes > executor.peak_heap_bytes:
            executor.peak_heap_bytes = peaks.heap_bytes

    def heap_used(self, executor_id: str, heap_bytes: int | None) -> None:
        """A peak of the heap was logged."""
        executor = self.record(executor_id)
        executor.peak_heap_bytes = max(executor.peak_heap_bytes, heap_bytes or 0)

    def known(self, properties: dict[str, str]) -> list[ExecutorRecord]:
        """Those that registered or ran tasks, in the order they came, every one with its cores.

        The driver counts only where it is alone: local mode.
        """
        known = [executor for executor in self._records.values() if executor.is_known]
        known = [executor for executor in known if executor.id != DRIVER] or known
        like_others = max((executor.cores or 0 for executor in known), default=0)
        for executor in known:
            executor.cores = executor.cores or _configured_cores(executor.id, properties) or like_others or None
            executor.cores = executor.cores or max(1, executor.most_running)
        return sorted(known, key=lambda executor: executor.added_ms or 0)


def _configured_cores(executor_id: str, properties: dict[str, str]) -> int | None:
    if executor_id == DRIVER:
        return local_slots(properties.get("spark.master"))
    cores = properties.get("spark.executor.cores", "").strip()
    return int(cores) if cores.isascii() and cores.isdecimal() and 0 < len(cores) < 6 else None  # noqa: PLR2004
