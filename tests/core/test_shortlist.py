"""Of many specs the few that may matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.made import PRICES
from tests.core.made_outlooks import outlook

from setpoint.core.belief import Outlook
from setpoint.core.domain import ClusterSpec
from setpoint.core.goals import FAILURE_RISK, METRICS, parse_goal
from setpoint.core.shortlist import MOST_ASSESSED, rates_of, shortlist

SPECS = tuple(ClusterSpec.local(slots, 1024 * gib) for slots in range(1, 21) for gib in (1, 2, 4, 8, 16))
GOAL = parse_goal("minimise cost; runtime <= 200s")
goals = st.sampled_from(
    ["minimise cost", "minimise cost; runtime <= 200s", "runtime p80 <= 60s", "minimise runtime; cost <= 0.004$"]
)


def believed(seed: int, *, level: float = 5.0, doubt: float = 0.1) -> Outlook:
    chance = np.random.default_rng(seed)
    middle = level + chance.uniform(-1.5, 1.5, len(SPECS))
    risks = np.where(chance.random(len(SPECS)) < 0.2, chance.uniform(0, 1, len(SPECS)), 0.0)
    return outlook(middle + doubt * chance.standard_normal((64, len(SPECS))), risks)


def anything(spec: ClusterSpec) -> bool:
    return spec in SPECS


@given(st.integers(0, 999), goals)
@settings(max_examples=40)
def test_it_is_short_in_order_and_without_doubles(seed: int, goal: str) -> None:
    found = shortlist(SPECS, believed(seed), parse_goal(goal), PRICES, anything)
    assert 0 < len(found) <= MOST_ASSESSED
    assert found == [spec for spec in SPECS if spec in set(found)]
    assert found == shortlist(SPECS, believed(seed), parse_goal(goal), PRICES, anything)


@given(st.integers(0, 999))
@settings(max_examples=40)
def test_the_cheapest_that_keeps_the_goal_is_kept(seed: int) -> None:
    """Where all is nearly certain, so that how it may turn out is how it is expected."""
    known = believed(seed, doubt=0.001)
    costs = known.median * rates_of(SPECS, GOAL, PRICES) * (1 + known.failure)
    fit = np.flatnonzero((known.late(200.0) <= GOAL.risk) & (known.failure <= FAILURE_RISK))
    if len(fit):
        best = SPECS[fit[costs[fit].argmin()]]
        assert best in shortlist(SPECS, known, GOAL, PRICES, anything)


@given(st.integers(0, 999))
@settings(max_examples=40)
def test_where_none_keeps_the_goal_the_nearest_is_kept(seed: int) -> None:
    known = believed(seed, level=9.0)
    assert (known.late(200.0) > GOAL.risk).all()
    distance = np.maximum(0, np.log(known.median / 200.0)) + known.failure
    assert SPECS[distance.argmin()] in shortlist(SPECS, known, GOAL, PRICES, anything)


def test_what_may_not_be_entered_takes_no_place_of_what_may() -> None:
    """The forbidden ones are only there to say what was refused."""
    known = believed(3, level=3.0)
    forbidden = set(sorted(SPECS, key=lambda spec: spec.slots)[:60])
    found = shortlist(SPECS, known, GOAL, PRICES, lambda spec: spec not in forbidden)
    free = [spec for spec in found if spec not in forbidden]
    risky = {spec for spec, risk in zip(SPECS, known.failure, strict=True) if risk > FAILURE_RISK}
    assert len(free) >= min(40, len(set(SPECS) - forbidden - risky))
    assert len(found) - len(free) <= 24


def test_one_that_may_turn_out_good_is_looked_at() -> None:
    chance = np.random.default_rng(0)
    drawn = np.full((64, len(SPECS)), 5.0) + 0.001 * chance.standard_normal((64, len(SPECS)))
    drawn[:, 70] = np.where(np.arange(64) % 3 == 0, 3.0, 5.2)
    found = shortlist(SPECS, outlook(drawn), parse_goal("minimise runtime"), PRICES, anything)
    assert SPECS[70] in found


def test_rates_are_what_the_goal_minimises_per_second() -> None:
    rates = rates_of(SPECS, GOAL, PRICES)
    assert rates[7] * 60 == pytest.approx(METRICS["cost"].at(SPECS[7], 60.0, PRICES))
    assert set(rates_of(SPECS, parse_goal("minimise runtime"), PRICES)) == {1.0}
