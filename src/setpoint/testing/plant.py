"""A simulated plant: a recurring application with known physics on a platform in memory, for closing the loop in tests.

>>> plant = SimulatedPlant("nightly", ClusterSpec.local(4, 4096), Physics(noise=0.0))
>>> plant.run()
'run-0001'
>>> report = plant.cluster_report("nightly", "run-0001")
>>> (report.finished_at - report.started_at).total_seconds()
18.425
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec

from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.testing.eventlog_builder import ApplicationPlan, ExecutorPlan, JobPlan, StagePlan, build, cluster, local
from setpoint.testing.memory_platform import MemoryPlatform

__all__ = ["OUT_OF_MEMORY", "Physics", "SimulatedPlant"]

OUT_OF_MEMORY = "java.lang.OutOfMemoryError: Java heap space"
START = datetime(2026, 1, 1, 2, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Physics:
    """What the application does, whatever it is given to do it on. Seconds are those of its whole input at scale 1."""

    launch_seconds: float = 1.0
    """Before and after the application: submission, JVM start."""
    serial_seconds: float = 4.0
    """Only the driver works."""
    waiting_seconds: float = 36.0
    """Tasks wait for a slow source: every slot helps, however few cores there are."""
    cpu_seconds: float = 8.0
    """Tasks compute: slots beyond the cores do not help."""
    tasks: int = 24
    """Of each of the two stages, at scale 1; more input means more tasks of the same size."""
    needed_mib: int = 1200
    """Heap below which a run fails for want of memory."""
    logged_peak_mib: int = 0
    """Peak heap that the log tells of; 0: the log has none."""
    host_cores: int = 2
    """Cores that all slots share in local mode; a worker has a core for each of its slots."""
    input_bytes: int = 240_000_000
    input_scale: float = 1.0
    code_version: int = 1
    """Another version has other call sites; what it does is said by the other fields."""
    noise: float = 0.03
    """Standard deviation of the logarithm of a run's speed."""


class SimulatedPlant(MemoryPlatform):
    """One project that runs when told to, with the spec in place. Its physics may be exchanged between runs."""

    def __init__(self, project: str, spec: ClusterSpec, physics: Physics | None = None, seed: int = 0) -> None:
        super().__init__({project: spec})
        self.physics = physics or Physics()
        self._project = project
        self._chance = Random(seed)
        self._now = START
        self._has_failed = False
        """Whether the last run failed, so that the next one repeats it."""

    def clock(self) -> datetime:
        """The time of this small world; passes a little with every look."""
        self._now += timedelta(milliseconds=1)
        return self._now

    def run(self, *, error: str | None = None, exit_code: int = 1, with_log: bool = True) -> str:
        """Run once, a day after the run before. `error`: the code or its data fail with this, half-way."""
        spec, physics = self.current_spec(self._project), self._physics_of_today()
        number = len(self.finished_runs(self._project)) + 1
        is_short = spec.task_memory_mib < physics.needed_mib
        error = OUT_OF_MEMORY if is_short else error
        started = START + timedelta(days=number)
        lines = build(_application(f"app-{number:04d}", spec, physics, started, error))
        finished = _end_of(lines) + timedelta(seconds=round(physics.launch_seconds, 3))
        self._now = max(self._now, finished)
        report = ClusterReport(
            spec,
            started,
            finished,
            exit_code=exit_code if error else 0,
            host_cores=physics.host_cores if spec.is_local else None,
            error=error,
            retry=self._has_failed,
        )
        self._has_failed = error is not None
        log = [b"".join(line + b"\n" for line in lines)] if with_log else None
        self.hand_in(self._project, f"run-{number:04d}", report, log)
        return f"run-{number:04d}"

    def expected_seconds(self, spec: ClusterSpec) -> float:
        """Wall time of a run on the spec by the physics as they are now, without noise."""
        lines = build(_application("app", spec, self.physics, START, None))
        return (_end_of(lines) - START).total_seconds() + self.physics.launch_seconds

    def _physics_of_today(self) -> Physics:
        """All times longer or shorter by the same chance, as on a shared or a throttled machine."""
        physics, factor = self.physics, self._chance.lognormvariate(0.0, self.physics.noise)
        return replace(
            physics,
            launch_seconds=physics.launch_seconds * factor,
            serial_seconds=physics.serial_seconds * factor,
            waiting_seconds=physics.waiting_seconds * factor,
            cpu_seconds=physics.cpu_seconds * factor,
        )


def _application(
    app_id: str, spec: ClusterSpec, physics: Physics, started: datetime, error: str | None
) -> ApplicationPlan:
    return ApplicationPlan(
        jobs=tuple(_jobs(spec, physics, error)),
        executors=_executors(spec, physics),
        name="nightly",
        id=app_id,
        started_epoch_seconds=started.timestamp(),
        startup_seconds=physics.serial_seconds / 4,
        shutdown_seconds=0.0,
    )


def _executors(spec: ClusterSpec, physics: Physics) -> tuple[ExecutorPlan, ...]:
    peak_bytes = min(physics.logged_peak_mib, spec.task_memory_mib) * 2**20
    return local(spec.slots, peak_bytes) if spec.is_local else cluster(spec.workers, spec.worker_cores, peak_bytes)


def _jobs(spec: ClusterSpec, physics: Physics, error: str | None) -> Iterator[JobPlan]:
    """Fetch the input, waiting; then compute. Three quarters of the serial time lie before, between and after."""
    tasks, gap = max(1, round(physics.tasks * physics.input_scale)), physics.serial_seconds / 4
    line = 100 * physics.code_version
    fetch = StagePlan(
        task_seconds=_task_seconds(physics.waiting_seconds / physics.tasks, tasks),
        name=f"save at nightly.py:{line}",
        cpu_share=0.02,
        input_bytes=round(physics.input_bytes * physics.input_scale),
    )
    yield JobPlan((fetch,), driver_seconds_before=gap)
    crowding = max(1.0, min(spec.slots, tasks) / physics.host_cores) if spec.is_local else 1.0
    done = tasks if error is None else max(1, tasks // 2)
    compute = StagePlan(
        task_seconds=_task_seconds(physics.cpu_seconds / physics.tasks * crowding, done),
        name=f"count at nightly.py:{line + 20}",
        cpu_share=0.98 / crowding,
        failure=error,
    )
    yield JobPlan((compute,), driver_seconds_before=2 * gap)


def _task_seconds(mean: float, tasks: int) -> tuple[float, ...]:
    """Times spread evenly, by ±20 %, in an order that is the same every night."""
    return tuple(mean * (0.8 + 0.4 * (i * 0.618034 % 1.0)) for i in range(tasks))


def _end_of(lines: list[bytes]) -> datetime:
    event = msgspec.json.decode(lines[-1])
    return datetime.fromtimestamp(event["Timestamp"] / 1000, UTC)
