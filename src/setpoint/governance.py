"""Policies over the fleet of one ledger: read where every project stands, plan, and write what was planned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from setpoint.core.goals import Goal
from setpoint.core.history import FLEET, History, PoliciesApplied, fold
from setpoint.core.policies.effect import Prospects, prospects_of, recalled
from setpoint.core.policies.plan import Member, PolicyPlan, entries_for, plan, subject_of, with_share
from setpoint.core.policies.policy import Policy
from setpoint.core.policies.reading import read_policies
from setpoint.core.policies.ruling import Ruled, rule
from setpoint.core.policies.standing import Standing, standing_of
from setpoint.core.prediction import Lessons
from setpoint.core.pricebook import PriceBook
from setpoint.core.restrictions import Restrictions
from setpoint.core.rollout import follow
from setpoint.errors import Conflict, UnknownProject
from setpoint.ledger import Ledger

__all__ = ["Governance"]


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

    def _members(self) -> list[Member]:
        return [self._member(name) for name in self.ledger.projects()]

    def _member(self, project: str) -> Member:
        entries = self.ledger.read(project)
        history, rollout = fold(entries), follow(entries)
        if history is None or rollout is None:
            known = ", ".join(self.ledger.projects()) or "none yet"
            raise UnknownProject(f"There is no project “{project}” in the ledger; known projects: {known}.")
        return Member(subject_of(project, history), history, rollout, standing_of(entries))
