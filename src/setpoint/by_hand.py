"""What a person does to a project: approves a decision, or has a spec put back at once.

Both look at the world first: what was said about a state that is no more is refused, in words.
"""

import re
from collections.abc import Sequence

from setpoint.core.autonomy.ladder import kinds_of, mode_of
from setpoint.core.domain import ClusterSpec, Recommendation
from setpoint.core.history import (
    Approved,
    Decided,
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

__all__ = ["approve", "roll_back", "spec_named", "specs_that_ran"]

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
            f"Decision {asked.id} is no longer what the evidence calls for: since then {news}. Look at the new one: "
            f"setpoint explain {project}"
        )
    _check(project, history, asked)
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
        raise InputError(f"Nothing has been decided for {project} yet: it needs a goal (setpoint goals) and a run.")
    if decision_id is None:
        return last
    every = {entry.id: entry for entry in loop.ledger.read(project) if isinstance(entry, Decided)}
    if decision_id not in every:
        raise InputError(f"{project} has no decision {decision_id}; the newest is {last.id}.")
    return every[decision_id]


def _check(project: str, history: History, asked: Decided) -> None:
    if spec_to_apply(asked) is None:
        raise InputError(f"There is nothing to approve: decision {asked.id} changes nothing: {asked.decision.reason}.")
    if (done := history.applied.get(asked.id)) is not None:
        raise InputError(f"Decision {asked.id} was put in place already, at {done.at:%Y-%m-%d %H:%M} UTC.")
    if (said := history.approved.get(asked.id)) is not None:
        raise InputError(f"Decision {asked.id} was approved already, by {said.by} at {said.at:%Y-%m-%d %H:%M} UTC.")
    mode = _mode_of(history, asked)
    if mode != "approve":
        raise InputError(
            f"Decision {asked.id} does not wait for an approval, its mode is {mode}. For changes that do: "
            f"setpoint mode {project} approve"
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
        raise InputError(f"{project} is on {left} already. Name another with --to; it has run on: {others}.")
    loop.platform.apply(project, spec, expect=left)
    asked = RollbackAsked(by, reason, loop.clock(), spec, left)
    loop.ledger.append(project, asked)
    loop.decide(project)
    return asked
