"""decide(history, rollout, goal, prices) → Decision. Read this first.

One call judges the change on trial, fits the workload, assesses every allowed spec and asks the guards. It computes;
it does nothing.
"""

from dataclasses import replace

import numpy as np

from setpoint.core.autonomy.idempotency import is_idempotent
from setpoint.core.belief import Outlook
from setpoint.core.belief.calibration import Calibration, calibration_of
from setpoint.core.cost import price
from setpoint.core.domain import (
    Assessment,
    Candidate,
    ClusterSpec,
    Decision,
    Hold,
    Phase,
    Prediction,
    Recommendation,
    Refusal,
    Rollback,
)
from setpoint.core.goals import Conditions, Goal
from setpoint.core.guards import Situation, exclusion, veto, veto_trying
from setpoint.core.history import History
from setpoint.core.optimisers import AT_ONCE, DEFAULT_OPTIMISER, HORIZON_RUNS, Prospect
from setpoint.core.prediction import NOTHING_KNOWN, Lessons, fit
from setpoint.core.pricebook import PriceBook
from setpoint.core.reasons import why_change, why_memory, why_nearest, why_stay, with_untold
from setpoint.core.repeat import Quicker, proven_specs, quicker, repeat_goal, was_lost
from setpoint.core.restrictions import forbidden
from setpoint.core.rollout import Failed, Judgement, Kept, Rollout, judge
from setpoint.core.search import Found, Search
from setpoint.core.shortlist import MOST_ASSESSED, lines_of, shortlist
from setpoint.core.space import specs
from setpoint.core.workload import Workload, identify

__all__ = ["assess", "decide"]

CALIBRATED_FROM = 20
"""Predictions of its own from which a project's intervals are calibrated on them. The first few are of specs that are
new to the model: they would widen every interval just while the loop learns, and hold it where it is."""
OUT_OF_MEMORY = 0.5
"""P(fail for want of memory) from which a spec is left even for one that misses the goal as well."""


def decide(
    history: History,
    rollout: Rollout,
    goal: Goal,
    prices: PriceBook,
    *,
    lessons: Lessons = NOTHING_KNOWN,
    is_stepwise: bool = True,
    optimiser: str = DEFAULT_OPTIMISER,
) -> Decision:
    """The decision that this evidence calls for.

    `lessons` are what other projects taught. `is_stepwise`: no axis may fall far in one change.
    """
    early = _without_model(history, rollout)
    if early is not None:
        return early
    workload = identify(history)
    if workload is None:
        return _first_steps(history)
    bound = goal.given(Conditions(history, workload), prices)
    search = Search(bound, prices, is_stepwise, optimiser)
    return with_untold(_Controller(history, rollout, search, workload, lessons).decide(), bound)


def assess(
    spec: ClusterSpec, prediction: Prediction, goal: Goal, prices: PriceBook, fallback_cost: float = 0.0
) -> Candidate:
    """Predict and price a spec.

    `fallback_cost` is what repeating a failed run on the known-good spec costs, in the unit of the metric that the
    goal minimises.
    """
    value = goal.value(spec, prediction.median_seconds, prices, prediction.failure_risk)
    late, strain = goal.at_stake(spec, prediction, prices)
    of_spot = goal.spot_risk(spec, prediction, prices)
    return Candidate(
        spec=spec,
        prediction=prediction,
        cost=price(spec, prediction.median_seconds, prices, "modelled"),
        miss_risk=1 - (1 - late) * (1 - prediction.failure_risk) * (1 - of_spot),
        loss=value + prediction.failure_risk * (value + fallback_cost) / HORIZON_RUNS,
        strain=strain,
        spot_risk=of_spot,
        foreseen=goal.foreseen(spec, prediction, prices),
    )


def _without_model(history: History, rollout: Rollout) -> Decision | None:
    """What can be said without any prediction: nothing ran, or the spec is somebody else's and has yet to run."""
    if not history.runs:
        return Hold("nothing has run yet; the first run measures the job as it is", Assessment(Phase.LEARNING))
    if rollout.is_theirs:
        reason = f"{history.spec} was put in place by somebody else; it runs once before anything is changed"
        return Hold(reason, Assessment(Phase.MONITORING))
    return None


def _first_steps(history: History) -> Decision:
    """Before the first successful run with a log nothing can be predicted, but a lack of memory can be met."""
    assessment = Assessment(Phase.LEARNING)
    if history.runs[-1].fault != "memory":
        return Hold("no successful run yet", assessment)
    now = history.spec
    failed_mib = max(run.spec.task_memory_mib for run in history.runs if run.fault == "memory")
    if now.task_memory_mib > failed_mib:
        return Hold(f"a run failed for want of memory; {now} has more, and has yet to run", assessment)
    if now.cloud is not None:
        return _more_memory_rented(history, failed_mib)
    larger = [
        mib
        for mib in history.space.task_memory_mib
        if mib > failed_mib and forbidden(history.restrictions, now.with_size(now.slots, mib)) is None
    ]
    if not larger:
        return Hold(f"the run failed for want of memory and no allowed spec has more than {now}", assessment)
    enough = [mib for mib in larger if mib >= 2 * failed_mib]
    spec = now.with_size(now.slots, min(enough, default=max(larger)))
    reason = f"the run failed for want of memory; {spec} has more. Nothing can be predicted before a run succeeds"
    return Recommendation(spec, reason, feasible=True, rescue=True, assessment=assessment)


def _more_memory_rented(history: History, failed_mib: int) -> Decision:
    """The least change to machines with more memory for each slot, twice as much if there are such."""
    now, assessment = history.spec, Assessment(Phase.LEARNING)
    roomier = [
        spec
        for spec in specs(history.space, now)
        if spec.task_memory_mib > failed_mib and forbidden(history.restrictions, spec) is None
    ]
    if not roomier:
        return Hold(f"the run failed for want of memory and no allowed machines have more than {now}", assessment)
    enough = [spec for spec in roomier if spec.task_memory_mib >= 2 * failed_mib] or roomier
    spec = min(enough, key=lambda each: (abs(each.slots - now.slots), each.task_memory_mib, str(each)))
    reason = f"the run failed for want of memory; {spec} has more. Nothing can be predicted before a run succeeds"
    return Recommendation(spec, reason, feasible=True, rescue=True, assessment=assessment)


def _to_repeat_on(history: History) -> tuple[ClusterSpec, ...]:
    return proven_specs(history) if was_lost(history.runs[-1]) else ()


_LOST = {"failed": "failed", "killed": "was stopped"}


class _Controller:
    """One decision: the inputs, and the steps in the order in which they are taken."""

    def __init__(
        self, history: History, rollout: Rollout, search: Search, workload: Workload, lessons: Lessons
    ) -> None:
        self._history = history
        self._rollout = rollout
        self._search = search
        self._goal, self._prices = search.goal, search.prices
        self._failed_mib = workload.memory.failed_mib
        trial = (rollout.trial.spec,) if rollout.trial else ()
        needed = dict.fromkeys((history.spec, rollout.known_good, *trial, *_to_repeat_on(history)))
        self._space = tuple(specs(history.space, history.spec))
        self._considered = len(self._space)
        predictor = fit(workload, (*needed, *self._space), lessons)
        if len(self._space) > MOST_ASSESSED:
            self._space = tuple(self._shortlisted(self._space, predictor.predict(self._space)))
        every = tuple(dict.fromkeys((*needed, *self._space)))
        self._rows = {spec: row for row, spec in enumerate(every)}
        self._outlook = predictor.predict(every)
        learned = calibration_of(history, lessons.scale, self._outlook.noise)
        others = Calibration(max(1.0, lessons.scale))  # what others taught never makes an own interval narrower
        self._calibration = learned if learned.predictions >= CALIBRATED_FROM else others
        self._usuals: dict[ClusterSpec, float] = {}
        self._known_good = self._assess(rollout.known_good)
        self._current = self._assess(history.spec)

    def decide(self) -> Decision:
        if self._rollout.repeating is not None:
            return self._after_the_repeat(self._rollout.repeating)
        if self._rollout.trial is None and was_lost(self._history.runs[-1]):
            return self._for_the_repeat()
        judgement = self._judge()
        if isinstance(judgement, Failed) and self._rollout.trial is not None and self._can_go_back():
            return self._forward(judgement) or self._roll_back(judgement, self._rollout.trial.spec)
        kept = self._rollout.trial.spec if isinstance(judgement, Kept) and self._rollout.trial else None
        if kept is not None:
            self._rollout = replace(self._rollout, known_good=kept, trial=None, failures_in_row=0)
        decision = self._change_or_hold(kept, judgement)
        is_left_there = not (isinstance(decision, Recommendation) and decision.feasible)
        return (self._to_where_it_ran() if is_left_there else None) or decision

    def _for_the_repeat(self) -> Decision:
        """After a run that was lost for no fault of its spec: nothing is learned on a repeat, but time may be short."""
        last = self._history.runs[-1]
        why = f"run {last.id} {_LOST[last.outcome]} on the known-good spec, so the cluster is not the cause"
        why += f": {last.report.error}" if last.report.error else ""
        quicker = self._quicker()
        if quicker is None:
            return Hold(why, Assessment(Phase.MONITORING, self._current))
        reason = f"{why}. {quicker.reason}"
        numbers = Assessment(Phase.MONITORING, self._current, quicker.candidate)
        spec = quicker.candidate.spec
        return Recommendation(spec, reason, feasible=True, rescue=True, assessment=numbers, repeating=True)

    def _quicker(self) -> Quicker | None:
        prices = self._prices
        goal = repeat_goal(self._history, self._goal, prices)
        if goal is None:
            return None
        proven = [spec for spec in proven_specs(self._history) if self._may_repeat_on(spec)]
        current, *others = (assess(spec, self._predicted(spec), goal, prices) for spec in (self._current.spec, *proven))
        return quicker(current, others, goal)

    def _may_repeat_on(self, spec: ClusterSpec) -> bool:
        is_allowed = spec in set(self._space) and spec not in self._rollout.failed
        has_memory = spec.task_memory_mib > self._failed_mib
        return is_allowed and has_memory and forbidden(self._history.restrictions, spec) is None

    def _after_the_repeat(self, spec: ClusterSpec) -> Rollback:
        good = self._known_good.spec
        reason = f"the repeat on {spec} has run; {good} follows"
        numbers = Assessment(Phase.MONITORING, current=self._current, chosen=self._known_good)
        return Rollback(good, spec, reason, blamed=False, assessment=numbers)

    def _shortlisted(self, space: tuple[ClusterSpec, ...], outlook: Outlook) -> list[ClusterSpec]:
        rollout, now = self._rollout, self._history.spec

        def is_allowed(spec: ClusterSpec) -> bool:
            reachable = self._search.is_reachable(spec, now)
            return reachable and exclusion(spec, now, rollout, self._failed_mib, self._history.restrictions) is None

        return shortlist(space, outlook, self._goal, self._prices, is_allowed)

    def _assess(self, spec: ClusterSpec) -> Candidate:
        good = self._rollout.known_good
        fallback = 0.0 if spec == good else self._usual(good)
        return assess(spec, self._predicted(spec), self._goal, self._prices, fallback)

    def _usual(self, spec: ClusterSpec) -> float:
        """What the goal minimises, of a run on the spec; asked of the known-good one for every other."""
        if spec not in self._usuals:
            seconds = self._predicted(spec).median_seconds
            self._usuals[spec] = self._goal.value(spec, seconds, self._prices)
        return self._usuals[spec]

    def _predicted(self, spec: ClusterSpec) -> Prediction:
        """With intervals as wide as this project's past predictions were wrong."""
        return self._calibration.applied(self._outlook.prediction(self._rows[spec]))

    def _judge(self) -> Judgement | None:
        trial = self._rollout.trial
        if trial is None:
            return None
        candidate = self._assess(trial.spec)
        return judge(trial, candidate, self._known_good, self._goal, self._prices, self._doubt_between(trial.spec))

    def _doubt_between(self, spec: ClusterSpec) -> float:
        """Standard deviation of log(runtime on the spec / on the known-good one), of what a run may expect."""
        drawn, known = self._outlook.log_seconds, self._rows[self._rollout.known_good]
        return self._calibration.factor * float(np.std(drawn[:, self._rows[spec]] - drawn[:, known]))

    def _to_where_it_ran(self) -> Decision | None:
        """Out of memory where no spec has more for each process: to a spec with more in all that has done this work.

        What is kept in memory is spread over all workers, so that fewer of them may be what a run could not do with.
        """
        last, now = self._history.runs[-1], self._current.spec
        if last.fault != "memory" or last.spec != now:
            return None
        newest = {run.spec: run for run in self._history.runs}
        proven = [spec for spec in proven_specs(self._history) if newest[spec].succeeded]
        roomier = [spec for spec in proven if spec.memory_gib > now.memory_gib and spec not in self._rollout.failed]
        allowed = [spec for spec in roomier if forbidden(self._history.restrictions, spec) is None]
        trial, good = self._rollout.trial, self._rollout.known_good
        if trial is not None and good in allowed:
            return self._roll_back(Failed(f"run {last.id} failed for want of memory", blamed=True), trial.spec)
        if not allowed:
            return None
        best = self._assess(min(allowed, key=lambda spec: spec.memory_gib))
        reason = f"run {last.id} failed for want of memory on {now}; {best.spec} has more in all, and did this work"
        numbers = Assessment(Phase.OPTIMIZING, self._current, best)
        return Recommendation(best.spec, reason, feasible=True, rescue=True, assessment=numbers)

    def _can_go_back(self) -> bool:
        """Whether the known-good spec still is: where a run failed for want of as much memory, only up is left."""
        good = self._rollout.known_good
        return good.task_memory_mib > self._failed_mib and forbidden(self._history.restrictions, good) is None

    def _forward(self, judgement: Failed) -> Recommendation | None:
        """Where the known-good spec would miss the goal as well, what would not; None where it need not be left."""
        if self._goal.admits(self._known_good):
            return None
        found = self._found()
        best = found.pick.candidate if found.pick else None
        if best is None or not self._goal.admits(best) or best.spec == self._current.spec:
            return None
        good = self._known_good
        reason = (
            f"{judgement.reason}; {good.spec} would miss the goal in {good.miss_risk:.0%} of the runs now, "
            f"{best.spec} in {best.miss_risk:.1%}"
        )
        numbers = Assessment(Phase.OPTIMIZING, self._current, best, found.refused, self._considered)
        return Recommendation(best.spec, reason, feasible=True, rescue=True, assessment=numbers)

    def _roll_back(self, judgement: Failed, spec: ClusterSpec) -> Rollback:
        assessment = Assessment(Phase.OPTIMIZING, current=self._current, chosen=self._known_good)
        known_good = self._known_good.spec
        reason = f"{spec} goes back to {known_good}: {judgement.reason}"
        return Rollback(known_good, spec, reason, judgement.blamed, assessment)

    def _change_or_hold(self, kept: ClusterSpec | None, judgement: Judgement | None) -> Decision:
        found = self._found()
        is_missing = not self._goal.admits(self._current)
        found, settled = self._settled(found, is_missing=is_missing)
        said = "" if kept is None or judgement is None else f"{kept} is kept: {judgement.reason}. "
        pick = found.pick
        best = pick.candidate if pick else None
        numbers = Assessment(Phase.OPTIMIZING, self._current, best, found.refused, self._considered, kept)
        if pick is None or best is None or best.spec == self._current.spec:
            stays = why_stay(self._current, self._considered, is_missing=is_missing)
            reason = said + (stays if settled is None else f"stays on {self._current.spec}: {settled}")
            return Hold(reason, replace(numbers, phase=Phase.MONITORING, chosen=None))
        if not found.is_feasible and self._runs_out(best):
            reason = said + why_memory(self._current, best, self._goal)
            return Recommendation(best.spec, reason, feasible=True, rescue=True, assessment=numbers)
        if not found.is_feasible:
            reason = said + why_nearest(best, self._goal)
            return Recommendation(best.spec, reason, feasible=False, rescue=is_missing, assessment=numbers)
        vetoed = veto(pick, self._situation(is_missing=is_missing))
        if vetoed is not None:
            return self._wait(best, vetoed, said, numbers)
        reason = said + why_change(self._current, pick, self._goal, self._prices, is_rescue=is_missing)
        is_try = pick.trying is not None
        return Recommendation(best.spec, reason, feasible=True, rescue=is_missing, assessment=numbers, trying=is_try)

    def _settled(self, found: Found, *, is_missing: bool) -> tuple[Found, str | None]:
        """Where nothing may be tried for what it may tell: what is better at once, and why no more than that."""
        pick = found.pick
        vetoed = None if pick is None else veto_trying(pick, self._situation(is_missing=is_missing))
        if pick is None or vetoed is None:
            return found, None
        self._search = replace(self._search, optimiser=AT_ONCE)
        other = self._found()
        return replace(other, refused=Refusal(pick.candidate, vetoed)), f"{pick.candidate.spec} is not tried, {vetoed}"

    def _runs_out(self, best: Candidate) -> bool:
        """Whether the current spec has not the memory to do its work, and the best has: late is better than never."""
        now, then = self._current.prediction.failure_risk, best.prediction.failure_risk
        return now > OUT_OF_MEMORY > then

    def _wait(self, best: Candidate, vetoed: str, said: str, numbers: Assessment) -> Hold:
        in_motion = self._rollout.trial is not None or self._rollout.pause_left > 0
        phase = Phase.OPTIMIZING if in_motion else Phase.MONITORING
        held = replace(numbers, phase=phase, chosen=None, refused=Refusal(best, vetoed))
        return Hold(f"{said}stays on {self._current.spec}: {best.spec} waits, {vetoed}", held)

    def _situation(self, *, is_missing: bool) -> Situation:
        history = self._history
        is_bound = is_missing or forbidden(history.restrictions, history.spec) is not None
        ended = history.runs[-1].report.finished_at
        return Situation(self._rollout, is_bound, history.restrictions, ended, is_idempotent(history))

    def _found(self) -> Found:
        allowed, excluded = [], []
        # What is set aside may be what the job needs now: a rescue goes by what is believed of it.
        is_rescue = not self._goal.admits(self._current)
        rollout = replace(self._rollout, set_aside=()) if is_rescue else self._rollout
        for spec in self._space:
            candidate = self._assess(spec)
            reason = exclusion(spec, self._current.spec, rollout, self._failed_mib, self._history.restrictions)
            if reason is None:
                allowed.append(candidate)
            else:
                excluded.append(Refusal(candidate, reason))
        rates, bases = lines_of(tuple(self._rows), self._outlook, self._goal, self._prices)
        prospect = Prospect(self._current.spec, self._outlook, self._rows, rates, bases=bases)
        return self._search.among(allowed, excluded, self._current, prospect)
