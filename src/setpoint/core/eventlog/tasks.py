"""Tasks of one stage attempt, folded as they end: memory does not grow with their number."""

from array import array
from itertools import accumulate

from setpoint.core.eventlog.events import StageInfo, TaskEnd, TaskMetrics
from setpoint.core.profile import TaskTotals

PROFILE_POINTS = 128
"""Task times of a stage that a Profile holds at most."""
_GROUPS = 256
_EXACT_TIMES = 4096
"""So many times are kept exactly before they are put into groups: 32 KiB a stage."""


class TaskTimes:
    """Task times of a stage: exact while they are few, means of groups of equal size when many, the longest exact.

    >>> times = TaskTimes()
    >>> for seconds in range(1000):
    ...     times.add(float(seconds))
    >>> points = times.points()
    >>> len(points), points[-1], round(sum(points[:-1]) / 127, 6)
    (128, 999.0, 499.0)
    """

    def __init__(self) -> None:
        self.count = 0
        self._exact = array("d")
        self._means = array("d")
        self._weight = 0.0
        """Times behind each mean."""

    def add(self, seconds: float) -> None:
        """Take in one time."""
        self.count += 1
        self._exact.append(seconds)
        if len(self._exact) > _EXACT_TIMES:
            self.settle()

    def settle(self) -> None:
        """Give back memory: the stage is over, few more times will come."""
        if len(self._exact) + len(self._means) <= _GROUPS:
            return
        rest, longest = self._rest_and_longest()
        self._means, self._weight = _group_means(rest, _GROUPS)
        self._exact = array("d", [longest])

    def points(self) -> tuple[float, ...]:
        """All times ascending, or 127 means of groups of equal size and the longest."""
        if self.count <= PROFILE_POINTS:
            return tuple(sorted(self._exact))
        rest, longest = self._rest_and_longest()
        means, _ = _group_means(rest, PROFILE_POINTS - 1)
        return (*means, longest)

    def _rest_and_longest(self) -> tuple[list[tuple[float, float]], float]:
        """Ascending (time, weight) of all but the longest, which is always among the exact ones, and the longest."""
        *exact, longest = sorted(self._exact)
        return sorted([*((t, 1.0) for t in exact), *((m, self._weight) for m in self._means)]), longest


def _group_means(points: list[tuple[float, float]], groups: int) -> tuple["array[float]", float]:
    """Means of groups of equal weight over ascending (value, weight); a point on a border is shared out."""
    size = sum(weight for _, weight in points) / groups
    sums = [0.0] * groups
    group, room = 0, size
    for value, weight in points:
        left = weight
        while left > room and group < groups - 1:
            sums[group] += value * room
            left -= room
            group, room = group + 1, size
        sums[group] += value * left
        room -= left
    # Rounding may lift a mean over its values, or turn the order of neighbours, by one unit in the last place.
    highest, _ = points[-1]
    return array("d", accumulate((min(total / size, highest) for total in sums), max)), size


class StageRecord:
    """One stage attempt while the log is read. Times are milliseconds of the driver's clock."""

    def __init__(self, stage_id: int, attempt: int) -> None:
        self.id = stage_id
        self.attempt = attempt
        self.name: str | None = None
        self.parents: tuple[int, ...] = ()
        self.submitted_ms: int | None = None
        self.completed_ms: int | None = None
        self.failure: str | None = None
        self.first_launch_ms: int | None = None
        self.last_finish_ms: int | None = None
        self.failed_tasks = 0
        self.killed_tasks = 0
        self.lost_ms = 0
        self.times = TaskTimes()
        self._run_ms = self._cpu_ns = self._gc_ms = self._fetch_wait_ms = self._overhead_ms = 0
        self._input = self._output = self._shuffle_read = self._shuffle_write = 0
        self._memory_spilled = self._disk_spilled = 0

    @property
    def ran_tasks(self) -> bool:
        """Whether any task attempt of it ended."""
        return self.times.count + self.failed_tasks + self.killed_tasks > 0

    def describe(self, info: StageInfo) -> None:
        """Take what an event says about the stage; later events know more."""
        self.name = info.name if info.name is not None else self.name
        self.parents = tuple(info.parents) if info.parents is not None else self.parents
        self.submitted_ms = info.submitted or self.submitted_ms
        self.completed_ms = info.completed or self.completed_ms
        self.failure = info.failure or self.failure

    def add(self, task: TaskEnd) -> None:
        """Take in one task attempt that ended. Called for every task, so it avoids calls that it can."""
        launched, finished = task.info.launched, task.info.finished
        if launched > 0 and (self.first_launch_ms is None or launched < self.first_launch_ms):
            self.first_launch_ms = launched
        if self.last_finish_ms is None or finished > self.last_finish_ms:
            self.last_finish_ms = finished
        wall_ms = finished - launched if 0 < launched < finished else 0
        if not task.succeeded:
            self.killed_tasks += task.killed
            self.failed_tasks += not task.killed
            self.lost_ms += wall_ms
            return
        run_ms = self._add_metrics(task.metrics) if task.metrics is not None else 0
        if wall_ms > run_ms:
            self._overhead_ms += wall_ms - run_ms
        self.times.add((wall_ms or run_ms) / 1000)

    def _add_metrics(self, metrics: TaskMetrics) -> int:
        # Damaged and some GPU logs have negative numbers; most are zero.
        if (cpu_ns := metrics.cpu_ns) > 0:
            self._cpu_ns += cpu_ns
        if (gc_ms := metrics.gc_ms) > 0:
            self._gc_ms += gc_ms
        if (spilled := metrics.memory_spilled_bytes) > 0:
            self._memory_spilled += spilled
        if (spilled := metrics.disk_spilled_bytes) > 0:
            self._disk_spilled += spilled
        self._add_traffic(metrics)
        if (run_ms := metrics.run_ms) > 0:
            self._run_ms += run_ms
            return run_ms
        return 0

    def _add_traffic(self, metrics: TaskMetrics) -> None:
        if (read := metrics.shuffle_read) is not None:
            if read.fetch_wait_ms > 0:
                self._fetch_wait_ms += read.fetch_wait_ms
            if (fetched := read.remote_bytes + read.local_bytes) > 0:
                self._shuffle_read += fetched
        if (write := metrics.shuffle_write) is not None and write.bytes_written > 0:
            self._shuffle_write += write.bytes_written
        if (source := metrics.input) is not None and source.bytes_read > 0:
            self._input += source.bytes_read
        if (sink := metrics.output) is not None and sink.bytes_written > 0:
            self._output += sink.bytes_written

    def totals(self) -> TaskTotals:
        """Sums so far, in the profile's units."""
        return TaskTotals(
            run_seconds=self._run_ms / 1e3,
            cpu_seconds=self._cpu_ns / 1e9,
            gc_seconds=self._gc_ms / 1e3,
            fetch_wait_seconds=self._fetch_wait_ms / 1e3,
            overhead_seconds=self._overhead_ms / 1e3,
            input_bytes=self._input,
            output_bytes=self._output,
            shuffle_read_bytes=self._shuffle_read,
            shuffle_write_bytes=self._shuffle_write,
            memory_spilled_bytes=self._memory_spilled,
            disk_spilled_bytes=self._disk_spilled,
        )
