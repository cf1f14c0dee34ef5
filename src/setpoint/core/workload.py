"""The identified plant: what past runs say about the work, apart from the cluster they ran on."""

from dataclasses import dataclass

from setpoint.core.domain import ClusterSpec, Outcome, Run
from setpoint.core.history import History
from setpoint.core.profile import Profile
from setpoint.core.sizes import parse_mib

__all__ = ["Experience", "MemoryEvidence", "Workload", "identify", "spec_of"]

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


@dataclass(frozen=True, slots=True)
class Workload:
    """Work and memory need of a project, as far as its runs tell."""

    bases: tuple[Experience, ...]
    """Runs of the present regime that the next one is predicted from, newest last; at most `RECENT_RUNS`."""
    comparable: tuple[tuple[Experience, ...], ...]
    """All runs with a log, grouped by regime: within a group one run can be predicted from another."""
    memory: MemoryEvidence


def identify(history: History) -> Workload | None:
    """The workload behind a history; None before the first successful run with an event log."""
    groups: dict[int, list[Experience]] = {}
    for run in history.runs:
        if run.succeeded and run.profile is not None:
            regime = history.regimes[run.id]
            groups.setdefault(regime, []).append(
                Experience(run.id, regime, run.spec, run.seconds, run.profile, run.report.host_cores)
            )
    if not groups:
        return None
    recent = {regime: tuple(_whole(runs)[-RECENT_RUNS:]) for regime, runs in groups.items()}
    present = max(groups)
    return Workload(
        bases=recent[present],
        comparable=tuple(recent[regime] for regime in sorted(recent)),
        memory=_memory_evidence(history.runs, tuple(groups[present][-RECENT_RUNS:])),
    )


def _whole(runs: list[Experience]) -> list[Experience]:
    """Those whose log is complete; all where none is: work that a log lacks would pass for time without tasks."""
    return [each for each in runs if each.profile.completeness.state == "complete"] or runs


def _memory_evidence(runs: tuple[Run, ...], present: tuple[Experience, ...]) -> MemoryEvidence:
    proven = min(experience.spec.task_memory_mib for experience in present)
    with_proven = [e for e in present if e.spec.task_memory_mib == proven]
    return MemoryEvidence(
        proven_mib=proven,
        failed_mib=max(
            (r.spec.task_memory_mib for r in runs if r.outcome is Outcome.FAILED and r.fault == "memory"), default=0
        ),
        peak_mib=max((x.peak_heap_bytes for e in with_proven for x in e.profile.executors), default=0) / 2**20,
        gc_share=max((_gc_share(experience.profile) for experience in with_proven), default=0.0),
        spilled=any(s.totals.disk_spilled_bytes > 0 for e in with_proven for s in e.profile.stages),
    )


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
