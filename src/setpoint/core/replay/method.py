"""Ports of a replay: a method is told a space and what is known of other workloads, and chooses run after run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from setpoint.core.replay.grid import Floats, Grid, Space

__all__ = ["Choice", "Forecast", "Method", "ReplayGoal", "Task", "Trial", "Tuner"]

ReplayGoal = Literal["cost", "cost-under-deadline"]


@dataclass(frozen=True, slots=True)
class Task:
    """What a tuner is to achieve."""

    goal: ReplayGoal = "cost"
    deadline_seconds: float | None = None
    """A longer run is a miss; None where any runtime will do."""
    horizon: int = 25
    """Runs of an episode; the parent's is the first."""
    risk: float = 0.05
    """Highest P(miss) of a run that the operator accepts."""

    def keeps(self, seconds: float) -> bool:
        """Whether a run of this length is in time."""
        return self.deadline_seconds is None or seconds <= self.deadline_seconds


@dataclass(frozen=True, slots=True)
class Trial:
    """One run that is over: all that a tuner learns of it."""

    index: int
    """Of the configuration in the space."""
    seconds: float
    completed: bool


class Forecast(Protocol):
    """Runtimes of all configurations of the space, as distributions. Asked only where somebody wants to know."""

    @property
    def median(self) -> Floats:
        """Seconds, one for each configuration."""
        ...

    def quantiles(self, levels: Sequence[float]) -> Floats:
        """Seconds, levels × configurations."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """The configuration of the next run, and what its tuner expects."""

    index: int
    forecast: Forecast | None = None
    """Made before this run; None from a tuner that predicts nothing."""
    miss_risk: float | None = None
    """P(this run fails or is late); None from a tuner that states none."""
    is_final: bool = False
    """Whether this configuration is meant for all runs left: the tuner need not be asked again in this episode."""


class Tuner(Protocol):
    """Chooses for one workload. Keeps nothing between calls: the same question has the same answer."""

    def choose(self, seen: Sequence[Trial], runs_left: int) -> Choice:
        """The next run, after these; `runs_left` counts it. The first trial is the parent's."""
        ...


class Method(Protocol):
    """A way to choose. Values of it can be pickled, so that workloads can be replayed in several processes."""

    @property
    def is_random(self) -> bool:
        """Whether another seed may give other choices."""
        ...

    def begin(self, space: Space, known: Sequence[Grid], task: Task, seed: int) -> Tuner:
        """A tuner for one workload, for episodes from any parent; `known` holds other workloads, answers included."""
        ...
