"""`setpoint explain`: a decision in words. Prints ledger entries and computes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.autonomy_words import autonomy_lines, trying_lines
from setpoint.cli.console import out
from setpoint.cli.logs import print_json
from setpoint.cli.options import JsonOption
from setpoint.core.breakdown import about_costs, cost_as_data, labelled, text_lines
from setpoint.core.domain import Candidate, Cost, Hold, Recommendation, Rollback, Run
from setpoint.core.goals import Goal, foreseen_words, parse_goal
from setpoint.core.history import Applied, Approved, Decided, Disturbed, Entry, History, fold
from setpoint.core.trying import tried
from setpoint.core.words import names
from setpoint.errors import InputError, UnknownProject

if TYPE_CHECKING:
    from setpoint.core.belief.grades import Grades

__all__ = ["add_to", "candidate_lines", "explain_decision"]

Number = Annotated[int | None, typer.Argument(help="Which decision, counted from 1; without it the last one.")]
VerifyOption = Annotated[
    bool,
    typer.Option(
        "--verify", help="Take every decision again from the ledger before it, and say whether it comes out identical."
    ),
]
_INDENT = " " * 12


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("explain")(explain)


def explain(
    project: Annotated[str, typer.Argument(help="Name of the project.")],
    number: Number = None,
    verify: VerifyOption = False,
    json: JsonOption = False,
) -> None:
    """Say in words why a decision was taken: what was measured, predicted, refused, and the risk."""
    if verify:
        from setpoint.cli.verifying import show_verified

        show_verified(project, number, json=json)
        return
    from setpoint.settings import load_settings
    from setpoint.wiring import build_ledger

    ledger = build_ledger(load_settings())
    entries = ledger.read(project)
    if not entries:
        known = names(ledger.projects(), project)
        raise UnknownProject(f"There is no project “{project}” in the ledger; known projects: {known}.")
    if json:
        print_json(_as_data(project, entries, number))
        return
    for line in explain_decision(project, entries, number):
        out().print(line, highlight=False, markup=False)


@dataclass(frozen=True, slots=True)
class _Case:
    """One decision with what was known when it was taken."""

    number: int
    count: int
    decided: Decided
    history: History


def _case(project: str, entries: tuple[Entry, ...], number: int | None) -> _Case:
    decisions = [entry for entry in entries if isinstance(entry, Decided)]
    if not decisions:
        raise InputError(f"Nothing has been decided for {project} yet: it needs a goal (setpoint goals) and a run.")
    number = len(decisions) if number is None else number
    if not 1 <= number <= len(decisions):
        raise InputError(f"{project} has decisions 1 to {len(decisions)}, there is no {number}.")
    decided = decisions[number - 1]
    history = fold(entries[: entries.index(decided) + 1])
    if history is None:
        raise InputError(f"The ledger of {project} does not begin with its registration.")
    return _Case(number, len(decisions), decided, history)


def explain_decision(project: str, entries: tuple[Entry, ...], number: int | None) -> Iterator[str]:
    """The lines that explain one decision. Raises InputError where there is no such decision."""
    case = _case(project, entries, number)
    decided, goal = case.decided, parse_goal(case.decided.goal)
    yield f"Decision {case.number} of {case.count} for {project}, {decided.at:%Y-%m-%d %H:%M:%S} UTC"
    yield f"Goal        {decided.goal}"
    yield from _measured(case.history, goal)
    grades = _grades(case.history)
    if grades.predictions:
        yield f"Graded      {grades}"
    yield from _assessed(decided, goal)
    yield f"Decision    {_verdict(decided)}"
    yield f"Done        {_done(decided, entries, case.history)}"
    yield from autonomy_lines(decided, case.history, entries)
    yield from (f"Trying      {line}" for line in trying_lines(case.history, tried(entries)))
    costs = _costs(case)
    if costs:
        yield f"Costs       {about_costs(costs)}"


def _grades(history: History) -> "Grades":
    """Of all predictions so far; risks only of runs since the goal was set, which they were about."""
    from setpoint.core.belief.grades import grade

    goal = None if history.goal is None else parse_goal(history.goal.goal)
    since = None if history.goal is None else history.goal.at

    def missed(run: Run) -> bool | None:
        if goal is None or since is None or run.report.started_at < since:
            return None
        return not run.succeeded or bool(goal.broken_by(run))

    return grade(history, missed)


def _costs(case: _Case) -> list[Cost]:
    """All costs that are shown."""
    measured = [run.cost for run in case.history.runs[-1:]]
    return measured + [candidate.cost for candidate in case.decided.decision.assessment.named.values()]


def _as_data(project: str, entries: tuple[Entry, ...], number: int | None) -> dict[str, object]:
    case = _case(project, entries, number)
    decided, runs = case.decided, case.history.runs
    candidates = decided.decision.assessment.named.items()
    return {
        "project": project,
        "number": case.number,
        "of": case.count,
        "at": decided.at,
        "goal": decided.goal,
        "action": type(decided.decision).__name__.lower(),
        "reason": decided.decision.reason,
        "done": _done(decided, entries, case.history),
        "id": decided.id,
        "waits": decided.waits or None,
        "mode": None if case.history.goal is None else case.history.goal.mode,
        "restrictions": case.history.restrictions,
        "approved": next((it for it in entries if isinstance(it, Approved) and it.decision_id == decided.id), None),
        "run": _run_as_data(runs[-1]) if runs else None,
        "grades": _grades(case.history),
        "weighed": {
            name: {"spec": each.spec, "prediction": each.prediction, "miss_risk": each.miss_risk}
            for name, each in candidates
        },
        "costs": {name: cost_as_data(each.cost) for name, each in candidates},
    }


def _run_as_data(run: Run) -> dict[str, object]:
    measured = {"id": run.id, "spec": run.spec, "seconds": run.seconds, "outcome": run.outcome}
    return {**measured, "cost": cost_as_data(run.cost)}


def _measured(history: History, goal: Goal) -> Iterator[str]:
    if not history.runs:
        yield "Measured    nothing yet"
        return
    run = history.runs[-1]
    yield f"Measured    run {len(history.runs)} ({run.id}) on {run.spec}: {_what_happened(run)}"
    yield from (_INDENT + line for line in text_lines(run.cost))
    expected = history.expected.get(run.id)
    if expected is not None and run.succeeded:
        low, high = expected.prediction.interval()
        inside = "inside" if low <= run.seconds <= high else "outside"
        yield f"            predicted {low:.1f}–{high:.1f} s in 90 of 100 cases: it lies {inside}"
    broken = goal.broken_by(run) if run.succeeded else ()
    if broken:
        yield f"            it broke {', '.join(map(str, broken))}"
    yield from (f"Disturbance {d.kind}: {d.detail}" for d in history.disturbances if d.run_id == run.id)


def _what_happened(run: Run) -> str:
    numbers = f"{run.seconds:.1f} s, {labelled(run.cost)}"
    if run.profile is not None and run.profile.input_bytes:
        numbers += f", {run.profile.input_bytes / 1e6:,.1f} MB read"
    if run.succeeded:
        return numbers
    why = f", fault: {run.fault}" if run.fault else ""
    said = f" — {run.report.error}" if run.report.error else ""
    return f"{run.outcome} after {numbers}{why}{said}"


def _assessed(decided: Decided, goal: Goal) -> Iterator[str]:
    assessment = decided.decision.assessment
    for name, candidate in decided.decision.assessment.named.items():
        yield from candidate_lines(name.capitalize(), candidate)
    if assessment.refused is not None:
        yield f"{_INDENT}because {assessment.refused.reason}"
    if assessment.considered:
        yield f"Considered  {assessment.considered} specs; a miss may happen in {goal.risk:.0%} of the runs"


def candidate_lines(name: str, candidate: Candidate) -> Iterator[str]:
    """A spec with what it is expected to do, and what it would cost part by part."""
    prediction = candidate.prediction
    low, high = prediction.interval()
    yield (
        f"{name:<12}{candidate.spec}: {prediction.median_seconds:.1f} s (90 %: {low:.1f}–{high:.1f} s), "
        f"{labelled(candidate.cost)}, risk of a miss {candidate.miss_risk:.1%}, of running out of memory "
        f"{prediction.failure_risk:.1%}"
    )
    yield from (_INDENT + foreseen_words(each) for each in candidate.foreseen)
    yield from (_INDENT + line for line in text_lines(candidate.cost))


def _verdict(decided: Decided) -> str:
    match decided.decision:
        case Hold(reason=reason):
            return f"hold: {reason}"
        case Recommendation(reason=reason):
            return f"change: {reason}"
        case Rollback(reason=reason):
            return f"roll back: {reason}"


def _done(decided: Decided, entries: tuple[Entry, ...], history: History) -> str:
    for entry in entries:
        match entry:
            case Applied(decision_id=decision_id) if decision_id == decided.id:
                return f"{entry.spec} was put in place at {entry.at:%H:%M:%S} UTC"
            case Disturbed(kind="foreign change") if entry.at >= decided.at:
                break
            case _:
                pass
    match decided.decision:
        case Hold():
            return "nothing to do"
        case Recommendation(feasible=False):
            return "not applied: it does not reach the goal"
        case _ if decided.waits:
            return f"not applied: {decided.waits}"
        case _ if history.goal is not None and history.goal.mode == "observe":
            return "not applied: the project is in mode observe"
        case _:
            return "not applied"
