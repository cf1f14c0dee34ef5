"""The life of one change: on trial → kept | rolled back. Judges a change by its runs and remembers failures."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

from setpoint.core.distributions import student_cdf
from setpoint.core.domain import Candidate, ClusterSpec, Outcome, Recommendation, Rollback, Run
from setpoint.core.goals import Goal
from setpoint.core.history import (
    Applied,
    Decided,
    Disturbed,
    Entry,
    GoalSet,
    Registered,
    RollbackAsked,
    RunRecorded,
    is_newer,
)
from setpoint.core.pricebook import PriceBook

__all__ = [
    "Failed",
    "Followed",
    "Judgement",
    "Kept",
    "Pending",
    "Rollout",
    "Trial",
    "follow",
    "judge",
    "probability_better",
]

CONFIRMING_RUNS = 3
"""A change that is neither clearly better nor clearly worse is settled after this many runs."""
SURE = 0.9
"""P(better) from which a change is kept; below 1 - SURE it is rolled back."""
MATERIAL_RISK = 0.05
"""Where both specs miss the goal, a difference in miss risk below this says nothing about the change."""
_SURENESS = 0.005
"""Least doubt, in log: half a percent, which is about what a price or a clock may be off."""
FLAPPING_RUNS = 12
"""Runs in which going back and forth is noticed."""
FIRST_ASIDE, LONGEST_ASIDE = 12, 96
"""Runs for which a spec is set aside: this, twice, four times … up to that."""
LONGEST_PAUSE = 16
"""Runs without a change after failed changes: 1, 2, 4 … up to this."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A change that waits for its judgement."""

    spec: ClusterSpec
    rescue: bool
    runs: tuple[Run, ...] = ()
    """Runs on the spec since it was applied, those stopped from outside left out."""
    trying: bool = False
    """Whether it runs for what that may tell: going back is what was expected, and no failure."""
    failed_before: bool = False
    """Whether a run failed on it in an earlier trial, for a reason that was not clear."""
    otherwise_dollars: float = 0.0
    """What a run on the spec before was expected to cost."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A spec that came out worse than what it was to replace: nothing is tried on it for some runs."""

    spec: ClusterSpec
    until: int
    """Runs of the project after which it may be tried again."""
    times: int
    """How often it was set aside."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """Where a project stands with its changes; a fold of its entries."""

    known_good: ClusterSpec
    trial: Trial | None = None
    failed: tuple[ClusterSpec, ...] = ()
    """Specs under which a run failed for want of what they lack; they leave the search until the workload changes."""
    set_aside: tuple[SetAside, ...] = ()
    """Specs that were rolled back for what they cost or missed."""
    runs: int = 0
    """Of the project, so far."""
    failures_in_row: int = 0
    runs_since_rollback: int = 0
    is_theirs: bool = False
    """Whether somebody else put the known-good spec in place and it has not run since."""
    suspected: tuple[ClusterSpec, ...] = ()
    """Specs on which a run failed while they were on trial, whatever the reason: a second time it is the spec's."""
    explored: tuple[tuple[str, float], ...] = ()
    """Dollars that runs tried for what they may tell cost beyond what was expected without them, by month."""
    taken_back: tuple[ClusterSpec, ...] = ()
    """Specs that a person had replaced by hand: they leave the search until the goal or the code is another."""
    goal: str = ""
    """The goal that all this was for."""
    repeating: ClusterSpec | None = None
    """What was put in place for the repeat of a lost run alone."""
    recent: tuple[ClusterSpec, ...] = ()
    """What the last `FLAPPING_RUNS` runs ran on, oldest first."""

    def explored_in(self, at: datetime) -> float:
        """Dollars spent on trying in the month of this moment (UTC)."""
        return dict(self.explored).get(_month(at), 0.0)

    def runs_aside(self, spec: ClusterSpec) -> int:
        """Runs for which the spec is still set aside."""
        return next((max(0, each.until - self.runs) for each in self.set_aside if each.spec == spec), 0)

    @property
    def returns(self) -> int:
        """How often, in the recent runs, the project came back to a spec that it had left."""
        changes = [spec for before, spec in pairwise((None, *self.recent)) if spec != before]
        return sum(spec in changes[:place] for place, spec in enumerate(changes))

    @property
    def pause_left(self) -> int:
        """Runs to wait before the next change that only saves."""
        if self.failures_in_row == 0:
            return 0
        pause = min(LONGEST_PAUSE, 1 << (self.failures_in_row - 1))
        return max(0, pause - self.runs_since_rollback)


@dataclass(frozen=True, slots=True)
class Followed:
    """A rollout, with the decisions that later entries may refer to."""

    rollout: Rollout | None = None
    """None before the project is registered."""
    decisions: Mapping[str, Decided] = field(default_factory=dict)
    last: Decided | None = None

    def after(self, entries: Iterable[Entry]) -> "Followed":
        """The same with these entries."""
        rollout, decisions, last = self.rollout, dict(self.decisions), self.last
        for entry in entries:
            if isinstance(entry, Decided):
                decisions[entry.id] = entry
                if not is_newer(entry, last):
                    continue
                last = entry
            if rollout is not None:
                rollout = _next(rollout, entry, decisions)
            elif isinstance(entry, Registered):
                rollout = Rollout(known_good=entry.baseline)
        return Followed(rollout, decisions, last)


def follow(entries: Iterable[Entry]) -> Rollout | None:
    """Where the rollout stands after these entries; None before the project is registered."""
    return Followed().after(entries).rollout


def _next(rollout: Rollout, entry: Entry, decisions: Mapping[str, Decided]) -> Rollout:
    match entry:
        case Decided():
            return _decided(rollout, entry)
        case Applied():
            return _applied(rollout, decisions[entry.decision_id])
        case RunRecorded(run=run):
            return _ran(rollout, run)
        case RollbackAsked(spec=spec) | Disturbed(spec=ClusterSpec() as spec):
            return _by_hand(rollout, entry, spec)
        case GoalSet() | Disturbed():
            return _begun_anew(rollout, entry)
        case _:
            return rollout


def _decided(rollout: Rollout, decided: Decided) -> Rollout:
    decision = decided.decision
    if decision.assessment.kept is not None:
        rollout = replace(rollout, known_good=decision.assessment.kept, trial=None, failures_in_row=0)
    if isinstance(decision, Rollback) and decision.blamed:
        has_failed = rollout.trial is not None and any(not run.succeeded for run in rollout.trial.runs[-1:])
        if has_failed:
            return replace(rollout, failed=(*rollout.failed, decision.failed_spec))
        return replace(rollout, set_aside=_set_aside(rollout, decision.failed_spec))
    return rollout


def _set_aside(rollout: Rollout, spec: ClusterSpec) -> tuple[SetAside, ...]:
    """What one unlucky run showed is not held against a spec for ever; what it showed again, for twice as long."""
    others = tuple(each for each in rollout.set_aside if each.spec != spec)
    times = 1 + next((each.times for each in rollout.set_aside if each.spec == spec), 0)
    runs = min(LONGEST_ASIDE, FIRST_ASIDE << (times - 1))
    return (*others, SetAside(spec, rollout.runs + runs, times))


def _applied(rollout: Rollout, decided: Decided) -> Rollout:
    match decided.decision:
        case Recommendation(spec=spec, repeating=True):
            return replace(rollout, repeating=spec)
        case Rollback() if rollout.repeating is not None:
            return replace(rollout, repeating=None)
        case Recommendation(spec=spec, rescue=rescue, trying=trying):
            current = decided.decision.assessment.current
            otherwise = 0.0 if current is None else current.cost.dollars
            before = spec in rollout.suspected
            trial = Trial(spec, rescue, trying=trying, failed_before=before, otherwise_dollars=otherwise)
            return replace(rollout, trial=trial)
        case Rollback() as back:
            was_tried = rollout.trial is not None and rollout.trial.trying and not back.blamed
            failures = rollout.failures_in_row + (0 if was_tried else 1)
            return replace(rollout, trial=None, failures_in_row=failures, runs_since_rollback=0)
        case _:
            return rollout


def _by_hand(rollout: Rollout, entry: RollbackAsked | Disturbed, spec: ClusterSpec) -> Rollout:
    """What a person put in place runs once before anything is changed, and what they took away does not come back."""
    known = replace(rollout, known_good=spec, trial=None, repeating=None, is_theirs=True)
    others = tuple(each for each in rollout.taken_back if each != spec)
    if isinstance(entry, Disturbed):
        return replace(known, failures_in_row=0, taken_back=others)
    taken_back = (*(each for each in others if each != entry.left), entry.left)
    return replace(known, taken_back=taken_back, failures_in_row=rollout.failures_in_row + 1, runs_since_rollback=0)


def _begun_anew(rollout: Rollout, entry: GoalSet | Disturbed) -> Rollout:
    """What was wrong for another goal, code or input may be right now.

    Heaps that were too small are remembered apart from this, by the workload.
    """
    if isinstance(entry, GoalSet):
        if entry.goal == rollout.goal:  # another mode or space
            return rollout
        return replace(rollout, failed=(), suspected=(), set_aside=(), taken_back=(), goal=entry.goal)
    taken_back = () if entry.kind == "code change" else rollout.taken_back
    return replace(rollout, failed=(), suspected=(), set_aside=(), taken_back=taken_back)


def _month(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m}"


def _explored(rollout: Rollout, run: Run) -> tuple[tuple[str, float], ...]:
    trial = rollout.trial
    if trial is None or not trial.trying or run.spec != trial.spec:
        return rollout.explored
    month, months = _month(run.report.finished_at), dict(rollout.explored)
    months[month] = months.get(month, 0.0) + max(0.0, run.cost.dollars - trial.otherwise_dollars)
    return tuple(months.items())


def _ran(rollout: Rollout, run: Run) -> Rollout:
    trial = rollout.trial
    if trial is not None and run.spec == trial.spec and run.outcome is not Outcome.KILLED:
        trial = replace(trial, runs=(*trial.runs, run))
    suspected = rollout.suspected
    if trial is not None and run.spec == trial.spec and run.outcome is Outcome.FAILED and run.spec not in suspected:
        suspected = (*suspected, run.spec)
    if run.spec == rollout.repeating:  # lent for one run: no change, and no coming back
        return replace(rollout, runs=rollout.runs + 1)
    return replace(
        rollout,
        trial=trial,
        explored=_explored(rollout, run),
        runs_since_rollback=rollout.runs_since_rollback + 1,
        runs=rollout.runs + 1,
        is_theirs=rollout.is_theirs and run.spec != rollout.known_good,
        suspected=suspected,
        recent=(*rollout.recent, run.spec)[-FLAPPING_RUNS:],
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """The change is confirmed."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The change is to be undone."""

    reason: str
    blamed: bool
    """Whether the spec is at fault and leaves the search."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Not enough runs to tell."""

    reason: str


Judgement = Kept | Failed | Pending


def judge(
    trial: Trial, now: Candidate, before: Candidate, goal: Goal, prices: PriceBook, doubt: float | None = None
) -> Judgement:
    """Judge a change by its runs.

    `now` is the spec on trial and `before` the known-good one, both as the model that has seen these runs predicts
    them for the present input and code, so that growth or a code change is not blamed on the spec. `doubt` is the
    standard deviation of the log ratio of their expected runtimes; None takes the two as independent.
    """
    if not trial.runs:
        return Pending("it has not run yet")
    if not trial.runs[-1].succeeded:
        return _failed_run(trial)
    if goal.admits(now) and not goal.admits(before):
        return Kept(f"it keeps the goal ({now.miss_risk:.1%} risk of a miss), which {before.spec} would not")
    if trial.rescue and goal.admits(now) and now.miss_risk <= before.miss_risk:
        # It did what it was for. Whether a cheaper spec will do again the search says, as surely as of any other: a
        # rescue undone for its price is no failure, and the next noisy run would call for it once more.
        risks = f"{now.miss_risk:.1%} risk of a miss, {before.miss_risk:.1%} on {before.spec}"
        return Kept(f"it keeps the goal more surely: {risks}")
    return _judge_risk(trial, now, before, goal) or _judge_value(trial, now, before, goal, prices, doubt)


def _judge_risk(trial: Trial, now: Candidate, before: Candidate, goal: Goal) -> Judgement | None:
    """Judge by the goal's limits; None where they do not tell the two apart."""
    if goal.admits(now):
        return None
    risks = f"it would miss the goal in {now.miss_risk:.0%} of the runs, {before.spec} in {before.miss_risk:.0%}"
    if goal.admits(before) or now.miss_risk > before.miss_risk + MATERIAL_RISK:
        # The spec before was left because it would miss: one run that was in time, if barely, does not lead back to it.
        is_young = trial.rescue and len(trial.runs) < CONFIRMING_RUNS and not goal.admits(before)
        is_in_time = not goal.broken_by(trial.runs[-1])
        return Pending(risks) if is_young and is_in_time else Failed(risks, blamed=True)
    if now.miss_risk < before.miss_risk - MATERIAL_RISK:
        return Kept(f"it is nearer to the goal: {risks}")
    return None


def _failed_run(trial: Trial) -> Failed:
    run = trial.runs[-1]
    if run.fault == "memory":
        return Failed(f"run {run.id} failed for want of memory: {run.report.error or 'out of memory'}", blamed=True)
    if trial.failed_before:
        return Failed(f"run {run.id} failed on it, as one did when it was tried before", blamed=True)
    return Failed(f"run {run.id} failed on it; whether the spec is to blame is not clear", blamed=False)


def _judge_value(
    trial: Trial, now: Candidate, before: Candidate, goal: Goal, prices: PriceBook, doubt: float | None
) -> Judgement:
    better = probability_better(now, before, goal, prices, doubt)
    side = "higher" if goal.aim.is_high_better else "lower"
    said = f"{goal.minimise} is {side} with a probability of {better:.0%} after {len(trial.runs)} run(s)"
    if better >= SURE:
        return Kept(said)
    if better <= 1 - SURE:
        return Failed(said, blamed=not trial.trying)
    if len(trial.runs) < CONFIRMING_RUNS:
        return Pending(said)
    return Kept(said) if better >= 0.5 else Failed(said, blamed=not trial.trying)  # noqa: PLR2004 - more likely than not


def probability_better(
    one: Candidate, other: Candidate, goal: Goal, prices: PriceBook, doubt: float | None = None
) -> float:
    """Probability that the expected loss of `one` is below that of `other`, from the doubt about their runtimes.

    Specs whose runtimes are the same, whatever they are, have no doubt between them: only the prices decide.
    """
    ratio = goal.log_value_ratio(one, other, prices)
    if ratio is None:
        return 0.5  # all prices are zero
    if doubt is None:
        doubt = math.hypot(one.prediction.log_doubt, other.prediction.log_doubt)
    return student_cdf(one.prediction.degrees_of_freedom, ratio[0] / max(doubt * ratio[1], _SURENESS))
