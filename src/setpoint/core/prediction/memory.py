"""Risk that a task process runs out of heap, from what the logs say about the need.

The need is taken as lognormal. Where the log has the peak heap, its median is half of that peak: a JVM lets garbage
pile up before it collects, so the live set is a part of the peak. Without it the median is a share of the heap that
was enough, and the spread is wide. Garbage collection time and spilling say that the heap is tight already.
"""

import math

from setpoint.core.distributions import normal_cdf
from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.heap import sharing
from setpoint.core.workload import MemoryEvidence

__all__ = ["memory_risk"]

_USABLE = 0.9
"""Share of the heap that objects can fill before the JVM gives up (the rest: Spark's reserve, fragmentation)."""
_LIVE_SHARE, _LIVE_SPREAD = 0.5, 0.35
"""Live set over logged peak heap, and the standard deviation of its logarithm: a peak of p MiB says that a heap of
p/0.9 MiB fails with 2 %, p with 5 %, p/2 with 62 %."""
_BLIND_SHARE, _BLIND_SPREAD = 0.15, 0.6
"""Live set over the heap that was enough, nothing being logged: half of it fails with 3 %, a quarter with 25 %."""
_TIGHT_GC_SHARE = 0.1
"""Share of the application's time in garbage collection from which the heap is taken to be nearly full of live data."""
_OBJECTS_PER_BROADCAST, _OBJECTS_PER_GATHERED, _OBJECT_SPREAD = 7.0, 10.0, 0.4
"""Heap over bytes of a broadcast table (it is collected, unpacked and hashed) and over shuffled, compressed bytes of
rows that become objects; and the standard deviation of the logarithm."""
_UNEVEN = 1.5
"""Largest share of a task over the mean: keys do not spread evenly."""
_SPARK_MIB = 120
"""Live data of a Spark process that does nothing."""
_PROVEN_RISK = 0.001
"""A heap that was enough before fails this often: input and timing vary."""


def memory_risk(spec: ClusterSpec, evidence: MemoryEvidence) -> float:
    """Probability that a run on the spec fails for want of heap.

    >>> evidence = MemoryEvidence(proven_mib=4096, failed_mib=0, peak_mib=0, gc_share=0.02, spilled=False)
    >>> [round(memory_risk(ClusterSpec.local(2, mib), evidence), 3) for mib in (4096, 2048, 1024)]
    [0.001, 0.034, 0.25]
    """
    heap = spec.task_memory_mib
    if heap <= evidence.failed_mib:
        return 1.0
    if heap >= evidence.proven_mib and not _is_more_crowded(spec, evidence):
        return _PROVEN_RISK
    return max(_PROVEN_RISK, 1.0 - normal_cdf(min(_headroom(heap, evidence), _room_for_objects(spec, evidence))))


def _headroom(heap: int, evidence: MemoryEvidence) -> float:
    """Standard deviations between the likely need and the usable heap."""
    if evidence.spilled or evidence.gc_share >= _TIGHT_GC_SHARE:
        median, spread = _USABLE * evidence.proven_mib, _LIVE_SPREAD
    elif evidence.peak_mib > 0:
        median, spread = _LIVE_SHARE * evidence.peak_mib, _LIVE_SPREAD
    else:
        median, spread = _BLIND_SHARE * evidence.proven_mib, _BLIND_SPREAD
    return math.log(_USABLE * heap / median) / spread


def _is_more_crowded(spec: ClusterSpec, evidence: MemoryEvidence) -> bool:
    """Whether more would be gathered at once in a heap than in the runs that it was enough for."""
    fewer = 0 < (spec.shuffle_partitions or 0) < evidence.gathered_tasks
    return evidence.gathered_mib > 0 and (fewer or 0 < evidence.proven_slots < sharing(spec))


def _room_for_objects(spec: ClusterSpec, evidence: MemoryEvidence) -> float:
    """The same for what cannot be spilled: broadcast tables, and what the tasks gather that run at once."""
    tasks = spec.shuffle_partitions or evidence.gathered_tasks
    at_once = min(1.0, _UNEVEN * sharing(spec) / max(1, tasks))
    data = _OBJECTS_PER_BROADCAST * evidence.shared_mib + _OBJECTS_PER_GATHERED * evidence.gathered_mib * at_once
    if data <= 0:
        return math.inf
    return math.log(_USABLE * spec.task_memory_mib / (_SPARK_MIB + data)) / _OBJECT_SPREAD
