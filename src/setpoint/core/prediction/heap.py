"""What another heap does to the time of tasks: spilling to disk, and collecting garbage in less room.

Spark shares `spark.memory.fraction` of the heap (less 300 MiB) between the tasks that run at once; what a task wants
beyond its part goes to disk and comes back. The cost of collecting garbage per byte allocated goes with live / (heap −
live) (Appel, "Garbage collection can be faster than stack allocation", Information Processing Letters 25(4), 1987).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from setpoint.core.domain import ClusterSpec
from setpoint.core.profile import Stage
from setpoint.core.workload import Experience

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Heap", "sharing"]

_MIB = 2**20
_RESERVED_MIB = 300
_FRACTION = 0.6
"""Spark's default of `spark.memory.fraction`."""
_SPILL_BYTES_PER_SECOND = 120 * _MIB
"""Of memory and task: serialised, compressed, written, and read and merged again."""
_LIVE_SHARE = 0.5
"""Live data over the highest heap in use that was logged, which counts garbage too."""
_BLIND_SHARE = 0.15
"""Live data over the heap, where its use was not logged."""
_MOST_LIVE = 0.8
"""Of the heap: beyond, a run would hardly have been successful."""
_LEAST_FACTOR = 0.2
"""However much of a stage was spilling, it had work to do."""
_MOST_COLLECTING = 12.0
"""A heap that collects this much more often is about to fail."""


class Heap:
    """How the stages of one run stand to their heap."""

    def __init__(self, base: Experience, stages: Sequence[Stage]) -> None:
        import numpy as np

        self._spec = base.spec
        self._peak_mib = max((executor.peak_heap_bytes for executor in base.profile.workers), default=0) / _MIB
        totals = [stage.totals for stage in stages]
        self.work = np.array([each.run_seconds + each.overhead_seconds for each in totals])
        """Seconds of all tasks, stage by stage."""
        self._gc_seconds = np.array([min(each.gc_seconds, each.run_seconds) for each in totals])
        self._tasks = np.array([stage.tasks for stage in stages], dtype=float)
        self._spilled = np.array([each.memory_spilled_bytes for each in totals]) / np.maximum(1.0, self._tasks)
        self._wanted = self._spilled + np.array([stage.peak_memory_bytes for stage in stages])

    def factors(self, heap_mib: Sequence[int], slots: Sequence[int]) -> "np.ndarray":
        """Task time under each of these heaps, shared by so many slots, over task time here: heaps × stages.

        At least 1 with less heap for each slot, at most 1 with more, 1 with the same.
        """
        import numpy as np

        heaps = np.asarray(heap_mib, dtype=float)
        then = self._part(np.array([self._spec.task_memory_mib]), np.array([sharing(self._spec)]))[0]
        parts = self._part(heaps, np.asarray(slots))
        here = np.where(self._spilled > 0, np.maximum(0.0, self._wanted - then), 0.0)
        there = np.where((self._spilled > 0) | (parts < then), np.maximum(0.0, self._wanted - parts), here)
        there = np.where(parts < then, np.maximum(there, here), np.minimum(there, here))
        seconds = self._tasks * (there - here) / _SPILL_BYTES_PER_SECOND
        collecting = self._collecting(heaps)[:, None]
        longer = (seconds + self._gc_seconds * (collecting - 1)) / np.maximum(1e-9, self.work)
        return np.asarray(np.where(self.work > 0, np.maximum(_LEAST_FACTOR, 1 + longer), 1.0))

    def _part(self, heap_mib: "np.ndarray", slots: "np.ndarray") -> "np.ndarray":
        """Bytes that each task of a stage may use for its work, heaps × stages."""
        import numpy as np

        whole = np.maximum(0.0, heap_mib - _RESERVED_MIB) * _FRACTION * _MIB
        return np.asarray(whole[:, None] / np.minimum(slots[:, None], np.maximum(1.0, self._tasks)))

    def _collecting(self, heap_mib: "np.ndarray") -> "np.ndarray":
        """Time in garbage collection there over here."""
        import numpy as np

        then = self._spec.task_memory_mib
        live = self._peak_mib * _LIVE_SHARE if self._peak_mib else _BLIND_SHARE * then
        live = min(live, _MOST_LIVE * then)
        return np.asarray((then - live) / np.maximum((then - live) / _MOST_COLLECTING, heap_mib - live))


def sharing(spec: ClusterSpec) -> int:
    """Slots that share one heap."""
    return spec.sharing
