"""Risk that a task process runs out of heap: what it keeps alive, and what cannot be spilled."""

import math
from collections.abc import Sequence

from setpoint.core.distributions import normal_cdf
from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.heap import sharing
from setpoint.core.prediction.live_set import USABLE, live_set
from setpoint.core.workload import MemoryEvidence

__all__ = ["memory_risks"]

_COPIES_OF_BROADCAST, _MIB_PER_ROW = 2.2, 1.2 / 1024
"""Heap over the bytes of a broadcast table, whose pages are larger with more heap, and beside them for each row while
it is collected and hashed: recorded runs of many small rows and of few large ones failed below."""
_OBJECTS_PER_GATHERED, _OBJECT_SPREAD = 10.0, 0.4
"""Heap over shuffled, compressed bytes of rows that become objects; and the standard deviation of the logarithm."""
_UNEVEN = 1.5
"""Largest share of a task over the mean: keys do not spread evenly."""
_SPARK_MIB = 120
"""Live data of a Spark process that does nothing."""
LEAST_RISK = 0.001
"""A heap that was enough before fails this often: input and timing vary."""


def memory_risks(specs: Sequence[ClusterSpec], evidence: MemoryEvidence, next_bytes: float | None) -> list[float]:
    """Probability, for each spec, that a run on it fails for want of heap, reading so much."""
    alive = live_set(evidence.heaps, next_bytes)
    heaps = [spec.task_memory_mib for spec in specs]
    by_heap = {heap: alive.risk(heap) for heap in set(heaps)}
    return [_risk(spec, heap, by_heap[heap], evidence) for spec, heap in zip(specs, heaps, strict=True)]


def _risk(spec: ClusterSpec, heap: int, of_heap: float, evidence: MemoryEvidence) -> float:
    if heap <= evidence.failed_mib and spec.memory_gib < evidence.enough_gib:
        return 1.0
    crowded = 0.0
    if heap < evidence.proven_mib or _is_more_crowded(spec, evidence):
        crowded = 1.0 - normal_cdf(_room_for_objects(spec, evidence))
    return max(LEAST_RISK, of_heap, crowded)


def _is_more_crowded(spec: ClusterSpec, evidence: MemoryEvidence) -> bool:
    """Whether more would be gathered at once in a heap than in the runs that it was enough for."""
    fewer = 0 < (spec.shuffle_partitions or 0) < evidence.gathered_tasks
    return evidence.gathered_mib > 0 and (fewer or 0 < evidence.proven_slots < sharing(spec))


def _room_for_objects(spec: ClusterSpec, evidence: MemoryEvidence) -> float:
    """The same for what cannot be spilled: broadcast tables, and what the tasks gather that run at once."""
    tasks = spec.shuffle_partitions or evidence.gathered_tasks
    at_once = min(1.0, _UNEVEN * sharing(spec) / max(1, tasks))
    shared = _COPIES_OF_BROADCAST * evidence.shared_mib + _MIB_PER_ROW * evidence.shared_rows
    data = shared + _OBJECTS_PER_GATHERED * evidence.gathered_mib * at_once
    if data <= 0:
        return math.inf
    return math.log(USABLE * spec.task_memory_mib / (_SPARK_MIB + data)) / _OBJECT_SPREAD
