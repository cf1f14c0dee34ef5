"""What the horizon rule owes whatever is believed."""

from dataclasses import replace
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made_outlooks import DRAWS, certain, outlook, outlooks

from setpoint.core.belief import Outlook
from setpoint.core.optimisers.horizon import NEAR_TIE, Stakes, Verdict, odds_of, weigh


def decide(believed: Outlook, runs_left: int, deadline: float | None = None, risk: float = 0.05) -> Verdict:
    stakes = Stakes(np.ones(believed.log_seconds.shape[1]), runs_left, deadline, risk)
    return weigh(believed, stakes, np.random.default_rng(0))


@given(outlooks(), st.integers(1, 30))
def test_a_surely_dearer_spec_is_never_chosen(believed: Outlook, left: int) -> None:
    verdict = decide(believed, left)
    drawn = np.exp(believed.log_seconds)
    assert verdict.row == verdict.known or (drawn[:, verdict.row] < drawn[:, verdict.known].mean()).any()


@given(st.lists(st.floats(101.0, 1000.0), min_size=1, max_size=8), st.integers(1, 30))
def test_it_stays_where_all_draws_agree_that_the_known_is_best(others: list[float], left: int) -> None:
    verdict = decide(certain(100.0, *others), left)
    assert verdict.row == verdict.known == 0
    assert verdict.saving == 0
    assert verdict.unknown_saving <= 0


@given(outlooks())
def test_the_last_run_is_never_spent_on_learning(believed: Outlook) -> None:
    verdict = decide(believed, 1)
    assert verdict.charge <= verdict.known_charge * (1 + 1e-9)


@given(outlooks(), st.integers(1, 20), st.integers(1, 20))
def test_more_runs_left_never_make_it_try_less(believed: Outlook, left: int, more: int) -> None:
    verdict = decide(believed, left)
    if verdict.row not in believed.measured:
        assert decide(believed, left + more).row != verdict.known


@given(outlooks(), st.integers(1, 30), st.randoms(use_true_random=False))
def test_the_order_of_specs_changes_nothing(believed: Outlook, left: int, shuffle: Random) -> None:
    order = list(range(believed.log_seconds.shape[1]))
    shuffle.shuffle(order)
    assert order[decide(believed.at(order), left).row] == decide(believed, left).row


@given(outlooks(), st.integers(1, 30))
def test_a_choice_pays_more_than_a_near_tie(believed: Outlook, left: int) -> None:
    verdict = decide(believed, left)
    if verdict.row != verdict.known:
        assert verdict.saving >= NEAR_TIE * verdict.known_charge * (1 - 1e-9)


def test_a_near_tie_stays_and_says_what_trying_would_bring() -> None:
    verdict = decide(certain(100.0, 99.0, 400.0), 1)
    assert verdict.row == 0
    assert verdict.best_unknown == 1
    assert 0 < verdict.unknown_saving < NEAR_TIE * verdict.known_charge
    assert verdict.trial_cost < 0


def test_a_clear_saving_is_taken() -> None:
    verdict = decide(certain(100.0, 60.0), 2)
    assert verdict.row == 1
    assert verdict.saving > 0


def test_a_gamble_is_worth_it_only_where_runs_are_left() -> None:
    outcomes = np.where(np.arange(DRAWS)[:, None] % 2 == 0, np.log(50.0), np.log(200.0))
    believed = outlook(np.concatenate([np.full((DRAWS, 1), np.log(100.0)), outcomes], axis=1))
    assert decide(believed, 1).row == 0
    assert decide(believed, 20).row == 1
    assert decide(believed, 20).trial_cost > 0


@given(outlooks(), st.integers(1, 30), st.floats(20.0, 400.0))
def test_what_will_surely_miss_is_not_chosen_where_the_known_is_in_time(
    believed: Outlook, left: int, deadline: float
) -> None:
    odds = odds_of(believed, Stakes(np.ones(len(believed.failure)), left, deadline))
    verdict = decide(believed, left, deadline)
    if believed.late(deadline)[odds.known] <= 0.5 and verdict.row != odds.known:
        assert odds.miss[verdict.row] <= 0.9


def test_no_hope_of_a_large_saving_is_worth_what_nearly_always_misses() -> None:
    drawn = np.where(np.arange(DRAWS)[:, None] < 3, np.log(1.0), np.log(200.0))
    believed = outlook(np.concatenate([np.full((DRAWS, 1), np.log(100.0)), drawn], axis=1))
    assert decide(believed, 100, deadline=150.0, risk=0.5).row == 0
    assert decide(believed, 100).row == 1


@given(outlooks(), st.integers(1, 30), st.floats(20.0, 400.0))
def test_what_was_late_is_not_run_again_where_another_was_in_time(
    believed: Outlook, left: int, deadline: float
) -> None:
    late = believed.late(deadline)
    if min(late[list(believed.measured)]) < 0.01:
        row = decide(believed, left, deadline).row
        assert row not in believed.measured or late[row] < 0.99


def test_a_late_parent_is_left_for_a_dearer_spec_in_time() -> None:
    assert decide(certain(100.0, 80.0), 10, deadline=90.0).row == 1
    believed = certain(100.0, 80.0)
    stakes = Stakes(np.array([1.0, 3.0]), 10, 90.0)
    assert weigh(believed, stakes, np.random.default_rng(0)).row == 1


def test_a_smaller_accepted_risk_tries_less() -> None:
    drawn = np.where(np.arange(DRAWS)[:, None] % 10 < 2, np.log(200.0), np.log(80.0))
    believed = outlook(np.concatenate([np.full((DRAWS, 1), np.log(100.0)), drawn], axis=1))
    assert decide(believed, 10, deadline=150.0, risk=0.5).row == 1
    assert decide(believed, 10, deadline=150.0, risk=0.001).row == 0


def test_a_timeout_bounds_what_a_failure_costs() -> None:
    believed = outlook(np.log([[100.0, 1000.0]] * DRAWS), np.array([0.0, 0.5]))
    stakes = Stakes(np.ones(2), 5)
    bounded = odds_of(replace(believed, timeout_seconds=150.0), stakes)
    assert bounded.first[1] < odds_of(believed, stakes).first[1]


def test_what_a_run_saves_counts_only_where_it_does_not_fail() -> None:
    """The cheapest fails half of the time: half of the plans for later are then to stay."""
    for failure, row in ((0.0, 2), (0.5, 1)):
        believed = replace(certain(100.0, 90.0, 85.0), failure=np.array([0.0, 0.0, failure]))
        assert decide(believed, 20).row == row
    same = replace(certain(100.0, 80.0, 80.0), failure=np.array([0.0, 0.5, 0.0]))
    assert decide(same, 20).row == 2


def test_one_absurd_draw_does_not_keep_it_from_a_saving() -> None:
    drawn = np.repeat(np.log([[100.0, 60.0]]), DRAWS, axis=0)
    drawn[7, 1] = np.log(1e7)
    assert decide(outlook(drawn), 20).row == 1


def test_a_spec_that_failed_is_no_hope_that_makes_useless_tries_pay() -> None:
    """Staying has no such option: with it in the plans for later, learning nothing would seem to save."""
    spread = np.log(104.0) + 0.05 * np.random.default_rng(1).standard_normal((DRAWS, 1))
    drawn = np.concatenate([np.full((DRAWS, 1), np.log(100.0)), spread, np.full((DRAWS, 1), np.log(50.0))], axis=1)
    believed = replace(outlook(drawn), failure=np.array([0.0, 0.01, 0.98]))
    assert decide(believed, 20).row == 0
