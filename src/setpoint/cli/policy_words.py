"""Plans, rulings and policies in words and as data. Computes nothing but sums."""

import math
from collections.abc import Iterator, Mapping, Sequence

from setpoint.core.goals import METRICS
from setpoint.core.history import PoliciesApplied
from setpoint.core.policies.group import Granted, Group
from setpoint.core.policies.plan import PolicyPlan, ProjectPlan
from setpoint.core.policies.policy import Policy
from setpoint.core.policies.ruling import Ruled, Ruling
from setpoint.core.policies.standing import Standing
from setpoint.core.words import amount, counted, dollars, moment

__all__ = [
    "force_as_data",
    "force_lines",
    "plan_as_data",
    "plan_lines",
    "ruling_lines",
    "rulings_as_data",
]

SHOWN = 20
"""Projects of each kind that are listed unless all are asked for."""
_NINETY = 1.645


def plan_lines(plan: PolicyPlan, *, every: bool) -> Iterator[str]:
    """A plan for people."""
    most = len(plan.projects) if every else SHOWN
    selected = len(plan.projects)
    policies = f"{len(plan.policies):,} {'policy' if len(plan.policies) == 1 else 'policies'}"
    yield f"{policies}, {counted(selected, 'project')} concerned, {plan.untouched:,} not"
    if plan.gone:
        yield f"Gone: {', '.join(plan.gone)}; their projects return to what other policies or their owners say"
    changing = plan.changing
    for project in changing[:most]:
        yield f"~ {project.project}"
        yield from (f"    {field}: {was} → {will}" for field, was, will in project.changes)
        yield from (f"    {line}" for line in _sources(project.rulings))
        yield f"    expected: {_expected(project)}"
    yield from _more(len(changing), most)
    for group in plan.groups:
        yield from _group_lines(group, most)
    cannot = [each for each in plan.projects if each.effect.verdict == "cannot"]
    if cannot:
        yield f"Cannot keep their goal: {len(cannot)}"
    yield from (f"  {each.project}: {each.effect.reason}" for each in cannot[:most])
    yield from _more(len(cannot), most)
    yield from (f"  {each.project}: {each.note}" for each in plan.projects if each.note)
    yield _saving(plan)
    yield (
        f"Plan {plan.digest}: {counted(len(changing), 'project')} would change."
        if changing
        else "Nothing would change."
    )


def _more(count: int, most: int) -> Iterator[str]:
    if count > most:
        yield f"  … and {count - most:,} more; --all lists them"


def _sources(rulings: Sequence[Ruling]) -> Iterator[str]:
    for ruling in rulings:
        beaten = "; ".join(f"not {_source(source)}: {why}" for source, why in ruling.beaten)
        yield f"{ruling}{f' ({beaten})' if beaten else ''}"


def _source(name: str) -> str:
    return f"policy {name}" if name else "project"


def _expected(project: ProjectPlan) -> str:
    found = project.effect
    if found.now is None or found.then is None:
        return found.reason
    verdicts = {"keeps": "keeps the goal", "can": "can keep the goal", "cannot": "cannot keep the goal"}
    change = f"{dollars(found.now.cost.dollars)} → {dollars(found.then.cost.dollars)} per run on {found.then.spec}"
    return f"{verdicts[found.verdict]}; {change}, {_signed(found.saving_per_day)} a day"


def _signed(saved: float) -> str:
    return f"saves {dollars(saved)}" if saved >= 0 else f"costs {dollars(-saved)} more"


def _saving(plan: PolicyPlan) -> str:
    """Expected of all projects together, with the interval that the model's doubt makes."""
    saved, doubt = _totals(plan.projects)
    unknown = sum(each.effect.verdict == "unknown" for each in plan.projects)
    low, high = saved - _NINETY * doubt, saved + _NINETY * doubt
    words = f"Expected (modelled): {_signed(saved)} a day once settled, 90 %: {dollars(low)} to {dollars(high)}"
    waits = sum(each.effect.saving_per_day for each in plan.projects if each.target.mode != "auto")
    if abs(waits) > 0:
        words += f"; {dollars(waits)} of it in projects that are not in mode auto"
    return f"{words}; {counted(unknown, 'project')} not known yet" if unknown else words


def _totals(projects: Sequence[ProjectPlan]) -> tuple[float, float]:
    saved = math.fsum(each.effect.saving_per_day for each in projects)
    return saved, math.sqrt(math.fsum(each.effect.doubt_per_day**2 for each in projects))


def _group_lines(group: Group, most: int) -> Iterator[str]:
    show = METRICS[group.budget.metric].show
    yield f"Budget of policy {group.policy}: {group.budget.text}"
    if not group.is_enough:
        yield (
            f"  it is {show(group.missing_per_day)} a day too small: the cheapest choice of all comes to "
            f"{show(group.spent_per_day)} a day. No ceilings are set."
        )
        return
    yield (
        f"  {show(group.spent_per_day)} of {show(group.budget.bound_per_day)} a day on "
        f"{counted(len(group.granted), 'project')}: {amount(group.value)} {group.unit_bought}"
        + (f", at most {amount(group.bound)} possible" if group.bound > group.value * (1 + 1e-6) else "")
    )
    if group.unknown:
        kept = counted(len(group.unknown), "project")
        yield f"  {show(group.aside_per_day)} a day of it is kept for {kept} of which nothing can be predicted yet"
    if group.price > 0:
        yield f"  a further {_a_unit(group.budget.metric)} a day would buy {amount(group.price)} {group.unit_bought}"
    yield from (f"  {_granted_line(each, group)}" for each in group.granted[:most])
    yield from _more(len(group.granted), most)


def _a_unit(metric: str) -> str:
    return "dollar" if metric == "cost" else METRICS[metric].show(1.0)


def _granted_line(granted: Granted, group: Group) -> str:
    show = METRICS[group.budget.metric].show
    words = (
        f"{granted.project}: {granted.candidate.spec}, {show(granted.amount_per_day)} a day, "
        f"at most {show(granted.ceiling)} per run, risk of a miss {granted.candidate.miss_risk:.1%}"
    )
    if granted.next is None:
        return f"{words}; more money would buy nothing"
    return (
        f"{words}; {show(granted.next.cost)} a day more would buy {amount(granted.next.value)} {group.unit_bought} "
        f"({granted.next_spec})"
    )


def plan_as_data(plan: PolicyPlan) -> dict[str, object]:
    """A plan for programs."""
    saved, doubt = _totals(plan.projects)
    return {
        "digest": plan.digest,
        "policies": [each.name for each in plan.policies],
        "gone": plan.gone,
        "untouched": plan.untouched,
        "changing": len(plan.changing),
        "saving_per_day": saved,
        "saving_per_day_90": [saved - _NINETY * doubt, saved + _NINETY * doubt],
        "cannot": [each.project for each in plan.projects if each.effect.verdict == "cannot"],
        "projects": [_project_as_data(each) for each in plan.projects],
        "budgets": [_group_as_data(each) for each in plan.groups],
    }


def _project_as_data(project: ProjectPlan) -> dict[str, object]:
    found = project.effect
    return {
        "project": project.project,
        "policies": project.policies,
        "changes": [{"field": field, "from": was, "to": will} for field, was, will in project.changes],
        "fields": [_ruling_as_data(each) for each in project.rulings],
        "verdict": found.verdict,
        "reason": found.reason,
        "note": project.note,
        "runs_per_day": found.runs_per_day,
        "saving_per_day": found.saving_per_day,
        "cost_now": None if found.now is None else found.now.cost.dollars,
        "cost_then": None if found.then is None else found.then.cost.dollars,
        "spec_then": None if found.then is None else found.then.spec,
    }


def _ruling_as_data(ruling: Ruling) -> dict[str, object]:
    beaten = [{"source": source or "project", "because": why} for source, why in ruling.beaten]
    sources = [source or "project" for source in ruling.sources]
    return {"field": ruling.field, "value": ruling.value, "sources": sources, "beaten": beaten}


def _group_as_data(group: Group) -> dict[str, object]:
    return {
        "policy": group.policy,
        "budget": group.budget.text,
        "metric": group.budget.metric,
        "budget_per_day": group.budget.bound_per_day,
        "spent_per_day": group.spent_per_day,
        "missing_per_day": group.missing_per_day,
        "aside_per_day": group.aside_per_day,
        "spend_on": group.budget.spend_on,
        "value": group.value,
        "bound": group.bound,
        "further_unit_buys": group.price,
        "unknown": group.unknown,
        "projects": [
            {
                "project": each.project,
                "spec": each.candidate.spec,
                "per_day": each.amount_per_day,
                "ceiling_per_run": each.ceiling,
                "miss_risk": each.candidate.miss_risk,
                "next": None if each.next is None else {"per_day": each.next.cost, "buys": each.next.value},
            }
            for each in group.granted
        ],
    }


def force_lines(last: PoliciesApplied | None, policies: Sequence[Policy], selected: Mapping[str, int]) -> Iterator[str]:
    """The policies in force."""
    if last is None:
        yield "No policies are in force. Write some, then: setpoint policies plan FILE"
        return
    yield f"In force since {moment(last.at)}, plan {last.digest}"
    for policy in sorted(policies, key=lambda it: it.rank):
        yield (
            f"{policy.name} (priority {policy.priority}): {policy.selection}; "
            f"selects {counted(selected.get(policy.name, 0), 'project')}"
        )
        yield from (f"    {line}" for line in _says(policy))


def _says(policy: Policy) -> Iterator[str]:
    if policy.exceptions:
        yield f"except {' and '.join(map(str, policy.exceptions))}"
    if policy.clauses:
        yield f"goal {'; '.join(clause.text for clause in policy.clauses)}"
    if policy.mode is not None:
        yield f"mode {policy.mode}"
    yield from (f"{name} {', '.join(texts)}" for name, texts in policy.rules)
    if policy.budget is not None:
        yield f"budget {policy.budget.text}, spent on {policy.budget.spend_on}"
    if policy.overridable:
        yield f"projects may override: {', '.join(sorted(policy.overridable))}"


def force_as_data(
    last: PoliciesApplied | None, policies: Sequence[Policy], selected: Mapping[str, int]
) -> dict[str, object]:
    """The policies in force, for programs."""
    listed = [
        {
            "name": each.name,
            "place": each.place,
            "priority": each.priority,
            "specificity": each.selection.specificity,
            "select": str(each.selection),
            "projects": selected.get(each.name, 0),
            "says": list(_says(each)),
        }
        for each in sorted(policies, key=lambda it: it.rank)
    ]
    return {
        "at": None if last is None else last.at,
        "digest": None if last is None else last.digest,
        "policies": listed,
    }


def ruling_lines(project: str, ruled: Ruled, standing: Standing) -> Iterator[str]:
    """Who decides what in a project."""
    if not ruled.policies:
        yield f"{project}: no policy in force selects it; its owner decides"
    for place, policy in enumerate(ruled.policies, start=1):
        points = policy.selection.specificity
        yield f"{place}. policy {policy.name}, priority {policy.priority}, specificity {points}: {policy.selection}"
    yield from (f"  {line}" for line in _sources(ruled.rulings))
    present, wanted = standing.present, ruled.settings
    set_by = present.goal_origin or "project"
    yield f"In force: {present.goal or 'no goal'}   (mode {present.mode or 'none'}, set by {set_by})"
    if ruled.policies and present.goal_origin == "" and wanted.goal_origin:
        yield "  the project was set by hand since: `setpoint policies apply` takes it back"


def rulings_as_data(project: str, ruled: Ruled, standing: Standing) -> dict[str, object]:
    """Who decides what in a project, for programs."""
    return {
        "project": project,
        "policies": [
            {"name": each.name, "priority": each.priority, "specificity": each.selection.specificity}
            for each in ruled.policies
        ],
        "fields": [_ruling_as_data(each) for each in ruled.rulings],
        "in_force": {
            "goal": standing.present.goal,
            "mode": standing.present.mode,
            "set_by": standing.present.goal_origin or "project",
        },
    }
