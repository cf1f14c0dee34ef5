"""What a person does to a project: approves a decision, or has a spec put back at once.

Both look at the world first: what was said about a state that is no more is refused, in words.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from setpoint.core.autonomy.ladder import kinds_of, mode_of
from setpoint.core.domain import ClusterSpec, Recommendation
from setpoint.core.history import (
    Approved,
    Decided,
    Described,
    Disturbed,
    Entry,
    GoalSet,
    History,
    Mode,
    Restricted,
    RollbackAsked,
    RunRecorded,
)
from setpoint.errors import Conflict, InputError
from setpoint.loop import Loop, spec_to_apply

__all__ = ["approve", "described", "roll_back", "spec_named", "specs_that_ran", "waits_for_person"]

_UNITS = {"gib": "g", "gb": "g", "slot": "slots", "partition": "partitions"}


def approve(loop: Loop, project: str, decision_id: str | None, by: str) -> str | None:
    """Put a decision in place that waits for a person; the newest where none is named.

    Answers why it still waits (a freeze, say), None where it is in place. Raises Conflict where something has happened
    since it was taken, InputError where there is nothing to approve.
    """
    asked = _asked_about(loop, project, decision_id)
    loop.observe(project)
    history = loop.state(project).history
    newest = history.last_decided
    if newest is None or newest.id != asked.id or not history.is_decided:
        news = _since(loop.ledger.read(project), asked)
        loop.decide(project)
        raise Conflict(
            f"Decision {asked.id} is no longer what the evidence calls for: since then {news}. Look at the new one."
        )
    _check(history, asked)
    loop.ledger.append(project, Approved(asked.id, by, loop.clock()))
    loop.carry_out(project, asked)
    history = loop.state(project).history
    if asked.id in history.applied:
        return None
    if not history.is_decided:
        raise Conflict(f"Nothing was changed: {_since(loop.ledger.read(project), asked)}.")
    return loop.waits(project)


def _asked_about(loop: Loop, project: str, decision_id: str | None) -> Decided:
    last = loop.state(project).history.last_decided
    if last is None:
        raise InputError("Nothing has been decided for this project yet: it needs a goal and a run.")
    if decision_id is None:
        return last
    every = {entry.id: entry for entry in loop.ledger.read(project) if isinstance(entry, Decided)}
    if decision_id not in every:
        raise InputError(f"The project has no decision {decision_id}; the newest is {last.id}.")
    return every[decision_id]


def waits_for_person(history: History) -> Decided | None:
    """The newest decision, where nothing but a person's word is asked for before it may be put in place."""
    newest = history.last_decided
    if newest is None or not history.is_decided or spec_to_apply(newest) is None:
        return None
    is_said = newest.id in history.applied or newest.id in history.approved
    return None if is_said or _mode_of(history, newest) != "approve" else newest


def _check(history: History, asked: Decided) -> None:
    if spec_to_apply(asked) is None:
        raise InputError(f"There is nothing to approve: decision {asked.id} changes nothing: {asked.decision.reason}.")
    if (done := history.applied.get(asked.id)) is not None:
        raise InputError(f"Decision {asked.id} was put in place already, at {done.at:%Y-%m-%d %H:%M} UTC.")
    if (said := history.approved.get(asked.id)) is not None:
        raise InputError(f"Decision {asked.id} was approved already, by {said.by} at {said.at:%Y-%m-%d %H:%M} UTC.")
    mode = _mode_of(history, asked)
    if mode != "approve":
        raise InputError(
            f"Decision {asked.id} does not wait for an approval: its mode is {mode}, and only those of mode approve do."
        )


def _mode_of(history: History, asked: Decided) -> Mode:
    decision = asked.decision
    if not isinstance(decision, Recommendation):
        return "auto"  # what is known to be good is restored without asking
    return mode_of(history, kinds_of(asked.based_on, decision.spec, is_rescue=decision.rescue))


def _since(entries: Sequence[Entry], decided: Decided) -> str:
    """What has happened since a decision, in words."""
    after = entries[entries.index(decided) + 1 :]
    said = [word for entry in after if (word := _word(entry)) is not None]
    return ", ".join(dict.fromkeys(said)) or "it was decided anew"


def _word(entry: Entry) -> str | None:
    match entry:
        case RunRecorded(run=run):
            return f"run {run.id} ended"
        case Disturbed(detail=detail):
            return detail
        case GoalSet():
            return "the goal or the mode was set"
        case Restricted():
            return "what may be done was restricted"
        case RollbackAsked(by=by):
            return f"{by} had a spec put back"
        case _:
            return None


def specs_that_ran(history: History) -> tuple[ClusterSpec, ...]:
    """The owner's spec, and all on which a run has succeeded."""
    ran = (run.spec for run in history.runs if run.succeeded)
    return tuple(dict.fromkeys((history.registered.baseline, *ran)))


def spec_named(history: History, text: str) -> ClusterSpec:
    """One of them by `baseline`, by the id of a run, or as it is printed: `8 slots · 4 GiB`. Raises InputError."""
    if text.strip().lower() == "baseline":
        return history.registered.baseline
    known = specs_that_ran(history)
    of_run = next((run.spec for run in history.runs if run.id == text), None)
    found = [spec for spec in known if spec == of_run or _words(str(spec)) == _words(text)]
    if not found:
        listed = "; ".join(map(str, known))
        raise InputError(f"“{text}” is no spec on which a run has succeeded; there are: {listed}.")
    return found[0]


def _words(text: str) -> list[str]:
    return [_UNITS.get(word, word) for word in re.findall(r"\d+(?:\.\d+)?|[a-z]+", text.lower())]


def roll_back(loop: Loop, project: str, to: str | None, by: str, reason: str) -> RollbackAsked:
    """Put a spec in place at once, whatever the mode, the windows and the freezes: the known-good one, or `to`.

    The spec that is left leaves the search until the goal or the code is another. Raises Conflict where somebody else
    changed the job, InputError where there is nothing to go back to.
    """
    loop.observe(project)
    state = loop.state(project)
    left = state.history.spec
    spec = state.rollout.known_good if to is None else spec_named(state.history, to)
    if spec == left:
        others = "; ".join(str(each) for each in specs_that_ran(state.history) if each != left) or "none"
        raise InputError(f"The project is on {left} already. Name another spec; it has run on: {others}.")
    loop.platform.apply(project, spec, expect=left)
    asked = RollbackAsked(by, reason, loop.clock(), spec, left)
    loop.ledger.append(project, asked)
    loop.decide(project)
    return asked


_LONGEST_OWNER, _LONGEST_VALUE = 200, 200
_TAG = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def described(
    now: Described | None, owner: str | None, tags: Mapping[str, str], at: datetime, *, is_idempotent: bool | None
) -> Described:
    """What is known of a project's people and of itself after this was said; None says nothing, an empty tag goes.

    >>> said = described(None, "ada", {"team": "sales"}, datetime(2026, 11, 1), is_idempotent=None)
    >>> described(said, None, {"team": "", "tier": "1"}, datetime(2026, 11, 2), is_idempotent=True).tags
    (('tier', '1'),)
    """
    before = now or Described("", (), at)
    every = dict(before.tags)
    for name, value in tags.items():
        if not _TAG.fullmatch(name) or len(value) > _LONGEST_VALUE or set("\r\n") & set(value):
            raise InputError(f"The tag {name[:60]}={value[:60]} cannot be kept: write for example team=sales.")
        every[name] = value
    return Described(
        before.owner if owner is None else " ".join(owner.split())[:_LONGEST_OWNER],
        tuple((name, value) for name, value in every.items() if value),
        at,
        before.is_idempotent if is_idempotent is None else is_idempotent,
    )
