"""How much shorter a run becomes, as a distribution: Amdahl's law over what is not known, and what was measured.

A run of which the share p becomes x times as fast takes 1 − p + p / x of its time. p is beta distributed, x
log-normal; both together are a mixture of log-normals, which measured pairs of runs narrow by Bayes' rule in closed
form (a Gaussian mixture is conjugate to a Gaussian measurement of the logarithm).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from setpoint.core.distributions import Interval

__all__ = ["Belief", "MeasuredPair", "SpeedUp", "speed_up"]

_POINTS = 15
"""Quantiles of each of the two unknowns; 225 pairs give probabilities to about 0.01."""
_HALVINGS = 40
"""Of the range of a quantile: exact to about 1e-11."""
_PAIR_DEVIATION = 0.1
"""Of the logarithm of one measured ratio: two runs with 5 to 7 % noise each."""
_TRANSFER_DEVIATION = 0.3
"""Of the logarithm between two projects that look alike: what carries over is rough."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What is assumed about the speed-up of the part that an engine or a processor takes over: log-normal."""

    median: float
    log_deviation: float
    source: str


@dataclass(frozen=True, slots=True)
class MeasuredPair:
    """Runtime of the same work with and without, as measured."""

    speed_up: float
    """Seconds as it is now over seconds with the other."""
    similarity: float = 1.0
    """1: of this very project; below: of another, the less alike the less."""
    source: str = ""

    @property
    def log_variance(self) -> float:
        """How far the ratio may be off for the project in question."""
        transfer = 0.0 if self.similarity >= 1.0 else _TRANSFER_DEVIATION
        return (_PAIR_DEVIATION**2 + transfer**2) / max(1e-6, self.similarity)


@dataclass(frozen=True, slots=True)
class SpeedUp:
    """Distribution of the seconds now over the seconds then: a mixture of log-normals of one width.

    >>> certain = SpeedUp((math.log(2.0),), (1.0,), 0.05)
    >>> round(certain.median, 3), round(certain.probability_above(2.0), 3)
    (2.0, 0.5)
    """

    log_means: tuple[float, ...]
    weights: tuple[float, ...]
    log_deviation: float

    def probability_above(self, threshold: float | None) -> float:
        """Probability that it is as large as this; None: it never is."""
        if threshold is None:
            return 0.0
        if threshold <= 0:
            return 1.0
        goal, scale = math.log(threshold), self.log_deviation * math.sqrt(2)
        parts = zip(self.log_means, self.weights, strict=True)
        return math.fsum(weight * math.erfc((goal - mean) / scale) for mean, weight in parts) / 2

    def quantile(self, probability: float) -> float:
        """Value that it stays below with this probability."""
        low = min(self.log_means) - 9 * self.log_deviation
        high = max(self.log_means) + 9 * self.log_deviation
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if 1.0 - self.probability_above(math.exp(middle)) < probability:
                low = middle
            else:
                high = middle
        return math.exp((low + high) / 2)

    @property
    def median(self) -> float:
        """As likely above as below."""
        return self.quantile(0.5)

    def interval(self, coverage: float = 0.9) -> Interval:
        """Central interval."""
        return Interval(self.quantile((1 - coverage) / 2), self.quantile((1 + coverage) / 2))

    @property
    def mean_time(self) -> float:
        """Expected seconds then over seconds now."""
        inflation = math.exp(self.log_deviation**2 / 2)
        return inflation * math.fsum(w * math.exp(-m) for m, w in zip(self.log_means, self.weights, strict=True))

    def given(self, pairs: Iterable[MeasuredPair]) -> "SpeedUp":
        """Narrowed by what was measured."""
        known = self
        for pair in pairs:
            known = known._given_one(math.log(pair.speed_up), pair.log_variance)
        return known

    def _given_one(self, seen: float, variance: float) -> "SpeedUp":
        prior = self.log_deviation**2
        whole, gain = prior + variance, prior / (prior + variance)
        logs = [
            math.log(weight) - (seen - mean) ** 2 / (2 * whole)
            for mean, weight in zip(self.log_means, self.weights, strict=True)
        ]
        highest = max(logs)
        likely = [math.exp(each - highest) for each in logs]
        total = math.fsum(likely)
        return replace(
            self,
            log_means=tuple(mean + gain * (seen - mean) for mean in self.log_means),
            # A floor keeps the logarithm of the next round finite.
            weights=tuple(max(1e-300, each / total) for each in likely),
            log_deviation=math.sqrt(prior * variance / whole),
        )


def speed_up(
    most: float, share: float, evidence: float, belief: Belief, log_error: float, *, undo: bool = False
) -> SpeedUp:
    """Distribution where of the part `most` of a run about `share` is sped up.

    Parameters:
        most: what can be sped up at all, of the whole run.
        share: expected share of it, known as well as from `evidence` observations.
        log_error: deviation of the logarithm that the model leaves out.
        undo: the run was measured with it, and the other way round is asked for.
    """
    parts = [most * each for each in _shares(share, evidence)]
    logs = [-math.log(1 - p + p * (x if undo else 1 / x)) for p in parts for x in _factors(belief)]
    return SpeedUp(tuple(logs), (1 / len(logs),) * len(logs), log_error)


def _middles() -> list[float]:
    return [(number + 0.5) / _POINTS for number in range(_POINTS)]


def _shares(share: float, evidence: float) -> list[float]:
    from scipy.special import betaincinv

    if share <= 0 or share >= 1:
        return [min(1.0, max(0.0, share))]
    first, second = share * evidence, (1 - share) * evidence
    return [float(betaincinv(first, second, middle)) for middle in _middles()]


def _factors(belief: Belief) -> list[float]:
    from scipy.special import ndtri

    return [belief.median * math.exp(belief.log_deviation * float(ndtri(middle))) for middle in _middles()]
