"""What single stages cost."""

from dataclasses import dataclass

from setpoint.core.diagnosis.spans import Capacity, launched
from setpoint.core.diagnosis.tasks import TaskTime, task_time
from setpoint.core.profile import Profile, Stage

SKEW_RATIO = 2.0
"""A longest task of up to twice the median is ordinary scatter."""


@dataclass(frozen=True, slots=True)
class StageShare:
    """What one stage attempt took of the run."""

    id: int
    attempt: int
    name: str
    tasks: int
    seconds: float
    """From its submission to its end."""
    slot_seconds: float
    median_seconds: float
    longest_seconds: float
    """Of its tasks."""
    straggling_seconds: float
    """How much sooner the stage could be over if its longest task were like the others."""
    slots: float
    """How many slots there were meanwhile, on average; at least one."""
    time: TaskTime


def stage_shares(profile: Profile, there: Capacity, *, has_cpu_times: bool) -> tuple[StageShare, ...]:
    """The kept stages, in the order of the profile."""
    return tuple(_share(stage, there, has_cpu_times=has_cpu_times) for stage in profile.stages)


def _share(stage: Stage, there: Capacity, *, has_cpu_times: bool) -> StageShare:
    times = stage.task_seconds
    time = task_time(stage.totals, stage.lost_seconds, has_cpu_times=has_cpu_times)
    begins = launched(stage)
    ran = stage.completed - begins
    slots = max(1.0, there.within([(begins, stage.completed)]) / ran) if ran > 0 else 1.0
    return StageShare(
        id=stage.id,
        attempt=stage.attempt,
        name=stage.name,
        tasks=stage.tasks,
        seconds=max(0.0, stage.completed - stage.submitted),
        slot_seconds=time.total_seconds,
        median_seconds=times[len(times) // 2] if times else 0.0,
        longest_seconds=times[-1] if times else 0.0,
        straggling_seconds=_straggling_seconds(times, time, slots),
        slots=slots,
        time=time,
    )


def _straggling_seconds(times: tuple[float, ...], time: TaskTime, slots: float) -> float:
    """Lower bound of the stage's time, max(work / slots, longest task), with and without the long tail."""
    if len(times) < 2:  # noqa: PLR2004 - a single task has no others to compare with
        return 0.0
    typical, longest = times[len(times) // 2], times[-1]
    if longest <= SKEW_RATIO * typical:
        return 0.0
    work = time.total_seconds - time.lost_seconds
    return max(0.0, longest - max(work / slots, SKEW_RATIO * typical))
