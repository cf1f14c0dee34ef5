"""What the simulation gets wrong, learned from a project's own runs: a Bayesian linear regression in log space.

Within a regime every run can be predicted from the others' logs. What remains, log(actual / simulated), is taken to be
slope · log(slots / slots of the log's run) + noise. The slope has a normal prior around zero, the noise variance a
scaled inverse chi-squared one, so that predictions are Student-t (Gelman et al., Bayesian Data Analysis, ch. 14).

Runs on the same number of slots were made one after the other, while the machine was as fast or slow as it was just
then: what they say of the slope is correlated, and counts for less by the design effect (Kish, Survey Sampling, 1965).
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["PRIOR_NOISE", "PRIOR_SLOPE", "Correction", "Residual", "learn_correction"]

PRIOR_NOISE = 0.06
"""Standard deviation of log runtime between identical runs, before any was seen (6 %)."""
PRIOR_RUNS = 4.0
"""How many runs the prior noise counts for."""
PRIOR_SLOPE = 0.12
"""Standard deviation of the slope: doubling the slots may be misjudged by ±8 % before anything was learned."""

KINSHIP = 0.2
"""Correlation assumed between the errors of runs on the same number of slots."""


@dataclass(frozen=True, slots=True)
class Residual:
    """One run predicted from the logs of `bases` others."""

    log_error: float
    """log(actual seconds / simulated seconds), the simulated ones averaged over the bases."""
    log_step: float
    """log(slots of the run / slots of the bases), averaged likewise."""
    bases: float
    """How many equally good runs it was predicted from."""
    slots: int
    """Slots it ran on."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What was learned: a slope with its uncertainty, and the noise."""

    slope: float
    slope_deviation: float
    noise: float
    degrees_of_freedom: float

    def shift(self, log_step: float) -> float:
        """Expected log error of a simulation over this step."""
        return self.slope * log_step

    def doubt(self, log_step: float, bases: float) -> float:
        """Standard deviation of the expected log runtime: noise of the bases' mean, and doubt about the slope."""
        return math.hypot(self.noise / math.sqrt(max(1.0, bases)), self.slope_deviation * log_step)

    def scale(self, log_step: float, bases: float) -> float:
        """Scale of the predictive Student-t: the doubt, and the noise of the run itself."""
        return math.hypot(self.noise, self.doubt(log_step, bases))


def learn_correction(residuals: Iterable[Residual]) -> Correction:
    """Posterior after these residuals.

    >>> learn_correction([]).noise, learn_correction([]).slope
    (0.06, 0.0)
    >>> steady = [Residual(0.1 * step, step, 4, slots) for step, slots in ((-1.0, 4), (0.0, 8), (1.0, 16)) * 6]
    >>> round(learn_correction(steady).slope, 2)
    0.1
    """
    seen = list(residuals)
    spreads = [1 + 1 / max(1, residual.bases) for residual in seen]
    kin = Counter(residual.slots for residual in seen)
    shares = [1 / spread / (1 + KINSHIP * (kin[r.slots] - 1)) for r, spread in zip(seen, spreads, strict=True)]
    precision = PRIOR_NOISE**2 / PRIOR_SLOPE**2
    information = precision + sum(share * r.log_step**2 for r, share in zip(seen, shares, strict=True))
    slope = sum(share * r.log_error * r.log_step for r, share in zip(seen, shares, strict=True)) / information
    squares = sum((r.log_error - slope * r.log_step) ** 2 / spread for r, spread in zip(seen, spreads, strict=True))
    squares += precision * slope**2
    degrees = PRIOR_RUNS + len(seen)
    noise = math.sqrt((PRIOR_RUNS * PRIOR_NOISE**2 + squares) / degrees)
    return Correction(slope, noise / math.sqrt(information), noise, degrees)
