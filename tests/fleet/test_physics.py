import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fleet.made import laws, pure_laws, scales, sizes, spec

from setpoint.core.domain import ClusterSpec
from setpoint.testing.fleet.days import Luck, risk_of_delay
from setpoint.testing.fleet.physics import USABLE_HEAP, JobLaw, StageLaw, placed


@given(pure_laws, sizes, scales, st.integers(1, 8))
def test_more_slots_are_hardly_ever_slower_where_machines_cost_nothing(
    law: JobLaw, small: ClusterSpec, scale: float, factor: int
) -> None:
    """Whole multiples of the slots; a list schedule may lose to a smaller one by less than its longest task."""
    large = small.with_size(small.slots * factor, small.task_memory_mib)
    anomaly = sum(
        max(stage.shares) * stage.task_seconds(large, scale, law.collecting_at(large.task_memory_mib, scale))
        for stage in law.stages
    )
    assert law.seconds(large, scale) <= law.seconds(small, scale) + anomaly


@given(st.lists(st.floats(0.1, 5.0), min_size=1, max_size=40), st.integers(1, 20))
def test_a_schedule_is_within_its_bounds(lengths: list[float], slots: int) -> None:
    """No shorter than the work shared out and the longest task, no longer than both together (Graham 1969)."""
    tasks = placed(lengths, slots)
    ends = max(task.ends for task in tasks)
    least, longest = math.fsum(lengths) / slots, max(lengths)
    assert max(least, longest) - 1e-9 <= ends <= least + longest + 1e-9
    for slot in range(slots):
        own = [task for task in tasks if task.slot == slot]
        assert all(before.ends <= after.starts for before, after in pairwise(own))


@given(laws, sizes, scales)
def test_more_heap_is_never_slower(law: JobLaw, small: ClusterSpec, scale: float) -> None:
    large = small.with_size(small.slots, 2 * small.task_memory_mib)
    assert law.seconds(large, scale) <= law.seconds(small, scale) + 1e-9


@given(laws, sizes, scales)
def test_more_input_takes_longer_and_needs_more(law: JobLaw, size: ClusterSpec, scale: float) -> None:
    assert law.seconds(size, 1.5 * scale) >= law.seconds(size, scale) - 1e-9
    assert law.needed_mib(1.5 * scale) >= law.needed_mib(scale)


@given(laws, scales, st.floats(0.9, 1.1))
def test_below_the_cliff_it_fails_and_above_it_does_not(law: JobLaw, scale: float, jitter: float) -> None:
    cliff = law.needed_mib(scale) * jitter / USABLE_HEAP
    assert law.is_enough(cliff * 1.001, scale, jitter)
    assert not law.is_enough(cliff * 0.999, scale, jitter)


@given(laws, sizes, scales, st.floats(0.0, 1.0))
def test_a_run_that_ends_early_is_shorter(law: JobLaw, size: ClusterSpec, scale: float, share: float) -> None:
    whole = law.seconds(size, scale)
    assert law.launch_seconds <= law.seconds_to_kill(size, scale, share) <= whole + 1e-9
    assert 0 < law.seconds_to_failure(size, scale) <= whole + 1e-9


@given(laws, scales)
def test_the_logged_peak_lies_between_the_need_and_the_heap(law: JobLaw, scale: float) -> None:
    heap = 2 * law.needed_mib(scale)
    assert law.needed_mib(scale) - 1e-9 <= law.peak_mib(heap, scale) <= heap + 1e-9


@given(st.floats(0.5, 4.0), st.floats(1.001, 2.0), st.floats(0.01, 0.3), st.floats(0.0, 0.1))
def test_the_risk_of_delay_falls_with_what_is_allowed(
    allowed: float, more: float, noise: float, outliers: float
) -> None:
    luck = Luck(noise, outliers)
    assert 0 <= risk_of_delay(allowed * more, luck) <= risk_of_delay(allowed, luck) <= 1


def test_half_of_the_runs_take_longer_than_usual() -> None:
    assert risk_of_delay(1.0, Luck(noise=0.1, outliers=0.0)) == pytest.approx(0.5)
    assert risk_of_delay(0.0, Luck()) == 1.0


def test_a_full_source_and_traffic_make_more_slots_worthless() -> None:
    law = JobLaw(0, 0, 0, 0, 0, (_full(),), 100, 0, 0, 0.5)
    assert law.seconds(spec(8), 1.0) > law.seconds(spec(2), 1.0)


def _full() -> StageLaw:
    return StageLaw((1.0,) * 32, 10.0, 0.5, 8, 0.01, 0.0)
