"""What to expect of every spec after some runs: joint draws, noise, and risks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from setpoint.core.belief.points import Floats
from setpoint.core.distributions import student_quantile
from setpoint.core.domain import Prediction

__all__ = ["Outlook"]

LEAST_DEGREES = 4.0
"""Of freedom of a prediction's Student-t, after no run; each run adds one."""
_EIGHTHS = (-1.534, -0.887, -0.489, -0.157, 0.157, 0.489, 0.887, 1.534)
"""Medians of the eighths of a standard normal distribution."""


@dataclass(frozen=True)
class Outlook:
    """Runtimes of all specs as joint draws, so that what one run would tell of the others can be asked."""

    log_seconds: Floats
    """Draws × specs: expected log runtime, without the noise of a single run."""
    noise: float
    """Standard deviation of log runtime between identical runs."""
    failure: Floats
    """P(a run fails) per spec."""
    timeout_seconds: float | None
    """After how long runs seem to be killed; None where nothing says so."""
    measured: tuple[int, ...]
    """Specs on which a run was completed."""
    runs: int = 1
    """How many runs were completed."""
    input_bytes: float | None = None
    """What the next run is expected to read; None where no run told."""

    @property
    def median(self) -> Floats:
        """Seconds, one for each spec."""
        return np.asarray(np.exp(np.median(self.log_seconds, axis=0)))

    def quantiles(self, levels: Sequence[float]) -> Floats:
        """Seconds of a single run, levels × specs."""
        return np.asarray(np.exp(np.quantile(self._runs, levels, axis=0)))

    def at(self, rows: Sequence[int]) -> "Outlook":
        """The same of some specs, in this order."""
        kept = list(rows)
        measured = tuple(place for place, row in enumerate(kept) if row in set(self.measured))
        return replace(self, log_seconds=self.log_seconds[:, kept], failure=self.failure[kept], measured=measured)

    def prediction(self, row: int) -> Prediction:
        """Of one spec, in the form that is recorded: log runtime as Student-t."""
        low, middle, high = self._tenths[:, row]
        degrees = LEAST_DEGREES + self.runs
        doubt = float(high - low) / (2 * student_quantile(degrees, 0.9))
        return Prediction(
            median_seconds=math.exp(middle),
            log_scale=math.hypot(doubt, self.noise),
            degrees_of_freedom=degrees,
            failure_risk=float(self.failure[row]),
            log_doubt=doubt,
            input_bytes=self.input_bytes,
        )

    @cached_property
    def _tenths(self) -> Floats:
        return np.asarray(np.quantile(self.log_seconds, (0.1, 0.5, 0.9), axis=0))

    def late(self, seconds: float | Floats) -> Floats:
        """P(a run that does not fail takes longer than this) per spec; one deadline for all, or one for each."""
        from scipy.special import ndtr

        return np.asarray(ndtr((self.log_seconds - np.log(seconds)) / self.noise).mean(axis=0))

    @property
    def _runs(self) -> Floats:
        """The draws with a single run's noise: each draw once for each eighth of the noise."""
        return np.concatenate([self.log_seconds + self.noise * deviation for deviation in _EIGHTHS])
