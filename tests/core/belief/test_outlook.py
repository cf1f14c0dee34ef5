"""What an outlook says of single runs."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made_outlooks import certain, outlook, outlooks

from setpoint.core.belief.outlook import LEAST_DEGREES, Outlook


@given(outlooks(), st.data())
def test_some_specs_are_said_what_they_are_among_all(believed: Outlook, data: st.DataObject) -> None:
    size = believed.log_seconds.shape[1]
    rows = data.draw(st.lists(st.integers(0, size - 1), min_size=1, unique=True))
    some = believed.at(rows)
    assert np.array_equal(some.median, believed.median[rows])
    assert np.allclose(some.late(200.0), believed.late(200.0)[rows], rtol=1e-9)  # sums in another order
    assert np.array_equal(some.quantiles([0.1, 0.9]), believed.quantiles([0.1, 0.9])[:, rows])
    assert [some.prediction(place) for place in range(len(rows))] == [believed.prediction(row) for row in rows]
    assert [rows[place] for place in some.measured] == [row for row in rows if row in believed.measured]


@given(outlooks(), st.floats(1.0, 1000.0), st.floats(1.0, 10.0))
def test_a_later_deadline_is_missed_less(believed: Outlook, seconds: float, factor: float) -> None:
    early, later = believed.late(seconds), believed.late(seconds * factor)
    assert ((early >= 0) & (early <= 1)).all()
    assert (later <= early).all()


@given(outlooks())
def test_each_spec_may_have_a_deadline_of_its_own(believed: Outlook) -> None:
    bounds = believed.median
    every = believed.late(bounds)
    for row, bound in enumerate(bounds):
        assert every[row] == pytest.approx(believed.late(float(bound))[row])


@given(outlooks())
def test_quantiles_rise_and_hold_what_they_say(believed: Outlook) -> None:
    levels = [0.05, 0.5, 0.95]
    found = believed.quantiles(levels)
    assert (np.diff(found, axis=0) >= 0).all()
    late = believed.late(found[2])
    assert (np.abs(late - 0.05) < 0.06).all()


@given(outlooks())
def test_a_prediction_says_what_the_draws_say(believed: Outlook) -> None:
    for row, median in enumerate(believed.median):
        prediction = believed.prediction(row)
        assert prediction.median_seconds == pytest.approx(median)
        assert prediction.failure_risk == believed.failure[row]
        assert prediction.log_scale >= max(believed.noise, prediction.log_doubt)
        assert prediction.degrees_of_freedom == LEAST_DEGREES + believed.runs


def test_where_the_draws_agree_only_the_noise_is_left() -> None:
    prediction = certain(100.0, 50.0).prediction(1)
    assert prediction.log_doubt == 0
    assert prediction.log_scale == pytest.approx(0.04)
    assert certain(100.0).late(100.0)[0] == pytest.approx(0.5)


def test_doubt_is_as_wide_as_the_draws() -> None:
    chance = np.random.default_rng(0)
    believed = outlook(4 + 0.3 * chance.standard_normal((20_000, 1)))
    prediction = believed.prediction(0)
    low, high = prediction.interval(0.8)
    assert believed.late(low)[0] == pytest.approx(0.9, abs=0.02)
    assert believed.late(high)[0] == pytest.approx(0.1, abs=0.02)
    assert math.log(prediction.median_seconds) == pytest.approx(4, abs=0.02)
