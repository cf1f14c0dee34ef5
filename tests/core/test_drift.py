"""Has the plant changed?"""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import GOAL_TEXT, START, WIDE, candidate, change, entries, folded, recorded, run, waiting_profile

from setpoint.core.domain import ClusterSpec, Hold, Run
from setpoint.core.drift import CUSUM_ALARM, INPUT_TOLERANCE, cusum, detect, log_error
from setpoint.core.history import Decided, Disturbed, Entry, RunRecorded
from setpoint.core.profile import Completeness, Removal

NARROW = ClusterSpec.local(2, 8192)
KNOWN = (run(90), run(91), run(92))
"""What the model learned from."""
deviations = st.lists(st.floats(-4, 4), max_size=30)


def steady(values: list[float]) -> list[tuple[float, float, str]]:
    return [(value, 1.0, "here") for value in values]


@given(deviations)
def test_the_sum_is_never_negative_and_rises_by_what_is_above_the_slack(values: list[float]) -> None:
    sums = [cusum(steady(values[:count])) for count in range(len(values) + 1)]
    assert all(total >= 0 for total in sums)
    rises = [after - before for before, after in pairwise(sums)]
    assert all(rise <= max(0.0, value - 1) + 1e-9 for rise, value in zip(rises, values, strict=True))


@given(deviations, st.integers(0, 29))
def test_a_longer_run_never_lowers_the_sum(values: list[float], place: int) -> None:
    worse = [value + (1.0 if index == place else 0.0) for index, value in enumerate(values)]
    assert cusum(steady(worse)) >= cusum(steady(values))


@given(deviations)
def test_one_wild_run_is_no_alarm(values: list[float]) -> None:
    calm = [min(1.0, value) for value in values]
    assert cusum(steady([*calm, 400.0])) < CUSUM_ALARM


def test_the_scale_of_the_first_surprise_stays_in_force() -> None:
    assert cusum([(0.2, 0.1, WIDE), (0.3, 1.0, WIDE)]) == pytest.approx(3.0)
    assert cusum([(0.0, 0.1, WIDE), (0.3, 1.0, WIDE)]) == 0.0


def test_a_spec_that_is_new_to_the_model_has_its_own_scale() -> None:
    assert cusum([(0.2, 0.1, WIDE), (0.3, 0.3, NARROW)]) == pytest.approx(1.0)
    assert cusum([(0.2, 0.1, WIDE), (0.3, 0.3, NARROW), (0.3, 1.0, WIDE)]) == pytest.approx(3.0)


def test_an_error_is_the_log_of_actual_over_predicted() -> None:
    prediction = candidate(WIDE, 20.0, scale=0.1).prediction
    assert log_error(run(1, seconds=20.0), prediction) == pytest.approx(0.0)
    assert log_error(run(1, seconds=20.0 * math.exp(0.2)), prediction) == pytest.approx(0.2, abs=1e-6)
    assert log_error(run(1, seconds=0.0), prediction) < -9


def kind_of(found: object) -> str | None:
    return getattr(found, "kind", None)


@given(st.floats(0.1, 10.0))
def test_input_counts_from_the_tolerance_on(ratio: float) -> None:
    history = folded(entries(run(1)))
    grown = run(2, made=waiting_profile(8, input_bytes=round(1_000_000 * ratio)))
    expected = None
    if ratio > (1 + INPUT_TOLERANCE) * 1.00001:
        expected = "data growth"
    elif ratio < 0.99999 / (1 + INPUT_TOLERANCE):
        expected = "data shrinkage"
    elif abs(abs(math.log(ratio)) - math.log1p(INPUT_TOLERANCE)) < 1e-4:
        return
    assert kind_of(detect(history, grown)) == expected


def sized(inputs: list[int]) -> list[str | None]:
    """What is told at each of these runs."""
    story, told = entries(), []
    for number, size in enumerate(inputs):
        now = run(number, made=waiting_profile(8, input_bytes=size))
        told.append(kind_of(detect(folded(story), now)))
        story += recorded(now)
    return told


def test_slow_growth_is_told_step_by_step() -> None:
    told = sized([round(1_000_000 * 1.1**week) for week in range(12)])
    assert set(told) == {None}
    told = sized([1_000_000, 1_300_000, 1_300_000, 1_700_000, 1_000_000, 700_000])
    assert told == [None, "data growth", None, "data growth", None, "data shrinkage"]


def test_a_weekend_is_told_once() -> None:
    assert sized([1_000_000] * 5 + [500_000] * 2 + [1_000_000] * 5 + [500_000] * 2).count("data shrinkage") == 1


@given(st.floats(0.2, 5.0), st.floats(0.9, 1.1))
def test_a_runtime_that_its_input_explains_is_no_surprise(ratio: float, off: float) -> None:
    expected = replace(candidate(WIDE, 20.0, scale=0.05).prediction, input_bytes=1_000_000)
    grown = run(1, WIDE, 20.0 * ratio**0.8 * off, made=waiting_profile(8, input_bytes=round(1_000_000 * ratio)))
    assert log_error(grown, expected) == pytest.approx(math.log(off), abs=1e-3)


def test_another_plan_is_a_code_change_even_where_the_input_grew_too() -> None:
    changed = run(2, made=waiting_profile(8, input_bytes=5_000_000, signature="v2"))
    assert kind_of(detect(folded(entries(run(1))), changed)) == "code change"


def test_the_new_code_is_then_the_usual_one() -> None:
    changed = run(2, made=waiting_profile(8, signature="v2"))
    story = [*entries(run(1), changed), Disturbed("code change", "seen", "run-2", START)]
    again = run(3, made=waiting_profile(8, signature="v2"))
    assert detect(folded(story), again) is None
    assert kind_of(detect(folded(story), run(3))) == "code change"


@pytest.mark.parametrize("odd", [run(2, fault="memory"), run(2, killed=True), run(2, has_profile=False)])
def test_runs_that_failed_or_have_no_log_are_not_compared(odd: Run) -> None:
    assert detect(folded(entries(run(1))), odd) is None
    assert detect(folded(entries(odd)), run(3, made=waiting_profile(8, signature="v2"))) is None


def test_a_log_that_lacks_a_part_tells_nothing_about_code_or_data() -> None:
    """What was read of it has fewer call sites and less input, and nobody changed anything."""
    cut = replace(waiting_profile(8, input_bytes=400_000, signature="half"), completeness=Completeness("cut_off"))
    assert detect(folded(entries(run(1))), run(2, made=cut)) is None
    assert detect(folded(entries(run(1, made=cut))), run(2)) is None
    assert detect(folded(entries(run(1), run(2, made=cut))), run(3)) is None
    assert kind_of(detect(folded(entries(run(1), run(2, made=cut))), run(3, made=waiting_profile(8, signature="v2"))))


def test_inputs_that_nobody_counted_are_not_compared() -> None:
    nothing = run(1, made=waiting_profile(8, input_bytes=0))
    assert detect(folded(entries(nothing)), run(2)) is None
    assert detect(folded(entries(run(1))), replace(nothing, id="run-2")) is None


def predicted(number: int, seconds: float, spec: ClusterSpec = WIDE) -> list[Entry]:
    """A decision that expects 20 s, and a run that takes something else."""
    assessment = replace(change(spec).assessment, current=candidate(spec, 20.0, scale=0.05))
    decided = Decided(f"{number:06d}", f"run-{number - 1}", GOAL_TEXT, spec, Hold("stays", assessment), START)
    return [decided, *recorded(run(number, spec, seconds))]


@pytest.mark.parametrize(("seconds", "word"), [(33.0, "longer"), (12.0, "less")])
def test_two_surprises_in_a_row_are_a_shift(seconds: float, word: str) -> None:
    story = [*entries(*KNOWN), *predicted(2, seconds), predicted(3, seconds)[0]]
    found = detect(folded(story), run(3, seconds=seconds))
    assert found is not None
    assert found.kind == "unexplained shift"
    assert word in found.detail


def test_surprises_to_both_sides_are_noise() -> None:
    story = [*entries(*KNOWN), *predicted(2, 33.0), *predicted(3, 12.0), predicted(4, 33.0)[0]]
    assert detect(folded(story), run(4, seconds=33.0)) is None


def test_a_run_that_nobody_predicted_surprises_nobody() -> None:
    story = [*entries(*KNOWN), *predicted(2, 40.0)]
    assert detect(folded(story), run(3, ClusterSpec.local(1, 1024), seconds=400.0)) is None
    assert detect(folded(entries(run(1))), run(2, seconds=400.0)) is None


@given(st.integers(2, 9), st.floats(30.0, 400.0))
def test_one_wild_run_after_surprises_is_no_shift(usual: int, wild: float) -> None:
    """Even where a run before it was somewhat long."""
    calm = [entry for number in range(2, 2 + usual) for entry in predicted(number, 20.0)]
    story = [*entries(*KNOWN), *calm, *predicted(20, 21.5), predicted(21, wild)[0]]
    assert detect(folded(story), run(21, seconds=wild)) is None


def test_a_job_that_always_scattered_more_than_was_stated_has_not_changed() -> None:
    taken = [16.0, 25.0, 17.0, 24.0, 16.0, 25.0, 15.5, 24.5]
    scattered = [entry for number, seconds in enumerate(taken, start=2) for entry in predicted(number, seconds)]
    steady_ones = [entry for number in range(2, 10) for entry in predicted(number, 20.0)]
    for calm, expected in ((scattered, None), (steady_ones, "unexplained shift")):
        story = [*entries(*KNOWN), *calm, *predicted(20, 25.0), predicted(21, 25.0)[0]]
        assert kind_of(detect(folded(story), run(21, seconds=25.0))) == expected


def test_what_was_predicted_from_one_run_is_held_against_none() -> None:
    """The first run of all took twice as long: those after it are as usual."""
    story = [*entries(run(1, seconds=40.0)), *predicted(2, 10.0), predicted(3, 10.0)[0]]
    assert detect(folded(story), run(3, seconds=10.0)) is None


@pytest.mark.parametrize("removal", ["spot", "lost"])
def test_runs_that_lost_machines_are_noise(removal: Removal) -> None:
    whole = waiting_profile(8)
    lost = replace(whole, executors=(replace(whole.executors[0], removal=removal),))
    before = [*entries(*KNOWN), *predicted(2, 33.0), predicted(3, 33.0)[0]]
    assert kind_of(detect(folded(before), run(3, seconds=33.0))) == "unexplained shift"
    assert detect(folded(before), run(3, seconds=33.0, made=lost)) is None


@given(st.floats(0.91, 1.1))
def test_a_shift_that_is_small_is_left_to_the_model(off: float) -> None:
    seconds = 20.0 * off
    story = [*entries(*KNOWN), *(each for n in range(2, 12) for each in predicted(n, seconds))]
    assert detect(folded([*story, predicted(12, seconds)[0]]), run(12, seconds=seconds)) is None


def without_log(entry: Entry) -> Entry:
    return replace(entry, run=replace(entry.run, profile=None)) if isinstance(entry, RunRecorded) else entry


@pytest.mark.parametrize("seconds", [33.0, 12.0])
def test_a_shift_is_seen_without_any_log(seconds: float) -> None:
    story = [*entries(*KNOWN), *predicted(2, seconds), predicted(3, seconds)[0]]
    found = detect(folded(map(without_log, story)), run(3, seconds=seconds, has_profile=False))
    assert kind_of(found) == "unexplained shift"
