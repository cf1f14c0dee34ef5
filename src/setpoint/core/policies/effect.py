"""What a goal would come to for one project: what it may run on, what that costs, and whether it keeps the goal."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from setpoint.core.belief.calibration import Calibration, calibration_of
from setpoint.core.controller import CALIBRATED_FROM, assess
from setpoint.core.domain import Candidate, ClusterSpec
from setpoint.core.goals import NOTHING_SEEN, Conditions, Goal
from setpoint.core.history import History
from setpoint.core.prediction import NOTHING_KNOWN, Lessons, fit
from setpoint.core.pricebook import PriceBook
from setpoint.core.restrictions import Restrictions, forbidden
from setpoint.core.rollout import Rollout
from setpoint.core.shortlist import MOST_ASSESSED, shortlist
from setpoint.core.space import specs
from setpoint.core.workload import identify

__all__ = ["Effect", "Prospects", "effect", "prospects_of", "reassessed", "recalled", "runs_per_day"]

Verdict = Literal["keeps", "can", "cannot", "unknown"]
RECENT_RUNS = 20
"""Of which the time between two tells how often a project runs."""
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Prospects:
    """What a project may run on, assessed under one goal."""

    now: Candidate | None
    """On the present spec; None where nothing can be predicted yet."""
    candidates: tuple[Candidate, ...]
    runs_per_day: float
    why_not: str = ""
    """Why nothing can be predicted."""
    seen: Conditions = NOTHING_SEEN
    """What metrics need to know of the project."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a goal comes to."""

    verdict: Verdict
    """It keeps the goal as it is, can keep it on another spec, cannot keep it, or nobody knows yet."""
    reason: str
    now: Candidate | None = None
    then: Candidate | None = None
    """The best that may run: that keeps the goal, or is nearest to it."""
    runs_per_day: float = 0.0

    @property
    def saving_per_day(self) -> float:
        """Dollars expected to be saved a day once the project is there; negative where the goal costs more."""
        if self.now is None or self.then is None:
            return 0.0
        return (self.now.cost.dollars - self.then.cost.dollars) * self.runs_per_day

    @property
    def doubt_per_day(self) -> float:
        """Standard deviation of that."""
        if self.now is None or self.then is None or self.now.spec == self.then.spec:
            return 0.0
        each = [it.cost.dollars * it.prediction.log_doubt for it in (self.now, self.then)]
        return self.runs_per_day * float((each[0] ** 2 + each[1] ** 2) ** 0.5)


def runs_per_day(history: History) -> float:
    """How often a project runs: by the median time between its last runs; once a day where only one is known."""
    starts = sorted(run.report.started_at for run in history.runs[-RECENT_RUNS:] if not run.report.retry)
    gaps = sorted((b - a).total_seconds() for a, b in pairwise(starts) if b > a)
    if not gaps:
        return 1.0 if history.runs else 0.0
    return _DAY_SECONDS / max(60.0, gaps[len(gaps) // 2])


def prospects_of(
    history: History,
    rollout: Rollout,
    goal: Goal,
    restrictions: Restrictions,
    prices: PriceBook,
    lessons: Lessons = NOTHING_KNOWN,
) -> Prospects:
    """All that the project may run on under a goal and restrictions, by the model that decides."""
    rate = runs_per_day(history)
    workload = identify(history)
    if workload is None:
        return Prospects(None, (), rate, "no run has succeeded yet, so nothing can be predicted")
    seen = Conditions(history, workload)
    goal = goal.given(seen, prices)
    needed = (history.spec, rollout.known_good)
    space = tuple(dict.fromkeys((*needed, *specs(history.space, history.spec))))
    predictor = fit(workload, space, lessons)
    failed_mib = workload.memory.failed_mib

    def is_open(spec: ClusterSpec) -> bool:
        is_known_bad = spec in rollout.failed or spec.task_memory_mib <= failed_mib
        return not is_known_bad and forbidden(restrictions, spec) is None

    if len(space) > MOST_ASSESSED:
        space = tuple(dict.fromkeys((*needed, *shortlist(space, predictor.predict(space), goal, prices, is_open))))
    outlook = predictor.predict(space)
    learned = calibration_of(history, lessons.scale)
    others = Calibration(max(1.0, lessons.scale))
    calibration = learned if learned.predictions >= CALIBRATED_FROM else others
    predicted = [calibration.applied(outlook.prediction(row)) for row in range(len(space))]
    found = [assess(spec, each, goal, prices) for spec, each in zip(space, predicted, strict=True)]
    return Prospects(found[0], tuple(each for each in found if is_open(each.spec)), rate, seen=seen)


def recalled(history: History, goal: Goal, restrictions: Restrictions, prices: PriceBook) -> Prospects:
    """What was assessed at the last decision, under another goal: at once, but only the specs that were named then."""
    rate = runs_per_day(history)
    assessment = None if history.last_decided is None else history.last_decided.decision.assessment
    if assessment is None or assessment.current is None:
        return Prospects(None, (), rate, "nothing was assessed yet")
    refused = None if assessment.refused is None else assessment.refused.candidate
    named = [each for each in (assessment.current, assessment.chosen, refused) if each is not None]
    now = next((each for each in named if each.spec == history.spec), assessment.current)
    allowed = tuple(each for each in named if forbidden(restrictions, each.spec) is None)
    return reassessed(Prospects(now, allowed, rate, seen=Conditions(history)), goal, prices)


def reassessed(prospects: Prospects, goal: Goal, prices: PriceBook) -> Prospects:
    """The same predictions under another goal."""
    given = goal.given(prospects.seen, prices)

    def again(each: Candidate) -> Candidate:
        return assess(each.spec, each.prediction, given, prices)

    now = None if prospects.now is None else again(prospects.now)
    return replace(prospects, now=now, candidates=tuple(map(again, prospects.candidates)))


def effect(prospects: Prospects, goal: Goal, prices: PriceBook) -> Effect:
    """What the goal comes to on these prospects."""
    now, rate = prospects.now, prospects.runs_per_day
    if now is None:
        return Effect("unknown", prospects.why_not, runs_per_day=rate)
    goal = goal.given(prospects.seen, prices)
    told = _effect(prospects, now, goal, prices)
    return replace(told, reason="; ".join((told.reason, *goal.untold)))


def _effect(prospects: Prospects, now: Candidate, goal: Goal, prices: PriceBook) -> Effect:
    rate = prospects.runs_per_day
    kept = [each for each in prospects.candidates if goal.admits(each)]
    if kept:
        best = min(kept, key=lambda each: each.loss)
        if goal.admits(now):
            return Effect("keeps", f"{now.spec} keeps it, risk of a miss {now.miss_risk:.1%}", now, best, rate)
        return Effect("can", f"{best.spec} would keep it, {now.spec} does not", now, best, rate)
    pool = [each for each in prospects.candidates if each.failing <= goal.most_failing]
    nearest = min(pool or prospects.candidates or (now,), key=lambda each: (each.miss_risk, each.loss))
    return Effect("cannot", _why_not(nearest, goal, prices), now, nearest, rate)


def _why_not(nearest: Candidate, goal: Goal, prices: PriceBook) -> str:
    prediction, spec = nearest.prediction, nearest.spec
    missed: Sequence[str] = [
        f"{limit.measure.show(limit.at(spec, prediction, prices, goal.seen, 1 - limit.risk))} against {limit}"
        for limit in goal.limits
        if limit.miss_risk(spec, prediction, prices, goal.seen) > limit.risk
    ]
    words = f"{spec} is nearest and would miss it in {nearest.miss_risk:.0%} of the runs, {goal.risk:.0%} are allowed"
    return f"{words} ({'; '.join(missed)})" if missed else words
