"""The loop: observe → decide → record → apply. Read this second.

`tick` is the same call whether a run has ended, a webhook fired or somebody asked. It may be repeated and raced: runs
and decisions have keys in the ledger, and `apply` compares before it sets. Killed anywhere, the next tick goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from setpoint.core.agreement import agreed
from setpoint.core.autonomy import Acting, holds_back
from setpoint.core.autonomy.ladder import highest_mode
from setpoint.core.autonomy.trial_budget import STANDING, group_of, trials_full
from setpoint.core.controller import decide
from setpoint.core.cost import charge
from setpoint.core.domain import ClusterSpec, Decision, Hold, Recommendation, Rollback, Run, SearchSpace
from setpoint.core.drift import detect, repriced
from setpoint.core.eventlog import read_profile
from setpoint.core.failure import classify
from setpoint.core.fingerprint import basis_of
from setpoint.core.goals import measured_energy, parse_goal
from setpoint.core.history import (
    Applied,
    Decided,
    Disturbed,
    Entry,
    GoalSet,
    History,
    Mode,
    Registered,
    Restricted,
    RunRecorded,
    fold,
    is_reserved,
)
from setpoint.core.prediction import NOTHING_KNOWN, Lessons
from setpoint.core.pricebook import PriceBook
from setpoint.core.profile import Profile
from setpoint.core.rollout import Followed, Rollout
from setpoint.core.words import names
from setpoint.errors import Conflict, EventLogError, InputError, UnknownProject
from setpoint.ledger import Ledger
from setpoint.platforms import HandsOver, Platform

__all__ = ["Loop", "State", "spec_to_apply"]


@dataclass(frozen=True, slots=True)
class State:
    """Where a project stands: both folds of its ledger."""

    history: History
    rollout: Rollout


@dataclass(frozen=True, slots=True)
class _Folded:
    """What the entries of a project that were read last came to."""

    entries: int
    newest: Entry
    history: History | None
    followed: Followed


MOST_KEPT = 64
"""Projects whose folds are kept: a tick reads its project several times, and only the new entries are folded."""


@dataclass(frozen=True)
class Loop:
    """Closed-loop control of the projects of one ledger on one platform."""

    platform: Platform
    ledger: Ledger
    prices: PriceBook
    clock: Callable[[], datetime]
    lessons_for: Callable[[str, History], Lessons] = lambda *_: NOTHING_KNOWN
    """What others teach about a project."""
    _kept: dict[str, _Folded] = field(default_factory=dict, init=False, repr=False, compare=False)

    def tick(self, project: str) -> Decision | None:
        """Bring a project up to date; None where it has no goal yet, so that there is nothing to decide."""
        self.observe(project)
        decided = self.decide(project)
        if decided is None:
            return None
        self.carry_out(project, decided)
        return decided.decision

    def register(self, project: str, platform: str, baseline: ClusterSpec, space: SearchSpace) -> None:
        """Bring a project under control; nothing changes if it is already."""
        if is_reserved(project):
            raise InputError(f"“{project}” is no project name: names with @ in front are kept for the ledger itself.")
        self.ledger.append(project, Registered(platform, baseline, space, self.clock()))

    def set_goal(self, project: str, goal: str, mode: Mode = "auto", space: SearchSpace | None = None) -> None:
        """Set what the owner wants; nothing is written if that is what they want already."""
        text = parse_goal(goal).text
        now = self.state(project).history
        if now.goal is not None and (now.goal.goal, now.goal.mode) == (text, mode) and space in (None, now.space):
            return
        self.ledger.append(project, GoalSet(text, mode, self.clock(), space))

    def state(self, project: str) -> State:
        """Where the project stands. Raises UnknownProject."""
        folded = self._fold(project)
        if folded is None or folded.history is None or folded.followed.rollout is None:
            known = names(self.ledger.projects(), project)
            raise UnknownProject(f"There is no project “{project}” in the ledger; known projects: {known}.")
        return State(folded.history, folded.followed.rollout)

    def _fold(self, project: str) -> _Folded | None:
        """All entries of a project come to this; None where there are none. Ledgers only ever grow."""
        entries = self.ledger.read(project)
        before = self._kept.get(project)
        if before is not None and entries[before.entries - 1 : before.entries] != (before.newest,):
            before = None
        if before is not None and len(entries) == before.entries:
            return before
        if not entries:
            return None
        new = entries if before is None else entries[before.entries :]
        history = fold(new, None if before is None else before.history)
        followed = (Followed() if before is None else before.followed).after(new)
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        folded = _Folded(len(entries), entries[-1], history, followed)
        self._kept[project] = folded
        return folded

    def observe(self, project: str) -> None:
        """Append what is new: runs that ended, and a spec that somebody else changed.

        Raises InputError where a run cannot be measured, after all others were.
        """
        self._finish_applying(project)
        self._notice_foreign_change(project)
        known = {run.id for run in self.state(project).history.runs}
        unusable: InputError | None = None
        for run_id in self.platform.finished_runs(project):
            if run_id in known:
                continue
            try:
                run = self._measure(project, run_id)
            except InputError as error:  # it holds up no other run
                unusable = unusable or error
                continue
            self._record(project, run, self.state(project).history)
        if unusable is not None:
            raise unusable

    def _finish_applying(self, project: str) -> None:
        """Write down a spec that was put in place just before we were killed, ahead of the runs that used it."""
        history = self.state(project).history
        decided, spec = history.last_decided, self._spec_being_applied(project, history)
        if decided is not None and spec not in {None, history.spec} and spec == self.platform.current_spec(project):
            self.ledger.append(project, _applied(decided, spec, self.clock()))

    def _record(self, project: str, run: Run, history: History) -> None:
        drifts = (detect(history, run), repriced(history, run))
        at = self.clock()
        disturbances = [Disturbed(drift.kind, drift.detail, run.id, at) for drift in drifts if drift is not None]
        self.ledger.append(project, RunRecorded(run, at), *disturbances)

    def _measure(self, project: str, run_id: str) -> Run:
        """Read the event log and the report of one run, and price it."""
        profile, note = self._profile(project, run_id)
        report, doubt = agreed(self.platform.cluster_report(project, run_id), profile)
        note = "; ".join(filter(None, (note, doubt)))
        outcome, fault = classify(report, profile)
        cost = charge(report, self.prices, "list-estimated")
        kwh, gco2e = measured_energy(report.spec, report.seconds, profile, self.prices)
        return Run(run_id, report, outcome, fault, profile, cost, note, kwh, gco2e)

    def _profile(self, project: str, run_id: str) -> tuple[Profile | None, str]:
        """A run without a usable log is still a run: it happened, and it cost."""
        try:
            profile = read_profile(self.platform.event_log(project, run_id))
        except EventLogError as error:
            return None, str(error)
        return profile, "; ".join(profile.completeness.reasons)

    def _notice_foreign_change(self, project: str) -> None:
        history = self.state(project).history
        current = self.platform.current_spec(project)
        if current in (history.spec, self._spec_being_applied(project, history)):
            return
        if self.state(project).history != history:
            return  # another tick was at work between the two looks, so the change may be ours; the next tick tells
        detail = f"the spec was changed from {history.spec} to {current} by somebody else; theirs stands"
        self.ledger.append(project, Disturbed("foreign change", detail, None, self.clock(), current))

    def decide(self, project: str) -> Decided | None:
        """The decision on the present evidence, made once and written down before anything is done."""
        state = self.state(project)
        history = state.history
        if history.goal is None or highest_mode(history) == "observe":
            return None
        if not history.is_decided:
            self.ledger.append(project, self._decided(project, state, history.goal))
        return self.state(project).history.last_decided

    def _decided(self, project: str, state: State, goal: GoalSet) -> Decided:
        history, trial = state.history, state.rollout.trial
        lessons = self.lessons_for(project, history)
        decision = decide(history, state.rollout, parse_goal(goal.goal), self.prices, lessons=lessons)
        decided = Decided(
            id=history.decision_id,
            after_run=history.runs[-1].id if history.runs else "",
            goal=goal.goal,
            based_on=history.spec,
            decision=decision,
            at=self.clock(),
            on_trial=trial is not None and decision.assessment.kept is None and not isinstance(decision, Rollback),
            basis=basis_of(self.prices, lessons),
        )
        return replace(decided, waits=self._waits(project, history, decided) or "")

    def carry_out(self, project: str, decided: Decided) -> None:
        """Put the decided spec in place, unless the world has moved on since it was decided."""
        history = self.state(project).history
        spec = spec_to_apply(decided)
        if spec is None or not history.is_decided or decided.id in history.applied:
            return
        if self._waits(project, history, decided) is not None:
            return
        try:
            self.platform.apply(project, spec, expect=decided.based_on)
        except Conflict:
            self._notice_foreign_change(project)
            return
        self.ledger.append(project, _applied(decided, spec, self.clock()))

    def _spec_being_applied(self, project: str, history: History) -> ClusterSpec | None:
        """The spec of a decision that may have been put in place before we could write so.

        Not of one that was held back, and still is: if its spec is in place, a person put it there.
        """
        decided = history.last_decided
        if decided is None or decided.id in history.applied:
            return None
        was_held_back = bool(decided.waits) or not decided.basis
        is_held_back = was_held_back and self._waits(project, history, decided) is not None
        return None if is_held_back else spec_to_apply(decided)

    def waits(self, project: str) -> str | None:
        """Why the newest decision is not put in place; None where it is, or where nothing is to be put in place."""
        history = self.state(project).history
        decided = history.last_decided
        if decided is None or decided.id in history.applied:
            return None
        return self._waits(project, history, decided) or self._with_owner(project, decided)

    def _with_owner(self, project: str, decided: Decided) -> str | None:
        spec = spec_to_apply(decided)
        return self.platform.with_owner(project, spec) if spec and isinstance(self.platform, HandsOver) else None

    def _waits(self, project: str, history: History, decided: Decided) -> str | None:
        if spec_to_apply(decided) is None:
            return None

        def trials_are_full() -> str | None:
            return self._trials_are_full(project, history)

        decision = decided.decision
        return holds_back(Acting(history, decided.id, decision, decided.based_on, self.clock(), trials_are_full))

    def _trials_are_full(self, project: str, history: History) -> str | None:
        """Of the other projects only their newest word is read, and that only where a limit is set."""
        limit = history.restrictions.trials
        if not limit:
            return None
        group = group_of(history.restricted_by, self.ledger.newest(Restricted), self.ledger.projects())
        return trials_full(limit, project, group, self.ledger.newest(*STANDING))


def _applied(decided: Decided, spec: ClusterSpec, at: datetime) -> Applied:
    return Applied(
        decided.id, spec, at, on_trial=isinstance(decided.decision, Recommendation) and not decided.decision.repeating
    )


def spec_to_apply(decided: Decided) -> ClusterSpec | None:
    """The spec that a decision puts in place; None where it leaves things alone."""
    match decided.decision:
        case Hold() | Recommendation(feasible=False):
            return None
        case Recommendation(spec=spec) | Rollback(spec=spec):
            return spec
