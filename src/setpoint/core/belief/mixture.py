"""The explanations averaged by how well they fit what was observed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from setpoint.core.belief.explanations import Explanation, Shapes
from setpoint.core.belief.points import Floats, Integers

__all__ = ["Observed", "Posterior", "condition"]

_JITTER = 1e-6


@dataclass(frozen=True)
class Observed:
    """Runs that came to their end, gathered by spec."""

    rows: Integers
    """Which spec, each once."""
    log_seconds: Floats
    """Mean over the runs on it."""
    variance: Floats
    """Of that mean, for run-to-run noise."""


@dataclass(frozen=True)
class _Part:
    """One explanation after the observations."""

    explanation: Explanation
    weights: Floats
    """Per curve; over all parts they add up to one."""
    factor: tuple[Floats, bool]
    """Cholesky factor of the observations' covariance."""
    residuals: Floats
    """Curves × observations."""


@dataclass(frozen=True)
class Posterior:
    """What is believed after the observations."""

    parts: tuple[_Part, ...]
    observed: Observed

    def sample(self, columns: Integers, count: int, chance: np.random.Generator) -> Floats:
        """Joint draws of the expected log runtimes: count × columns. Cubic in the number of columns."""
        return self._draw(columns, count, chance, is_joint=True)

    def sample_each(self, columns: Integers, count: int, chance: np.random.Generator) -> Floats:
        """Draws that are right for each column by itself: count × columns. Linear in the number of columns."""
        return self._draw(columns, count, chance, is_joint=False)

    def _draw(self, columns: Integers, count: int, chance: np.random.Generator, *, is_joint: bool) -> Floats:
        totals = np.array([part.weights.sum() for part in self.parts])
        counts = chance.multinomial(count, totals / totals.sum())
        drawn = []
        for part, draws in zip(self.parts, counts, strict=True):
            if draws:
                means, cross, pull = self._means(part, columns, int(draws), chance)
                noise = chance.standard_normal(means.shape)
                explanation = part.explanation
                if is_joint:
                    root = _root(explanation.covariance(columns, columns) - cross.T @ pull)
                    drawn.append(means + noise @ root.T)
                else:
                    variance = explanation.variance(columns) - (cross * pull).sum(axis=0)
                    drawn.append(means + noise * np.sqrt(np.maximum(variance, _JITTER)))
        return np.asarray(chance.permutation(np.concatenate(drawn)))

    def _means(
        self, part: _Part, columns: Integers, draws: int, chance: np.random.Generator
    ) -> tuple[Floats, Floats, Floats]:
        """Curves drawn by their weights and moved to the observations; what draws them there."""
        # Systematic draws: how often a curve comes differs from its share by less than one.
        steps = (np.arange(draws) + chance.random()) / draws
        shares = np.cumsum(part.weights) / part.weights.sum()
        chosen, back = np.unique(np.minimum(np.searchsorted(shares, steps), len(shares) - 1), return_inverse=True)
        cross = part.explanation.covariance(self.observed.rows, columns)
        pull = cho_solve(part.factor, cross)
        means = part.explanation.shapes.curves(columns, chosen) + part.residuals[chosen] @ pull
        return means[back], cross, pull


def condition(explanations: Sequence[Explanation], observed: Observed) -> Posterior:
    """Bayes' rule, for all curves of an explanation in one matrix operation: they share their covariance."""
    curves: dict[int, Floats] = {}
    found = []
    for explanation in explanations:
        residuals = observed.log_seconds - _once(curves, explanation.shapes, observed.rows)
        covariance = explanation.covariance(observed.rows, observed.rows) + np.diag(observed.variance + _JITTER)
        factor = cho_factor(covariance, lower=True)
        white = solve_triangular(factor[0], residuals.T, lower=True)
        fit = -0.5 * (white**2).sum(axis=0) - np.log(np.diag(factor[0])).sum()
        found.append((explanation, factor, residuals, explanation.log_weights + fit))
    highest = max(float(logs.max()) for *_, logs in found)
    total = sum(float(np.exp(logs - highest).sum()) for *_, logs in found)
    parts = [_Part(e, np.exp(logs - highest) / total, factor, residuals) for e, factor, residuals, logs in found]
    return Posterior(tuple(parts), observed)


def _once(kept: dict[int, Floats], shapes: Shapes, rows: Integers) -> Floats:
    """Curves at the observed specs: explanations that differ in their covariance only share them."""
    if id(shapes) not in kept:
        kept[id(shapes)] = shapes.curves(rows)
    return kept[id(shapes)]


def _root(covariance: Floats) -> Floats:
    """A matrix whose product with its transpose is the covariance."""
    try:
        return np.asarray(np.linalg.cholesky(covariance + _JITTER * np.eye(len(covariance))))
    except np.linalg.LinAlgError:  # rounding made it indefinite
        values, vectors = np.linalg.eigh(covariance)
        return np.asarray(vectors * np.sqrt(np.maximum(values, _JITTER)))
