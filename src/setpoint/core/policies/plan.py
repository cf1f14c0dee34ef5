"""The dry run of policies over a fleet: what would change, what it would come to, and who shares which budget."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from setpoint.core.goals import Goal, parse_goal
from setpoint.core.history import Entry, GoalSet, History, Restricted
from setpoint.core.policies.clauses import clauses_of_text, goal_of
from setpoint.core.policies.effect import Effect, Prospects, effect, reassessed
from setpoint.core.policies.group import Claim, Group, ceiling, share_out
from setpoint.core.policies.policy import Clause, Policy, Subject
from setpoint.core.policies.rules import restrictions_of
from setpoint.core.policies.ruling import Ruled, Ruling, capped, rule
from setpoint.core.policies.standing import OWN, RELEASED, Standing, Wanted
from setpoint.core.pricebook import PriceBook
from setpoint.core.restrictions import Restrictions
from setpoint.core.rollout import Rollout

__all__ = ["Member", "PolicyPlan", "ProjectPlan", "entries_for", "plan", "subject_of", "with_share"]


@dataclass(frozen=True, slots=True)
class Member:
    """One project of the fleet, as it stands."""

    subject: Subject
    history: History
    rollout: Rollout
    standing: Standing

    @property
    def name(self) -> str:
        """Of the project."""
        return self.subject.name


def subject_of(project: str, history: History) -> Subject:
    """What a selection may look at in a project with this history."""
    said = history.described
    platform = history.registered.platform
    return Subject(project, platform) if said is None else Subject(project, platform, said.owner, said.tags)


@dataclass(frozen=True, slots=True)
class ProjectPlan:
    """What the policies make of one project."""

    project: str
    present: Wanted
    target: Wanted
    rulings: tuple[Ruling, ...]
    policies: tuple[str, ...]
    """Those that select it, the one that says most first."""
    effect: Effect
    note: str = ""
    """Why nothing is written although a policy selects it."""

    @property
    def changes(self) -> tuple[tuple[str, str, str], ...]:
        """Field, what it is, and what it would be."""
        was, will = self.present, self.target
        fields = [
            ("goal", was.goal or "none", will.goal or "none"),
            ("mode", was.mode or "none", will.mode or "none"),
            *((name, _rule(was, name), _rule(will, name)) for name in sorted({*dict(was.rules), *dict(will.rules)})),
            ("set by", was.goal_origin or "project", will.goal_origin or "project"),
            ("restricted by", was.rules_origin or "project", will.rules_origin or "project"),
        ]
        return tuple((field, old, new) for field, old, new in fields if old != new)


def _rule(settings: Wanted, name: str) -> str:
    return ", ".join(dict(settings.rules).get(name, ())) or "none"


@dataclass(frozen=True, slots=True)
class PolicyPlan:
    """What policies would do to a fleet, before anything is done."""

    policies: tuple[Policy, ...]
    documents: tuple[tuple[str, str], ...]
    """The files they are from: name and text."""
    projects: tuple[ProjectPlan, ...]
    """Those that a policy selects or selected, by name."""
    groups: tuple[Group, ...]
    untouched: int
    """Projects that no policy selects or selected."""
    gone: tuple[str, ...] = ()
    """Policies in force that are not among these."""

    @property
    def changing(self) -> tuple[ProjectPlan, ...]:
        """Projects whose settings would change."""
        return tuple(each for each in self.projects if each.changes)

    @property
    def digest(self) -> str:
        """Names what would be written, and over what: another plan, or a ledger that moved, has another one."""
        moves = [[each.project, _as_data(each.present), _as_data(each.target)] for each in self.changing]
        body = json.dumps([sorted(self.documents), moves], sort_keys=True)
        return hashlib.sha256(body.encode()).hexdigest()[:16]


def _as_data(settings: Wanted) -> list[object]:
    return [settings.goal, settings.mode, settings.rules, settings.goal_origin, settings.rules_origin]


Foresee = Callable[[Member, Goal, Restrictions], Prospects]
"""What a project may run on under a goal and restrictions."""


def plan(
    members: Sequence[Member],
    policies: Sequence[Policy],
    documents: Sequence[tuple[str, str]],
    prices: PriceBook,
    foresee: Foresee,
) -> PolicyPlan:
    """What these policies would do to these projects."""
    drafts = [_draft(member, policies, foresee) for member in members]
    touched = [draft for draft in drafts if draft is not None]
    groups = _groups(touched, prices)
    ceilings = {
        granted.project: (group, ceiling(granted, group.budget.metric, _present_ceilings(touched, group)))
        for group in groups
        for granted in group.granted
        if granted.ceiling > 0
    }
    projects = tuple(_project_plan(draft, prices, ceilings.get(draft.member.name)) for draft in touched)
    ordered = tuple(sorted(projects, key=lambda it: it.project))
    return PolicyPlan(tuple(policies), tuple(documents), ordered, groups, len(members) - len(touched))


@dataclass(frozen=True, slots=True)
class _Draft:
    """A project between its ruling and its share of a budget."""

    member: Member
    ruled: Ruled
    target: Wanted
    goal: Goal | None
    prospects: Prospects
    note: str


def _draft(member: Member, policies: Sequence[Policy], foresee: Foresee) -> _Draft | None:
    ruled = rule(member.subject, member.standing.own, policies)
    present = member.standing.present
    if not ruled.policies and present.goal_origin == present.rules_origin == OWN:
        return None
    target, note = _target(ruled, member.standing)
    goal = None if target.goal is None else parse_goal(target.goal)
    nothing = Prospects(None, (), 0.0, note or "it has no goal")
    prospects = nothing if goal is None else foresee(member, goal, restrictions_of(target.rules))
    return _Draft(member, ruled, target, goal, prospects, note)


def _target(ruled: Ruled, standing: Standing) -> tuple[Wanted, str]:
    target, present = ruled.settings, standing.present
    if target.goal is not None:
        return replace(target, mode=target.mode or "observe"), ""
    if present.goal is None:
        note = "it has no goal, and no policy sets one" if ruled.policies else ""
        return replace(target, mode=None, goal_origin=OWN), note
    # Nothing can be set back to nothing: what stays is measuring.
    return replace(target, goal=present.goal, mode="observe", goal_origin=RELEASED), ""


def _groups(drafts: Sequence[_Draft], prices: PriceBook) -> tuple[Group, ...]:
    """The budgets, each over the projects for which it is the first."""
    claims: dict[str, list[Claim]] = {}
    budgets: dict[str, Policy] = {}
    for draft in drafts:
        first = next((policy for policy in draft.ruled.policies if policy.budget is not None), None)
        if first is None or draft.goal is None:
            continue
        budgets[first.name] = first
        weight = next((each.weight for each in draft.ruled.policies if each.weight is not None), 1.0)
        claims.setdefault(first.name, []).append(
            Claim(draft.member.name, draft.member.history, draft.goal, draft.prospects, weight)
        )
    return tuple(
        share_out(name, policy.budget, claims[name], prices)
        for name, policy in sorted(budgets.items())
        if policy.budget is not None
    )


def _present_ceilings(drafts: Sequence[_Draft], group: Group) -> Mapping[str, float]:
    """Limits on the budget's metric that hold now and are from its policy."""
    found = {}
    for draft in drafts:
        present = draft.member.standing.present
        if present.goal is None or group.policy not in present.goal_origin.split(", "):
            continue
        limits = [limit.bound for limit in parse_goal(present.goal).limits if limit.metric == group.budget.metric]
        found.update({draft.member.name: min(limits)} if limits else {})
    return found


def _project_plan(draft: _Draft, prices: PriceBook, share: tuple[Group, str] | None) -> ProjectPlan:
    target, rulings, prospects, goal = draft.target, draft.ruled.rulings, draft.prospects, draft.goal
    if share is not None and goal is not None:
        target, rulings = _with_ceiling(draft, *share)
        goal = parse_goal(target.goal or goal.text)
        prospects = reassessed(prospects, goal, prices)
    found = effect(prospects, goal, prices) if goal is not None else Effect("unknown", prospects.why_not)
    names = tuple(policy.name for policy in draft.ruled.policies)
    return ProjectPlan(draft.member.name, draft.member.standing.present, target, rulings, names, found, draft.note)


def _with_ceiling(draft: _Draft, group: Group, clause: str) -> tuple[Wanted, tuple[Ruling, ...]]:
    """The settings with the share of a budget as a limit, unless a stricter one is there."""
    field = f"{group.budget.metric} limit"
    clauses = {each.field: each for each in clauses_of_text(draft.target.goal or "")}
    if field in clauses and _bound(clauses[field].text) <= _bound(clause):
        return draft.target, draft.ruled.rulings
    clauses[field] = Clause(field, clause)
    names = [name for name in draft.target.goal_origin.split(", ") if name]
    origin = ", ".join(dict.fromkeys([*names, group.policy]))
    rulings = capped(draft.ruled.rulings, field, clause, group.policy, group.budget.text)
    return replace(draft.target, goal=goal_of(clauses.values()), goal_origin=origin), rulings


def with_share(ruled: Ruled, standing: Standing) -> Ruled:
    """The same with the share of a budget that is in force now."""
    first = next((policy for policy in ruled.policies if policy.budget is not None), None)
    if first is None or first.budget is None or first.name not in standing.present.goal_origin.split(", "):
        return ruled
    field = f"{first.budget.metric} limit"
    now = next((each.text for each in clauses_of_text(standing.present.goal or "") if each.field == field), None)
    if now is None or any(each.field == field and each.value == (now,) for each in ruled.rulings):
        return ruled
    return replace(ruled, rulings=capped(ruled.rulings, field, now, first.name, first.budget.text))


def _bound(clause: str) -> float:
    return parse_goal(clause).limits[0].bound


def entries_for(project: ProjectPlan, at: datetime) -> list[Entry]:
    """What is to be written for a project."""
    was, will = project.present, project.target
    entries: list[Entry] = []
    if (was.goal, was.mode, was.goal_origin) != (will.goal, will.mode, will.goal_origin) and will.goal and will.mode:
        entries.append(GoalSet(will.goal, will.mode, at, origin=will.goal_origin))
    if (was.rules, was.rules_origin) != (will.rules, will.rules_origin):
        entries.append(Restricted(restrictions_of(will.rules), at, will.rules_origin))
    return entries
