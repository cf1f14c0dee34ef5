"""The tasks of a stage: their times, their order, and what they did."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import profile, stage

from setpoint.core.prediction.stage_tasks import (
    computing_seconds,
    lost_seconds,
    python_stages,
    queueing,
    resplit,
    task_seconds,
)
from setpoint.core.profile import Job, LongTask, Operator, SqlExecution, TaskTotals

times_ = st.lists(st.floats(0.1, 10), min_size=1, max_size=100)


@given(times_)
def test_all_tasks_are_there_once(times: list[float]) -> None:
    assert sorted(task_seconds(stage(0, times))) == pytest.approx(sorted(times))


def test_the_longest_stand_where_they_were() -> None:
    one = replace(stage(0, (1.0,) * 9 + (5.0,)), longest=(LongTask(9, 0, "driver", 5.0),))
    assert task_seconds(one) == [1.0] * 9 + [5.0]
    first = replace(one, longest=(LongTask(0, 0, "driver", 5.0),))
    assert task_seconds(first) == [5.0] + [1.0] * 9


@given(times_, st.integers(1, 300))
def test_the_work_stays_the_same_in_other_shares(times: list[float], tasks: int) -> None:
    totals = TaskTotals(run_seconds=sum(times), cpu_seconds=1000.0)
    shares = resplit(stage(0, times, totals=totals), times, tasks)
    assert len(shares) == tasks
    assert sum(shares) == pytest.approx(sum(times), rel=0.01)
    assert resplit(stage(0, times), times, len(times)) == times


def test_tasks_that_cost_what_any_task_costs_do_not_shrink() -> None:
    one = stage(0, (0.01,) * 4, totals=TaskTotals(run_seconds=0.04, cpu_seconds=0.02))
    assert resplit(one, [0.01] * 4, 64) == pytest.approx([0.01] * 64)


def test_attempts_that_failed_held_slots_too() -> None:
    one = replace(stage(), failed_tasks=2, killed_tasks=1, lost_seconds=6.0)
    assert lost_seconds(one) == [2.0, 2.0, 2.0]
    assert lost_seconds(stage()) == []


def test_tasks_without_cpu_wait_for_a_core_only_where_the_cores_are_busy() -> None:
    one = stage(0, (1.0,) * 8, totals=TaskTotals(run_seconds=8.0, cpu_seconds=4.0))
    assert computing_seconds(one, 8, 2, in_python=False)[0] == pytest.approx(8.0)
    assert computing_seconds(one, 1, 8, in_python=False)[0] == pytest.approx(4.0)
    assert computing_seconds(one, 1, 8, in_python=True)[:2] == pytest.approx((4.0, 4.0))
    assert computing_seconds(stage(totals=TaskTotals()), 1, 1, in_python=False) == (0.0, 0.0, 0.0)


def test_pythons_part_is_known_from_operators_and_from_places_in_python_code() -> None:
    called = replace(stage(0), name="reduceByKey at jobs.py:37")
    operated = stage(1)
    collected = replace(stage(2), name="collect at jobs.py:38")
    jobs = (Job(0, 0, 1, (0,), True), Job(1, 1, 2, (1,), True, 5), Job(2, 2, 3, (2, 9), True, 6))  # noqa: FBT003
    sql = tuple(
        SqlExecution(i, "", 0, 1, "", operators=(Operator(name, "spark", 1),))
        for i, name in ((5, "ArrowEvalPython"), (6, "Project"))
    )
    assert python_stages(replace(profile((called, operated, collected), jobs), sql=sql)) == {0, 1}


def test_queueing_is_told_by_stages_that_compute_and_do_not_spill() -> None:
    def of(cpu: float, **more: int) -> TaskTotals:
        return TaskTotals(run_seconds=10.0, cpu_seconds=cpu, **more)

    busy, asleep = stage(0, totals=of(8.0)), stage(1, totals=of(0.1))
    assert queueing([busy], set()) == pytest.approx(math.log(10 / 8))
    assert queueing([busy, asleep, asleep], set()) is None
    assert queueing([busy], {0}) is None
    assert queueing([stage(0, totals=of(8.0, disk_spilled_bytes=1))], set()) is None
    assert queueing([], set()) is None
