"""Who decides what: the policies that select a project, its own settings, and which of them stands for each field."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

from setpoint.core.autonomy.ladder import MODES, modes_said, written
from setpoint.core.history import Mode
from setpoint.core.policies.clauses import clauses_of_text, goal_of
from setpoint.core.policies.policy import Clause, Policy, Subject
from setpoint.core.policies.rules import ADDING_UP, STRICTNESS
from setpoint.core.policies.standing import OWN, Wanted

__all__ = ["Ruled", "Ruling", "capped", "mode_ruled", "rule"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """One field, what it is set to, and by whom."""

    field: str
    """`minimise`, `runtime limit` …, `mode`, or the name of a restriction."""
    value: tuple[str, ...]
    sources: tuple[str, ...]
    """Names of the policies; `project` where it is the project's own setting."""
    beaten: tuple[tuple[str, str], ...] = ()
    """Who else set it, and why that does not count."""

    def __str__(self) -> str:
        """Words for people: `runtime limit from policy nightly: runtime <= 1h`."""
        return f"{self.field} from {_named(self.sources)}: {', '.join(self.value) or 'none'}"


def _named(sources: tuple[str, ...]) -> str:
    return " and ".join("project" if source == OWN else f"policy {source}" for source in sources)


@dataclass(frozen=True, slots=True)
class Ruled:
    """What a project is to be set to, and who says so."""

    settings: Wanted
    rulings: tuple[Ruling, ...]
    policies: tuple[Policy, ...]
    """Those that select it, the one that says most first."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What one source says about one field."""

    source: str
    value: tuple[str, ...]
    policy: Policy | None = None


def rule(subject: Subject, own: Wanted, policies: Sequence[Policy]) -> Ruled:
    """What these policies and its own settings make of a project.

    A field is set by the first policy that sets it; by the project itself where every policy that sets it says that it
    may, or where what the project says is stricter. What forbids (freezes, deny) adds up.
    """
    governing = tuple(sorted((each for each in policies if each.governs(subject)), key=lambda it: it.rank))
    said: dict[str, list[_Said]] = {}
    for policy in governing:
        for field, value in _fields(policy):
            said.setdefault(field, []).append(_Said(policy.name, value, policy))
    for field, value in _own_fields(own, governing):
        said.setdefault(field, []).append(_Said(OWN, value))
    rulings = tuple(_ruling(field, said[field]) for field in sorted(said, key=_order))
    return Ruled(_settings(rulings, own, governing), rulings, governing)


def capped(rulings: Sequence[Ruling], field: str, clause: str, policy: str, budget: str) -> tuple[Ruling, ...]:
    """These rulings with the limit that a share of a budget sets in the place of the one on the same field."""
    beaten = tuple(
        (name, "the share of the budget is lower") for it in rulings if it.field == field for name in it.sources
    )
    cap = Ruling(field, (f"{clause}, its share of {budget}",), (policy,), beaten)
    return tuple(sorted([*(it for it in rulings if it.field != field), cap], key=lambda it: _order(it.field)))


_FIRST = ("minimise", "limit", "mode")


def _order(field: str) -> tuple[int, str]:
    kind = "limit" if field.endswith(" limit") else field
    return (_FIRST.index(kind) if kind in _FIRST else len(_FIRST), field)


def _fields(policy: Policy) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from ((clause.field, (clause.text,)) for clause in policy.clauses)
    if policy.mode is not None:
        yield "mode", (policy.mode,)
    yield from policy.rules


def _own_fields(own: Wanted, governing: Sequence[Policy]) -> Iterator[tuple[str, tuple[str, ...]]]:
    if own.goal is not None:
        yield from ((clause.field, (clause.text,)) for clause in clauses_of_text(own.goal))
    if own.mode is not None:
        yield "mode", (own.mode,)
    for name, texts in own.rules:
        kept = _stricter_modes(texts, governing) if name == "modes" else texts
        if kept:
            yield name, kept


def mode_ruled(governing: Sequence[Policy]) -> Policy | None:
    """The policy that sets the mode, where some policy says that the project may not."""
    saying = [policy for policy in governing if policy.mode is not None]
    return saying[0] if any("mode" not in policy.overridable for policy in saying) else None


def _stricter_modes(texts: tuple[str, ...], governing: Sequence[Policy]) -> tuple[str, ...]:
    """An exception for a kind of change may not get round the mode that a policy sets; it may stay below it."""
    ruling = mode_ruled(governing)
    if ruling is None or ruling.mode is None:
        return texts
    most = MODES.index(ruling.mode)
    return written({kind: mode for kind, mode in modes_said(texts).items() if MODES.index(mode) < most})


def _ruling(field: str, said: Sequence[_Said]) -> Ruling:
    if field in ADDING_UP:
        values = tuple(dict.fromkeys(text for each in said for text in each.value))
        return Ruling(field, values, tuple(each.source for each in said))
    own = next((each for each in said if each.policy is None), None)
    by_policies = [each for each in said if each.policy is not None]
    strict = [each for each in by_policies if each.policy and _group(field) not in each.policy.overridable]
    if field == "modes" and strict:
        return _of_modes(said)
    winner = own if own is not None and not strict else by_policies[0]
    if own is not None and field in STRICTNESS and STRICTNESS[field](own.value) < STRICTNESS[field](winner.value):
        winner = own
    is_stricter = winner is own and bool(strict)
    beaten = tuple(
        (each.source, _why(each, winner, strict, is_stricter=is_stricter)) for each in said if each is not winner
    )
    return Ruling(field, winner.value, (winner.source,), beaten)


def _of_modes(said: Sequence[_Said]) -> Ruling:
    """For each kind of change what the first policy says, and the project's own mode where that is lower."""
    policies = [each for each in said if each.policy is not None]
    modes = dict(modes_said(policies[0].value))
    own = [each for each in said if each.policy is None]
    for kind, mode in modes_said(text for each in own for text in each.value).items():
        modes[kind] = min(mode, modes.get(kind, mode), key=MODES.index)
    sources = (policies[0].source, *(each.source for each in own))
    beaten = tuple((each.source, _why(each, policies[0], ())) for each in policies[1:])
    return Ruling("modes", written(modes), sources, beaten)


def _group(field: str) -> str:
    """What `overridable` calls it: all parts of a goal together."""
    return "goal" if field == "minimise" or field.endswith(" limit") else field


def _why(loser: _Said, winner: _Said, strict: Sequence[_Said], *, is_stricter: bool = False) -> str:
    if is_stricter:
        return "what the project itself says is stricter"
    if winner.policy is None:
        return "it may be overridden by the project"
    if loser.policy is None:
        return f"policy {strict[0].source} is not overridable"
    if loser.policy.priority != winner.policy.priority:
        return f"priority {loser.policy.priority} is below {winner.policy.priority}"
    low, high = loser.policy.selection.specificity, winner.policy.selection.specificity
    if low != high:
        return f"it selects less specifically ({low} points, {high} win)"
    return "equal priority and specificity: the name comes later in the alphabet"


def _settings(rulings: Sequence[Ruling], own: Wanted, governing: Sequence[Policy]) -> Wanted:
    aims = [each for each in rulings if _group(each.field) in {"goal", "mode"}]
    rules = [each for each in rulings if each not in aims]
    aims_origin, rules_origin = _origin(aims, governing), _origin(rules, governing)
    cut = mode_ruled(governing)
    if rules_origin == OWN and cut is not None and dict(own.rules).get("modes") != _value_of(rules, "modes"):
        rules_origin = cut.name  # what is left of the owner's modes is not the owner's word any more
    clauses = [Clause(each.field, each.value[0]) for each in aims if each.field != "mode"]
    # Where no policy has a say, what the owner wrote stays to the letter.
    goal = (goal_of(clauses) or None) if aims_origin else own.goal
    mode = next((each.value[0] for each in aims if each.field == "mode"), None)
    return Wanted(
        goal=goal,
        mode=next((known for known in get_args(Mode) if known == mode), None),
        rules=tuple((each.field, each.value) for each in sorted(rules, key=lambda it: it.field)),
        goal_origin=aims_origin,
        rules_origin=rules_origin,
    )


def _value_of(rulings: Sequence[Ruling], field: str) -> tuple[str, ...] | None:
    return next((each.value for each in rulings if each.field == field), None)


def _origin(rulings: Sequence[Ruling], governing: Sequence[Policy]) -> str:
    """Names of the policies that these are from; empty where they are all the owner's."""
    names = {source for ruling in rulings for source in ruling.sources}
    return ", ".join(policy.name for policy in governing if policy.name in names)
