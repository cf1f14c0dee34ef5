"""Runs that are odd by themselves."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import GOAL_TEXT, START, WIDE, candidate, change, entries, folded, recorded, run

from setpoint.core.domain import ClusterSpec, Hold
from setpoint.core.history import Decided, Disturbed, Entry
from setpoint.core.oddity import SHARPEST_DOUBT, odd_runs
from setpoint.core.workload import identify

HALF = ClusterSpec.local(4, 8192)


def nights(seconds: list[float], specs: list[ClusterSpec] | None = None, scale: float = 0.05) -> list[Entry]:
    """One run that nobody predicted, then runs of which 20 s were expected."""
    story = entries(run(0))
    for number, taken in enumerate(seconds, start=1):
        spec = WIDE if specs is None else specs[number - 1]
        assessment = replace(change(spec).assessment, current=candidate(spec, 20.0, scale=scale))
        decided = Decided(f"{number:06d}", f"run-{number - 1}", GOAL_TEXT, spec, Hold("stays", assessment), START)
        story += [decided, *recorded(run(number, spec, taken))]
    return story


@given(st.lists(st.floats(18.5, 21.5), min_size=1, max_size=8), st.floats(30.0, 90.0), st.data())
def test_one_long_run_among_usual_ones_is_odd(usual: list[float], long: float, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(usual)))
    taken = [*usual[:place], long, *usual[place:]]
    assert odd_runs(folded(nights(taken))) == {f"run-{place + 1}"}


@given(st.lists(st.floats(18.5, 21.5), max_size=8), st.floats(25.0, 90.0))
def test_what_happens_twice_in_a_row_is_how_it_is(usual: list[float], long: float) -> None:
    assert odd_runs(folded(nights([*usual, long, long]))) == frozenset()


def test_what_happens_twice_on_a_spec_is_how_that_spec_is() -> None:
    taken, specs = [20.0, 45.0, 20.0, 45.0], [WIDE, HALF, WIDE, HALF]
    assert odd_runs(folded(nights(taken, specs))) == frozenset()
    assert odd_runs(folded(nights(taken[:3], specs[:3]))) == {"run-2"}


@given(st.floats(SHARPEST_DOUBT * 1.01, 1.0), st.floats(20.0, 400.0))
def test_what_the_model_doubted_itself_is_not_odd(scale: float, seconds: float) -> None:
    assert odd_runs(folded(nights([20.0, seconds], scale=scale))) == frozenset()


@given(st.floats(1.0, 21.0))
def test_a_short_run_is_never_odd(seconds: float) -> None:
    assert odd_runs(folded(nights([20.0, seconds, 20.0]))) == frozenset()


def test_with_what_a_regime_begins_is_not_odd() -> None:
    story = [*nights([20.0, 45.0]), Disturbed("code change", "seen", "run-2", START)]
    assert odd_runs(folded(story)) == frozenset()


@pytest.mark.parametrize("seconds", [24.0, 45.0])
def test_an_odd_run_is_known_and_simulated_from_no_more(seconds: float) -> None:
    workload = identify(folded(nights([20.0, 20.0, seconds])))
    assert workload is not None
    is_odd = seconds > 30
    assert [each.is_odd for each in workload.measured] == [False, False, False, is_odd]
    assert [base.run_id for base in workload.bases][-1] == ("run-2" if is_odd else "run-3")
