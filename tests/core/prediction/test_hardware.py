"""Other hardware: each part of a task's time by its own speed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import profile, stage

from setpoint.core.domain import ClusterSpec
from setpoint.core.prediction.hardware import SAME_HARDWARE, Hardware, hardware_factor
from setpoint.core.prediction.simulation import simulate_seconds
from setpoint.core.profile import Job, TaskTotals
from setpoint.core.workload import Experience

speeds = st.floats(0.1, 10)
parts = st.floats(0, 100)


def totals(cpu: float, fetch: float, rest: float, moved: int) -> TaskTotals:
    return TaskTotals(
        run_seconds=cpu + fetch + rest, cpu_seconds=cpu, fetch_wait_seconds=fetch, input_bytes=moved, overhead_seconds=1
    )


@given(parts, parts, parts, st.sampled_from((0, 10**9)), speeds)
def test_time_lies_between_the_slowest_and_the_fastest_part(
    cpu: float, fetch: float, rest: float, moved: int, speed: float
) -> None:
    one = stage(0, (1.0,), totals=totals(cpu, fetch, rest, moved))
    factor = hardware_factor(one, Hardware(cpu=speed, network=speed, disk=speed))
    assert min(1, 1 / speed) - 1e-9 <= factor <= max(1, 1 / speed) + 1e-9
    assert hardware_factor(one, SAME_HARDWARE) == pytest.approx(1.0)


def test_each_part_scales_alone() -> None:
    one = stage(0, (1.0,), totals=totals(4.0, 2.0, 3.0, 10**9))
    assert hardware_factor(one, Hardware(cpu=2.0)) == pytest.approx((2.5 + 2 + 3) / 10)
    assert hardware_factor(one, Hardware(network=2.0)) == pytest.approx((5 + 1 + 3) / 10)
    assert hardware_factor(one, Hardware(disk=2.0)) == pytest.approx((5 + 2 + 1.5) / 10)
    asleep = stage(0, (1.0,), totals=totals(4.0, 2.0, 3.0, 0))
    assert hardware_factor(asleep, Hardware(disk=2.0)) == pytest.approx(1.0)
    assert hardware_factor(stage(0, (1.0,), totals=TaskTotals()), Hardware(cpu=2.0)) == 1.0


def test_a_run_of_computing_takes_half_as_long_on_cores_twice_as_fast() -> None:
    one = stage(0, (1.0,) * 8, ends=8.0, totals=TaskTotals(run_seconds=8.0, cpu_seconds=8.0))
    made = profile((one,), (Job(0, 0.0, 8.0, (0,), succeeded=True),), wall_seconds=10.0)
    base = Experience("run-1", 0, ClusterSpec.local(1, 1024), 10.0, made, None)
    assert simulate_seconds(base, base.spec, hardware=Hardware(cpu=2.0)) == pytest.approx(5.0)
