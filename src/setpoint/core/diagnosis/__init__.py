"""Where the time of a run went, and what would be gained by changing it. docs/profile.md has the rules.

The wall time is split by what it went into, the slot time (every slot times as long as it was there) by what the slots
did. Each split adds up.
"""

from dataclasses import dataclass, replace

from setpoint.core.diagnosis.case import Case, Finding
from setpoint.core.diagnosis.rules import RULES, findings
from setpoint.core.diagnosis.slots import SlotTime, slot_time
from setpoint.core.diagnosis.spans import capacity, timeline
from setpoint.core.diagnosis.stages import StageShare, stage_shares
from setpoint.core.diagnosis.tasks import TaskTime, task_time, total
from setpoint.core.diagnosis.wall import DriverGap, WallTime, driver_gaps, wall_time
from setpoint.core.profile import Profile

__all__ = [
    "RULES",
    "Diagnosis",
    "DriverGap",
    "Finding",
    "SlotTime",
    "StageShare",
    "TaskTime",
    "WallTime",
    "diagnose",
]

_TOP_STAGES = 5


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Where the time went."""

    wall: WallTime
    slots: SlotTime
    slot_count: int
    """Slots at the widest moment, at least one."""
    has_cpu_times: bool
    """Whether the log tells computing from waiting."""
    spilled_bytes: int
    """Written to disk because memory was short."""
    straggling_seconds: float
    """Sum over the stages."""
    driver_gaps: tuple[DriverGap, ...]
    """The longest stretches of the driver alone, longest first."""
    stages: tuple[StageShare, ...]
    """What each kept stage took, in the order of the profile."""
    findings: tuple[Finding, ...]
    """Largest gain first."""

    @property
    def top_stages(self) -> tuple[StageShare, ...]:
        """Those that took most slot time, most first."""
        return tuple(sorted(self.stages, key=lambda share: (-share.slot_seconds, share.id))[:_TOP_STAGES])


def diagnose(profile: Profile) -> Diagnosis:
    """Say where the time of a run went."""
    when, there = timeline(profile), capacity(profile)
    light = profile.light_stages
    every = [*(stage.totals for stage in profile.stages), light.totals]
    has_cpu_times = any(totals.cpu_seconds > 0 for totals in every)
    shares = stage_shares(profile, there, has_cpu_times=has_cpu_times)
    light_time = task_time(light.totals, light.lost_seconds, has_cpu_times=has_cpu_times)
    held_up = sum(share.straggling_seconds * (share.slots - 1) for share in shares)
    slots = slot_time(there, when, total([*(share.time for share in shares), light_time]), held_up)
    diagnosis = Diagnosis(
        wall=wall_time(when, slots.tasks, slots.idle_stage_seconds, slots.idle_straggler_seconds),
        slots=slots,
        slot_count=max(1, profile.slots),
        has_cpu_times=has_cpu_times,
        spilled_bytes=sum(totals.disk_spilled_bytes for totals in every),
        straggling_seconds=sum(share.straggling_seconds for share in shares),
        driver_gaps=driver_gaps(profile, when),
        stages=shares,
        findings=(),
    )
    return replace(diagnosis, findings=findings(Case(profile, diagnosis)))
