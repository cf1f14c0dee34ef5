"""The loop closed round one simulated project: every run of every day, what was decided, and what it came to."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from time import process_time

from setpoint.core.cost import dollars_per_second
from setpoint.core.domain import ClusterSpec, Decision, Recommendation, Rollback
from setpoint.core.goals import Goal, parse_goal
from setpoint.core.history import Disturbed
from setpoint.core.pricebook import PriceBook
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.testing.fleet.days import Day
from setpoint.testing.fleet.physics import USABLE_HEAP
from setpoint.testing.fleet.plant import FleetPlant
from setpoint.testing.fleet.projects import FleetProject
from setpoint.testing.fleet.yardsticks import DayOutcome, Oracle, Terms, book_on, miss_risk, outcome_on

__all__ = ["DEADLINE", "Lived", "LivedDay", "LivedRun", "Lost", "check_goal", "goal_of", "live", "terms_of"]

DEADLINE = "DEADLINE"
"""Word of a goal that stands for each project's own deadline."""


@dataclass(frozen=True, slots=True)
class LivedRun:
    """One run, and what the loop decided after it."""

    day: int
    attempt: int
    spec: ClusterSpec
    scale: float
    version: int
    """Of the code."""
    seconds: float
    dollars: float
    ending: str
    risk: float
    """P(late or out of memory) of a run on this spec on this day, by the laws."""
    needed_mib: float
    """Heap below which a run fails on this day, by the laws."""
    stated_risk: float | None
    """What the loop said of it beforehand."""
    known_good_dollars: float | None
    """Of a run on a spec on trial: what the same day would have cost on the known-good one."""
    decision: Decision | None
    next_spec: ClusterSpec
    next_risk: float
    """The same P of the next spec, on this day."""
    is_unjust: bool = False
    """Whether the decision takes back a change that by the laws was a good one, although its run ended well."""
    disturbances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """Dollars of a day beyond the oracle's, by where they went."""

    failures: float
    """Runs that did not do their work, beyond those that befell the oracle too."""
    memory: float
    """More heap than the oracle took."""
    slots: float
    """Other slots than the oracle's."""


@dataclass(frozen=True, slots=True)
class LivedDay:
    """A day as it was, as it would have been untouched, and as the oracle would have had it."""

    ours: DayOutcome
    untouched: DayOutcome
    oracle: DayOutcome
    oracle_spec: ClusterSpec
    lost: Lost


@dataclass(frozen=True, slots=True)
class Lived:
    """The whole life of one project."""

    project: FleetProject
    terms: Terms
    runs: tuple[LivedRun, ...]
    days: tuple[LivedDay, ...]
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    """Of this process, by what they went into."""


def terms_of(goal: Goal) -> Terms:
    """The strictest limit on the runtime; without one nothing is ever late."""
    limits = [limit for limit in goal.limits if limit.metric == "runtime"]
    tightest = min(limits, key=lambda limit: limit.bound, default=None)
    return Terms(float("inf"), goal.risk) if tightest is None else Terms(tightest.bound, tightest.risk)


def goal_of(goal: str, deadline_seconds: float) -> str:
    """The goal with a project's own deadline in the place of the word for it."""
    return goal.replace(DEADLINE, f"{deadline_seconds:.1f}s")


def check_goal(goal: str) -> None:
    """Raises GoalError where the goal does not parse."""
    parse_goal(goal_of(goal, 3600.0))


def live(project: FleetProject, goal: str) -> Lived:
    """Run the project through all its days under the loop."""
    return _Life(project, goal).lived()


class _Life:
    """One project while it is lived. Not reusable."""

    def __init__(self, project: FleetProject, goal: str) -> None:
        self._project = project
        text = goal_of(goal, project.deadline_seconds)
        self._terms = terms_of(parse_goal(text))
        self._plant = FleetPlant(project)
        self._ledger = MemoryLedger(is_strict=False)
        self._loop = Loop(self._plant, self._ledger, book_on(project, 0), self._plant.clock)
        self._loop.register(project.name, "fleet", project.baseline, project.space)
        self._loop.set_goal(project.name, text)
        self._decision: Decision | None = None
        self._known_good, self._trial = project.baseline, False
        self._cpu = {"runs": 0.0, "loop": 0.0, "yardsticks": 0.0}

    def lived(self) -> Lived:
        oracle = Oracle(self._project, self._terms)
        runs: list[LivedRun] = []
        days: list[LivedDay] = []
        for day in self._project.days:
            book = book_on(self._project, day.number)
            if book.source != self._loop.prices.source:
                self._loop = replace(self._loop, prices=book)
            todays = list(self._day(day, book))
            runs += todays
            began = process_time()
            chosen = oracle.spec_on(day, book)
            untouched = outcome_on(self._project, self._project.baseline, day, book)
            best = outcome_on(self._project, chosen, day, book)
            ours = _together(todays)
            lost = self._lost(todays, chosen, day, book, ours.dollars - best.dollars)
            days.append(LivedDay(ours, untouched, best, chosen, lost))
            self._cpu["yardsticks"] += process_time() - began
        return Lived(self._project, self._terms, tuple(self._with_disturbances(runs)), tuple(days), self._cpu)

    def _lost(self, runs: list[LivedRun], chosen: ClusterSpec, day: Day, book: PriceBook, beyond: float) -> Lost:
        """The last run is held against the oracle's spec, axis by axis; what remains went into failures."""
        last, law = runs[-1].spec, self._project.law_on(day)
        factor = day.attempts[runs[-1].attempt].factor
        hybrid = last.with_size(last.slots, chosen.task_memory_mib)

        def dollars(spec: ClusterSpec) -> float:
            return factor * law.seconds(spec, day.scale) * dollars_per_second(spec, book)

        memory, slots = dollars(last) - dollars(hybrid), dollars(hybrid) - dollars(chosen)
        return Lost(beyond - memory - slots, memory, slots)

    def _day(self, day: Day, book: PriceBook) -> Iterator[LivedRun]:
        for number in range(len(day.attempts)):
            run = self._attempt(day, number, book)
            yield run
            if run.ending == "well":
                return

    def _attempt(self, day: Day, number: int, book: PriceBook) -> LivedRun:
        name, began = self._project.name, process_time()
        spec, before = self._plant.current_spec(name), self._decision
        happened = self._plant.run(day, number)
        known_good = outcome_on(self._project, self._known_good, day, book).dollars if self._trial else None
        done = process_time()
        self._decision = self._loop.tick(name)
        over = process_time()
        self._cpu["runs"] += done - began
        self._cpu["loop"] += over - done
        after = self._plant.current_spec(name)
        self._follow(self._decision, after)
        return LivedRun(
            day=day.number,
            attempt=number,
            spec=spec,
            scale=day.scale,
            version=self._project.law_on(day).version,
            seconds=happened.seconds,
            dollars=dollars_per_second(spec, book) * happened.seconds,
            ending=happened.ending,
            risk=miss_risk(self._project, spec, day, self._terms.deadline_seconds),
            needed_mib=self._project.law_on(day).needed_mib(day.scale) / USABLE_HEAP,
            stated_risk=_stated(before, spec),
            known_good_dollars=known_good,
            decision=self._decision,
            next_spec=after,
            next_risk=miss_risk(self._project, after, day, self._terms.deadline_seconds),
            is_unjust=happened.is_well and self._takes_back_a_good_change(day, book),
        )

    def _takes_back_a_good_change(self, day: Day, book: PriceBook) -> bool:
        """Whether the spec that is left keeps the goal, and the one returned to does not or is dearer."""
        if not isinstance(self._decision, Rollback):
            return False
        law, terms = self._project.law_on(day), self._terms
        left, back = self._decision.failed_spec, self._decision.spec
        risks = [miss_risk(self._project, spec, day, terms.deadline_seconds) for spec in (left, back)]
        dollars = [law.seconds(spec, day.scale) * dollars_per_second(spec, book) for spec in (left, back)]
        return risks[0] <= terms.risk and (risks[1] > terms.risk or dollars[0] < dollars[1])

    def _follow(self, decision: Decision | None, in_place: ClusterSpec) -> None:
        """Which spec is known to be good, and whether another is on trial."""
        if decision is None:
            return
        if decision.assessment.kept is not None:
            self._known_good, self._trial = decision.assessment.kept, False
        if isinstance(decision, Rollback):
            self._trial = False
        elif isinstance(decision, Recommendation) and not decision.repeating and in_place == decision.spec:
            self._trial = in_place != self._known_good

    def _with_disturbances(self, runs: list[LivedRun]) -> Iterator[LivedRun]:
        noticed: dict[str, list[str]] = {}
        for entry in self._ledger.read(self._project.name):
            if isinstance(entry, Disturbed) and entry.run_id is not None:
                noticed.setdefault(entry.run_id, []).append(entry.kind)
        for run in runs:
            yield replace(run, disturbances=tuple(noticed.get(f"day-{run.day:04d}-{run.attempt}", ())))


def _together(runs: list[LivedRun]) -> DayOutcome:
    dollars, seconds = sum(run.dollars for run in runs), sum(run.seconds for run in runs)
    return DayOutcome(dollars, seconds, is_done=runs[-1].ending == "well")


def _stated(decision: Decision | None, spec: ClusterSpec) -> float | None:
    if decision is None:
        return None
    named = (decision.assessment.chosen, decision.assessment.current)
    return next((it.miss_risk for it in named if it is not None and it.spec == spec), None)
