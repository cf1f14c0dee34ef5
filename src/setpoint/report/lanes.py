"""Stages on as few lanes as keep them from covering each other."""

from collections.abc import Iterable
from dataclasses import dataclass

from setpoint.core.diagnosis import StageShare
from setpoint.core.profile import Stage

__all__ = ["Bar", "lanes"]


@dataclass(frozen=True, slots=True)
class Bar:
    """Where one stage is drawn."""

    stage: Stage
    share: StageShare
    lane: int

    @property
    def started(self) -> float:
        """Left end."""
        return max(0.0, self.stage.submitted)

    @property
    def seconds(self) -> float:
        """Length."""
        return max(0.0, self.stage.completed - self.started)


def lanes(stages: Iterable[tuple[Stage, StageShare]]) -> tuple[Bar, ...]:
    """Each stage on the first lane that is free when it begins."""
    free_from: list[float] = []
    bars = []
    for stage, share in sorted(stages, key=lambda each: (each[0].submitted, each[0].id, each[0].attempt)):
        lane = next((n for n, moment in enumerate(free_from) if moment <= stage.submitted), len(free_from))
        free_from[lane : lane + 1] = [max(stage.submitted, stage.completed)]
        bars.append(Bar(stage, share, lane))
    return tuple(bars)
