"""Questions to a project's life whose answers are no plain sums."""

import math
from collections.abc import Sequence

from setpoint.core.domain import Recommendation, Rollback
from setpoint.testing.fleet.closed import Lived, LivedDay, LivedRun

__all__ = [
    "adjusted_to_code_change",
    "falsely_alarmed",
    "is_change",
    "met_the_cliff",
    "repeated_ooms",
    "unfit_rollbacks",
    "worst_window",
]

WINDOW_DAYS = 30
_SAME_INPUT = math.log(1.05)
"""Inputs within five per cent of one another are the same."""
_GROWN = 1.02
"""Need over an earlier one from which it has grown: less is what it varies by from run to run."""
_CANNOT_CARRY = 0.5
"""P(late or out of memory) from which a spec cannot carry the job."""
_BACK = 2.0
"""Times the stated risk at which a project counts as back within its goal."""
_TO_SETTLE = 3
"""Runs after a code change in which an alarm is no false one."""
_ALARMS = frozenset({"code change", "platform change", "unexplained shift"})


def is_change(run: LivedRun) -> bool:
    """Whether the decision after the run changed the spec, other than by going back."""
    return isinstance(run.decision, Recommendation) and run.next_spec != run.spec


def unfit_rollbacks(lived: Lived) -> int:
    """Rollbacks to a spec that cannot carry the job as it is now."""
    return sum(isinstance(run.decision, Rollback) and run.next_risk >= _CANNOT_CARRY for run in lived.runs)


def repeated_ooms(runs: Sequence[LivedRun]) -> int:
    """Runs out of memory at an input and code at which one ran out of it before."""
    failed: list[LivedRun] = []
    repeated = 0
    for run in runs:
        if run.ending != "memory":
            continue
        repeated += any(
            before.version == run.version and abs(math.log(run.scale / before.scale)) <= _SAME_INPUT
            for before in failed
        )
        failed.append(run)
    return repeated


def falsely_alarmed(lived: Lived) -> int:
    """Disturbances that say the job itself changed where it did not."""
    changed = lived.project.change_day
    settled = None if changed is None else next((i for i, run in enumerate(lived.runs) if run.day >= changed), None)
    count = 0
    for number, run in enumerate(lived.runs):
        if settled is not None and settled <= number < settled + _TO_SETTLE:
            continue
        count += sum(kind in _ALARMS for kind in run.disturbances)
    return count


def worst_window(days: Sequence[LivedDay]) -> tuple[float, float]:
    """By how much the worst thirty days in a row were dearer than untouched: as a share of those, and in dollars."""
    worst_share, worst_dollars = -1.0, -math.inf
    for start in range(max(1, len(days) - WINDOW_DAYS + 1)):
        window = days[start : start + WINDOW_DAYS]
        ours, untouched = sum(day.ours.dollars for day in window), sum(day.untouched.dollars for day in window)
        worst_share = max(worst_share, ours / untouched - 1)
        worst_dollars = max(worst_dollars, ours - untouched)
    return worst_share, worst_dollars


def met_the_cliff(runs: Sequence[LivedRun]) -> str:
    """Whether a need that grew beyond a heap which had been enough for the same code was met by more heap in time.

    “met”, or “failed” where a run failed first; empty where no such heap was ever grown out of.
    """
    proven: list[LivedRun] = []
    for run in runs:
        if run.ending == "memory" and any(_outgrew(run, before) for before in proven):
            return "failed"
        if run.ending == "well":
            proven.append(run)
    last = runs[-1]
    was_outgrown = any(it.version == last.version and it.spec.task_memory_mib < last.needed_mib for it in proven)
    return "met" if was_outgrown else ""


def _outgrew(run: LivedRun, before: LivedRun) -> bool:
    """Whether the later run needs more than the one that did its work on no more heap."""
    has_grown = run.version == before.version and run.needed_mib > _GROWN * before.needed_mib
    return has_grown and run.spec.task_memory_mib >= before.spec.task_memory_mib


def adjusted_to_code_change(lived: Lived) -> int | None:
    """Runs out of the goal after the code changed; None where the code did not change, or the spec could carry it."""
    changed = lived.project.change_day
    if changed is None:
        return None
    after = [run for run in lived.runs if run.day >= changed]
    allowed = min(_CANNOT_CARRY, _BACK * lived.terms.risk)
    outside = next((number for number, run in enumerate(after) if run.risk <= allowed), len(after))
    return outside or None
