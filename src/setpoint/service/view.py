"""Entries of the ledger → the rows that are shown. A pure walk: it sorts and pairs what is written, nothing more."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from setpoint.core.autonomy.ladder import mode_words
from setpoint.core.domain import Candidate, ClusterSpec, Hold, Phase, Recommendation, Rollback, Run
from setpoint.core.goals import Goal, Limit, foreseen_words, parse_goal
from setpoint.core.history import (
    Applied,
    Approved,
    Decided,
    Disturbed,
    Entry,
    GoalSet,
    Registered,
    RollbackAsked,
    RunRecorded,
    expected_of,
    fold,
)
from setpoint.core.restrictions import restriction_words
from setpoint.errors import GoalError
from setpoint.service.rows import (
    COVERAGE,
    Band,
    CandidateRow,
    DecisionKind,
    DecisionRow,
    EventKind,
    EventRow,
    Held,
    ProjectView,
    RunRow,
    SetPoint,
)

__all__ = ["project_outline", "project_view"]

_Kind = TypeVar("_Kind", Registered, GoalSet)
_Show = Callable[[Candidate], CandidateRow | None]


def project_view(name: str, entries: Sequence[Entry]) -> ProjectView:
    """The rows of one project."""
    # What was expected of a run stands in the decision before it too; intervals take most of the time.
    made: dict[int, CandidateRow] = {}

    def show(candidate: Candidate) -> CandidateRow:
        if id(candidate) not in made:
            made[id(candidate)] = _candidate(candidate)
        return made[id(candidate)]

    return _view(name, entries, show)


def project_outline(name: str, entries: Sequence[Entry]) -> ProjectView:
    """The same without anything that was predicted, for lists of projects."""
    return _view(name, entries, lambda _: None)


def _view(name: str, entries: Sequence[Entry], show: _Show) -> ProjectView:
    registered = _last(entries, Registered)
    goal = _last(entries, GoalSet)
    decisions = _decisions(entries, show)
    history = fold(entries)
    spec = history.spec if history else None
    return ProjectView(
        name=name,
        platform=registered.platform if registered else None,
        baseline=str(registered.baseline) if registered else None,
        goal=goal.goal if goal else None,
        mode=goal.mode if goal else None,
        mode_words=mode_words(history) if history else "",
        waits=_waits(decisions),
        restrictions=restriction_words(history.restrictions) if history else (),
        restricted_by=history.restricted_by if history else "",
        set_points=_set_points(goal),
        phase=decisions[-1].phase if decisions else Phase.LEARNING,
        spec=str(spec) if spec else None,
        next_run=_next_run(entries, spec, show),
        runs=_runs(entries, history.expected if history else {}, decisions, show),
        decisions=decisions,
        events=_events(entries, decisions),
        held=_held(entries, _limits(goal)),
    )


def _waits(decisions: Sequence[DecisionRow]) -> str:
    return decisions[-1].waits if decisions and not decisions[-1].applied else ""


def _last(entries: Sequence[Entry], kind: type[_Kind]) -> _Kind | None:
    return next((entry for entry in reversed(entries) if isinstance(entry, kind)), None)


def _limits(goal: GoalSet | None) -> tuple[Limit, ...]:
    """The limits of a goal; none where another version wrote a goal that this one cannot read."""
    found = _goal(goal)
    return () if found is None else found.limits


def _goal(goal: GoalSet | None) -> Goal | None:
    if goal is None:
        return None
    try:
        return parse_goal(goal.goal)
    except GoalError:
        return None


def _set_points(goal: GoalSet | None) -> tuple[SetPoint, ...]:
    return tuple(SetPoint(limit.name, limit.bound, str(limit)) for limit in _limits(goal))


def _numbers(entries: Iterable[Entry]) -> dict[str, int]:
    recorded = (entry.run.id for entry in entries if isinstance(entry, RunRecorded))
    return {run_id: number for number, run_id in enumerate(recorded, start=1)}


def _next_run(entries: Sequence[Entry], spec: ClusterSpec | None, show: _Show) -> CandidateRow | None:
    decided = next((entry for entry in reversed(entries) if isinstance(entry, Decided | RunRecorded)), None)
    expected = expected_of(decided, spec) if isinstance(decided, Decided) and spec else None
    return show(expected) if expected else None


def _candidate(candidate: Candidate) -> CandidateRow:
    prediction = candidate.prediction
    seconds = Band(*prediction.interval(COVERAGE))
    dollars_per_second = candidate.cost.dollars / prediction.median_seconds
    return CandidateRow(
        spec=str(candidate.spec),
        seconds=seconds,
        median_seconds=prediction.median_seconds,
        dollars=Band(seconds.low * dollars_per_second, seconds.high * dollars_per_second),
        median_dollars=candidate.cost.dollars,
        cost_label=candidate.cost.label,
        cost=candidate.cost,
        miss_risk=candidate.miss_risk,
        failure_risk=prediction.failure_risk,
        foreseen=tuple(map(foreseen_words, candidate.foreseen)),
    )


def _decisions(entries: Sequence[Entry], show: _Show) -> tuple[DecisionRow, ...]:
    numbers = _numbers(entries)
    applied = {entry.decision_id for entry in entries if isinstance(entry, Applied)}
    approved = {entry.decision_id: entry.by for entry in entries if isinstance(entry, Approved)}
    return tuple(_decision(entry, numbers, applied, approved, show) for entry in entries if isinstance(entry, Decided))


def _decision(
    decided: Decided, numbers: Mapping[str, int], applied: set[str], approved: Mapping[str, str], show: _Show
) -> DecisionRow:
    decision, assessment = decided.decision, decided.decision.assessment
    done = decided.id in applied
    kind, title = _verdict(decided, done=done)
    return DecisionRow(
        id=decided.id,
        kind=kind,
        title=title,
        reason=decision.reason,
        at=decided.at,
        after_run=numbers.get(decided.after_run),
        from_spec=str(decided.based_on),
        to_spec=None if isinstance(decision, Hold) else str(decision.spec),
        applied=done,
        phase=assessment.phase,
        considered=assessment.considered,
        current=show(assessment.current) if assessment.current else None,
        chosen=show(assessment.chosen) if assessment.chosen else None,
        refused=show(assessment.refused.candidate) if assessment.refused else None,
        refused_reason=assessment.refused.reason if assessment.refused else None,
        waits=decided.waits,
        approved_by=approved.get(decided.id, ""),
    )


def _verdict(decided: Decided, *, done: bool) -> tuple[DecisionKind, str]:
    match decided.decision:
        case Hold():
            return "hold", "Hold"
        case Rollback(spec=spec):
            return "rollback", f"{'Rolled back' if done else 'Roll back'} to {spec}"
        case Recommendation(spec=spec, feasible=False):
            return "recommendation", f"{'Changed' if done else 'Nearest to the goal, not applied: change'} to {spec}"
        case Recommendation(spec=spec):
            return "recommendation", f"{'Changed' if done else 'Proposed, not applied: change'} to {spec}"


def _runs(
    entries: Sequence[Entry], expected: Mapping[str, Candidate], decisions: Iterable[DecisionRow], show: _Show
) -> tuple[RunRow, ...]:
    after = {decision.after_run: decision for decision in decisions}
    rows: list[RunRow] = []
    goal: GoalSet | None = None
    for entry in entries:
        match entry:
            case GoalSet():
                goal = entry
            case RunRecorded():
                number = len(rows) + 1
                candidate = expected.get(entry.run.id)
                predicted = show(candidate) if candidate else None
                rows.append(_run(number, entry, goal, predicted, after.get(number)))
    return tuple(rows)


def _run(
    number: int, entry: RunRecorded, goal: GoalSet | None, predicted: CandidateRow | None, decision: DecisionRow | None
) -> RunRow:
    run = entry.run
    return RunRow(
        number=number,
        id=run.id,
        started_at=run.report.started_at,
        spec=str(run.spec),
        input_bytes=run.profile.input_bytes if run.profile else None,
        predicted=predicted,
        seconds=run.seconds,
        dollars=run.cost.dollars,
        cost_label=run.cost.label,
        cost=run.cost,
        outcome=run.outcome,
        fault=run.fault,
        error=run.report.error,
        note=run.note,
        retry=run.report.retry,
        set_points=_set_points(goal),
        missed=tuple(str(limit) for limit in _limits(goal) if not limit.kept_by(run)),
        decision=decision,
        measured=_measured(run, goal),
    )


def _measured(run: Run, goal: GoalSet | None) -> tuple[str, ...]:
    """What the goal names beside cost and runtime, which have columns of their own."""
    found = _goal(goal)
    if found is None:
        return ()
    aims = {} if found.aim.role == "limit" else {found.minimise: found.aim}
    named = {**aims, **{limit.name: limit.measure for limit in found.limits if limit.scale == 1}}
    amounts = {name: metric.of_run(run) for name, metric in named.items() if name not in {"cost", "runtime"}}
    return tuple(f"{name} {named[name].show(amount)}" for name, amount in amounts.items() if amount is not None)


def _held(entries: Sequence[Entry], limits: Sequence[Limit]) -> tuple[Held, ...]:
    """Runs do not tell what they would come to at more input, so limits of a scale are not held against them."""
    recorded = (entry.run for entry in reversed(entries) if isinstance(entry, RunRecorded))
    run = next((run for run in recorded if run.succeeded), None)
    if run is None:
        return ()
    found = [(limit, limit.measure.of_run(run)) for limit in limits if limit.scale == 1]
    return tuple(
        Held(limit.name, str(limit), "" if amount is None else limit.measure.show(amount), limit.kept_by(run))
        for limit, amount in found
    )


def _events(entries: Sequence[Entry], decisions: Sequence[DecisionRow]) -> tuple[EventRow, ...]:
    numbers = _numbers(entries)
    rows = {decision.id: decision for decision in decisions}
    events: list[EventRow] = []
    seen = 0
    for entry in entries:
        between = seen + 0.5
        match entry:
            case RunRecorded():
                seen += 1
            case Registered(platform=platform, baseline=baseline, at=at):
                reason = f"It ran on {baseline} before."
                events.append(EventRow("registered", f"Came under control on {platform}", reason, at, between))
            case GoalSet(goal=goal, mode=mode, at=at):
                events.append(EventRow("goal", f"Goal set: {goal}", f"Mode: {mode}.", at, between))
            case Disturbed(kind=kind, detail=detail, run_id=run_id, at=at):
                position = numbers.get(run_id, between) if run_id else between
                events.append(EventRow("disturbance", kind.capitalize(), detail, at, position))
            case RollbackAsked(by=by, reason=reason, spec=spec, at=at):
                events.append(EventRow("rollback", f"Taken back to {spec} by {by}", reason, at, between))
            case Decided():
                events += _changes(entry, rows[entry.id], between)
    return tuple(events)


def _changes(decided: Decided, decision: DecisionRow, between: float) -> list[EventRow]:
    """What a decision changes: a spec on trial is kept, the next run gets another one. A plain hold is no event."""
    position = between if decision.after_run is None else decision.after_run + 0.5
    kept = decided.decision.assessment.kept
    events = [EventRow("kept", f"Kept {kept}", decision.reason, decision.at, position)] if kept else []
    if decision.kind != "hold":
        kind: EventKind = "rollback" if decision.kind == "rollback" else "applied" if decision.applied else "proposed"
        events.append(EventRow(kind, decision.title, decision.reason, decision.at, position))
    return events
