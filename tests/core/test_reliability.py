import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import START, entries, folded, recorded, registered, run
from tests.service.story import whole_story

from setpoint.core.belief.grades import grade
from setpoint.core.history import GoalSet
from setpoint.core.reliability import pooled, reliability, share_interval


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_of_a_share_holds_it_and_narrows_with_more_runs(count: int, more: int) -> None:
    of = count + more
    found = share_interval(count, of)
    assert 0 <= found.low <= found.high <= 1
    if of:
        assert found.low - 1e-4 <= count / of <= found.high + 1e-4
        wider = share_interval(count, of)
        narrower = share_interval(10 * count, 10 * of)
        assert narrower.high - narrower.low <= wider.high - wider.low + 1e-4


def test_one_project_is_graded_as_its_grades_say() -> None:
    found = reliability("orders", whole_story())
    grades = grade(folded(whole_story()))
    assert found.predictions == grades.predictions > 0
    assert tuple(each.held for each in found.covered) == grades.held
    assert sum(each.runs for each in found.stated) >= found.predictions
    assert found.expected_misses == pytest.approx(math.fsum(each.mean_risk * each.runs for each in found.stated))
    assert found.bias is not None
    assert found.bias.interval.low <= found.bias.factor <= found.bias.interval.high


def test_many_projects_are_the_sum_of_each() -> None:
    one = reliability("a", whole_story())
    empty = reliability("b", entries(run(1)))
    whole = pooled([one, replace(one, name="c"), empty])
    assert whole.predictions == 2 * one.predictions
    assert [each.held for each in whole.covered] == [2 * each.held for each in one.covered]
    assert [each.misses for each in whole.stated] == [2 * each.misses for each in one.stated]
    assert [each.mean_risk for each in whole.stated] == pytest.approx([each.mean_risk for each in one.stated])
    assert whole.bias is not None


def test_nothing_said_is_nothing_graded() -> None:
    for book in (
        (),
        entries(run(1)),
        [registered(), GoalSet("a goal of another version", "auto", START), *recorded(run(1))],
    ):
        found = reliability("p", tuple(book))
        assert (found.predictions, found.stated, found.bias) == (0, (), None)
    assert pooled([]).bias is None
