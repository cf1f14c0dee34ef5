"""Specs with what is expected of them, and what is decided."""

from dataclasses import dataclass
from enum import StrEnum

from setpoint.core.domain.costs import Cost
from setpoint.core.domain.predictions import Prediction
from setpoint.core.domain.specs import ClusterSpec


class Phase(StrEnum):
    """What the loop is doing with a project."""

    LEARNING = "LEARNING"
    OPTIMIZING = "OPTIMIZING"
    MONITORING = "MONITORING"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A metric of the goal other than cost and runtime, as predicted for a spec: in the unit of the metric."""

    name: str
    median: float
    low: float
    """The low and high ends hold nine of ten runs."""
    high: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A spec with what it is expected to do."""

    spec: ClusterSpec
    prediction: Prediction
    cost: Cost
    """At the median runtime, failures not counted."""
    miss_risk: float
    """Probability that a run on it breaks a limit of the goal or fails."""
    loss: float
    """What the goal minimises, failures counted in: dollars or seconds per run."""
    strain: float | None = None
    """The largest share that a limit of the goal takes up of the misses it allows: up to 1 all are kept. None where
    that was not recorded; then the miss risk tells."""
    spot_risk: float = 0.0
    """Probability that a run on it is lost, or late, because the cloud takes workers away; of goals that limit that."""
    foreseen: tuple[Foreseen, ...] = ()
    """Of the metrics that the goal names."""

    @property
    def failing(self) -> float:
        """Probability that a run on it fails because of it."""
        return 1 - (1 - self.prediction.failure_risk) * (1 - self.spot_risk)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The best candidate that was not taken, and why."""

    candidate: Candidate
    reason: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """The numbers behind a decision."""

    phase: Phase
    current: Candidate | None = None
    chosen: Candidate | None = None
    refused: Refusal | None = None
    considered: int = 0
    """Specs that were predicted and priced."""
    kept: ClusterSpec | None = None
    """The spec on trial that this evidence confirmed: from now on the known-good one."""

    @property
    def named(self) -> dict[str, Candidate]:
        """The `current` spec, the `chosen` one and the best that was `refused`, as far as there are any."""
        refused = self.refused.candidate if self.refused else None
        found = {"current": self.current, "chosen": self.chosen, "refused": refused}
        return {name: candidate for name, candidate in found.items() if candidate is not None}


@dataclass(frozen=True, slots=True)
class Hold:
    """Change nothing, and why."""

    reason: str
    assessment: Assessment


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Run the next time on another spec, and why."""

    spec: ClusterSpec
    reason: str
    feasible: bool
    """False: no allowed spec reaches the goal, this one is nearest; it is shown and never applied by itself."""
    rescue: bool
    """Whether the current spec misses the goal: such a change is not held back by dead bands or pauses."""
    assessment: Assessment
    trying: bool = False
    """Whether its run is for what it may tell, and is expected to cost more: going back from it is no failure."""
    repeating: bool = False
    """Whether it is for the repeat of a lost run alone, which has less time left: the known-good spec follows it."""


@dataclass(frozen=True, slots=True)
class Rollback:
    """Return to the known-good spec, and why."""

    spec: ClusterSpec
    failed_spec: ClusterSpec
    reason: str
    blamed: bool
    """Whether the failed spec is at fault and leaves the search."""
    assessment: Assessment


Decision = Hold | Recommendation | Rollback
