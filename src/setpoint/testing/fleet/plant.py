"""One project of a fleet as a platform in memory: it runs when told to, by its laws, on the spec in place."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.testing.fleet.days import Attempt, Day
from setpoint.testing.fleet.eventlogs import LogPlan, write_log
from setpoint.testing.fleet.physics import JobLaw
from setpoint.testing.fleet.projects import FleetProject
from setpoint.testing.memory_platform import MemoryPlatform

__all__ = ["START", "FleetPlant", "Happened", "happens"]

START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
"""A Monday."""
_OUT_OF_MEMORY = "java.lang.OutOfMemoryError: Java heap space"
_CODE_FAULT = "ValueError: could not convert string to float: 'n/a'"
_CLOUD_FAULT = "ExecutorLostFailure: Container released on a *lost* node"


@dataclass(frozen=True, slots=True)
class Happened:
    """How one run ends by the laws, wherever it is run."""

    seconds: float
    ending: str
    """well, killed, code fault, cloud fault, or memory."""

    @property
    def is_well(self) -> bool:
        """Whether it did its work."""
        return self.ending == "well"


def happens(law: JobLaw, spec: ClusterSpec, scale: float, attempt: Attempt) -> Happened:
    """What the laws say of a run: the same as its event log, to the millisecond's rounding."""
    if attempt.ending == "killed":
        return Happened(attempt.factor * law.seconds_to_kill(spec, scale, attempt.share), "killed")
    if not law.is_enough(spec.task_memory_mib, scale, attempt.jitter):
        return Happened(attempt.factor * law.seconds_to_failure(spec, scale), "memory")
    if attempt.ending != "well":
        return Happened(attempt.factor * law.seconds_to_failure(spec, scale), attempt.ending)
    return Happened(attempt.factor * law.seconds(spec, scale), "well")


_WORDS = {"memory": _OUT_OF_MEMORY, "code fault": _CODE_FAULT, "cloud fault": _CLOUD_FAULT}


class FleetPlant(MemoryPlatform):
    """A full, small `Platform` of one project."""

    def __init__(self, project: FleetProject) -> None:
        super().__init__({project.name: project.baseline})
        self._project = project
        self._now = START

    def clock(self) -> datetime:
        """The time of this small world; passes a little with every look."""
        self._now += timedelta(milliseconds=1)
        return self._now

    def run(self, day: Day, number: int) -> Happened:
        """The attempt `number` of a day, on the spec in place."""
        project, attempt = self._project, day.attempts[number]
        law, spec = project.law_on(day), self.current_spec(project.name)
        happened = happens(law, spec, day.scale, attempt)
        started = max(self._now, START + timedelta(days=day.number))
        words = _WORDS.get(happened.ending)
        run_id = f"day-{day.number:04d}-{number}"
        plan = LogPlan(
            law,
            spec,
            day.scale,
            factor=attempt.factor,
            started_ms=round(started.timestamp() * 1000),
            name=project.name,
            app_id=f"app-{run_id}",
            failure=words,
            kept=attempt.share if happened.ending == "killed" else 1.0,
        )
        written = write_log(plan)
        seconds = round(written.seconds + attempt.factor * law.launch_seconds, 3)
        finished = started + timedelta(seconds=seconds)
        self._now = finished
        exit_codes = {"well": 0, "killed": None}
        report = ClusterReport(
            spec,
            started,
            finished,
            exit_code=exit_codes.get(happened.ending, 1),
            host_cores=None,
            error=words,
            retry=number > 0,
        )
        self.hand_in(project.name, run_id, report, [written.log])
        return Happened(seconds, happened.ending)
