"""Each guard fires, and each does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import WIDE, candidate, run

from setpoint.core.domain import ClusterSpec
from setpoint.core.guards import (
    DEAD_BAND,
    EXCLUSIONS,
    SHRINK_FACTOR,
    VETOES,
    Situation,
    exclusion,
    is_within_step,
    veto,
)
from setpoint.core.rollout import Rollout, Trial

HALF = ClusterSpec.local(4, 4096)
CALM = Rollout(known_good=WIDE)
specs = st.builds(ClusterSpec.local, st.integers(1, 64), st.integers(512, 32768))


def situation(
    rollout: Rollout = CALM, *, failed_mib: int = 0, is_missing: bool = False, loss: float = 1.0
) -> Situation:
    return Situation(candidate(WIDE, loss=loss), rollout, failed_mib, is_missing)


def test_what_was_rolled_back_is_out_and_nothing_else_is() -> None:
    failed = situation(Rollout(known_good=WIDE, failed=(HALF,)))
    assert "rolled back" in (exclusion(HALF, failed) or "")
    assert exclusion(ClusterSpec.local(4, 8192), failed) is None
    assert exclusion(HALF, situation()) is None


@given(specs, st.integers(0, 32768))
def test_heaps_up_to_one_that_failed_are_out(spec: ClusterSpec, failed_mib: int) -> None:
    reason = exclusion(spec, situation(failed_mib=failed_mib))
    assert ("for want of memory" in (reason or "")) == (spec.task_memory_mib <= failed_mib)


@given(specs)
def test_a_change_goes_one_way_on_all_axes(spec: ClusterSpec) -> None:
    slots, memory = spec.slots - WIDE.slots, spec.task_memory_mib - WIDE.task_memory_mib
    reason = exclusion(spec, situation())
    assert ("takes from one axis" in (reason or "")) == (slots * memory < 0)


@given(specs, specs)
def test_a_step_down_is_a_half_at_most_and_a_step_up_is_free(spec: ClusterSpec, now: ClusterSpec) -> None:
    assert is_within_step(spec, spec)
    is_far = spec.slots * SHRINK_FACTOR < now.slots or spec.task_memory_mib * SHRINK_FACTOR < now.task_memory_mib
    assert is_within_step(spec, now) != is_far
    assert is_within_step(now.with_size(now.slots + spec.slots, now.task_memory_mib + spec.task_memory_mib), now)


@pytest.mark.parametrize(
    ("rollout", "loss", "words"),
    [
        (Rollout(WIDE, trial=Trial(HALF, rescue=False)), 0.5, "on trial after 0 run"),
        (Rollout(WIDE, trial=Trial(HALF, rescue=False, runs=(run(1, HALF),))), 0.5, "on trial after 1 run"),
        (Rollout(WIDE, failures_in_row=2), 0.5, "waits for 2 more run"),
        (CALM, 1 - DEAD_BAND + 0.001, "less than the 5%"),
        (CALM, 1.2, "less than the 5%"),
    ],
)
def test_a_change_that_only_saves_waits(rollout: Rollout, loss: float, words: str) -> None:
    found = candidate(HALF, loss=loss)
    assert words in (veto(found, situation(rollout)) or "")
    assert veto(found, situation(rollout, is_missing=True)) is None


def test_a_change_that_is_worth_it_does_not_wait() -> None:
    rested = Rollout(WIDE, failures_in_row=2, runs_since_rollback=2)
    for rollout in (CALM, rested):
        assert veto(candidate(HALF, loss=1 - DEAD_BAND - 0.001), situation(rollout)) is None


@given(st.floats(0.0, 2.0))
def test_where_nothing_costs_anything_nothing_is_gained(loss: float) -> None:
    assert veto(candidate(HALF, loss=loss), situation(loss=0.0)) is not None


def test_every_rule_says_why_in_words() -> None:
    trouble = Rollout(WIDE, Trial(HALF, rescue=False), failed=(HALF,), failures_in_row=1)
    mixed = ClusterSpec.local(16, 1024)
    seen = situation(trouble, failed_mib=4096)
    said = [rule(spec, seen) for rule in EXCLUSIONS for spec in (HALF, mixed)]
    said += [guard(candidate(HALF, loss=1.0), seen) for guard in VETOES]
    assert all(reason is None or (reason[0].islower() and not reason.endswith(".")) for reason in said)
    assert sum(reason is not None for reason in said) == 6
