"""Each guard fires, and each does not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import START, WIDE, candidate, run

from setpoint.core.domain import ClusterSpec
from setpoint.core.guards import (
    DEAD_BAND,
    MOST_RETURNS,
    SHRINK_FACTOR,
    TRYING_BAND,
    VETOES,
    Situation,
    exclusion,
    is_within_step,
    veto,
)
from setpoint.core.optimisers import Pick
from setpoint.core.restrictions import Restrictions, forbidden
from setpoint.core.rollout import Rollout, Trial

HALF = ClusterSpec.local(4, 4096)
CALM = Rollout(known_good=WIDE)
specs = st.builds(ClusterSpec.local, st.integers(1, 64), st.integers(512, 32768))


def situation(rollout: Rollout = CALM, *, is_missing: bool = False) -> Situation:
    return Situation(rollout, is_missing)


def pick(gain: float, trying: float | None = None) -> Pick:
    return Pick(candidate(HALF), gain, trying)


def test_what_was_rolled_back_is_out_and_nothing_else_is() -> None:
    failed = Rollout(known_good=WIDE, failed=(HALF,))
    assert "a run failed" in (exclusion(HALF, WIDE, failed, 0) or "")
    assert exclusion(ClusterSpec.local(4, 8192), WIDE, failed, 0) is None
    assert exclusion(HALF, WIDE, CALM, 0) is None


@given(specs, st.integers(0, 32768))
def test_heaps_up_to_one_that_failed_are_out(spec: ClusterSpec, failed_mib: int) -> None:
    reason = exclusion(spec, WIDE, CALM, failed_mib)
    assert ("for want of memory" in (reason or "")) == (spec.task_memory_mib <= failed_mib)


@given(specs)
def test_a_change_goes_one_way_on_all_axes(spec: ClusterSpec) -> None:
    slots, memory = spec.slots - WIDE.slots, spec.task_memory_mib - WIDE.task_memory_mib
    reason = exclusion(spec, WIDE, CALM, 0)
    assert ("takes from one axis" in (reason or "")) == (slots * memory < 0)


@given(specs, specs)
def test_a_step_down_is_a_half_at_most_and_a_step_up_is_free(spec: ClusterSpec, now: ClusterSpec) -> None:
    assert is_within_step(spec, spec)
    is_far = spec.slots * SHRINK_FACTOR < now.slots or spec.task_memory_mib * SHRINK_FACTOR < now.task_memory_mib
    assert is_within_step(spec, now) != is_far
    assert is_within_step(now.with_size(now.slots + spec.slots, now.task_memory_mib + spec.task_memory_mib), now)


@pytest.mark.parametrize(
    ("rollout", "gain", "words"),
    [
        (Rollout(WIDE, trial=Trial(HALF, rescue=False)), 0.5, "on trial after 0 run"),
        (Rollout(WIDE, trial=Trial(HALF, rescue=False, runs=(run(1, HALF),))), 0.5, "on trial after 1 run"),
        (Rollout(WIDE, failures_in_row=2), 0.5, "waits for 2 more run"),
        (CALM, DEAD_BAND - 0.001, "less than the 5%"),
        (CALM, -0.2, "less than the 5%"),
    ],
)
def test_a_change_that_only_saves_waits(rollout: Rollout, gain: float, words: str) -> None:
    assert words in (veto(pick(gain), situation(rollout)) or "")
    assert veto(pick(gain), situation(rollout, is_missing=True)) is None


def test_a_change_that_is_worth_it_does_not_wait() -> None:
    rested = Rollout(WIDE, failures_in_row=2, runs_since_rollback=2)
    for rollout in (CALM, rested):
        assert veto(pick(DEAD_BAND + 0.001), situation(rollout)) is None


@given(st.floats(-1.0, 1.0), st.floats(0.0, 10.0))
def test_what_is_tried_must_promise_more(gain: float, trying: float) -> None:
    assert (veto(pick(gain, trying), situation()) is None) == (gain >= TRYING_BAND)
    if veto(pick(gain, trying), situation()) is None:
        assert veto(pick(gain), situation()) is None


def test_where_nothing_costs_anything_nothing_is_gained() -> None:
    assert veto(pick(0.0), situation()) is not None


def test_every_rule_says_why_in_words() -> None:
    trouble = Rollout(WIDE, Trial(HALF, rescue=False), failed=(HALF,), failures_in_row=1, recent=(WIDE, HALF) * 3)
    mixed, small = ClusterSpec.local(16, 6144), ClusterSpec.local(8, 4096)
    said = [exclusion(spec, WIDE, trouble, 4096) for spec in (HALF, mixed, small)]
    limits = Restrictions(pins=("slots 8",), exploration_dollars_per_month=0.0, explore_until=START)
    at_stake = Situation(trouble, is_missing=False, restrictions=limits, now=START, is_idempotent=False)
    said += [guard(pick(0.0, trying=1.0), at_stake) for guard in VETOES]
    said += [exclusion(HALF, WIDE, CALM, 0, limits)]
    assert all(reason is not None and reason[0].islower() and not reason.endswith(".") for reason in said)
    assert len(set(said)) == 11


@given(st.integers(1, 6), st.floats(0.2, 1.0))
def test_who_goes_in_circles_stops_and_may_still_be_rescued_or_go_elsewhere(rounds: int, gain: float) -> None:
    circling = Rollout(WIDE, recent=(WIDE, HALF) * rounds)
    stops = circling.returns >= MOST_RETURNS
    assert (veto(pick(gain), situation(circling)) is not None) == stops
    assert veto(pick(gain), situation(circling, is_missing=True)) is None
    elsewhere = Pick(candidate(ClusterSpec.local(2, 2048)), gain)
    assert veto(elsewhere, situation(circling)) is None


@given(st.floats(0.0, 0.01), st.floats(0.0, 0.01))
def test_trying_stops_at_its_cap_and_what_saves_at_once_goes_on(spent: float, cap: float) -> None:
    rollout = Rollout(WIDE, explored=((f"{START:%Y-%m}", spent),))
    bound = Situation(
        rollout, is_missing=False, restrictions=Restrictions(exploration_dollars_per_month=cap), now=START
    )
    trying, saving = pick(0.5, trying=0.001), pick(0.5)
    assert (veto(trying, bound) is None) == (spent + trying.candidate.cost.dollars <= cap)
    assert veto(saving, bound) is None
    next_month = replace(bound, now=START + timedelta(days=40))
    assert (veto(trying, next_month) is None) == (trying.candidate.cost.dollars <= cap)


@given(st.integers(-10, 10))
def test_nothing_is_tried_after_the_day_until_which_it_may_be(days: int) -> None:
    until = Restrictions(explore_until=START + timedelta(days=days))
    bound = Situation(CALM, is_missing=False, restrictions=until, now=START)
    assert (veto(pick(0.5, trying=0.1), bound) is None) == (days > 0)
    assert veto(pick(0.5), bound) is None


@given(specs, specs)
def test_only_what_is_allowed_may_be_chosen_and_what_is_forbidden_is_left_any_way(
    spec: ClusterSpec, now: ClusterSpec
) -> None:
    limits = Restrictions(pins=("slots 8",), deny=("memory 1024m",))
    reason = exclusion(spec, now, CALM, 0, limits)
    if forbidden(limits, spec) is not None:
        assert reason == forbidden(limits, spec)
    elif forbidden(limits, now) is not None:
        assert reason is None
