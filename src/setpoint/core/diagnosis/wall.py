"""The wall time of a run by what it went into."""

from dataclasses import astuple, dataclass, replace

from setpoint.core.diagnosis.spans import Timeline, length
from setpoint.core.diagnosis.tasks import TaskTime
from setpoint.core.profile import Job, Profile, Stage

_GAPS_NAMED = 5


@dataclass(frozen=True, slots=True)
class WallTime:
    """Seconds of the run by what they went into; the parts add up to the wall time.

    While tasks of stages run, the time is shared out like the slot time of these moments: if of all slot-seconds a
    quarter went into garbage collection, so did a quarter of the seconds.
    """

    startup_seconds: float
    """Before the first stage was submitted; all of the run where no stage ran."""
    driver_seconds: float
    """After it, with no stage at work: the driver plans, lists files, collects, commits, or waits."""
    scheduling_seconds: float
    """Stages were submitted, but none of their tasks had begun: no slots yet, or a busy scheduler."""
    computing_seconds: float
    io_seconds: float
    """Running without any of the others: input and output, sleeping, Python workers, busy neighbours."""
    fetch_wait_seconds: float
    shuffle_write_seconds: float
    gc_seconds: float
    spill_seconds: float
    overhead_seconds: float
    """Starting tasks and handling their results."""
    lost_seconds: float
    """Attempts that failed or were killed."""
    straggler_seconds: float
    """Slots with nothing to do because a few tasks took much longer than the others."""
    idle_seconds: float
    """Other slots with nothing to do while stages ran: too few tasks, or too many slots."""

    @property
    def stage_seconds(self) -> float:
        """Tasks of at least one stage at work."""
        return self.total_seconds - self.startup_seconds - self.driver_seconds - self.scheduling_seconds

    @property
    def total_seconds(self) -> float:
        """The whole run."""
        return float(sum(astuple(self)))


@dataclass(frozen=True, slots=True)
class DriverGap:
    """A stretch in which only the driver worked."""

    started: float
    seconds: float
    after_stage: int | None
    """Stage that was over last before it; None where the profile has it only as part of a sum."""
    before_stage: int | None
    """Stage that was submitted first after it; None at the end of the run too."""
    after_job: int | None = None
    before_job: int | None = None


def wall_time(when: Timeline, tasks: TaskTime, idle_seconds: float, straggler_seconds: float) -> WallTime:
    """Share out the time of a run. What is given besides the timeline are slot-seconds of while tasks ran."""
    running = length(when.running)
    slot_seconds = tasks.total_seconds + idle_seconds + straggler_seconds
    scale = running / slot_seconds if slot_seconds > 0 else 0.0
    known = WallTime(
        startup_seconds=when.startup_seconds,
        driver_seconds=length(when.gaps),
        scheduling_seconds=max(0.0, length(when.at_work) - running),
        computing_seconds=scale * tasks.cpu_seconds,
        io_seconds=scale * tasks.waiting_seconds,
        fetch_wait_seconds=scale * tasks.fetch_wait_seconds,
        shuffle_write_seconds=scale * tasks.shuffle_write_seconds,
        gc_seconds=scale * tasks.gc_seconds,
        spill_seconds=scale * tasks.spill_seconds,
        overhead_seconds=scale * tasks.overhead_seconds,
        lost_seconds=scale * tasks.lost_seconds,
        straggler_seconds=scale * straggler_seconds,
        idle_seconds=0.0,
    )
    return replace(known, idle_seconds=max(0.0, running - known.stage_seconds))


def driver_gaps(profile: Profile, when: Timeline) -> tuple[DriverGap, ...]:
    """The longest stretches of the driver alone, longest first."""
    longest = sorted(when.gaps, key=lambda gap: (gap[0] - gap[1], gap[0]))[:_GAPS_NAMED]
    return tuple(_gap(profile, first, last) for first, last in longest)


def _gap(profile: Profile, first: float, last: float) -> DriverGap:
    over = [stage for stage in profile.stages if stage.completed <= first]
    to_come = [stage for stage in profile.stages if stage.submitted >= last]
    before = max(over, key=lambda stage: stage.completed, default=None)
    after = min(to_come, key=lambda stage: stage.submitted, default=None)
    # A stage that touches the gap bounds it; where none does, light stages or the end of the run lie there.
    before = before if before and first - before.completed < _TOUCHING_SECONDS else None
    after = after if after and after.submitted - last < _TOUCHING_SECONDS else None
    return DriverGap(
        started=first,
        seconds=last - first,
        after_stage=None if before is None else before.id,
        before_stage=None if after is None else after.id,
        after_job=_job_of(before, profile.jobs),
        before_job=_job_of(after, profile.jobs),
    )


_TOUCHING_SECONDS = 1e-6


def _job_of(stage: Stage | None, jobs: tuple[Job, ...]) -> int | None:
    """The job a stage ran for: the last that had begun by then, as jobs name skipped stages of others too."""
    if stage is None:
        return None
    having = [job for job in jobs if stage.id in job.stage_ids and job.started <= stage.completed]
    return max(having, key=lambda job: job.started).id if having else None
