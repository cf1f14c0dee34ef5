"""Rules on what was lost: tasks, executors, jobs, and parts of the log."""

from collections import Counter

from setpoint.core.diagnosis.case import Case, Finding
from setpoint.core.profile import Removal
from setpoint.core.words import counted

_WHY: dict[Removal, str] = {"spot": "reclaimed", "memory": "out of memory", "lost": "lost"}


def failed_tasks(case: Case) -> Finding | None:
    """Attempts that failed; killed ones do not count."""
    profile = case.profile
    failed = sum(stage.failed_tasks for stage in profile.stages) + profile.light_stages.failed_tasks
    if not failed:
        return None
    lost = sum(stage.lost_seconds for stage in profile.stages if stage.failed_tasks)
    lost += profile.light_stages.lost_seconds if profile.light_stages.failed_tasks else 0.0
    text = f"{counted(failed, 'task attempt')} failed ({lost:.1f} slot-seconds lost)"
    return Finding("failed-tasks", text, lost / case.slots, "see the failures for their reasons")


def failures(case: Case) -> Finding | None:
    """Jobs, SQL executions and stages that failed for good."""
    failed = [failure for failure in case.profile.failures if not failure.where.startswith("executor")]
    if not failed:
        return None
    first = failed[0]
    more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
    text = f"{first.where} failed, {_FAULTS[first.fault]}: {_first_line(first.reason)}{more}"
    work = sum(share.slot_seconds for stage, share in case.stages if stage.failure is not None)
    return Finding("failures", text, work / case.slots, "what a failed stage computed was paid for nothing")


_FAULTS = {
    "memory": "for want of memory",
    "application": "through the code or its data",
    "infrastructure": "through what lies beneath",
}
_LONGEST_REASON = 160


def _first_line(reason: str) -> str:
    line = reason.strip().partition("\n")[0]
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"


def lost_executors(case: Case) -> Finding | None:
    """Executors that went before the work was done, and not because they were idle."""
    done = max((stage.completed for stage in case.profile.stages), default=0.0)
    why: Counter[Removal] = Counter()
    for executor in case.profile.workers:
        if executor.removal in _WHY and executor.removed is not None and executor.removed < done:
            why[executor.removal] += executor.count
    if not why:
        return None
    again = [share for stage, share in case.stages if stage.attempt > 0]
    lost = sum(stage.lost_seconds for stage in case.profile.stages if stage.failed_tasks)
    lost += sum(share.slot_seconds for share in again)
    reasons = ", ".join(f"{count} {_WHY[removal]}" for removal, count in why.most_common())
    repeated = f"; {counted(len(again), 'stage')} had to run again" if again else ""
    text = f"{counted(why.total(), 'executor')} went before the work was done: {reasons}{repeated}"
    advice = (
        "more memory per slot" if why.most_common(1)[0][0] == "memory" else "fewer spot machines, or decommissioning"
    )
    return Finding("lost-executors", text, lost / case.slots, f"{advice} would keep what they had computed")


def incomplete_log(case: Case) -> Finding | None:
    """Numbers that stand on a part of the log only."""
    complete = case.profile.completeness
    # Databricks ends its clusters, not the application: none of its logs has an end.
    usual = case.profile.platform == "databricks" and complete.state == "cut_off" and not complete.lines_skipped
    if complete.state == "complete" or usual:
        return None
    skipped = f" and {counted(complete.lines_skipped, 'line')} skipped" if complete.lines_skipped else ""
    why = f": {'; '.join(complete.reasons)}" if complete.reasons else ""
    text = f"the log is {complete.state.replace('_', ' ')}{skipped}{why}"
    return Finding("incomplete-log", text, 0.0, "every number covers only what was read")
