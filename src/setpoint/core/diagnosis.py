"""Where the time of a run went, and what would be gained by changing it. Rules are documented in docs/profile.md.

The wall time is split by what the application did: start-up until the first stage, stages at work, and the driver
alone. The slot time (every slot times as long as it was there) is split by what the slots did. Each split adds up.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from setpoint.core.profile import Profile, Stage

_TOP_STAGES = 5


@dataclass(frozen=True, slots=True)
class WallTime:
    """Seconds of the run by what the application did; the parts add up to the wall time."""

    startup_seconds: float
    """Before the first stage was submitted; all of the run where no stage ran."""
    driver_seconds: float
    """After it, with no stage at work: the driver plans, lists files, collects, commits, or waits."""
    stage_seconds: float
    """At least one stage at work."""

    @property
    def total_seconds(self) -> float:
        """The whole run."""
        return self.startup_seconds + self.driver_seconds + self.stage_seconds


@dataclass(frozen=True, slots=True)
class SlotTime:
    """Slot-seconds by what the slots did; the parts add up to all slot time there was."""

    cpu_seconds: float
    waiting_seconds: float
    """Running without CPU, GC or fetch wait: input and output, sleeping, Python workers, busy neighbours. In logs
    without CPU times (before Spark 2.1) this holds the computing too."""
    fetch_wait_seconds: float
    gc_seconds: float
    overhead_seconds: float
    """Scheduling, deserialisation, result handling."""
    lost_seconds: float
    """Attempts that failed or were killed."""
    idle_startup_seconds: float
    idle_driver_seconds: float
    """Idle while only the driver worked."""
    idle_stage_seconds: float
    """Idle while stages were at work: too few tasks, stragglers."""

    @property
    def run_seconds(self) -> float:
        """Successful tasks at work."""
        return self.cpu_seconds + self.waiting_seconds + self.fetch_wait_seconds + self.gc_seconds

    @property
    def used_seconds(self) -> float:
        """Slots with a task."""
        return self.run_seconds + self.overhead_seconds + self.lost_seconds

    @property
    def idle_seconds(self) -> float:
        """Slots without a task."""
        return self.idle_startup_seconds + self.idle_driver_seconds + self.idle_stage_seconds

    @property
    def total_seconds(self) -> float:
        """All slot time."""
        return self.used_seconds + self.idle_seconds


@dataclass(frozen=True, slots=True)
class StageShare:
    """One of the stages that took most slot time."""

    id: int
    attempt: int
    name: str
    tasks: int
    slot_seconds: float
    longest_seconds: float
    straggling_seconds: float
    """How much sooner the stage could be over if its longest task were like the others."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth changing, in words."""

    rule: str
    evidence: str
    gain_seconds: float
    """At most so much shorter would the run be; for idle-slots the whole cluster's time that was paid for nothing."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Where the time went."""

    wall: WallTime
    slots: SlotTime
    slot_count: int
    spilled_bytes: int
    """Written to disk because memory was short."""
    straggling_seconds: float
    """Sum over the stages."""
    top_stages: tuple[StageShare, ...]
    findings: tuple[Finding, ...]
    """Largest gain first."""


def diagnose(profile: Profile) -> Diagnosis:
    """Say where the time of a run went."""
    busy = _merged((s.submitted, s.completed) for s in profile.stages)
    busy = [(max(0.0, a), min(profile.wall_seconds, b)) for a, b in busy if a < profile.wall_seconds]
    wall = _wall_time(profile.wall_seconds, busy)
    slot_count = max(1, profile.slots)
    shares = sorted((_share(stage, slot_count) for stage in profile.stages), key=lambda s: (-s.slot_seconds, s.id))
    diagnosis = Diagnosis(
        wall=wall,
        slots=_slot_time(profile, busy, wall.startup_seconds),
        slot_count=slot_count,
        spilled_bytes=sum(stage.totals.disk_spilled_bytes for stage in profile.stages),
        straggling_seconds=sum(share.straggling_seconds for share in shares),
        top_stages=tuple(shares[:_TOP_STAGES]),
        findings=(),
    )
    return replace(diagnosis, findings=_findings(Case(diagnosis, profile)))


def _merged(spans: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Union of spans as disjoint ascending spans.

    >>> _merged([(4.0, 6.0), (1.0, 2.0), (5.0, 9.0)])
    [(1.0, 2.0), (4.0, 9.0)]
    """
    merged: list[tuple[float, float]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _wall_time(wall_seconds: float, busy: list[tuple[float, float]]) -> WallTime:
    startup = busy[0][0] if busy else wall_seconds
    at_work = sum(last - first for first, last in busy)
    return WallTime(startup, max(0.0, wall_seconds - startup - at_work), at_work)


def _slot_time(profile: Profile, busy: list[tuple[float, float]], startup_seconds: float) -> SlotTime:
    in_startup = _capacity(profile, [(0.0, startup_seconds)])
    in_stages = _capacity(profile, busy)
    overall = _capacity(profile, [(0.0, profile.wall_seconds)])
    parts = [(0.0,) * 6, *map(_task_parts, profile.stages)]
    cpu, gc, fetch, waiting, overhead, lost = (sum(column) for column in zip(*parts, strict=True))
    used = cpu + gc + fetch + waiting + overhead + lost
    return SlotTime(
        cpu_seconds=cpu,
        waiting_seconds=waiting,
        fetch_wait_seconds=fetch,
        gc_seconds=gc,
        overhead_seconds=overhead,
        lost_seconds=lost,
        idle_startup_seconds=in_startup,
        idle_driver_seconds=max(0.0, overall - in_startup - in_stages),
        idle_stage_seconds=max(0.0, in_stages - used),
    )


def _capacity(profile: Profile, spans: list[tuple[float, float]]) -> float:
    """Slot-seconds that there were within the spans."""
    working = [e for e in profile.executors if e.id != "driver"] or list(profile.executors)
    total = 0.0
    for executor in working:
        removed = profile.wall_seconds if executor.removed is None else executor.removed
        alive = (max(0.0, min(last, removed) - max(first, executor.added)) for first, last in spans)
        total += executor.cores * sum(alive)
    return total


def _task_parts(stage: Stage) -> tuple[float, ...]:
    """CPU, GC, fetch wait, waiting, overhead, lost. GC threads run beside the task's: each part takes what is left."""
    totals = stage.totals
    left = totals.run_seconds
    cpu = min(left, totals.cpu_seconds)
    gc = min(left - cpu, totals.gc_seconds)
    fetch = min(left - cpu - gc, totals.fetch_wait_seconds)
    return cpu, gc, fetch, max(0.0, left - cpu - gc - fetch), totals.overhead_seconds, stage.lost_seconds


def _share(stage: Stage, slots: int) -> StageShare:
    longest = stage.task_seconds[-1] if stage.task_seconds else 0.0
    work = stage.totals.run_seconds + stage.totals.overhead_seconds
    return StageShare(
        id=stage.id,
        attempt=stage.attempt,
        name=stage.name,
        tasks=stage.tasks,
        slot_seconds=work + stage.lost_seconds,
        longest_seconds=longest,
        straggling_seconds=_straggling_seconds(stage, work, longest, slots),
    )


def _straggling_seconds(stage: Stage, work: float, longest: float, slots: int) -> float:
    """Lower bound of the stage's time, max(work / slots, longest task), with and without the long tail."""
    if len(stage.task_seconds) < 2:  # noqa: PLR2004 - a single task has no others to compare with
        return 0.0
    typical = stage.task_seconds[len(stage.task_seconds) // 2]
    if longest <= _SKEW_RATIO * typical:
        return 0.0
    return max(0.0, longest - max(work / slots, _SKEW_RATIO * typical))


_SKEW_RATIO = 2.0
"""A longest task of up to twice the median is ordinary scatter."""
_WORTH_NAMING = 0.02
"""A finding that would gain less than this share of the run is not worth a line."""
_IDLE_SHARE = 0.3
_DRIVER_SHARE = 0.2
_WAITING_SHARE = 0.5
_GC_SHARE = 0.1
_GC_USUAL = 0.05
_SPILL_BYTES_PER_SECOND = 100e6
"""A middling disk shared by the slots of a machine; each spilled byte is written once and read once."""
_REMEDY_FOR_WAITING = "where they wait for a source, more slots per core overlap the waits; where for busy cores, fewer"
_TINY_SECONDS = 0.1
_GOOD_TASK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule looks at: the splits, and the profile they came from."""

    diagnosis: Diagnosis
    profile: Profile


def _idle_slots(case: Case) -> Finding | None:
    idle, total = (
        case.diagnosis.slots.idle_stage_seconds,
        case.diagnosis.slots.idle_stage_seconds + case.diagnosis.slots.used_seconds,
    )
    if not total or idle / total < _IDLE_SHARE:
        return None
    text = (
        f"slots were idle for {_percent(idle, total)} of the time stages ran ({idle:.0f} of {total:.0f} slot-seconds)"
    )
    return Finding("idle-slots", f"{text}: fewer slots would do", idle / case.diagnosis.slot_count)


def _driver_bound(case: Case) -> Finding | None:
    alone = case.diagnosis.wall.driver_seconds
    if alone <= _DRIVER_SHARE * case.profile.wall_seconds:
        return None
    wall = case.profile.wall_seconds
    text = f"for {alone:.1f} of {wall:.1f} s ({_percent(alone, wall)}) no task ran"
    return Finding("driver-bound", f"{text}: the driver worked alone and no worker shortens that", alone)


def _skew(case: Case) -> Finding | None:
    shares = [
        s
        for s in (_share(stage, case.diagnosis.slot_count) for stage in case.profile.stages)
        if s.straggling_seconds > 0
    ]
    if not shares:
        return None
    worst = max(shares, key=lambda s: s.straggling_seconds)
    text = f"the longest of {worst.tasks} tasks of stage {worst.id} ({worst.name}) took {worst.longest_seconds:.1f} s"
    return Finding("skew", f"{text}; {len(shares)} stages waited for stragglers", case.diagnosis.straggling_seconds)


def _waiting_on_source(case: Case) -> Finding | None:
    waiting, run = case.diagnosis.slots.waiting_seconds, case.diagnosis.slots.run_seconds
    if not case.diagnosis.slots.cpu_seconds or waiting < _WAITING_SHARE * run:
        return None
    text = f"tasks waited for {_percent(waiting, run)} of their run time ({waiting:.0f} of {run:.0f} slot-seconds)"
    gain = waiting / case.diagnosis.slot_count / 2
    return Finding("waiting-on-source", f"{text}: {_REMEDY_FOR_WAITING}", gain)


def _gc_pressure(case: Case) -> Finding | None:
    collecting, run = case.diagnosis.slots.gc_seconds, case.diagnosis.slots.run_seconds
    if not run or collecting < _GC_SHARE * run:
        return None
    text = f"garbage collection took {_percent(collecting, run)} of the run time ({collecting:.0f} slot-seconds)"
    gain = (collecting - _GC_USUAL * run) / case.diagnosis.slot_count
    return Finding("gc-pressure", f"{text}: give more memory per slot", gain)


def _spill(case: Case) -> Finding | None:
    if not case.diagnosis.spilled_bytes:
        return None
    gain = 2 * case.diagnosis.spilled_bytes / _SPILL_BYTES_PER_SECOND / case.diagnosis.slot_count
    text = f"{case.diagnosis.spilled_bytes / 1e6:.0f} MB were spilled to disk because memory was short"
    return Finding("spill", f"{text}: give more memory per slot or use more partitions", gain)


def _many_tiny_tasks(case: Case) -> Finding | None:
    gain, tiny = 0.0, 0
    for stage in case.profile.stages:
        run, overhead = stage.totals.run_seconds, stage.totals.overhead_seconds
        if stage.tasks > 4 * case.diagnosis.slot_count and (run + overhead) / stage.tasks < _TINY_SECONDS:
            enough = max(case.diagnosis.slot_count, run / _GOOD_TASK_SECONDS)
            gain += overhead * max(0.0, 1 - enough / stage.tasks) / case.diagnosis.slot_count
            tiny += stage.tasks
    if not tiny:
        return None
    text = f"{tiny} tasks of under {_TINY_SECONDS * 1000:.0f} ms each"
    return Finding("many-tiny-tasks", f"{text}: fewer partitions would spare their overhead", gain)


def _failed_tasks(case: Case) -> Finding | None:
    failed = sum(stage.failed_tasks for stage in case.profile.stages)
    if not failed:
        return None
    lost = sum(stage.lost_seconds for stage in case.profile.stages if stage.failed_tasks)
    text = f"{failed} task attempts failed and were repeated or given up ({lost:.1f} slot-seconds lost)"
    return Finding("failed-tasks", text, lost / case.diagnosis.slot_count)


RULES: dict[str, Callable[[Case], Finding | None]] = {
    "idle-slots": _idle_slots,
    "driver-bound": _driver_bound,
    "skew": _skew,
    "waiting-on-source": _waiting_on_source,
    "gc-pressure": _gc_pressure,
    "spill": _spill,
    "many-tiny-tasks": _many_tiny_tasks,
    "failed-tasks": _failed_tasks,
}
"""The rules by name; each is described in docs/profile.md."""

_ALWAYS_NAMED = frozenset({"failed-tasks", "spill"})
"""Signs of a limit that is near, whatever they cost today."""


def _findings(case: Case) -> tuple[Finding, ...]:
    wall = case.profile.wall_seconds
    found = [finding for rule in RULES.values() if (finding := rule(case)) is not None]
    bounded = [replace(finding, gain_seconds=min(max(0.0, finding.gain_seconds), wall)) for finding in found]
    kept = [f for f in bounded if f.rule in _ALWAYS_NAMED or f.gain_seconds > _WORTH_NAMING * wall]
    return tuple(sorted(kept, key=lambda finding: -finding.gain_seconds))


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %"
