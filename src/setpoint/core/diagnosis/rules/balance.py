"""Rules on how work was spread over slots: too few tasks, too many, one too long, twins of slow ones."""

from setpoint.core.diagnosis.case import Case, Finding
from setpoint.core.diagnosis.spans import clipped, length
from setpoint.core.diagnosis.stages import SKEW_RATIO
from setpoint.core.words import counted, rough_duration, share_of

_IDLE_SHARE = 0.3
_FEW_SHARE = 0.1
_TINY_SECONDS = 0.1
_GOOD_TASK_SECONDS = 1.0
"""Below this the overhead of a task begins to show."""
_WASTED_SHARE = 0.1


def idle_slots(case: Case) -> Finding | None:
    """Slots without a task while stages ran."""
    idle, used = case.diagnosis.slots.idle_at_work_seconds, case.diagnosis.slots.used_seconds
    if not idle or idle / (idle + used) < _IDLE_SHARE:
        return None
    text = (
        f"slots were idle for {share_of(idle, idle + used)} of the time stages ran "
        f"({idle:.0f} of {idle + used:.0f} slot-seconds)"
    )
    return Finding("idle-slots", text, idle / case.slots, "fewer slots would do, or more partitions")


def skew(case: Case) -> Finding | None:
    """Stages that waited for one task much longer than the others."""
    held_up = [(stage, share) for stage, share in case.stages if share.straggling_seconds > 0]
    if not held_up:
        return None
    stage, worst = max(held_up, key=lambda each: each[1].straggling_seconds)
    where = f" (partition {stage.longest[0].index}, executor {stage.longest[0].executor_id})" if stage.longest else ""
    text = (
        f"the longest of {counted(worst.tasks, 'task')} of stage {worst.id} ({worst.name}) took "
        f"{worst.longest_seconds:.1f} s{where}, the median {worst.median_seconds:.1f} s; "
        f"{counted(len(held_up), 'stage')} waited for stragglers"
    )
    advice = "spread the heavy keys or split the large files; a slow machine shows as one executor with all of them"
    return Finding("skew", text, case.diagnosis.straggling_seconds, advice)


def few_partitions(case: Case) -> Finding | None:
    """Stages that dominate and have fewer tasks than there were slots."""
    few = [(stage, share) for stage, share in case.stages if 0 < stage.tasks < share.slots]
    took = length(clipped(((stage.submitted, stage.completed) for stage, _ in few), case.wall_seconds))
    if not few or took < _FEW_SHARE * case.wall_seconds:
        return None
    gain = 0.0
    for _, share in few:
        work = share.slot_seconds - share.time.lost_seconds
        spread = max(work / share.slots, min(_GOOD_TASK_SECONDS, share.longest_seconds))
        gain += max(0.0, share.longest_seconds - share.straggling_seconds - spread)
    idle = case.diagnosis.slots.idle_at_work_seconds / case.slots
    longest, share = max(few, key=lambda each: each[1].seconds)
    text = (
        f"{counted(len(few), 'stage')} had fewer tasks than slots and took {rough_duration(took)}; the longest, stage "
        f"{longest.id} ({longest.name}), ran {counted(longest.tasks, 'task')} on {share.slots:.0f} slots"
    )
    return Finding("few-partitions", text, min(gain, idle), "use more partitions: repartition, or files that split")


def many_tiny_tasks(case: Case) -> Finding | None:
    """Stages whose tasks hardly do more than start."""
    light = case.profile.light_stages
    totals = [(stage.tasks, stage.totals, 1) for stage in case.profile.stages]
    gain, tiny = 0.0, 0
    for tasks, of, stages in [*totals, (light.tasks, light.totals, light.stages)]:
        run, overhead = of.run_seconds, of.overhead_seconds
        if tasks > 4 * case.slots * stages and (run + overhead) / tasks < _TINY_SECONDS:
            enough = max(case.slots * stages, run / _GOOD_TASK_SECONDS)
            gain += overhead * max(0.0, 1 - enough / tasks) / case.slots
            tiny += tasks
    if not tiny:
        return None
    text = f"{counted(tiny, 'task')} of under {_TINY_SECONDS * 1000:.0f} ms each"
    return Finding("many-tiny-tasks", text, gain, "fewer partitions would spare their overhead")


def speculation(case: Case) -> Finding | None:
    """Twins of slow tasks that cost more than they saved."""
    twinned = [(stage, share) for stage, share in case.stages if stage.speculative_tasks]
    twins = sum(stage.speculative_tasks for stage, _ in twinned)
    used = sum(share.slot_seconds for _, share in twinned)
    wasted = sum(stage.lost_seconds for stage, _ in twinned if not stage.failed_tasks)
    if not twins or wasted < _WASTED_SHARE * used:
        return None
    slow = [share for _, share in twinned if share.longest_seconds > SKEW_RATIO * share.median_seconds > 0]
    outcome = (
        f"and still {counted(len(slow), 'stage')} of {len(twinned)} had stragglers"
        if slow
        else "and no straggler was left"
    )
    text = (
        f"{counted(twins, 'twin')} of slow tasks were started in {counted(len(twinned), 'stage')}; attempts that were "
        f"stopped cost {wasted:.0f} slot-seconds, {outcome}"
    )
    advice = "start twins later (spark.speculation.multiplier, .quantile), or cure the skew: a twin is no faster on it"
    return Finding("speculation", text, wasted / case.slots, advice)
