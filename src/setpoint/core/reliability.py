"""What we said against what was, over many projects: intervals, stated risks, costs."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from setpoint.core.belief.grades import COVERED, Grades, RiskBucket, grade
from setpoint.core.distributions import Interval
from setpoint.core.domain import Outcome, Run
from setpoint.core.goals import Goal, parse_goal
from setpoint.core.history import Entry, GoalSet, History, RunRecorded, fold
from setpoint.errors import GoalError

__all__ = ["Bias", "Coverage", "Reliability", "Stated", "pooled", "reliability", "share_interval"]

_NINETY = 1.6449


@dataclass(frozen=True, slots=True)
class Coverage:
    """How often runs lay in the intervals that should hold a share of them."""

    share: float
    held: int
    runs: int
    interval: Interval
    """90 % interval of the true share."""


@dataclass(frozen=True, slots=True)
class Stated:
    """Runs of which about the same risk of a miss was stated, and how many missed."""

    low: float
    high: float
    runs: int
    misses: int
    mean_risk: float
    interval: Interval
    """90 % interval of the true share of misses."""


@dataclass(frozen=True, slots=True)
class Bias:
    """By which factor costs came out above what was predicted: 1 is none."""

    factor: float
    interval: Interval
    """90 % interval of the mean, by projects where there are several."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """How true the predictions of one project were, or of many."""

    name: str
    predictions: int
    covered: tuple[Coverage, ...]
    stated: tuple[Stated, ...]
    bias: Bias | None
    """None where fewer than two runs tell it."""
    log_costs: tuple[tuple[float, ...], ...] = ()
    """log(actual / predicted cost) of every run, a tuple for each project."""

    @property
    def expected_misses(self) -> float:
        """Misses that the stated risks add up to."""
        return math.fsum(each.mean_risk * each.runs for each in self.stated)


def reliability(project: str, entries: Sequence[Entry]) -> Reliability:
    """Of one project: every prediction that was recorded before its run."""
    history = fold(entries)
    if history is None:
        return _graded(project, Grades(), ((),))
    goals = _goals(entries)

    def missed(run: Run) -> bool | None:
        goal = goals[run.id]
        return None if goal is None else not run.succeeded or bool(goal.broken_by(run))

    return _graded(project, grade(history, missed), (_log_costs(history),))


def pooled(parts: Iterable[Reliability], name: str = "all projects") -> Reliability:
    """Of many projects: all their predictions taken together."""
    every = list(parts)
    held = tuple(sum(part.covered[place].held for part in every) for place in range(len(COVERED)))
    buckets: dict[tuple[float, float], list[Stated]] = {}
    for part in every:
        for each in part.stated:
            buckets.setdefault((each.low, each.high), []).append(each)
    risks = tuple(
        RiskBucket(
            *bounds,
            sum(each.runs for each in found),
            sum(each.misses for each in found),
            math.fsum(each.mean_risk * each.runs for each in found),
        )
        for bounds, found in sorted(buckets.items())
    )
    grades = Grades(sum(part.predictions for part in every), held, None, risks)
    return _graded(name, grades, tuple(errors for part in every for errors in part.log_costs))


def share_interval(count: int, of: int) -> Interval:
    """90 % interval of a share of which `count` of `of` were seen (Wilson, JASA 22, 1927).

    >>> share_interval(9, 10)
    Interval(low=0.6523, high=0.9774)
    """
    if of == 0:
        return Interval(0.0, 1.0)
    share, z2 = count / of, _NINETY**2 / of
    middle = (share + z2 / 2) / (1 + z2)
    half = _NINETY * math.sqrt(share * (1 - share) / of + z2 / (4 * of)) / (1 + z2)
    return Interval(round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4))


def _graded(name: str, grades: Grades, log_costs: tuple[tuple[float, ...], ...]) -> Reliability:
    covered = tuple(
        Coverage(share, held, grades.predictions, share_interval(held, grades.predictions))
        for share, held in zip(COVERED, grades.held, strict=True)
    )
    stated = tuple(
        Stated(it.low, it.high, it.runs, it.misses, it.expected / it.runs, share_interval(it.misses, it.runs))
        for it in grades.risks
    )
    return Reliability(name, grades.predictions, covered, stated, _bias(log_costs), log_costs)


def _bias(log_costs: tuple[tuple[float, ...], ...]) -> Bias | None:
    """The runs of one project are alike: where there are several projects, their medians are what is independent."""
    known = [errors for errors in log_costs if errors]
    values = [median(errors) for errors in known] if len(known) > 1 else [each for errors in known for each in errors]
    if len(values) < 2:  # noqa: PLR2004 - one has no spread
        return None
    middle = median(values)
    spread = 1.4826 * median(abs(value - middle) for value in values)  # of normal values: their deviation
    half = _NINETY * 1.2533 * spread / math.sqrt(len(values))  # the median's own deviation: sqrt(pi / 2)
    return Bias(math.exp(middle), Interval(math.exp(middle - half), math.exp(middle + half)))


def _log_costs(history: History) -> tuple[float, ...]:
    pairs = [(run, history.expected[run.id]) for run in history.runs if run.id in history.expected]
    return tuple(
        math.log(run.cost.dollars / candidate.cost.dollars)
        for run, candidate in pairs
        if run.outcome is Outcome.SUCCEEDED and run.cost.dollars > 0 and candidate.cost.dollars > 0
    )


def _goals(entries: Iterable[Entry]) -> dict[str, Goal | None]:
    """The goal each run ran under; None where there was none, or none that this version can read."""
    found: dict[str, Goal | None] = {}
    goal: Goal | None = None
    for entry in entries:
        match entry:
            case GoalSet(goal=text):
                goal = _read(text)
            case RunRecorded(run=run):
                found[run.id] = goal
            case _:
                pass
    return found


def _read(text: str) -> Goal | None:
    try:
        return parse_goal(text)
    except GoalError:
        return None
