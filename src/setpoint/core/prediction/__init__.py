"""Workload × spec → Prediction: the port, the registry, and the predictor that the loop uses."""

import math
from collections.abc import Callable
from typing import Protocol

from setpoint.core.domain import ClusterSpec, Prediction
from setpoint.core.prediction.memory import memory_risk
from setpoint.core.prediction.residual import Correction, Residual, learn_correction
from setpoint.core.prediction.simulation import simulate_seconds
from setpoint.core.workload import Experience, Workload

__all__ = ["DEFAULT_PREDICTOR", "PREDICTORS", "CorrectedSimulation", "Predictor"]


class Predictor(Protocol):
    """A fitted model of one workload."""

    def predict(self, spec: ClusterSpec) -> Prediction:
        """Runtime and failure risk of the next run on this spec."""
        ...


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
        log_seconds, log_step = self._from(self._workload.bases, spec)
        bases = len(self._workload.bases)
        return Prediction(
            median_seconds=math.exp(log_seconds + self._correction.shift(log_step)),
            log_scale=self._correction.scale(log_step, bases),
            degrees_of_freedom=self._correction.degrees_of_freedom,
            failure_risk=memory_risk(spec, self._workload.memory),
        )

    def _residuals(self) -> list[Residual]:
        residuals = []
        for group in self._workload.comparable:
            for index, run in enumerate(group):
                others = group[:index] + group[index + 1 :]
                if others:
                    log_seconds, log_step = self._from(others, run.spec)
                    residuals.append(Residual(math.log(run.seconds) - log_seconds, log_step, len(others)))
        return residuals

    def _from(self, bases: tuple[Experience, ...], spec: ClusterSpec) -> tuple[float, float]:
        """Mean log seconds simulated from these runs, and the mean log step in slots."""
        logs = [math.log(self._simulate(base, spec)) for base in bases]
        steps = [math.log(max(1, spec.slots) / max(1, base.spec.slots)) for base in bases]
        return sum(logs) / len(logs), sum(steps) / len(steps)

    def _simulate(self, base: Experience, spec: ClusterSpec) -> float:
        key = (base.run_id, spec.slots, spec.shuffle_partitions)
        if key not in self._simulated:
            self._simulated[key] = max(1e-3, simulate_seconds(base, spec))
        return self._simulated[key]


PREDICTORS: dict[str, Callable[[Workload], Predictor]] = {"corrected-simulation": CorrectedSimulation}
DEFAULT_PREDICTOR = "corrected-simulation"
