"""Policies over the fleet of one ledger: read where every project stands, plan, and write what was planned."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from setpoint.core.autonomy.ladder import KINDS, ChangeKind, modes_said, written
from setpoint.core.goals import Goal
from setpoint.core.history import FLEET, Entry, GoalSet, History, Mode, PoliciesApplied, Restricted, fold
from setpoint.core.policies.effect import Prospects, prospects_of, recalled
from setpoint.core.policies.plan import Member, PolicyPlan, entries_for, plan, subject_of, with_share
from setpoint.core.policies.policy import Policy
from setpoint.core.policies.reading import read_policies
from setpoint.core.policies.rules import restrictions_of, rules_of
from setpoint.core.policies.ruling import Ruled, mode_ruled, rule
from setpoint.core.policies.standing import OWN, Standing, Wanted, standing_of
from setpoint.core.prediction import Lessons
from setpoint.core.pricebook import PriceBook
from setpoint.core.restrictions import Restrictions
from setpoint.core.rollout import follow
from setpoint.core.words import names
from setpoint.errors import Conflict, InputError, UnknownProject
from setpoint.ledger import Ledger

__all__ = ["Governance"]

_NEXT = timedelta(microseconds=1)
"""Entries of one kind are told apart by their time."""


@dataclass(frozen=True, slots=True)
class Governance:
    """Policies of one ledger."""

    ledger: Ledger
    prices: PriceBook
    clock: Callable[[], datetime]
    lessons_for: Callable[[str, History], Lessons]
    tell: Callable[[int, int], None] = lambda *_: None
    """Told how many projects of how many were looked at."""

    def plan(self, files: Sequence[tuple[str, bytes]], *, is_quick: bool = False) -> PolicyPlan:
        """What these files would do. `is_quick`: from what was last assessed, without a new prediction."""
        policies = read_policies(files)
        documents = [(name, content.decode("utf-8-sig")) for name, content in files]
        members, looked_at = self._members(), count(1)

        def foresee(member: Member, goal: Goal, restrictions: Restrictions) -> Prospects:
            self.tell(next(looked_at), len(members))
            if is_quick:
                return recalled(member.history, goal, restrictions, self.prices)
            lessons = self.lessons_for(member.name, member.history)
            return prospects_of(member.history, member.rollout, goal, restrictions, self.prices, lessons)

        known = {policy.name for policy in policies}
        gone = tuple(policy.name for policy in self.policies() if policy.name not in known)
        return replace(plan(members, policies, documents, self.prices, foresee), gone=gone)

    def apply(self, wanted: PolicyPlan) -> int:
        """Carry out a plan; how many projects were changed. Nothing is written where nothing would change.

        Raises Conflict where a project was set to something else since the plan was made; those before it are done, and
        planning again takes it from there.
        """
        at = self.clock()
        for number, project in enumerate(wanted.changing):
            now = standing_of(self.ledger.read(project.project)).present
            if now != project.present:
                raise Conflict(
                    f"{project.project} was changed since the plan was made; {number} of {len(wanted.changing)} "
                    "projects are done. Plan again."
                )
            self.ledger.append(project.project, *entries_for(project, at))
        before = self.in_force()
        if wanted.changing or before is None or sorted(before.documents) != sorted(wanted.documents):
            names = tuple(each.project for each in wanted.changing)
            self.ledger.append(FLEET, PoliciesApplied(wanted.digest, wanted.documents, names, at))
        return len(wanted.changing)

    def in_force(self) -> PoliciesApplied | None:
        """What was applied last; None before anything was."""
        applied = [entry for entry in self.ledger.read(FLEET) if isinstance(entry, PoliciesApplied)]
        return applied[-1] if applied else None

    def policies(self) -> tuple[Policy, ...]:
        """Those in force."""
        last = self.in_force()
        return () if last is None else read_policies([(name, text.encode()) for name, text in last.documents])

    def rulings(self, project: str) -> tuple[Ruled, Standing]:
        """Who decides what in a project under the policies in force, and how it stands. Raises UnknownProject."""
        member = self._member(project)
        return with_share(rule(member.subject, member.standing.own, self.policies()), member.standing), member.standing

    def selected(self) -> dict[str, int]:
        """How many projects each policy in force selects."""
        policies = self.policies()
        subjects = [self._member(name).subject for name in self.ledger.projects()]
        return {policy.name: sum(policy.governs(each) for each in subjects) for policy in policies}

    def restrict(self, project: str, change: Callable[[Restrictions], Restrictions]) -> Standing:
        """Change what the project itself says may not be done, beside the policies in force; how it stands then.

        What a policy says stays, and what the project says more strictly stands at once and after the next `apply`.
        """
        member = self._member(project)
        own = member.standing.own
        return self._say(member, replace(own, rules=rules_of(change(restrictions_of(own.rules)))))

    def set_mode(self, project: str, mode: Mode | None, kinds: Mapping[ChangeKind, Mode]) -> Standing:
        """Set what may be done without asking, and for which kinds of change something else; how it stands then.

        Exceptions that were made before go where `mode` is given. Under a policy that sets the mode the project's own
        word holds as far as it is lower.
        """
        member = self._member(project)
        standing = member.standing
        if standing.present.goal is None:
            raise InputError(f"{project} has no goal yet; set one: setpoint goals {project} 'minimise cost'")
        own, policies = standing.own, self.policies()
        ruling = mode_ruled(rule(member.subject, own, policies).policies)
        before = {} if mode is not None else modes_said(dict(own.rules).get("modes", ()))
        if mode is not None and (ruling is not None or own.goal is None):
            before = dict.fromkeys(KINDS, mode)
        modes = {**before, **kinds}
        rules = rules_of(replace(restrictions_of(own.rules), modes=written(modes)))
        is_set = mode is not None and ruling is None and own.goal is not None
        return self._say(member, replace(own, rules=rules, mode=mode if is_set else own.mode))

    def _say(self, member: Member, own: Wanted) -> Standing:
        """Write the project's own word, and after it what the policies in force make of that."""
        before, at = member.standing, self.clock()
        said = rule(member.subject, own, self.policies()).settings
        entries: list[Entry] = []
        if own.rules != before.own.rules or (said.rules_origin == OWN != before.present.rules_origin):
            entries.append(Restricted(restrictions_of(own.rules), at))
        if said.rules_origin != OWN and (entries or said.rules != before.present.rules):
            entries.append(Restricted(restrictions_of(said.rules), at + _NEXT, said.rules_origin))
        if own.goal is not None and own.mode is not None and own.mode != before.own.mode:
            entries.append(GoalSet(own.goal, own.mode, at))
            present = before.present
            if present.goal_origin != OWN and present.goal is not None:
                entries.append(GoalSet(present.goal, said.mode or own.mode, at + _NEXT, origin=present.goal_origin))
        self.ledger.append(member.name, *entries)
        return self._member(member.name).standing

    def _members(self) -> list[Member]:
        return [self._member(name) for name in self.ledger.projects()]

    def _member(self, project: str) -> Member:
        entries = self.ledger.read(project)
        history, rollout = fold(entries), follow(entries)
        if history is None or rollout is None:
            known = names(self.ledger.projects(), project)
            raise UnknownProject(f"There is no project “{project}” in the ledger; known projects: {known}.")
        return Member(subject_of(project, history), history, rollout, standing_of(entries))
