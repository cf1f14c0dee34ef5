"""How long a run will take under a spec, as a distribution."""

import math
from dataclasses import dataclass

from setpoint.core.distributions import student_cdf, student_quantile

ODD_SHARE = 0.01
"""Of all runs, those that are odd, before a project's own runs say more or less."""
ODDNESS = 0.5
"""Mean log of the factor by which an odd run takes longer: three of four less than twice as long, 1 of 100 tenfold."""
_HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Prediction:
    """Runtime under a spec: the logarithm of the seconds is Student-t distributed, but for a few runs that are odd.

    An odd run takes longer by a factor whose logarithm is exponentially distributed with the mean `ODDNESS`.

    >>> p = Prediction(median_seconds=60.0, log_scale=0.1, degrees_of_freedom=5.0, failure_risk=0.01)
    >>> round(p.quantile(0.95), 1)
    73.4
    >>> round(p.probability_above(60.0), 2)
    0.5
    """

    median_seconds: float
    log_scale: float
    degrees_of_freedom: float
    failure_risk: float
    """Probability that the run fails because of the spec (memory)."""
    log_doubt: float = 0.0
    """Standard deviation of the logarithm of the expected runtime: the scale without the noise of a single run."""
    calibration: float = 1.0
    """By how much the scale was widened for what past predictions got wrong; it is in the scale already."""
    input_bytes: float | None = None
    """What the run was expected to read; None where that was not known."""
    odd_share: float = 0.0
    """Share of the runs that take far longer than the rest of them would have it: a lost machine, a busy neighbour."""

    def quantile(self, probability: float) -> float:
        """Seconds that the run stays below with this probability."""
        deviation = student_quantile(self.degrees_of_freedom, probability)
        if self.odd_share > 0 and probability > 0.5:  # noqa: PLR2004 - odd runs are long ones
            deviation = self._with_odd(probability, max(1.0, deviation))
        return self.median_seconds * math.exp(self.log_scale * deviation)

    def probability_above(self, seconds: float) -> float:
        """Probability that a run which does not fail takes longer than this."""
        if seconds <= 0:
            return 1.0
        if math.isinf(seconds):
            return 0.0
        return self._above(math.log(seconds / self.median_seconds) / self.log_scale)

    def _above(self, deviation: float) -> float:
        usual = 1.0 - student_cdf(self.degrees_of_freedom, deviation)
        if self.odd_share == 0 or deviation <= 0:
            return usual
        # The median stays the median: what the tail has more, the part above the median that is not odd has less.
        return (1 - 2 * self.odd_share) * usual + self.odd_share * math.exp(-deviation * self.log_scale / ODDNESS)

    def _with_odd(self, probability: float, most: float) -> float:
        """The deviation, above the median's, that a run stays below with this probability; `most` is a first guess."""
        least = 0.0
        while self._above(most) > 1 - probability:
            most *= 2
        for _ in range(_HALVINGS):
            middle = (least + most) / 2
            least, most = (middle, most) if self._above(middle) > 1 - probability else (least, middle)
        return most

    def interval(self, coverage: float = 0.9) -> tuple[float, float]:
        """Central interval of the seconds."""
        return self.quantile((1 - coverage) / 2), self.quantile((1 + coverage) / 2)
