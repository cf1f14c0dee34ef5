"""How much better each workload's runs are explained by another's curve than by what is known without it."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.linalg import solve_triangular

from setpoint.core.belief.belief import Trust
from setpoint.core.belief.bringing import AMPLITUDE, NOISE, SLOPE
from setpoint.core.belief.explanations import Explanation, HalfScaling, LawShapes, of_laws, of_others
from setpoint.core.belief.geometry import Geometry
from setpoint.core.belief.known import FAILED_LONGER, LEAST_COVERED, LEAST_SPECS, NEAR, KnownWorkload
from setpoint.core.belief.laws import draw_laws
from setpoint.core.belief.points import Floats, Integers, Place, points_of

__all__ = ["evidence_among"]

MOST_PLACES = 400
"""Specs that are compared on: those where most workloads ran."""
LAWS, SEED = 300, 0
RUNS, TIMES = 6, 4
"""Specs of a workload that are explained at a time, and how often others are drawn: a prior is for the first few runs.
Of seventy specs no other workload's curve explains all better than what fits anything."""
_JITTER = 1e-6
_LEAST = -1e9


def evidence_among(curves: Sequence[KnownWorkload]) -> Floats:
    """Workloads × curves: log evidence of the workload's runs under the curve, over that under physical laws alone.

    A curve says nothing of its own workload, nor of one whose specs are far from all of its own.
    """
    places = _shared_places(curves)
    geometry = Geometry(points_of(places))
    rows = [_rows(places, curve) for curve in curves]
    trend = HalfScaling(geometry.points)
    spread = Explanation(trend, geometry, np.zeros(1), AMPLITUDE, SLOPE)
    everywhere = np.array([_everywhere(spread, *each) for each in rows])
    near = np.array([_near(geometry, each[0]) for each in rows])
    others = of_others(everywhere, geometry, float(len(curves)))
    laws = LawShapes(draw_laws(geometry.points, LAWS, SEED), geometry.points)
    alone = of_laws(laws, geometry, Trust().open)
    chance = np.random.default_rng(SEED)
    found = np.full((len(curves), len(curves)), _LEAST)
    for row, (columns, logs) in enumerate(rows):
        if len(columns) >= LEAST_SPECS:
            covers = near[:, columns].mean(axis=1) >= LEAST_COVERED
            drawn = [chance.permutation(len(columns))[:RUNS] for _ in range(TIMES if len(columns) > RUNS else 1)]
            gains = [_gains(others, alone, columns[some], logs[some]) for some in drawn]
            found[row] = np.where(covers, np.mean(gains, axis=0), _LEAST)
    np.fill_diagonal(found, _LEAST)
    return found


def _shared_places(curves: Sequence[KnownWorkload]) -> tuple[Place, ...]:
    counts = Counter(place for curve in curves for place in curve.places)
    return tuple(place for place, _ in counts.most_common(MOST_PLACES))


def _rows(places: Sequence[Place], curve: KnownWorkload) -> tuple[Integers, Floats]:
    """Where it ran among the shared places, and its log runtimes there."""
    numbers = {place: number for number, place in enumerate(places)}
    here = [row for row, place in enumerate(curve.places) if place in numbers]
    logs = np.array(curve.log_seconds) + np.log(FAILED_LONGER) * np.array(curve.failed)
    return np.array([numbers[curve.places[row]] for row in here], dtype=np.int64), logs[here]


def _everywhere(spread: Explanation, columns: Integers, logs: Floats) -> Floats:
    """The curve at all shared places: measurements, and a Gaussian process between them."""
    every = np.arange(len(spread.geometry.points))
    line = spread.shapes.curves(every)[0]
    if not len(columns):
        return np.asarray(line)
    covariance = spread.covariance(columns, columns) + NOISE**2 * np.eye(len(columns))
    pull = np.linalg.solve(covariance, logs - line[columns])
    return np.asarray(line + spread.covariance(every, columns) @ pull)


def _near(geometry: Geometry, columns: Integers) -> Floats:
    """Which shared places have one near where it ran (0 or 1)."""
    if not len(columns):
        return np.zeros(len(geometry.points))
    return np.asarray(geometry.correlation(np.arange(len(geometry.points)), columns).max(axis=1) >= NEAR, dtype=float)


def _gains(others: Sequence[Explanation], alone: Sequence[Explanation], columns: Integers, logs: Floats) -> Floats:
    """Per curve: log evidence under it, over that without any."""
    under = np.stack([_log_evidence(each, columns, logs) for each in others])
    without = np.concatenate([_log_evidence(each, columns, logs) for each in alone])
    return np.asarray(np.logaddexp.reduce(under, axis=0) - np.logaddexp.reduce(without))


def _log_evidence(explanation: Explanation, columns: Integers, logs: Floats) -> Floats:
    """Of each curve of an explanation, its weight counted in."""
    covariance = explanation.covariance(columns, columns) + (NOISE**2 + _JITTER) * np.eye(len(columns))
    factor = np.linalg.cholesky(covariance)
    residuals = logs - explanation.shapes.curves(columns)
    white = solve_triangular(factor, residuals.T, lower=True, check_finite=False)
    fit = -0.5 * (white**2).sum(axis=0) - np.log(np.diag(factor)).sum()
    return np.asarray(explanation.log_weights + fit)
