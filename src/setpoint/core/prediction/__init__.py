"""Workload × spec → Prediction: the port, the registry, and the predictor that the loop uses."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from setpoint.core.domain import ClusterSpec, Prediction
from setpoint.core.prediction.memory import memory_risk
from setpoint.core.prediction.residual import PRIOR_NOISE, PRIOR_SLOPE, Correction, Residual, learn_correction
from setpoint.core.prediction.simulation import simulate_seconds
from setpoint.core.workload import Experience, Workload

__all__ = ["DEFAULT_PREDICTOR", "PREDICTORS", "CorrectedSimulation", "Predictor"]


class Predictor(Protocol):
    """A fitted model of one workload."""

    def predict(self, spec: ClusterSpec) -> Prediction:
        """Runtime and failure risk of the next run on this spec."""
        ...


@dataclass(frozen=True, slots=True)
class _Seen:
    """What some runs say of a spec, averaged."""

    log_seconds: float
    log_step: float
    """log(slots of the spec / slots of the runs)."""
    bases: float
    """How many equally good runs they are worth."""


class CorrectedSimulation:
    """Stage simulation from each recent run, averaged in log time, corrected by what it got wrong so far."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._simulated: dict[tuple[str, int, int | None], float] = {}
        self._correction = learn_correction(self._residuals())

    @property
    def correction(self) -> Correction:
        """What was learned from the project's own runs."""
        return self._correction

    def predict(self, spec: ClusterSpec) -> Prediction:
        """Runtime and failure risk of the next run on this spec."""
        seen = self._from(self._workload.bases, spec)
        return Prediction(
            median_seconds=math.exp(seen.log_seconds + self._correction.shift(seen.log_step)),
            log_scale=self._correction.scale(seen.log_step, seen.bases),
            degrees_of_freedom=self._correction.degrees_of_freedom,
            failure_risk=memory_risk(spec, self._workload.memory),
            log_doubt=self._correction.doubt(seen.log_step, seen.bases),
        )

    def _residuals(self) -> list[Residual]:
        residuals = []
        for group in self._workload.comparable:
            for index, run in enumerate(group):
                others = group[:index] + group[index + 1 :]
                if others:
                    seen = self._from(others, run.spec)
                    log_error = math.log(run.seconds) - seen.log_seconds
                    residuals.append(Residual(log_error, seen.log_step, seen.bases, run.spec.slots))
        return residuals

    def _from(self, bases: tuple[Experience, ...], spec: ClusterSpec) -> _Seen:
        """What these runs say of a spec: the nearer a run's own spec, the more its word counts."""
        steps = [math.log(max(1, spec.slots) / max(1, base.spec.slots)) for base in bases]
        weights = [1 / (PRIOR_NOISE**2 + (PRIOR_SLOPE * step) ** 2) for step in steps]
        total = sum(weights)
        logs = [math.log(self._simulate(base, spec)) for base in bases]
        return _Seen(
            log_seconds=sum(weight * log for weight, log in zip(weights, logs, strict=True)) / total,
            log_step=sum(weight * step for weight, step in zip(weights, steps, strict=True)) / total,
            bases=total**2 / sum(weight**2 for weight in weights),
        )

    def _simulate(self, base: Experience, spec: ClusterSpec) -> float:
        key = (base.run_id, spec.slots, spec.shuffle_partitions)
        if key not in self._simulated:
            self._simulated[key] = max(1e-3, simulate_seconds(base, spec))
        return self._simulated[key]


PREDICTORS: dict[str, Callable[[Workload], Predictor]] = {"corrected-simulation": CorrectedSimulation}
DEFAULT_PREDICTOR = "corrected-simulation"
