"""Made-up values for tests of the core: profiles, runs, histories, candidates."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from setpoint.core.cost import price
from setpoint.core.domain import (
    Assessment,
    Candidate,
    ClusterReport,
    ClusterSpec,
    Outcome,
    Phase,
    Prediction,
    Recommendation,
    Rollback,
    Run,
    SearchSpace,
)
from setpoint.core.goals import Goal, parse_goal
from setpoint.core.history import Applied, Decided, Entry, GoalSet, History, Registered, RunRecorded, fold
from setpoint.core.pricebook import PriceBook
from setpoint.core.profile import Application, Completeness, Executor, Fault, Job, Profile, Stage, TaskTotals
from setpoint.core.rollout import Rollout, follow

PRICES = PriceBook.of_cores(0.052624, 0.0057785, "an example")
HALF_PRICES = PriceBook.of_cores(0.026312, 0.00288925, "an example, later")
START = datetime(2026, 1, 1, 2, 0, tzinfo=UTC)
WIDE = ClusterSpec.local(8, 8192)
SPACE = SearchSpace((1, 2, 4, 8, 16), (1024, 2048, 4096, 8192, 16384))
GOAL_TEXT = "minimise cost; runtime <= 40s"


def stage(
    number: int = 0,
    task_seconds: Iterable[float] = (1.0,) * 16,
    *,
    begins: float = 0.0,
    ends: float | None = None,
    parents: tuple[int, ...] = (),
    totals: TaskTotals | None = None,
    tasks: int | None = None,
) -> Stage:
    times = tuple(sorted(task_seconds))
    totals = totals or TaskTotals(run_seconds=sum(times), input_bytes=1_000_000)
    end = begins + sum(times) if ends is None else ends
    return Stage(number, 0, f"stage {number}", parents, begins, end, tasks or len(times), 0, times, totals)


def profile(
    stages: Sequence[Stage] = (),
    jobs: Sequence[Job] = (),
    *,
    wall_seconds: float = 20.0,
    signature: str = "v1",
    state: str = "complete",
    peak_heap_mib: int = 0,
) -> Profile:
    completeness = Completeness("complete") if state == "complete" else Completeness("cut_off")
    executor = Executor("driver", "host", 8, 0.0, None, None, peak_heap_mib * 2**20)
    return Profile(
        application=Application("app", "nightly", None, "4.0.1", START.timestamp()),
        wall_seconds=wall_seconds,
        properties=(),
        executors=(executor,),
        jobs=tuple(jobs),
        stages=tuple(stages),
        failures=(),
        code_signature=signature,
        completeness=completeness,
    )


def waiting_profile(slots: int, *, factor: float = 1.0, input_bytes: int = 1_000_000, signature: str = "v1") -> Profile:
    """One job of 16 tasks of 4 s that need no core, after 4 s of the driver alone: 4 + 16 · 4 / slots seconds."""
    seconds = 4.0 * factor
    length = seconds * -(-16 // slots)
    totals = TaskTotals(run_seconds=16 * seconds, cpu_seconds=0.1, input_bytes=input_bytes)
    begins = 4.0 * factor
    only = stage(0, (seconds,) * 16, begins=begins, ends=begins + length, totals=totals)
    job = Job(0, begins, begins + length, (0,), succeeded=True)
    return profile((only,), (job,), wall_seconds=begins + length, signature=signature)


def run(
    number: int,
    spec: ClusterSpec = WIDE,
    seconds: float | None = None,
    *,
    fault: Fault | None = None,
    killed: bool = False,
    made: Profile | None = None,
    has_profile: bool = True,
) -> Run:
    """A run, successful unless it has a fault; its log is `waiting_profile` unless another is given."""
    if made is None and has_profile and fault is None and not killed:
        made = waiting_profile(min(16, spec.slots))
    wall = seconds if seconds is not None else made.wall_seconds + 1 if made is not None else 10.0
    begins = START + timedelta(days=number)
    error = {"memory": "java.lang.OutOfMemoryError: Java heap space", None: None}.get(fault, "ValueError: no such day")
    exit_code = 1 if fault else 0
    report = ClusterReport(spec, begins, begins + timedelta(seconds=wall), exit_code, 8, error, stopped=killed)
    outcome = Outcome.KILLED if killed else Outcome.FAILED if fault else Outcome.SUCCEEDED
    return Run(f"run-{number}", report, outcome, fault, made, price(spec, wall, PRICES, "list-estimated"))


def registered(baseline: ClusterSpec = WIDE, space: SearchSpace = SPACE) -> Registered:
    return Registered("spark", baseline, space, START)


def recorded(*runs: Run) -> list[Entry]:
    return [RunRecorded(each, each.report.finished_at) for each in runs]


def entries(*runs: Run, baseline: ClusterSpec = WIDE, space: SearchSpace = SPACE, goal: str = GOAL_TEXT) -> list[Entry]:
    """A project with a goal and these runs, undisturbed."""
    return [registered(baseline, space), GoalSet(goal, "auto", START), *recorded(*runs)]


def applied(
    decision: Recommendation | Rollback, decision_id: str = "d1", based_on: ClusterSpec = WIDE
) -> tuple[Decided, Applied]:
    """A decision, and that it was carried out."""
    decided = Decided(decision_id, "run-1", GOAL_TEXT, based_on, decision, START)
    return decided, Applied(decision_id, decision.spec, START)


def change(spec: ClusterSpec, *, rescue: bool = False, kept: ClusterSpec | None = None) -> Recommendation:
    assessment = Assessment(Phase.OPTIMIZING, kept=kept)
    return Recommendation(spec, "it is cheaper", feasible=True, rescue=rescue, assessment=assessment)


def roll_back(failed: ClusterSpec, to: ClusterSpec = WIDE, *, blamed: bool = True) -> Rollback:
    return Rollback(to, failed, "it failed", blamed, Assessment(Phase.OPTIMIZING))


def folded(written: Iterable[Entry]) -> History:
    history = fold(written)
    assert history is not None
    return history


def followed(written: Iterable[Entry]) -> Rollout:
    rollout = follow(written)
    assert rollout is not None
    return rollout


def candidate(
    spec: ClusterSpec = WIDE,
    median_seconds: float = 20.0,
    *,
    scale: float = 0.05,
    failure_risk: float = 0.001,
    goal: Goal | None = None,
    loss: float | None = None,
) -> Candidate:
    prediction = Prediction(median_seconds, scale, 8.0, failure_risk, log_doubt=scale)
    cost = price(spec, median_seconds, PRICES, "modelled")
    goal = goal or parse_goal(GOAL_TEXT)
    miss = goal.miss_risk(spec, prediction, PRICES)
    return Candidate(spec, prediction, cost, miss, cost.dollars if loss is None else loss)
