"""The loop: observe → decide → record → apply. Read this second.

`tick` is the same call whether a run has ended, a webhook fired or somebody asked. It may be repeated and raced: runs
and decisions have keys in the ledger, and `apply` compares before it sets. Killed anywhere, the next tick goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from setpoint.core.controller import decide
from setpoint.core.cost import charge
from setpoint.core.domain import ClusterSpec, Decision, Hold, Recommendation, Rollback, Run, SearchSpace
from setpoint.core.drift import detect
from setpoint.core.eventlog import read_profile
from setpoint.core.failure import classify
from setpoint.core.goals import parse_goal
from setpoint.core.history import (
    Applied,
    Decided,
    Disturbed,
    Entry,
    GoalSet,
    History,
    Mode,
    Registered,
    RunRecorded,
    fold,
    is_reserved,
)
from setpoint.core.prediction import NOTHING_KNOWN, Lessons
from setpoint.core.pricebook import PriceBook
from setpoint.core.profile import Profile
from setpoint.core.restrictions import Restrictions, most_of
from setpoint.core.rollout import Followed, Rollout
from setpoint.core.windows import closed
from setpoint.errors import Conflict, EventLogError, InputError, UnknownProject
from setpoint.ledger import Ledger
from setpoint.platforms import Platform

__all__ = ["Loop", "State"]


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
        self._observe(project)
        decided = self._decide(project)
        if decided is None:
            return None
        self._apply(project, decided)
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
            known = ", ".join(self.ledger.projects()) or "none yet"
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
        self._kept[project] = _Folded(len(entries), entries[-1], history, followed)
        return self._kept[project]

    def _observe(self, project: str) -> None:
        """Append what is new: runs that ended, and a spec that somebody else changed."""
        self._finish_applying(project)
        self._notice_foreign_change(project)
        known = {run.id for run in self.state(project).history.runs}
        for run_id in self.platform.finished_runs(project):
            if run_id not in known:
                self._record(project, self._measure(project, run_id), self.state(project).history)

    def _finish_applying(self, project: str) -> None:
        """Write down a spec that was put in place just before we were killed, ahead of the runs that used it."""
        history = self.state(project).history
        decided, spec = history.last_decided, _spec_being_applied(history)
        if decided is not None and spec not in {None, history.spec} and spec == self.platform.current_spec(project):
            self.ledger.append(project, Applied(decided.id, spec, self.clock()))

    def _record(self, project: str, run: Run, history: History) -> None:
        drift = detect(history, run)
        at = self.clock()
        disturbances = [] if drift is None else [Disturbed(drift.kind, drift.detail, run.id, at)]
        self.ledger.append(project, RunRecorded(run, at), *disturbances)

    def _measure(self, project: str, run_id: str) -> Run:
        """Read the event log and the report of one run, and price it."""
        report = self.platform.cluster_report(project, run_id)
        profile, note = self._profile(project, run_id)
        outcome, fault = classify(report, profile)
        cost = charge(report, self.prices, "list-estimated")
        return Run(run_id, report, outcome, fault, profile, cost, note)

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
        if current in (history.spec, _spec_being_applied(history)):
            return
        if self.state(project).history != history:
            return  # another tick was at work between the two looks, so the change may be ours; the next tick tells
        detail = f"the spec was changed from {history.spec} to {current} by somebody else; theirs stands"
        self.ledger.append(project, Disturbed("foreign change", detail, None, self.clock(), current))

    def _decide(self, project: str) -> Decided | None:
        """The decision on the present evidence, made once and written down before anything is done."""
        state = self.state(project)
        history = state.history
        if history.goal is None:
            return None
        if not history.is_decided:
            lessons = self.lessons_for(project, history)
            goal = parse_goal(history.goal.goal)
            decision = decide(history, state.rollout, goal, self.prices, lessons=lessons)
            last_run = history.runs[-1].id if history.runs else ""
            entry = Decided(history.decision_id, last_run, history.goal.goal, history.spec, decision, self.clock())
            self.ledger.append(project, entry)
        return self.state(project).history.last_decided

    def _apply(self, project: str, decided: Decided) -> None:
        """Put the decided spec in place, unless the world has moved on since it was decided."""
        history = self.state(project).history
        spec = _spec_to_apply(decided)
        if spec is None or not history.is_decided or decided.id in history.applied:
            return
        if history.goal is None or history.goal.mode != "auto" or self._waits(project, decided) is not None:
            return
        try:
            self.platform.apply(project, spec, expect=decided.based_on)
        except Conflict:
            self._notice_foreign_change(project)
            return
        self.ledger.append(project, Applied(decided.id, spec, self.clock()))

    def waits(self, project: str) -> str | None:
        """Why the newest decision is not put in place yet, though it may be done without asking; None where it is."""
        decided = self.state(project).history.last_decided
        return None if decided is None else self._waits(project, decided)

    def _waits(self, project: str, decided: Decided) -> str | None:
        """Windows, freezes and how many may be on trial. What is known to be good may be restored at any time."""
        if isinstance(decided.decision, Rollback):
            return None
        restrictions = self.state(project).history.restrictions
        return closed(restrictions, self.clock()) or self._trials_are_full(project, restrictions)

    def _trials_are_full(self, project: str, restrictions: Restrictions) -> str | None:
        """Only looked at where a change is about to be made, and a limit is set: the whole group is read for it."""
        if not restrictions.trials:
            return None
        entries = {name: self._fold(name) for name in self.ledger.projects()}
        origin = self.state(project).history.restricted_by
        group = [
            each.followed.rollout
            for each in entries.values()
            if each is not None and each.history is not None and each.history.restricted_by == origin
        ]
        on_trial = sum(each is not None and each.trial is not None for each in group)
        most = most_of(restrictions.trials, len(group))
        own = self.state(project).rollout.trial is not None
        if on_trial - own < most:
            return None
        return f"{on_trial} of {len(group)} projects are on trial already, {restrictions.trials} may be"


def _spec_to_apply(decided: Decided) -> ClusterSpec | None:
    """The spec that a decision puts in place; None where it leaves things alone."""
    match decided.decision:
        case Hold() | Recommendation(feasible=False):
            return None
        case Recommendation(spec=spec) | Rollback(spec=spec):
            return spec


def _spec_being_applied(history: History) -> ClusterSpec | None:
    """The spec of a decision that may have been put in place before we could write so."""
    decided = history.last_decided
    if decided is None or decided.id in history.applied:
        return None
    return _spec_to_apply(decided)
