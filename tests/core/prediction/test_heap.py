"""Another heap: less of it never makes tasks faster, and only what is short of it is slowed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import profile, stage

from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.heap import Heap, sharing
from setpoint.core.prediction.simulation import simulate_seconds
from setpoint.core.profile import Job, Profile, TaskTotals
from setpoint.core.workload import Experience

MIB = 2**20
heaps = st.integers(64, 65536)


def made(
    *, gc_seconds: float = 1.0, spilled_mib: int = 0, task_mib: int = 0, peak_mib: int = 0, seconds: float = 40.0
) -> Profile:
    totals = TaskTotals(
        run_seconds=seconds, cpu_seconds=seconds, gc_seconds=gc_seconds, memory_spilled_bytes=spilled_mib * MIB
    )
    one = stage(0, (seconds / 40,) * 40, ends=seconds / 4, totals=totals)
    one = replace(one, peak_memory_bytes=task_mib * MIB)
    jobs = (Job(0, 0.0, one.completed, (0,), succeeded=True),)
    return profile((one,), jobs, wall_seconds=one.completed, peak_heap_mib=peak_mib)


def slowdown(then: int, now: int, shown: Profile) -> float:
    base = Experience("run-1", 0, ClusterSpec.local(4, then), shown.wall_seconds, shown, None)
    heap = Heap(base, shown.stages)
    (factor,) = heap.factors([now], [sharing(base.spec)])[0]
    return float(factor)


profiles = st.builds(
    made,
    gc_seconds=st.floats(0, 20),
    spilled_mib=st.sampled_from((0, 0, 100, 4000)),
    task_mib=st.integers(0, 500),
    peak_mib=st.integers(0, 8192),
)


@given(profiles, heaps, heaps, heaps)
def test_less_heap_is_never_faster(shown: Profile, then: int, one: int, other: int) -> None:
    little, much = sorted((one, other))
    assert slowdown(then, little, shown) >= slowdown(then, much, shown) * (1 - 1e-9)
    assert slowdown(then, then, shown) == pytest.approx(1.0)
    assert slowdown(then, little, shown) >= 0.2


def test_work_that_fits_is_not_slowed() -> None:
    assert slowdown(4096, 1024, made(gc_seconds=0.0, task_mib=64)) == pytest.approx(1.0)


def test_work_that_no_longer_fits_spills() -> None:
    assert slowdown(4096, 512, made(gc_seconds=0.0, task_mib=300)) > 1.2
    assert slowdown(512, 4096, made(gc_seconds=0.0, task_mib=30, spilled_mib=40 * 100)) < 0.95


def test_the_time_of_garbage_collection_grows_as_the_heap_fills() -> None:
    by_heap = [slowdown(4096, heap, made(gc_seconds=2.0, peak_mib=1000)) for heap in (4096, 2048, 1024, 600)]
    assert by_heap == sorted(by_heap)
    assert by_heap[1] < 1.1 < by_heap[3]


def test_a_stage_without_work_is_not_slowed() -> None:
    assert slowdown(4096, 512, made(gc_seconds=0.0, task_mib=300, seconds=0.0)) == 1.0


def test_the_simulation_reckons_with_the_heap() -> None:
    shown = made(gc_seconds=0.0, task_mib=300)
    base = Experience("run-1", 0, ClusterSpec.local(4, 4096), shown.wall_seconds, shown, None)
    expected = shown.wall_seconds * slowdown(4096, 512, shown)
    assert simulate_seconds(base, ClusterSpec.local(4, 512)) == pytest.approx(expected)
