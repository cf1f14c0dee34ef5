"""What the dashboard shows of a project: frozen rows, the same for the pages, the charts and the JSON."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from setpoint.core.domain import Cost, CostLabel, Outcome, Phase
from setpoint.core.history import Mode
from setpoint.core.profile import Fault

COVERAGE = 0.9
"""Share of runs that should lie inside a shown interval (its ends are the 5 % and 95 % quantiles)."""

EventKind = Literal["registered", "goal", "applied", "proposed", "rollback", "kept", "disturbance"]
DecisionKind = Literal["hold", "recommendation", "rollback"]


@dataclass(frozen=True, slots=True)
class Band:
    """An interval."""

    low: float
    high: float

    def holds(self, amount: float) -> bool:
        """Whether the amount lies inside."""
        return self.low <= amount <= self.high


@dataclass(frozen=True, slots=True)
class SetPoint:
    """A limit of the goal."""

    metric: str
    bound: float
    """In the unit of the metric."""
    text: str


@dataclass(frozen=True, slots=True)
class Held:
    """A limit of the goal, held against the last run that succeeded."""

    metric: str
    text: str
    measured: str
    """Empty where the run does not tell."""
    kept: bool


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """A spec with what was expected of it."""

    spec: str
    seconds: Band
    median_seconds: float
    dollars: Band
    median_dollars: float
    cost_label: CostLabel
    cost: Cost
    """At the median runtime, part by part."""
    miss_risk: float
    failure_risk: float
    foreseen: tuple[str, ...] = ()
    """What the goal names beside cost and runtime, with its interval, in words."""


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision, as it was recorded."""

    id: str
    kind: DecisionKind
    title: str
    """What was decided and what became of it, in a few words."""
    reason: str
    at: datetime
    after_run: int | None
    """Number of the run it followed; None where that run is not in the ledger."""
    from_spec: str
    to_spec: str | None
    """None where nothing was to change."""
    applied: bool
    phase: Phase
    considered: int
    current: CandidateRow | None
    chosen: CandidateRow | None
    refused: CandidateRow | None
    refused_reason: str | None
    waits: str
    """Why it was not put in place at once; empty where it was, or there was nothing to put in place."""
    approved_by: str
    """Who let it be put in place; empty where nobody had to."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run: what was predicted for it, what it did, what was decided after it."""

    number: int
    """Place in the ledger, from 1."""
    id: str
    started_at: datetime
    spec: str
    input_bytes: int | None
    """None where there was no usable event log."""
    predicted: CandidateRow | None
    """The prediction made for this spec before the run was recorded; None where there was none."""
    seconds: float
    dollars: float
    cost_label: CostLabel
    cost: Cost
    """Part by part."""
    outcome: Outcome
    fault: Fault | None
    error: str | None
    note: str
    retry: bool
    set_points: tuple[SetPoint, ...]
    """The limits in force."""
    missed: tuple[str, ...]
    """The limits it broke, in words."""
    decision: DecisionRow | None
    measured: tuple[str, ...] = ()
    """What its goal names beside cost and runtime, in words."""

    @property
    def counts(self) -> bool:
        """Whether it says something about the goal: it was not stopped from outside, and there was a limit."""
        return self.outcome is not Outcome.KILLED and bool(self.set_points)

    @property
    def met(self) -> bool:
        """Whether it did its work within every limit."""
        return self.outcome is Outcome.SUCCEEDED and not self.missed

    @property
    def graded(self) -> bool:
        """Whether its runtime can be held against a prediction: failed runs end early."""
        return self.outcome is Outcome.SUCCEEDED and self.predicted is not None

    @property
    def inside(self) -> bool:
        """Whether its runtime lay inside the predicted interval."""
        return self.predicted is not None and self.predicted.seconds.holds(self.seconds)


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something happened to the project: a change, its end, a disturbance, a new goal."""

    kind: EventKind
    title: str
    reason: str
    at: datetime
    position: float
    """Where it falls on the axis of run numbers: on a run, or at a half between two."""


@dataclass(frozen=True, slots=True)
class ProjectView:
    """All that the dashboard shows of one project, runs and events oldest first."""

    name: str
    platform: str | None
    baseline: str | None
    """The spec its owner ran it on before."""
    goal: str | None
    mode: Mode | None
    mode_words: str
    """The same with the kinds of change that have a mode of their own."""
    waits: str
    """Why the last decision is not in place; empty where it is, or there was nothing to put in place."""
    restrictions: tuple[str, ...]
    """What may not be done to it, and when, in words."""
    restricted_by: str
    """Names of the policies that these are from; empty where they are all the owner's."""
    set_points: tuple[SetPoint, ...]
    phase: Phase
    spec: str | None
    """The spec in place now, as far as the ledger knows."""
    next_run: CandidateRow | None
    """What is expected of the next run, where the last decision says it."""
    runs: tuple[RunRow, ...]
    decisions: tuple[DecisionRow, ...]
    events: tuple[EventRow, ...]
    held: tuple[Held, ...] = ()
