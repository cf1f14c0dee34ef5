"""Calibration: a project's intervals made as wide as its own past predictions were wrong.

Each run whose prediction was recorded before it ran gives |log(actual / median)| over the scale that the model stated,
and that over the Student-t quantile of a level is the factor with which the interval of that level would just have held
the run. The factor to use is conformal: the quantile of those factors at the level itself, whatever their distribution
(Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World, 2005). Thirty predictions tell such a quantile badly.
So it is the mean over a Gibbs posterior, the pinball loss as log likelihood (Koenker & Bassett, Econometrica 46(1),
1978; Bissiri, Holmes & Walker, JRSS B 78(5), 2016) and the prior around what other projects needed. Older predictions
count less, as in adaptive conformal inference (Gibbs & Candès, NeurIPS 2021).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from setpoint.core.domain import ODD_SHARE, Prediction
from setpoint.core.history import History

__all__ = ["Calibration", "Deviation", "bounded", "calibration", "calibration_of", "deviations_of"]

NARROWEST, WIDEST = 0.5, 3.0
"""Bounds of the factor."""
SPREAD = 0.6
"""Standard deviation of the log factor between projects."""
LEVELS = (0.9, 0.95)
"""Whose quantiles are met: limits are about the far end."""
SHORT = 6.0
"""The quantile of few values is taken further out, as conformal prediction does: the largest may still come."""
STRENGTH, FEW = 7.0, 10.0
"""Inverse temperature of the losses with many predictions, and how many halve it. After 30 predictions with a scale
wrong by a factor of 0.6 to 2, normal, Laplace, Student-t(3) or with 6 % outliers of 8 times the scale, 90 % intervals
hold 88 to 92 % of new runs."""
REMEMBERED = 60.0
"""Predictions after which one counts for 1/e."""
RUNS_BEFORE = 100.0
"""Runs that count as seen before any was, with `ODD_SHARE` of them odd."""
ODD_FROM, ODD_LEAST = 3.0, 0.3
"""Stated scales, and log seconds, by which a run takes longer that is odd."""
_STEPS = 121
_SMALLEST = 1e-9


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far off one prediction was."""

    value: float
    """log(actual / median) over the stated scale, before any calibration."""
    degrees_of_freedom: float
    log_scale: float = 0.1
    """The stated scale, in log seconds."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """The factor on the scale of log runtime, and what it rests on."""

    factor: float = 1.0
    """Always within NARROWEST and WIDEST."""
    predictions: int = 0
    odd_share: float = ODD_SHARE
    """Share of the runs that take far longer than they should."""

    def __post_init__(self) -> None:
        """Bring the factor to its bounds, wherever it is from."""
        object.__setattr__(self, "factor", bounded(self.factor))

    def applied(self, prediction: Prediction) -> Prediction:
        """The prediction with calibrated intervals; one that is calibrated already is calibrated anew."""
        change = self.factor / prediction.calibration
        return replace(
            prediction,
            log_scale=prediction.log_scale * change,
            log_doubt=prediction.log_doubt * change,
            calibration=self.factor,
            odd_share=self.odd_share,
        )


def calibration(deviations: Sequence[Deviation], pooled: float = 1.0) -> Calibration:
    """From past predictions, oldest first. `pooled`: the factor that other projects needed.

    >>> calibration([]).factor
    1.0
    >>> round(calibration([Deviation(value, 8.0) for value in (-4.0, 2.0, 3.0, -1.0) * 8]).factor, 1)
    2.1
    """
    if not deviations:
        return Calibration(pooled)
    import numpy as np
    from scipy.special import stdtrit

    logs = np.linspace(math.log(NARROWEST) - 1, math.log(WIDEST) + 1, _STEPS)
    sizes = np.abs([each.value for each in deviations])
    degrees = np.array([each.degrees_of_freedom for each in deviations])
    count = len(deviations)
    weights = np.exp(-np.arange(count)[::-1] / REMEMBERED) * STRENGTH * count / (count + FEW)
    posterior = -(((logs - math.log(bounded(pooled))) / SPREAD) ** 2) / 2
    for level in LEVELS:
        needed = np.log(np.maximum(sizes / stdtrit(degrees, (1 + level) / 2), _SMALLEST))[:, None] - logs
        asked = 1 - (1 - level) * count / (count + SHORT)
        posterior -= weights @ np.maximum(asked * needed, (asked - 1) * needed)
    shares = np.exp(posterior - posterior.max())
    odd = sum(each.value > ODD_FROM and each.value * each.log_scale > ODD_LEAST for each in deviations)
    share = (ODD_SHARE * RUNS_BEFORE + odd) / (RUNS_BEFORE + count)
    return Calibration(math.exp(logs @ shares / shares.sum()), count, share)


def calibration_of(history: History, pooled: float = 1.0, noise: float = 0.0) -> Calibration:
    """From the predictions that were recorded before their runs; `noise` as for `deviations_of`."""
    return calibration(deviations_of(history, noise), pooled)


def deviations_of(history: History, noise: float = 0.0) -> tuple[Deviation, ...]:
    """Of every successful run with a prediction, oldest first.

    `noise`: standard deviation of log runtime from run to run as it is known now. The first predictions were made
    before any run was repeated: that they did not know it is learned already, and not to be made up for twice.

    The first run of a regime is left out: what was predicted for it was another job.
    """
    found = []
    regime = 0
    for run in history.runs:
        is_new, regime = history.regimes[run.id] != regime, history.regimes[run.id]
        expected = history.expected.get(run.id)
        if expected is not None and run.succeeded and not is_new and expected.prediction.log_scale > 0:
            prediction = expected.prediction
            wrong = math.log(run.seconds / prediction.median_seconds)
            stated = prediction.log_scale / prediction.calibration
            noise_then = math.sqrt(max(0.0, stated**2 - (prediction.log_doubt / prediction.calibration) ** 2))
            stated = math.hypot(prediction.log_doubt / prediction.calibration, max(noise, noise_then))
            found.append(Deviation(wrong / stated, prediction.degrees_of_freedom, stated))
    return tuple(found)


def bounded(factor: float) -> float:
    """The factor within NARROWEST and WIDEST.

    >>> bounded(10.0)
    3.0
    """
    return min(WIDEST, max(NARROWEST, factor))
