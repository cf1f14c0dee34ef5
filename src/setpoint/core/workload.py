"""The identified plant: what past runs say about the work, apart from the cluster they ran on."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from setpoint.core.domain import ClusterSpec, Outcome, Run
from setpoint.core.history import History
from setpoint.core.oddity import odd_runs
from setpoint.core.profile import Profile
from setpoint.core.sizes import parse_mib

__all__ = ["Experience", "HeapSeen", "Measured", "MemoryEvidence", "Workload", "identify", "spec_of"]

_BROADCAST = "BroadcastExchange"
_GATHERS = re.compile(r"ObjectHashAggregate|SortAggregate|Window$|CollectLimit|FlatMapGroups|CoGroup")
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
MOST_HEAPS = 30
"""Latest runs whose heaps are looked at, beside the first that was enough: the code and the data move."""
LEAST_WORK = 60.0
"""Seconds of all tasks below which what collecting garbage took is the start of the JVM: its heap grows first."""
RECENT_RUNS = 8
"""Runs of one regime that are compared with one another: older ones add little, and comparisons grow quadratically."""


@dataclass(frozen=True, slots=True)
class Experience:
    """One successful run as the predictors read it."""

    run_id: str
    regime: int
    spec: ClusterSpec
    seconds: float
    profile: Profile
    host_cores: int | None

    @property
    def launch_seconds(self) -> float:
        """Wall time of the run outside the application: submission, JVM start, clean-up."""
        return max(0.0, self.seconds - self.profile.wall_seconds)


@dataclass(frozen=True, slots=True)
class Measured:
    """One run as a point: where it ran and how long it took, with a log or without."""

    spec: ClusterSpec
    seconds: float
    outcome: Outcome
    is_spec_fault: bool
    """Of one that failed: whether for want of memory, so that the spec is the cause."""
    input_bytes: int | None
    """What it read; None where that is not known: of one that ended early, or whose log did, only a part was seen."""
    at: datetime = EARLIEST
    """When it began."""
    is_odd: bool = False
    """Whether it met something that the next run will not, so that its runtime tells nothing."""


@dataclass(frozen=True, slots=True)
class HeapSeen:
    """One run with one heap per task process."""

    heap_mib: int
    is_enough: bool
    """Whether it came to its end; otherwise it ran out of memory."""
    input_bytes: int | None = None
    """What it read, where that is known."""
    peak_mib: float = 0.0
    """Highest heap in use that was logged, garbage included; 0 where not logged."""
    collecting: float = 0.0
    """Garbage collection over the rest of the tasks' time; 0 where not logged."""
    spilled: bool = False
    """Whether tasks spilled to disk."""


@dataclass(frozen=True, slots=True)
class MemoryEvidence:
    """What the runs of the present regime say about the heap a task process needs, in MiB."""

    heaps: tuple[HeapSeen, ...]
    """Oldest first; at least one was enough."""
    failed_mib: int = 0
    """Largest heap under which a run failed for memory, in any regime; 0 where none did."""
    enough_gib: float = math.inf
    """Memory of all processes together with which runs have since succeeded, though each had no more than that."""
    shared_mib: float = 0.0
    """Largest data that a process holds once, however many tasks run in it: broadcast tables."""
    shared_rows: int = 0
    """Its rows."""
    gathered_mib: float = 0.0
    """Largest data that one stage gathers and cannot spill, as shuffled: lists, sets, what goes into one row."""
    gathered_tasks: int = 0
    """How many tasks shared it."""
    proven_mib: int = 0
    """Smallest heap that was enough, on whatever input."""
    proven_slots: int = 0
    """Most slots that shared it; 0 where not known."""


@dataclass(frozen=True, slots=True)
class Workload:
    """Work and memory need of a project, as far as its runs tell."""

    bases: tuple[Experience, ...]
    """Runs of the latest regime with logs that the next one is simulated from, newest last; at most `RECENT_RUNS`, none
    where no run has a log."""
    comparable: tuple[tuple[Experience, ...], ...]
    """All runs with a log, grouped by regime: within a group one run can be predicted from another."""
    measured: tuple[Measured, ...]
    """All runs of the present regime, oldest first."""
    earlier: tuple[tuple[Measured, ...], ...]
    """The same of earlier regimes: another code or input size, but still this job."""
    memory: MemoryEvidence


def identify(history: History) -> Workload | None:
    """The workload behind a history; None before the first successful run."""
    points: dict[int, list[Measured]] = {}
    groups: dict[int, list[Experience]] = {}
    odd = odd_runs(history)
    for run in history.runs:
        regime = history.regimes[run.id]
        points.setdefault(regime, []).append(_measured(run, is_odd=run.id in odd))
        if run.succeeded and run.profile is not None and run.id not in odd:
            groups.setdefault(regime, []).append(
                Experience(run.id, regime, run.spec, run.seconds, run.profile, run.report.host_cores)
            )
    known = [regime for regime in sorted(points) if any(_succeeded(each) for each in points[regime])]
    if not known:
        return None
    recent = {regime: tuple(_whole(groups[regime])[-RECENT_RUNS:]) for regime in sorted(groups)}
    return Workload(
        bases=recent[max(groups)] if groups else (),
        comparable=tuple(recent.values()),
        measured=tuple(each for regime, runs in points.items() if regime >= known[-1] for each in runs),
        earlier=tuple(tuple(points[regime]) for regime in known[:-1]),
        memory=_memory_evidence(history.runs, [run for run in history.runs if history.regimes[run.id] >= known[-1]]),
    )


def _measured(run: Run, *, is_odd: bool = False) -> Measured:
    whole = run.succeeded and run.profile is not None and run.profile.completeness.state == "complete"
    read = run.profile.input_bytes if whole and run.profile is not None else None
    return Measured(
        run.spec, run.seconds, run.outcome, run.fault == "memory", read or None, run.report.started_at, is_odd
    )


def _succeeded(measured: Measured) -> bool:
    return measured.outcome is Outcome.SUCCEEDED


def _whole(runs: list[Experience]) -> list[Experience]:
    """Those whose log is complete; all where none is: work that a log lacks would pass for time without tasks."""
    return [each for each in runs if each.profile.completeness.state == "complete"] or runs


def _memory_evidence(runs: Sequence[Run], present: Sequence[Run]) -> MemoryEvidence:
    done = [run for run in present if run.succeeded]
    logged = [run.profile for run in done if run.profile is not None][-RECENT_RUNS:]
    latest = [*done[:1], *present[-MOST_HEAPS:]] if len(present) > MOST_HEAPS else present
    heaps = tuple(seen for run in latest if (seen := _heap_seen(run)) is not None)
    proven = min(run.spec.task_memory_mib for run in done)
    gathered = max((_gathered(profile) for profile in logged), default=(0, 0))
    shared = max((_broadcast(profile) for profile in logged), default=(0.0, 0))
    with_proven = [run.spec for run in done if run.spec.task_memory_mib == proven]
    failed_mib = max((run.spec.task_memory_mib for run in runs if _ran_out(run)), default=0)
    return MemoryEvidence(
        heaps=heaps,
        failed_mib=failed_mib,
        enough_gib=_enough_gib(runs, failed_mib),
        shared_mib=shared[0] / 2**20,
        shared_rows=shared[1],
        gathered_mib=gathered[0] / 2**20,
        gathered_tasks=gathered[1],
        proven_mib=proven,
        proven_slots=max(spec.sharing for spec in with_proven),
    )


def _enough_gib(runs: Sequence[Run], failed_mib: int) -> float:
    """Memory in all with which runs have succeeded since the last one that ran out, with as little for each process."""
    last = max((place for place, run in enumerate(runs) if _ran_out(run)), default=len(runs))
    since = [run.spec for run in runs[last:] if run.succeeded and run.spec.task_memory_mib <= failed_mib]
    return min((spec.memory_gib for spec in since), default=math.inf)


def _ran_out(run: Run) -> bool:
    return run.outcome is Outcome.FAILED and run.fault == "memory"


def _heap_seen(run: Run) -> HeapSeen | None:
    """None for a run that was stopped, or failed for another reason: it may have needed no more than it had."""
    heap, measured = run.spec.task_memory_mib, _measured(run)
    if not run.succeeded or run.profile is None:
        return HeapSeen(heap, run.succeeded, measured.input_bytes) if run.succeeded or _ran_out(run) else None
    totals = [stage.totals for stage in run.profile.stages]
    collected = sum(min(each.gc_seconds, each.run_seconds) for each in totals)
    worked = sum(each.run_seconds for each in totals) - collected
    return HeapSeen(
        heap_mib=heap,
        is_enough=True,
        input_bytes=measured.input_bytes,
        peak_mib=max((executor.peak_heap_bytes for executor in run.profile.executors), default=0) / 2**20,
        collecting=collected / worked if worked >= LEAST_WORK else 0.0,
        spilled=any(each.disk_spilled_bytes > 0 for each in totals),
    )


def _broadcast(profile: Profile) -> tuple[float, int]:
    """Bytes and rows of all broadcast tables of the SQL execution that has most."""
    found = []
    for execution in profile.sql:
        tables = [dict(each.metrics) for each in execution.operators if each.name == _BROADCAST]
        sizes, rows = ([table.get(name, 0.0) for table in tables] for name in ("data size", "number of output rows"))
        found.append((sum(sizes), int(sum(rows))))
    return max(found, default=(0.0, 0))


def _gathered(profile: Profile) -> tuple[int, int]:
    """Shuffled bytes of a stage, and its tasks, where operators build objects outside of Spark's memory accounts."""
    gathering = {e.id for e in profile.sql if any(_GATHERS.search(o.name) for o in e.operators)}
    ids = {i for job in profile.jobs if job.sql_execution_id in gathering for i in job.stage_ids}
    return max(((s.totals.shuffle_read_bytes, s.tasks) for s in profile.stages if s.id in ids), default=(0, 0))


def spec_of(profile: Profile) -> ClusterSpec:
    """The spec that an event log shows. What the log leaves open has Spark's defaults.

    Source: https://spark.apache.org/docs/latest/configuration.html (1 GiB of heap for driver and executors).
    """
    driver_mib = parse_mib(profile.property_value("spark.driver.memory") or "1g", "spark.driver.memory")
    partitions = profile.property_value("spark.sql.shuffle.partitions")
    count = int(partitions) if partitions is not None and partitions.isdecimal() else None
    working = [executor for executor in profile.executors if executor.id != "driver"]
    if not working:
        return ClusterSpec.local(max(1, profile.slots), driver_mib, count)
    cores = max(1, *(executor.cores for executor in working))
    driver_cores = profile.property_value("spark.driver.cores")
    return ClusterSpec(
        workers=max(1, profile.slots // cores),
        worker_cores=cores,
        worker_memory_mib=parse_mib(profile.property_value("spark.executor.memory") or "1g", "spark.executor.memory"),
        driver_cores=int(driver_cores) if driver_cores is not None and driver_cores.isdecimal() else 1,
        driver_memory_mib=driver_mib,
        shuffle_partitions=count,
    )
