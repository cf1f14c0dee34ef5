"""What a project's life came to in figures, and what a whole fleet's did."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from setpoint.core.domain import Rollback
from setpoint.testing.fleet.closed import Lived, LivedRun
from setpoint.testing.fleet.judging import (
    adjusted_to_code_change,
    falsely_alarmed,
    is_change,
    met_the_cliff,
    repeated_ooms,
    unfit_rollbacks,
    worst_window,
)

__all__ = ["ProjectFigures", "figures_of", "summary"]

LEARNING_DAYS = 14
CONVERGED_DAYS = 30
"""From this day on changes are counted as `changes_after_30_days`."""


@dataclass(frozen=True, slots=True)
class ProjectFigures:
    """Of one project."""

    project: str
    number: int
    """In the fleet."""
    days: int
    runs: int
    cost: float
    oracle_cost: float
    untouched_cost: float
    misses: int
    oracle_misses: int
    untouched_misses: int
    late_runs: int
    """Runs that did their work too late by themselves."""
    untouched_late_runs: int
    stated_misses: float
    """The sum of what was said of the runs beforehand."""
    lawful_misses: float
    """The sum of what the laws say of them."""
    changes: int
    changes_after_30_days: int
    rollbacks: int
    unfit_rollbacks: int
    unjust_rollbacks: int
    restored_late: int
    ooms: int
    repeated_ooms: int
    false_alarms: int
    noticed: dict[str, int] = field(default_factory=dict)
    """Disturbances by kind."""
    exploration_cost: float = 0.0
    worst_30_days: float = 0.0
    """Most by which 30 days were dearer than untouched, as a share of those."""
    worst_30_days_dollars: float = 0.0
    cliff: str = ""
    """Of a project whose need grew beyond a heap that it ran on: met, or not; else empty."""
    runs_to_recover: int | None = None
    """After a code change that broke the goal: runs until back within it."""
    lost: dict[str, float] = field(default_factory=dict)
    """Dollars beyond the oracle's, by where they went; those of the first two weeks apart, as `learning`."""
    cpu_seconds: dict[str, float] = field(default_factory=dict)

    @property
    def over_oracle(self) -> float:
        """Cost over the oracle's."""
        return self.cost / self.oracle_cost


def figures_of(lived: Lived) -> ProjectFigures:
    """The figures of one life."""
    days, runs = lived.days, lived.runs
    share, dollars = worst_window(lived.days)
    return ProjectFigures(
        project=lived.project.name,
        number=lived.project.number,
        days=len(days),
        runs=len(runs),
        cost=math.fsum(day.ours.dollars for day in days),
        oracle_cost=math.fsum(day.oracle.dollars for day in days),
        untouched_cost=math.fsum(day.untouched.dollars for day in days),
        misses=sum(day.ours.misses(lived.terms) for day in days),
        oracle_misses=sum(day.oracle.misses(lived.terms) for day in days),
        untouched_misses=sum(day.untouched.misses(lived.terms) for day in days),
        late_runs=sum(_is_late(run, lived) for run in runs),
        untouched_late_runs=sum(
            day.untouched.is_done and day.untouched.seconds > lived.terms.deadline_seconds for day in days
        ),
        stated_misses=math.fsum(run.stated_risk or 0.0 for run in runs),
        lawful_misses=math.fsum(run.risk for run in runs),
        changes=sum(map(is_change, runs)),
        changes_after_30_days=sum(is_change(run) for run in runs if run.day >= CONVERGED_DAYS),
        rollbacks=sum(isinstance(run.decision, Rollback) for run in runs),
        unfit_rollbacks=unfit_rollbacks(lived),
        unjust_rollbacks=sum(run.is_unjust for run in runs),
        restored_late=sum(isinstance(run.decision, Rollback) and run.next_spec != run.decision.spec for run in runs),
        ooms=sum(run.ending == "memory" for run in runs),
        repeated_ooms=repeated_ooms(runs),
        false_alarms=falsely_alarmed(lived),
        noticed=dict(Counter(kind for run in runs for kind in run.disturbances)),
        exploration_cost=math.fsum(
            max(0.0, run.dollars - run.known_good_dollars) for run in runs if run.known_good_dollars is not None
        ),
        worst_30_days=share,
        worst_30_days_dollars=dollars,
        cliff=met_the_cliff(runs),
        runs_to_recover=adjusted_to_code_change(lived),
        lost=_lost(lived),
        cpu_seconds=lived.cpu_seconds,
    )


def _lost(lived: Lived) -> dict[str, float]:
    learning, later = lived.days[:LEARNING_DAYS], lived.days[LEARNING_DAYS:]
    return {
        "learning": math.fsum(day.ours.dollars - day.oracle.dollars for day in learning),
        "failures": math.fsum(day.lost.failures for day in later),
        "memory": math.fsum(day.lost.memory for day in later),
        "slots": math.fsum(day.lost.slots for day in later),
    }


def _is_late(run: LivedRun, lived: Lived) -> bool:
    return run.ending == "well" and run.seconds > lived.terms.deadline_seconds


_SUMMED = (
    "runs", "cost", "oracle_cost", "untouched_cost", "misses", "oracle_misses", "untouched_misses",
    "late_runs", "untouched_late_runs", "stated_misses", "lawful_misses", "changes", "changes_after_30_days",
    "rollbacks", "unfit_rollbacks", "unjust_rollbacks", "restored_late", "ooms", "repeated_ooms", "false_alarms",
    "exploration_cost",
)  # fmt: skip


def summary(fleet: Sequence[ProjectFigures]) -> dict[str, object]:
    """The figures of a fleet: sums, and what of each project matters."""
    sums = {name: sum(getattr(each, name) for each in fleet) for name in _SUMMED}
    ratios = sorted(each.over_oracle for each in fleet)
    worst = max(fleet, key=lambda each: each.worst_30_days)
    cliffs = Counter(each.cliff for each in fleet if each.cliff)
    recovered = sorted(each.runs_to_recover for each in fleet if each.runs_to_recover is not None)
    noticed: Counter[str] = Counter()
    for each in fleet:
        noticed.update(each.noticed)
    return {
        "projects": len(fleet),
        "project_days": sum(each.days for each in fleet),
        **sums,
        "over_oracle": sums["cost"] / sums["oracle_cost"],
        "of_untouched": sums["cost"] / sums["untouched_cost"],
        "lost": {name: sum(it.lost[name] for it in fleet) / sums["oracle_cost"] for name in fleet[0].lost},
        "over_oracle_median": ratios[len(ratios) // 2],
        "over_oracle_p90": ratios[min(len(ratios) - 1, len(ratios) * 9 // 10)],
        "dearer_than_untouched": sum(each.cost > each.untouched_cost for each in fleet),
        "worst_project_30_days": worst.worst_30_days,
        "worst_project": worst.project,
        "worst_project_30_days_dollars": max(each.worst_30_days_dollars for each in fleet),
        "projects_with_ooms": sum(each.ooms > 0 for each in fleet),
        "projects_with_unjust_rollbacks": sum(each.unjust_rollbacks > 0 for each in fleet),
        "projects_with_rollbacks": sum(each.rollbacks > 0 for each in fleet),
        "projects_with_false_alarms": sum(each.false_alarms > 0 for each in fleet),
        "changes_per_project_after_30_days": sums["changes_after_30_days"] / len(fleet),
        "cliffs_faced": sum(cliffs.values()),
        "cliffs_met_before": cliffs["met"],
        "code_changes_that_broke_the_goal": len(recovered),
        "runs_to_recover_median": recovered[len(recovered) // 2] if recovered else None,
        "disturbances": dict(sorted(noticed.items())),
    }
