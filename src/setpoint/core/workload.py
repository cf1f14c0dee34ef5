"""The identified plant: what past runs say about the work, apart from the cluster they ran on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from setpoint.core.domain import ClusterSpec, Outcome, Run
from setpoint.core.history import History
from setpoint.core.profile import Profile
from setpoint.core.sizes import parse_mib

__all__ = ["Experience", "Measured", "MemoryEvidence", "Workload", "identify", "spec_of"]

_BROADCAST = "BroadcastExchange"
_GATHERS = re.compile(r"ObjectHashAggregate|SortAggregate|Window$|CollectLimit|FlatMapGroups|CoGroup")
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


@dataclass(frozen=True, slots=True)
class MemoryEvidence:
    """What the runs of the present regime say about the heap a task process needs, in MiB."""

    proven_mib: int
    """Smallest heap that was enough; 0 where none is known."""
    failed_mib: int
    """Largest heap under which a run failed for memory, in any regime; 0 where none did."""
    peak_mib: float
    """Highest heap in use that was logged with the proven heap, garbage included; 0 where not logged."""
    gc_share: float
    """Share of the application's time that stood still for garbage collection under the proven heap."""
    spilled: bool
    """Whether tasks spilled to disk under the proven heap."""
    shared_mib: float = 0.0
    """Largest data that a process holds once, however many tasks run in it: broadcast tables."""
    gathered_mib: float = 0.0
    """Largest data that one stage gathers and cannot spill, as shuffled: lists, sets, what goes into one row."""
    gathered_tasks: int = 0
    """How many tasks shared it."""
    proven_slots: int = 0
    """Most slots that shared the proven heap; 0 where not known."""


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
    for run in history.runs:
        regime = history.regimes[run.id]
        points.setdefault(regime, []).append(_measured(run))
        if run.succeeded and run.profile is not None:
            groups.setdefault(regime, []).append(
                Experience(run.id, regime, run.spec, run.seconds, run.profile, run.report.host_cores)
            )
    known = [regime for regime in sorted(points) if any(_succeeded(each) for each in points[regime])]
    if not known:
        return None
    recent = {regime: tuple(_whole(groups[regime])[-RECENT_RUNS:]) for regime in sorted(groups)}
    present = tuple(groups[max(groups)][-RECENT_RUNS:]) if groups else ()
    return Workload(
        bases=recent[max(groups)] if groups else (),
        comparable=tuple(recent.values()),
        measured=tuple(each for regime, runs in points.items() if regime >= known[-1] for each in runs),
        earlier=tuple(tuple(points[regime]) for regime in known[:-1]),
        memory=_memory_evidence(history.runs, present, points[known[-1]]),
    )


def _measured(run: Run) -> Measured:
    whole = run.succeeded and run.profile is not None and run.profile.completeness.state == "complete"
    read = run.profile.input_bytes if whole and run.profile is not None else None
    return Measured(run.spec, run.seconds, run.outcome, run.fault == "memory", read or None)


def _succeeded(measured: Measured) -> bool:
    return measured.outcome is Outcome.SUCCEEDED


def _whole(runs: list[Experience]) -> list[Experience]:
    """Those whose log is complete; all where none is: work that a log lacks would pass for time without tasks."""
    return [each for each in runs if each.profile.completeness.state == "complete"] or runs


def _memory_evidence(
    runs: tuple[Run, ...], present: tuple[Experience, ...], points: Sequence[Measured]
) -> MemoryEvidence:
    proven = min(each.spec.task_memory_mib for each in points if _succeeded(each))
    with_proven = [e for e in present if e.spec.task_memory_mib == proven]
    gathered = max((_gathered(e.profile) for e in with_proven), default=(0, 0))
    return MemoryEvidence(
        proven_mib=proven,
        failed_mib=max(
            (r.spec.task_memory_mib for r in runs if r.outcome is Outcome.FAILED and r.fault == "memory"), default=0
        ),
        peak_mib=max((x.peak_heap_bytes for e in with_proven for x in e.profile.executors), default=0) / 2**20,
        gc_share=max((_gc_share(experience.profile) for experience in with_proven), default=0.0),
        spilled=any(s.totals.disk_spilled_bytes > 0 for e in with_proven for s in e.profile.stages),
        shared_mib=max((_broadcast_bytes(e.profile) for e in present), default=0.0) / 2**20,
        gathered_mib=gathered[0] / 2**20,
        gathered_tasks=gathered[1],
        proven_slots=max((_slots_per_process(e.spec) for e in with_proven), default=0),
    )


def _slots_per_process(spec: ClusterSpec) -> int:
    return spec.slots if spec.is_local else spec.worker_cores


def _broadcast_bytes(profile: Profile) -> float:
    """Data of all broadcast tables of the SQL execution that has most."""
    return max(
        (sum(dict(o.metrics).get("data size", 0.0) for o in e.operators if o.name == _BROADCAST) for e in profile.sql),
        default=0.0,
    )


def _gathered(profile: Profile) -> tuple[int, int]:
    """Shuffled bytes of a stage, and its tasks, where operators build objects outside of Spark's memory accounts."""
    gathering = {e.id for e in profile.sql if any(_GATHERS.search(o.name) for o in e.operators)}
    ids = {i for job in profile.jobs if job.sql_execution_id in gathering for i in job.stage_ids}
    return max(((s.totals.shuffle_read_bytes, s.tasks) for s in profile.stages if s.id in ids), default=(0, 0))


def _gc_share(profile: Profile) -> float:
    """Share of the application's time in garbage collection.

    Every task that runs during a pause counts it, so a stage's sum is divided by how many of its tasks ran at once.
    """
    paused = 0.0
    for stage in profile.stages:
        if stage.totals.run_seconds > 0:
            at_once = max(1.0, stage.totals.run_seconds / max(1e-3, stage.completed - stage.submitted))
            paused += stage.totals.gc_seconds / at_once
    return paused / profile.wall_seconds if profile.wall_seconds > 0 else 0.0


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
