"""Bayes' rule over curves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import cho_solve
from scipy.special import logsumexp
from scipy.stats import multivariate_normal
from tests.core.belief.made import POINTS, seeds

from setpoint.core.belief.explanations import Explanation, GivenShapes, HalfScaling, LawShapes, explained
from setpoint.core.belief.geometry import Geometry
from setpoint.core.belief.laws import draw_laws
from setpoint.core.belief.mixture import Observed, Posterior, _root, condition
from setpoint.core.belief.points import Floats

GEOMETRY = Geometry(POINTS)
EVERY = np.arange(len(POINTS))
LAWS = LawShapes(draw_laws(POINTS, 150, 4), POINTS)
NOISE = 0.05
runs = st.dictionaries(st.integers(0, len(POINTS) - 1), st.floats(3.0, 7.0), min_size=1, max_size=6)


def explanations() -> list[Explanation]:
    open_line = Explanation(HalfScaling(POINTS), GEOMETRY, np.log([0.3]), 0.3, 0.25)
    return [*explained(LAWS, GEOMETRY, 1.0, {0.06: 0.5, 0.2: 0.5}), open_line]


def observed(seen: dict[int, float], repeats: int = 1) -> Observed:
    rows = np.array(list(seen), dtype=np.int64)
    return Observed(rows, np.array(list(seen.values())), np.full(len(rows), NOISE**2 / repeats))


def spread(posterior: Posterior, row: int) -> float:
    """Standard deviation of what is expected of a spec."""
    drawn = posterior.sample_each(np.array([row]), 4000, np.random.default_rng(0))
    return float(drawn.std())


def expected(posterior: Posterior) -> Floats:
    """Log runtimes, averaged over all curves."""
    total = np.zeros(len(EVERY))
    for part in posterior.parts:
        pull = cho_solve(part.factor, part.explanation.covariance(posterior.observed.rows, EVERY))
        total += part.weights @ (part.explanation.shapes.curves(EVERY) + part.residuals @ pull)
    return total


@given(runs)
@settings(max_examples=30)  # as below
def test_weights_are_those_of_the_normal_density(seen: dict[int, float]) -> None:
    told = observed(seen)
    parts = condition(explanations(), told).parts
    logs = []
    for part in parts:
        covariance = part.explanation.covariance(told.rows, told.rows) + np.diag(told.variance + 1e-6)
        curves = part.explanation.shapes.curves(told.rows)
        density = multivariate_normal(np.zeros(len(told.rows)), covariance)
        logs.append(part.explanation.log_weights + [density.logpdf(told.log_seconds - curve) for curve in curves])
    brute = np.exp(np.concatenate(logs) - logsumexp(np.concatenate(logs)))
    assert np.allclose(np.concatenate([part.weights for part in parts]), brute, atol=1e-9)


@given(runs)
@settings(max_examples=30)  # each conditions 300 curves
def test_shares_are_probabilities(seen: dict[int, float]) -> None:
    parts = condition(explanations(), observed(seen)).parts
    assert all((part.weights >= 0).all() for part in parts)
    assert sum(part.weights.sum() for part in parts) == pytest.approx(1.0)


@given(runs, st.randoms(use_true_random=False))
@settings(max_examples=30)  # as above
def test_the_order_of_the_runs_does_not_matter(seen: dict[int, float], chance: object) -> None:
    items = list(seen.items())
    chance.shuffle(items)  # type: ignore[attr-defined]
    one, other = (condition(explanations(), observed(dict(each))) for each in (seen.items(), items))
    assert np.allclose(expected(one), expected(other))
    for mine, theirs in zip(one.parts, other.parts, strict=True):
        assert np.allclose(mine.weights, theirs.weights)


@given(st.integers(0, len(POINTS) - 1), st.floats(3.0, 7.0))
@settings(max_examples=20)  # as above
def test_what_ran_is_expected_again_as_closely_as_noise_allows(row: int, log_seconds: float) -> None:
    posterior = condition(explanations(), observed({row: log_seconds}))
    drawn = posterior.sample_each(np.array([row]), 3000, np.random.default_rng(1))[:, 0]
    assert np.median(drawn) == pytest.approx(log_seconds, abs=0.02)
    assert drawn.std() == pytest.approx(NOISE, rel=0.15)


def test_more_runs_of_a_spec_never_widen_it() -> None:
    widths = [spread(condition(explanations(), observed({5: 5.0}, repeats)), 5) for repeats in (1, 2, 4, 16)]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < widths[0] / 3


@pytest.mark.parametrize("truth", [0, 1, 2])
def test_the_right_one_of_given_curves_gets_the_weight(truth: int) -> None:
    chance = np.random.default_rng(truth)
    cores = POINTS.features[:, 0] * np.log(2)
    shapes = np.stack([-cores, -0.05 * cores, 0.4 * (cores - 3) ** 2])
    seen = {row: float(shapes[truth][row] + 7 + 0.03 * chance.standard_normal()) for row in (0, 5, 12, 23)}
    parts = condition(explained(GivenShapes(shapes), GEOMETRY, 1.0, {0.06: 1.0}), observed(seen)).parts
    assert parts[0].weights[truth] > 0.99


def test_wrong_curves_are_dropped_for_what_fits_anything() -> None:
    cores = POINTS.features[:, 0] * np.log(2)
    wrong = explained(GivenShapes(np.stack([cores, 1.5 * cores])), GEOMETRY, 1.0, {0.06: 1.0})
    fits = Explanation(HalfScaling(POINTS), GEOMETRY, np.log([0.05]), 0.3, 0.25)
    truth: Floats = 8 - 0.9 * cores
    posterior = condition([*wrong, fits], observed({row: float(truth[row]) for row in (0, 6, 12, 18)}))
    assert posterior.parts[-1].weights.sum() > 0.99
    assert np.abs(expected(posterior) - truth).max() < 0.5


@given(seeds)
@settings(max_examples=10)  # each draws 8000 times
def test_joint_draws_and_single_ones_agree_about_each_spec(seed: int) -> None:
    posterior = condition(explanations(), observed({2: 5.0, 17: 4.2}))
    columns = np.array([0, 2, 9, 17, 22])
    joint = posterior.sample(columns, 8000, np.random.default_rng(seed))
    each = posterior.sample_each(columns, 8000, np.random.default_rng(seed + 1))
    assert np.allclose(joint.mean(axis=0), each.mean(axis=0), atol=0.03)
    assert np.allclose(joint.std(axis=0), each.std(axis=0), rtol=0.1, atol=0.01)
    assert np.allclose(joint.mean(axis=0), expected(posterior)[columns], atol=0.03)


@given(seeds)
@settings(max_examples=10)
def test_the_same_chance_draws_the_same(seed: int) -> None:
    posterior = condition(explanations(), observed({2: 5.0}))
    one, again = (posterior.sample(EVERY, 50, np.random.default_rng(seed)) for _ in range(2))
    assert one.shape == (50, len(POINTS))
    assert np.array_equal(one, again)


def test_how_workloads_differ_is_a_direction_that_may_be_taken() -> None:
    """A direction that only one column has moves only that one."""
    direction = np.zeros((1, len(POINTS)))
    direction[0, 7] = 1.0
    plain = Explanation(HalfScaling(POINTS), GEOMETRY, np.zeros(1), 0.1)
    leaning = Explanation(HalfScaling(POINTS), GEOMETRY, np.zeros(1), 0.1, deviations=direction)
    assert np.allclose(np.diag(leaning.covariance(EVERY, EVERY)), leaning.variance(EVERY))
    assert np.allclose(leaning.variance(EVERY) - plain.variance(EVERY), direction[0] ** 2)


def test_draws_come_where_rounding_made_a_covariance_indefinite() -> None:
    same = np.array([3] * 40)
    drawn = condition(explanations(), observed({3: 5.0})).sample(same, 20, np.random.default_rng(0))
    assert np.isfinite(drawn).all()
    assert np.ptp(drawn, axis=1).max() < 0.05


def test_a_covariance_that_rounding_made_indefinite_has_a_root_all_the_same() -> None:
    bent = np.array([[1.0, 1.001], [1.001, 1.0]])
    root = _root(bent)
    assert np.allclose(root @ root.T, bent, atol=2e-3)
