"""What people do to a project, by the API or by a page: each act is carried out, and written to the audit log."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from setpoint import by_hand
from setpoint.core.autonomy.ladder import ChangeKind, modes_said, written
from setpoint.core.domain import ClusterSpec
from setpoint.core.history import Described, GoalSet, History, Mode, Registered, RollbackAsked, fold
from setpoint.core.policies.rules import Rules, restrictions_of, rules_of
from setpoint.core.restrictions import NO_RESTRICTIONS, Restrictions
from setpoint.core.said_before import said_described, said_rules
from setpoint.errors import Conflict, InputError
from setpoint.service.access import Caller
from setpoint.service.rooms import Rooms
from setpoint.store.rows import ProjectRow

__all__ = [
    "approve",
    "describe",
    "description",
    "history_of",
    "own_rules",
    "restrict",
    "restrictions_in_force",
    "roll_back",
    "set_goal",
    "set_mode",
    "specs_to_go_back_to",
    "who",
]

USUAL_GOAL = "minimise cost"
_LONGEST_REASON = 200
Said = Mapping[str, tuple[str, ...]]
"""Rule → texts."""
Saying = Callable[[Said], Said]
"""What is said of rules, from all that are said now."""


def history_of(here: Rooms, project: ProjectRow) -> History | None:
    """State of a project; None before its first run."""
    return fold(here.ledger.read(project.stream))


def who(here: Rooms, asking: Caller) -> str:
    """Name and id of a key, as they stand in the ledger."""
    key = here.store.keys.get(asking.account, asking.key)
    return asking.key if key is None else f"{key.name} ({key.id})"


def approve(here: Rooms, asking: Caller, project: ProjectRow, decision: str | None) -> tuple[str, str | None]:
    """Put a decision in place that waits for a person, the newest where none is named; its id, and why it still waits.

    Raises Conflict where there is nothing of that name that waits for anybody.
    """
    before = _under_control(here, project)
    asked = decision or ("" if before.last_decided is None else before.last_decided.id)
    try:
        waits = by_hand.approve(here.loop_of(project), project.stream, decision, who(here, asking))
    except InputError as error:
        raise Conflict(str(error)) from error
    spec = _spec(here, project)
    here.audit(
        asking,
        "decision approved",
        project.id,
        before={"spec": str(before.spec)},
        after={"decision": asked, "spec": spec, "waits": waits},
    )
    return asked, waits


def roll_back(here: Rooms, asking: Caller, project: ProjectRow, to: str | None, reason: str) -> RollbackAsked:
    """Have a spec put back at once: the known-good one, or another that has run. Raises InputError, Conflict."""
    _under_control(here, project)
    said = " ".join(reason.split())[:_LONGEST_REASON]
    done = by_hand.roll_back(here.loop_of(project), project.stream, to, who(here, asking), said)
    here.audit(
        asking,
        "rolled back",
        project.id,
        before={"spec": str(done.left)},
        after={"spec": str(done.spec), "reason": done.reason},
    )
    return done


def set_goal(here: Rooms, asking: Caller, project: ProjectRow, goal: str, mode: Mode | None) -> ProjectRow:
    """Set what is wanted; with a mode also what may be done about it."""
    entries = here.ledger.read(project.stream)
    now = next((entry for entry in reversed(entries) if isinstance(entry, GoalSet)), None)
    said: dict[str, Any] = project.settings if now is None else {"goal": now.goal, "mode": now.mode}  # type: ignore[assignment]
    before = {"goal": said.get("goal"), "mode": said.get("mode")}
    chosen: Mode = mode or before["mode"] or "auto"
    if any(isinstance(entry, Registered) for entry in entries):
        here.ledger.append(project.stream, GoalSet(goal, chosen, here.clock()))
    after = {"goal": goal, "mode": chosen}
    kept = _keep(here, asking, project, after)
    here.audit(asking, "goal set", project.id, before=before, after=after)
    return kept


def set_mode(
    here: Rooms, asking: Caller, project: ProjectRow, mode: Mode | None, kinds: Mapping[ChangeKind, Mode]
) -> ProjectRow:
    """Set what may be done without asking, and for which kinds of change something else."""
    history = history_of(here, project)
    if history is None:
        return _set_mode_before(here, asking, project, mode, kinds)
    before = _modes(history)
    if history.goal is None:
        here.ledger.append(project.stream, GoalSet(USUAL_GOAL, mode or "observe", here.clock()))
    here.governance(asking.account).set_mode(here.name_of(asking.account, project), mode, kinds)
    after = history_of(here, project)
    here.audit(asking, "mode set", project.id, before=before, after=None if after is None else _modes(after))
    return project


def _modes(history: History) -> dict[str, Any]:
    usual = None if history.goal is None else history.goal.mode
    return {"mode": usual, "modes": list(history.restrictions.modes)}


def _set_mode_before(
    here: Rooms, asking: Caller, project: ProjectRow, mode: Mode | None, kinds: Mapping[ChangeKind, Mode]
) -> ProjectRow:
    def stored(now: object) -> dict[str, list[str]]:
        rules = dict(said_rules({"rules": now}))
        said = {} if mode is not None else modes_said(rules.get("modes", ()))
        return _stored({**rules, "modes": written({**said, **kinds})})

    kept = _keep(here, asking, project, {"rules": stored} | ({} if mode is None else {"mode": mode}))
    before, after = (
        {"mode": row.settings.get("mode"), "modes": list(dict(said_rules(row.settings)).get("modes", ()))}
        for row in (project, kept)
    )
    here.audit(asking, "mode set", project.id, before=before, after=after)
    return kept


def own_rules(here: Rooms, asking: Caller, project: ProjectRow) -> Rules:
    """What the project itself says may not be done to it, apart from policies."""
    if history_of(here, project) is None:
        return said_rules(project.settings)
    _, standing = here.governance(asking.account).rulings(here.name_of(asking.account, project))
    return standing.own.rules


def restrict(
    here: Rooms, asking: Caller, project: ProjectRow, said: Said | Saying, action: str = "restricted"
) -> ProjectRow:
    """Change what the project itself says may not be done to it: rule → texts, none of them lifts it.

    What is said may follow from what it says now: of two who add something at once neither loses a word.
    """
    before = dict(own_rules(here, asking, project))
    saying: Saying = said if callable(said) else lambda _now: said
    kept = project
    if history_of(here, project) is None:

        def stored(now: object) -> dict[str, list[str]]:
            rules = dict(said_rules({"rules": now}))
            return _stored({**rules, **saying(rules)})

        kept = _keep(here, asking, project, {"rules": stored})
    else:

        def changed(now: Restrictions) -> Restrictions:
            rules = dict(rules_of(now))
            return restrictions_of(tuple((name, texts) for name, texts in {**rules, **saying(rules)}.items() if texts))

        here.governance(asking.account).restrict(here.name_of(asking.account, project), changed)
    after = dict(own_rules(here, asking, kept))
    changes = saying(before)
    here.audit(
        asking,
        action,
        project.id,
        before={name: list(before.get(name, ())) for name in changes},
        after={name: list(after.get(name, ())) for name in changes},
    )
    return kept


def describe(
    here: Rooms,
    asking: Caller,
    project: ProjectRow,
    owner: str | None,
    tags: Mapping[str, str],
    *,
    is_idempotent: bool | None,
) -> Described:
    """Say whose a project is, its tags, and whether running it twice does no harm; how it is described then."""
    history, at = history_of(here, project), here.clock()
    now = said_described(project.settings, at) if history is None else history.described
    said = by_hand.described(now, owner, tags, at, is_idempotent=is_idempotent)
    if now is not None and said == replace(now, at=at):
        return now
    if history is None:
        _keep(here, asking, project, {"described": description(said)})
    else:
        here.ledger.append(project.stream, said)
    here.audit(
        asking, "described", project.id, before=None if now is None else description(now), after=description(said)
    )
    return said


def description(said: Described) -> dict[str, Any]:
    """As it is kept and told."""
    return {"owner": said.owner, "tags": dict(said.tags), "is_idempotent": said.is_idempotent}


def restrictions_in_force(here: Rooms, project: ProjectRow) -> tuple[Restrictions, str]:
    """What may not be done to it, and the policies that this is from."""
    history = history_of(here, project)
    if history is None:
        rules = said_rules(project.settings)
        return (restrictions_of(rules) if rules else NO_RESTRICTIONS), ""
    return history.restrictions, history.restricted_by


def specs_to_go_back_to(history: History) -> tuple[ClusterSpec, ...]:
    """Those that a rollback may name."""
    return tuple(spec for spec in by_hand.specs_that_ran(history) if spec != history.spec)


def _under_control(here: Rooms, project: ProjectRow) -> History:
    history = history_of(here, project)
    if history is None:
        raise Conflict("Nothing was decided for this project yet: its history begins with the first run.")
    return history


def _spec(here: Rooms, project: ProjectRow) -> str:
    history = history_of(here, project)
    return "" if history is None else str(history.spec)


def _stored(rules: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in rules.items() if texts}


def _keep(here: Rooms, asking: Caller, project: ProjectRow, wishes: dict[str, Any]) -> ProjectRow:
    return here.store.projects.change(asking.account, project.id, wishes)
