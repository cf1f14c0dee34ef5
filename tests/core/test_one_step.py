"""What the one recommendation owes whatever is believed."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made_outlooks import DRAWS, certain, outlook, outlooks

from setpoint.core.belief import Outlook
from setpoint.core.optimisers.horizon import Stakes, Verdict
from setpoint.core.optimisers.one_step import improve


def advise(believed: Outlook, deadline: float | None = None) -> Verdict:
    return improve(believed, Stakes(np.ones(len(believed.failure)), 1, deadline))


@given(outlooks())
def test_a_surely_dearer_spec_is_never_advised(believed: Outlook) -> None:
    verdict = advise(believed)
    drawn = np.exp(believed.log_seconds)
    assert verdict.row == verdict.known or (drawn[:, verdict.row] < drawn[:, verdict.known].mean()).any()


@given(st.lists(st.floats(100.0, 1000.0), min_size=1, max_size=8))
def test_where_nothing_may_be_cheaper_it_stays(others: list[float]) -> None:
    verdict = advise(certain(100.0, *others))
    assert verdict.row == 0
    assert verdict.saving == 0


@given(outlooks(), st.randoms(use_true_random=False))
def test_the_order_of_specs_changes_nothing(believed: Outlook, shuffle: Random) -> None:
    order = list(range(len(believed.failure)))
    shuffle.shuffle(order)
    assert order[advise(believed.at(order)).row] == advise(believed).row


def test_the_sure_gain_beats_the_larger_gamble() -> None:
    gamble = np.where(np.arange(DRAWS) % 2 == 0, np.log(20.0), np.log(130.0))
    believed = outlook(np.stack([np.full(DRAWS, np.log(100.0)), gamble, np.full(DRAWS, np.log(85.0))], axis=1))
    assert advise(believed).row == 2


def test_of_equally_sure_ones_the_larger_gain_wins() -> None:
    assert advise(certain(100.0, 80.0, 60.0)).row == 2


def test_what_may_fail_is_less_sure() -> None:
    believed = outlook(np.log([[100.0, 60.0, 80.0]] * DRAWS), np.array([0.0, 0.4, 0.0]))
    assert advise(believed).row == 2


@given(st.floats(10.0, 45.0))
def test_what_is_surely_late_is_not_advised(seconds: float) -> None:
    believed = certain(100.0, 60.0, seconds)
    stakes = Stakes(np.array([1.0, 0.1, 1.0]), 1, deadline_seconds=50.0)
    assert improve(believed, stakes).row != 1


def test_a_late_run_is_left_for_a_dearer_spec_in_time() -> None:
    verdict = improve(certain(100.0, 40.0), Stakes(np.array([1.0, 3.0]), 1, deadline_seconds=50.0))
    assert verdict.row == 1
    assert verdict.saving < 0
