"""A simulated plant that runs on rented machines elsewhere and is pushed to us: reports and logs, run after run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec

from setpoint.core.configurations import ask_for, reported_cluster
from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.hardware import driver_speed
from setpoint.core.pricebook import Missing, PriceBook
from setpoint.errors import EventLogError, PlatformError, UnknownProject
from setpoint.platforms.pushed import PushedPlatform, PushedRun, Recommended
from setpoint.testing.cloud_reports import PushedLife, databricks_report, emr_report, merged
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, cluster, local

__all__ = ["MemoryPushes", "PushedPlant", "RentedPhysics"]

START = datetime(2026, 1, 1, 2, 0, tzinfo=UTC)


class MemoryPushes:
    """A full, small `Pushes` in memory."""

    def __init__(self) -> None:
        self._runs: dict[str, list[PushedRun]] = {}
        self._logs: dict[tuple[str, str], bytes] = {}
        self._reports: dict[tuple[str, str], Mapping[str, object]] = {}
        self._left: dict[str, Recommended] = {}
        self.now = START

    def add_project(self, project: str) -> None:
        """A project nothing was pushed to yet."""
        self._runs.setdefault(project, [])

    def push(self, project: str, run: PushedRun, report: Mapping[str, object], log: bytes | None) -> None:
        """A run has ended somewhere."""
        self._of(project).append(run)
        self._reports[project, run.id] = report
        if log is not None:
            self._logs[project, run.id] = log

    def runs(self, project: str) -> Sequence[PushedRun]:
        """See Pushes."""
        return tuple(self._of(project))

    def report(self, project: str, run_id: str) -> Mapping[str, object]:
        """See Pushes."""
        if (project, run_id) not in self._reports:
            raise PlatformError(f"Run {run_id} of {project!r} left no report.")
        return self._reports[project, run_id]

    def event_log(self, project: str, run_id: str) -> Iterable[Iterable[bytes]]:
        """See Pushes."""
        if (project, run_id) not in self._logs:
            raise EventLogError(f"Run {run_id} of {project!r} left no event log.")
        return [[self._logs[project, run_id]]]

    def recommended(self, project: str) -> Recommended | None:
        """See Pushes."""
        self._of(project)
        return self._left.get(project)

    def recommend(self, project: str, spec: ClusterSpec, *, replaces: Recommended | None) -> bool:
        """See Pushes; one dictionary operation decides, so that threads cannot both win."""
        made = Recommended(spec, self.now)
        if replaces is None:
            return self._left.setdefault(project, made) is made
        with_old = self._left.get(project)
        if with_old is not replaces:
            return False
        self._left[project] = made
        return True

    def _of(self, project: str) -> list[PushedRun]:
        if project not in self._runs:
            raise UnknownProject(f"There is no project {project!r}.")
        return self._runs[project]


@dataclass(frozen=True, slots=True)
class RentedPhysics:
    """What the application does; seconds are of one slot of the machine it was measured on."""

    cpu_seconds: float = 24_000.0
    waiting_seconds: float = 4_000.0
    serial_seconds: float = 60.0
    tasks: int = 480
    needed_mib_per_slot: int = 700
    startup_seconds: float = 240.0
    noise: float = 0.03
    code_version: int = 1
    """Another version has other call sites; what it does is said by the other fields."""

    @property
    def call_sites(self) -> tuple[str, str]:
        """Of what it waits for, and of what it computes."""
        line = 100 * self.code_version
        return f"save at nightly.py:{line}", f"count at nightly.py:{line + 20}"


class PushedPlant:
    """One project that runs when told to, on the cluster its owner has: the recommended one, if they fetch it."""

    def __init__(
        self,
        project: str,
        asked: Mapping[str, Any],
        product_code: str,
        book: PriceBook,
        physics: RentedPhysics | None = None,
        *,
        fetches: bool = True,
    ) -> None:
        """Begin with a job cluster of Databricks, or the arguments of `run_job_flow`."""
        self.pushes = MemoryPushes()
        self.pushes.add_project(project)
        self.platform = PushedPlatform(self.pushes, lambda *_: book)
        self.asked: dict[str, Any] = dict(asked)
        self.physics = physics or RentedPhysics()
        self.fetches = fetches
        self._project, self._product, self._book = project, product_code, book
        self._measured_on = _spec(asked, product_code, book)
        self._chance = Random(7)

    def clock(self) -> datetime:
        """The time of this small world."""
        self.pushes.now += timedelta(milliseconds=1)
        return self.pushes.now

    @property
    def spec(self) -> ClusterSpec:
        """The spec of what is asked for now."""
        return _spec(self.asked, self._product, self._book)

    def run(self, *, failure: str | None = None, with_log: bool = True) -> str:
        """Run once, a day after the run before, and push it."""
        if self.fetches:
            self._fetch()
        number = len(self.pushes.runs(self._project)) + 1
        began = START + timedelta(days=number)
        spec = self.spec
        factor = self._chance.lognormvariate(0.0, self.physics.noise)
        log, seconds = self._log(spec, number, began, factor)
        life = PushedLife(began, seconds, self.physics.startup_seconds, failure, number)
        run_id = f"run-{number:04d}"
        self.pushes.now = max(self.pushes.now, life.ended + timedelta(minutes=5))
        pushed = PushedRun(run_id, self._product, self.pushes.now)
        self.pushes.push(self._project, pushed, _report(self.asked, self._product, life), log if with_log else None)
        return run_id

    def report(self, number: int = -1) -> Mapping[str, object]:
        """The cluster report of one of its runs, the last one where none is named."""
        return self.pushes.report(self._project, self.pushes.runs(self._project)[number].id)

    def expected_seconds(self, spec: ClusterSpec) -> float:
        """Of a run on a spec, from when Spark can start, without noise."""
        return self._log(spec, 1, START, 1.0)[1]

    def _fetch(self) -> None:
        """Do what the owner does with a recommendation: merge it over the job's cluster."""
        left = self.pushes.recommended(self._project)
        if left is None or left.spec == self.spec:
            return
        report = _report(self.asked, self._product, PushedLife(START, 600.0))
        configuration = ask_for(left.spec, report, self._product)
        is_emr = self._product == "aws-emr"
        self.asked = configuration if is_emr else merged(self.asked, configuration)

    def _log(self, spec: ClusterSpec, number: int, began: datetime, factor: float) -> tuple[bytes, float]:
        physics, speed = self.physics, self._speed(spec)
        tasks = physics.tasks
        saves, counts = physics.call_sites
        compute = StagePlan(
            task_seconds=_spread(factor * physics.cpu_seconds / speed / tasks, tasks),
            name=counts,
            cpu_share=0.97,
        )
        fetch = StagePlan(
            task_seconds=_spread(factor * physics.waiting_seconds / tasks, tasks),
            name=saves,
            cpu_share=0.03,
            input_bytes=10**10,
        )
        gap = factor * physics.serial_seconds / 2 / speed
        plan = ApplicationPlan(
            jobs=(JobPlan((fetch,), driver_seconds_before=gap), JobPlan((compute,), driver_seconds_before=gap)),
            executors=cluster(spec.workers, spec.worker_cores) if spec.workers else local(spec.slots),
            name=self._project,
            id=f"app-{number:04d}",
            started_epoch_seconds=(began + timedelta(seconds=physics.startup_seconds)).timestamp(),
        )
        lines = build(plan)
        ended = _timestamp(lines[-1])
        return b"".join(line + b"\n" for line in lines), ended - plan.started_epoch_seconds

    def _speed(self, spec: ClusterSpec) -> float:
        now, then = self._measured_on.cloud, spec.cloud
        return 1.0 if now is None or then is None else driver_speed(then.worker, now.worker)


def _spread(mean: float, tasks: int) -> tuple[float, ...]:
    return tuple(mean * (0.8 + 0.4 * (i * 0.618034 % 1.0)) for i in range(tasks))


def _timestamp(line: bytes) -> float:
    return float(msgspec.json.decode(line)["Timestamp"]) / 1000


def _report(asked: Mapping[str, Any], product_code: str, life: PushedLife) -> dict[str, Any]:
    return emr_report(asked, life) if product_code == "aws-emr" else databricks_report(asked, life)


def _spec(asked: Mapping[str, Any], product_code: str, book: PriceBook) -> ClusterSpec:
    found = reported_cluster(_report(asked, product_code, PushedLife(START, 600.0)), product_code, book)
    if isinstance(found, Missing):
        raise PlatformError(found.reason)
    return found.spec
