"""Runs that are odd by themselves: a busy neighbour or a slow disk made one run long, and the plant is as it was.

A run is odd where a sharp prediction, made before it ran, was exceeded by far, and no run beside it in time and no
other on its spec was. Whether it is odd or the prediction was wrong is a matter of odds: the density of the prediction
against that of odd runs, as `Prediction` has it. Of two surprises in a row neither is odd: what happens twice is how it
is.
"""

import math

from setpoint.core.domain import ODD_SHARE, ODDNESS, Run
from setpoint.core.drift import log_error, scale_of
from setpoint.core.history import History

__all__ = ["odd_runs"]

SURPRISING = 2.0
"""In stated scales: a deviation beyond it is a surprise, and a second surprise says that the first was none."""
SHARPEST_DOUBT = 0.2
"""Scale of log runtime up to which a prediction is sharp; a wider one is the model's doubt: a run settles it."""


def odd_runs(history: History) -> frozenset[str]:
    """Ids of the runs of the present regime that nothing is to be learned from."""
    runs = [run for run in history.runs_of(history.regime) if run.succeeded]
    graded = [_deviation(history, run) for run in runs]
    found = set()
    for place, (run, grade) in enumerate(zip(runs, graded, strict=True)):
        if place == 0 or grade is None or not _is_in_tail(*grade):
            continue
        beside = graded[place - 1 : place] + graded[place + 1 : place + 2]
        beside += [graded[other] for other, each in enumerate(runs) if other != place and each.spec == run.spec]
        if not any(each is not None and each[0] > SURPRISING for each in beside):
            found.add(run.id)
    return frozenset(found)


def _deviation(history: History, run: Run) -> tuple[float, float, float] | None:
    """How many scales off its prediction a run was, that scale in log seconds, and the degrees of freedom."""
    expected = history.expected.get(run.id)
    if expected is None or expected.prediction.log_scale <= 0:
        return None
    prediction = expected.prediction
    scale = scale_of(run, prediction)
    return log_error(run, prediction) / scale, scale, prediction.degrees_of_freedom


def _is_in_tail(deviation: float, scale: float, degrees: float) -> bool:
    """Whether the run is likelier of the heavy tail than of the prediction."""
    if deviation <= SURPRISING or scale > SHARPEST_DOUBT:
        return False
    tail = math.log(ODD_SHARE / ODDNESS) - deviation * scale / ODDNESS
    return tail > _log_density(deviation, degrees) - math.log(scale)


def _log_density(deviation: float, degrees: float) -> float:
    """Of Student's t.

    >>> round(_log_density(0.0, 1.0), 4)  # of Cauchy's distribution: log(1 / pi)
    -1.1447
    """
    whole = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - 0.5 * math.log(degrees * math.pi)
    return whole - (degrees + 1) / 2 * math.log1p(deviation**2 / degrees)
