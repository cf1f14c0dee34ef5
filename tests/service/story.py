"""Twenty-five runs of one project as ledger entries: a wasteful start, convergence, a rollback, growth, new code."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from setpoint.core.cost import price
from setpoint.core.domain import (
    Assessment,
    Candidate,
    ClusterReport,
    ClusterSpec,
    Decision,
    Hold,
    Outcome,
    Phase,
    Prediction,
    Recommendation,
    Refusal,
    Rollback,
    Run,
    SearchSpace,
)
from setpoint.core.history import Applied, Decided, DisturbanceKind, Disturbed, Entry, GoalSet, Registered, RunRecorded
from setpoint.core.pricebook import PriceBook
from setpoint.core.profile import Application, Completeness, Fault, Profile, Stage, TaskTotals

PRICES = PriceBook.of_cores(0.052624, 0.0057785, "an example")
GOAL = "minimise cost; runtime <= 20s; cost <= 0.003$"
NEW_GOAL = "minimise cost; runtime <= 24s; cost <= 0.003$"
WIDE, MIDDLE, SMALL, TIGHT = (
    ClusterSpec.local(24, 32768),
    ClusterSpec.local(8, 4096),
    ClusterSpec.local(6, 3072),
    ClusterSpec.local(6, 1024),
)
LARGE = ClusterSpec.local(12, 6144)
START = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)


@dataclass
class Story:
    """Writes entries as the loop would, against a small plant: start-up, a serial part, work over slots, noise."""

    entries: list[Entry] = field(default_factory=list)
    spec: ClusterSpec = WIDE
    input_gib: float = 1.2
    work_seconds: float = 48.0
    doubt: float = 0.35
    limit_seconds: float = 20.0
    runs: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def begin(self, platform: str = "spark", goal: str = GOAL) -> "Story":
        self.entries.append(Registered(platform, WIDE, SearchSpace((2, 6, 8, 12, 24), (1024, 3072, 4096)), self.now))
        return self.aim(goal)

    def aim(self, goal: str) -> "Story":
        self.entries.append(GoalSet(goal, "auto", self.now))
        return self

    @property
    def now(self) -> datetime:
        return START + timedelta(days=self.runs, minutes=5)

    def seconds(self, spec: ClusterSpec) -> float:
        parallel_seconds: float = self.work_seconds * self.input_gib / 1.2 / spec.slots**0.85
        return 5.0 + parallel_seconds

    def run(
        self, outcome: Outcome = Outcome.SUCCEEDED, fault: Fault | None = None, error: str | None = None
    ) -> "Story":
        self.runs += 1
        seconds = self.seconds(self.spec) * self.chance.lognormvariate(0, 0.04) * (0.6 if fault else 1.0)
        started = START + timedelta(days=self.runs)
        report = ClusterReport(
            self.spec, started, started + timedelta(seconds=seconds), 1 if fault else 0, host_cores=16, error=error
        )
        cost = price(self.spec, seconds, PRICES, "list-estimated")
        profile = profile_of(round(self.input_gib * 1024**3), seconds)
        run = Run(f"app-{self.runs:04d}", report, outcome, fault, profile, cost)
        self.entries.append(RunRecorded(run, self.now))
        return self

    def candidate(self, spec: ClusterSpec) -> Candidate:
        prediction = Prediction(self.seconds(spec), self.doubt, 5.0, 0.002)
        cost = price(spec, prediction.median_seconds, PRICES, "modelled")
        miss_risk = prediction.probability_above(self.limit_seconds)
        return Candidate(spec, prediction, cost, miss_risk, cost.dollars)

    def weighed(self, phase: Phase, chosen: ClusterSpec | None = None, kept: ClusterSpec | None = None) -> Assessment:
        refused = Refusal(self.candidate(ClusterSpec.local(2, 1024)), "it would miss the goal in most of the runs")
        now = self.candidate(self.spec)
        return Assessment(phase, now, self.candidate(chosen) if chosen else None, refused, considered=15, kept=kept)

    def hold(self, reason: str, phase: Phase = Phase.OPTIMIZING, kept: ClusterSpec | None = None) -> "Story":
        self.doubt = max(0.07, self.doubt * 0.8)
        return self.decide(Hold(reason, self.weighed(phase, kept=kept)))

    def change(self, spec: ClusterSpec, reason: str, *, applied: bool = True) -> "Story":
        assessment = self.weighed(Phase.OPTIMIZING, spec)
        decision = Recommendation(spec, reason, applied, rescue=False, assessment=assessment)
        return self.decide(decision, spec if applied else None)

    def roll_back(self, spec: ClusterSpec, reason: str) -> "Story":
        assessment = self.weighed(Phase.OPTIMIZING, spec)
        return self.decide(Rollback(spec, self.spec, reason, blamed=True, assessment=assessment), spec)

    def decide(self, decision: Decision, applied: ClusterSpec | None = None) -> "Story":
        decision_id = f"d{len(self.entries)}"
        self.entries.append(Decided(decision_id, f"app-{self.runs:04d}", GOAL, self.spec, decision, self.now))
        if applied:
            self.entries.append(Applied(decision_id, applied, self.now))
            self.spec = applied
        return self

    def disturb(self, kind: DisturbanceKind, detail: str) -> "Story":
        self.entries.append(Disturbed(kind, detail, f"app-{self.runs:04d}", self.now))
        return self


def profile_of(input_bytes: int, seconds: float) -> Profile:
    totals = TaskTotals(run_seconds=seconds, input_bytes=input_bytes)
    stage = Stage(0, 0, "scan", (), 1.0, seconds, 4, 0, (seconds / 4,) * 4, totals)
    application = Application("app", "orders", None, "4.3.0", START.timestamp())
    return Profile(application, seconds, (), (), (), (stage,), (), "a1b2c3", Completeness("complete"))


def whole_story() -> tuple[Entry, ...]:
    story = Story().begin()
    story.run().hold("one run is not evidence enough to change anything", Phase.LEARNING)
    story.run().hold("two runs agree; the next one may try a smaller spec", Phase.LEARNING)
    story.run().change(MIDDLE, f"{MIDDLE} is expected to cost 41 % less and stays within every limit")
    story.run().hold(f"{MIDDLE} is on trial: 1 of 2 runs")
    story.run().hold(f"{MIDDLE} is kept: 2 of 2 runs were cheaper", kept=MIDDLE)
    story.run().change(TIGHT, f"{TIGHT} is expected to cost 30 % less; its memory has not been measured yet")
    story.run(Outcome.FAILED, "memory", "java.lang.OutOfMemoryError: Java heap space")
    story.roll_back(MIDDLE, f"{TIGHT} goes back to {MIDDLE}: the run failed for want of memory; it leaves the search")
    story.run().change(SMALL, f"{SMALL} is expected to cost 17 % less and has three times the memory that failed")
    story.run().hold(f"{SMALL} is on trial: 1 of 2 runs")
    story.run().hold(f"{SMALL} is kept: 2 of 2 runs were cheaper", kept=SMALL)
    settle(story, 3)
    story.input_gib = 1.9
    story.run().disturb("data growth", "input grew from 1.2 GiB to 1.9 GiB; the model follows it")
    story.change(MIDDLE, f"on 1.9 GiB {SMALL} would miss `runtime ≤ 20.0 s` in 35 % of the runs; {MIDDLE} in 2 %")
    story.run().hold(f"{MIDDLE} is kept: it was needed to meet the goal", kept=MIDDLE)
    settle(story, 3)
    story.work_seconds = 58.0
    story.doubt = 0.2
    story.run().disturb("code change", "the code signature is another one; older runs count for less from here on")
    story.change(LARGE, "the new code takes longer than the goal allows on any smaller spec")
    story.run().aim(NEW_GOAL).limit_seconds = 24.0
    story.hold(f"{LARGE} is on trial: 1 of 2 runs", Phase.LEARNING)
    story.run().change(MIDDLE, f"the new limit leaves room: {MIDDLE} is expected to cost 28 % less")
    story.run().hold(f"{MIDDLE} is kept: 1 of 1 runs was cheaper", kept=MIDDLE)
    settle(story, 3)
    return tuple(story.entries)


def settle(story: Story, runs: int) -> None:
    for _ in range(runs):
        story.run().hold("no spec is expected to be better by 5 % or more", Phase.MONITORING)


class Shelf:
    """A ledger of what it was given; a project of many threads' reading."""

    def __init__(self, **projects: Iterable[Entry]) -> None:
        self.books = {name: tuple(entries) for name, entries in projects.items()}

    def projects(self) -> tuple[str, ...]:
        return tuple(sorted(self.books))

    def read(self, project: str) -> tuple[Entry, ...]:
        return self.books.get(project, ())
