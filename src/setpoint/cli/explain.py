"""`setpoint explain`: a decision in words. Prints ledger entries and computes nothing."""

from collections.abc import Iterator
from typing import Annotated

import typer

from setpoint.cli.console import out
from setpoint.core.domain import Candidate, Hold, Recommendation, Rollback, Run
from setpoint.core.goals import METRICS, Goal, parse_goal
from setpoint.core.history import Applied, Decided, Disturbed, Entry, History, fold
from setpoint.errors import InputError, UnknownProject

__all__ = ["add_to", "describe_candidate", "explain_decision"]

Number = Annotated[int | None, typer.Argument(help="Which decision, counted from 1; without it the last one.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("explain")(explain)


def explain(project: Annotated[str, typer.Argument(help="Name of the project.")], number: Number = None) -> None:
    """Say in words why a decision was taken: what was measured, predicted, refused, and the risk."""
    from setpoint.settings import load_settings
    from setpoint.wiring import build_ledger

    ledger = build_ledger(load_settings())
    entries = ledger.read(project)
    if not entries:
        known = ", ".join(ledger.projects()) or "none yet"
        raise UnknownProject(f"There is no project “{project}” in the ledger; known projects: {known}.")
    for line in explain_decision(project, entries, number):
        out().print(line, highlight=False, markup=False)


def explain_decision(project: str, entries: tuple[Entry, ...], number: int | None) -> Iterator[str]:
    """The lines that explain one decision. Raises InputError where there is no such decision."""
    decisions = [entry for entry in entries if isinstance(entry, Decided)]
    if not decisions:
        raise InputError(f"Nothing has been decided for {project} yet: it needs a goal (setpoint goals) and a run.")
    number = len(decisions) if number is None else number
    if not 1 <= number <= len(decisions):
        raise InputError(f"{project} has decisions 1 to {len(decisions)}, there is no {number}.")
    decided = decisions[number - 1]
    upto = entries[: entries.index(decided) + 1]
    history = fold(upto)
    if history is None:
        raise InputError(f"The ledger of {project} does not begin with its registration.")
    goal = parse_goal(decided.goal)
    yield f"Decision {number} of {len(decisions)} for {project}, {decided.at:%Y-%m-%d %H:%M:%S} UTC"
    yield f"Goal        {decided.goal}"
    yield from _measured(history, goal)
    yield from _assessed(decided, goal)
    yield f"Decision    {_verdict(decided)}"
    yield f"Done        {_done(decided, entries, history)}"


def _measured(history: History, goal: Goal) -> Iterator[str]:
    if not history.runs:
        yield "Measured    nothing yet"
        return
    run = history.runs[-1]
    yield f"Measured    run {len(history.runs)} ({run.id}) on {run.spec}: {_what_happened(run)}"
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
    numbers = f"{run.seconds:.1f} s, {METRICS['cost'].show(run.cost.dollars)} ({run.cost.label})"
    if run.profile is not None and run.profile.input_bytes:
        numbers += f", {run.profile.input_bytes / 1e6:,.1f} MB read"
    if run.succeeded:
        return numbers
    why = f", fault: {run.fault}" if run.fault else ""
    said = f" — {run.report.error}" if run.report.error else ""
    return f"{run.outcome} after {numbers}{why}{said}"


def _assessed(decided: Decided, goal: Goal) -> Iterator[str]:
    assessment = decided.decision.assessment
    if assessment.current is not None:
        yield f"Current     {describe_candidate(assessment.current)}"
    if assessment.chosen is not None:
        yield f"Chosen      {describe_candidate(assessment.chosen)}"
    if assessment.refused is not None:
        yield f"Refused     {describe_candidate(assessment.refused.candidate)}"
        yield f"            because {assessment.refused.reason}"
    if assessment.considered:
        yield f"Considered  {assessment.considered} specs; a miss may happen in {goal.risk:.0%} of the runs"


def describe_candidate(candidate: Candidate) -> str:
    """A spec with what it is expected to do, in one line."""
    prediction = candidate.prediction
    low, high = prediction.interval()
    return (
        f"{candidate.spec}: {prediction.median_seconds:.1f} s (90 %: {low:.1f}–{high:.1f} s), "
        f"{METRICS['cost'].show(candidate.cost.dollars)} ({candidate.cost.label}), "
        f"risk of a miss {candidate.miss_risk:.1%}, of running out of memory {prediction.failure_risk:.1%}"
    )


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
        case _ if history.goal is not None and history.goal.mode == "observe":
            return "not applied: the project is in mode observe"
        case _:
            return "not applied"
