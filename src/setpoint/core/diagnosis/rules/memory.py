"""Rules on memory: what it cost in time, and how near its limits were."""

from setpoint.core.diagnosis.case import Case, Finding
from setpoint.core.profile import Profile
from setpoint.core.sizes import parse_mib
from setpoint.core.words import data_size, share_of
from setpoint.errors import InputError

_GC_SHARE = 0.1
_GC_USUAL = 0.05
_PYTHON_SHARE = 0.8
_MIB = 2**20
_LEAST_OVERHEAD_MIB = 384
_OVERHEAD_FACTOR = 0.1
"""Spark's own defaults of the room beside the heap."""


def gc_pressure(case: Case) -> Finding | None:
    """Garbage collection that took more than is usual."""
    tasks = case.diagnosis.slots.tasks
    collecting, run = tasks.gc_seconds, tasks.run_seconds
    if not run or collecting < _GC_SHARE * run:
        return None
    text = f"garbage collection took {share_of(collecting, run)} of the run time ({collecting:.0f} slot-seconds)"
    return Finding("gc-pressure", text, (collecting - _GC_USUAL * run) / case.slots, "give more memory per slot")


def spill(case: Case) -> Finding | None:
    """Anything written to disk because memory was short."""
    spilled = case.diagnosis.spilled_bytes
    if not spilled:
        return None
    worst = max(case.profile.stages, key=lambda stage: stage.totals.disk_spilled_bytes, default=None)
    most = (
        ""
        if worst is None or not worst.totals.disk_spilled_bytes
        else (f", most of it ({data_size(worst.totals.disk_spilled_bytes)}) by stage {worst.id} ({worst.name})")
    )
    text = f"{data_size(spilled)} were spilled to disk because memory was short{most}"
    gain = case.diagnosis.slots.tasks.spill_seconds / case.slots
    return Finding("spill", text, gain, "give more memory per slot or use more partitions")


def python_memory(case: Case) -> Finding | None:
    """Python workers that filled the room beside the heap."""
    room = _room_beside_heap_bytes(case.profile)
    peak = max((executor.peak_python_bytes for executor in case.profile.workers), default=0)
    if room is None or peak < _PYTHON_SHARE * room:
        return None
    text = f"Python workers of one executor held {data_size(peak)}; beside its heap there is room for {data_size(room)}"
    advice = "raise spark.executor.memoryOverhead, or let Python hold less at a time"
    return Finding("python-memory", text, 0.0, advice)


def _room_beside_heap_bytes(profile: Profile) -> int | None:
    """What a container has beside the heap; None where the log does not say, and in local mode, which has no limit."""
    heap = _mib(profile, "spark.executor.memory")
    given = _mib(profile, "spark.executor.memoryOverhead")
    is_unclear = given is None and profile.property_value("spark.executor.memoryOverhead") is not None
    if heap is None or is_unclear or any(executor.id == "driver" for executor in profile.workers):
        return None
    room = max(_LEAST_OVERHEAD_MIB, int(_OVERHEAD_FACTOR * heap)) if given is None else given
    return (room + (_mib(profile, "spark.executor.pyspark.memory") or 0)) * _MIB


def _mib(profile: Profile, name: str) -> int | None:
    text = profile.property_value(name)
    if text is None:
        return None
    try:
        return parse_mib(text, name)
    except InputError:
        return None
