"""Where the time went: the parts add up, and every part holds what it says."""

from dataclasses import astuple, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import profile, stage, waiting_profile
from tests.core.runs import WORKERS, any_run, even_stage, healthy, totals

from setpoint.core.diagnosis import DriverGap, diagnose
from setpoint.core.profile import BusySlots, Job, LightStages, Profile, TaskTotals


@given(any_run())
def test_the_parts_of_the_wall_add_up_to_it(run: Profile) -> None:
    wall = diagnose(run).wall

    assert wall.total_seconds == pytest.approx(run.wall_seconds, rel=1e-9, abs=1e-6)
    assert min(astuple(wall)) >= 0
    assert wall.stage_seconds >= -1e-6


@given(any_run())
def test_the_parts_of_the_slot_time_add_up(run: Profile) -> None:
    slots = diagnose(run).slots
    every = [*(each.totals for each in run.stages), run.light_stages.totals]
    lost = sum(each.lost_seconds for each in run.stages) + run.light_stages.lost_seconds

    in_tasks = sum(each.run_seconds + each.overhead_seconds for each in every) + lost
    assert slots.used_seconds == pytest.approx(in_tasks, abs=1e-6)
    assert slots.total_seconds >= slots.used_seconds - 1e-6
    assert min(astuple(slots.tasks)) >= 0
    assert min(slots.idle_stage_seconds, slots.idle_straggler_seconds, slots.idle_driver_seconds) >= 0


@given(any_run())
def test_slot_time_is_what_executors_offered_unless_tasks_say_they_took_more(run: Profile) -> None:
    slots = diagnose(run).slots
    there = 0.0
    for each in run.workers:
        last = run.wall_seconds if each.removed is None else min(run.wall_seconds, each.removed)
        there += each.cores * each.count * max(0.0, last - each.added)

    assert slots.total_seconds >= there - 1e-6
    # An executor that does not say that it has a core counts as one slot where it may have worked.
    if slots.idle_at_work_seconds > 0 and there > 0 and all(each.cores for each in run.workers):
        assert slots.total_seconds == pytest.approx(there, abs=1e-6)


@given(any_run())
def test_gains_lie_between_nothing_and_the_whole_run_and_fall(run: Profile) -> None:
    gains = [finding.gain_seconds for finding in diagnose(run).findings]

    assert gains == sorted(gains, reverse=True)
    assert all(0 <= gain <= run.wall_seconds for gain in gains)


@given(any_run(), st.integers(2, 4))
def test_an_entry_for_several_executors_counts_as_so_many(run: Profile, count: int) -> None:
    one_by_one = replace(run, executors=tuple(replace(w, id=f"x{n}") for w in WORKERS for n in range(count)))
    together = replace(run, executors=tuple(replace(worker, count=count) for worker in WORKERS))
    apart, summed = diagnose(one_by_one), diagnose(together)

    assert apart.slot_count == summed.slot_count
    assert astuple(apart.wall) == pytest.approx(astuple(summed.wall))


def test_an_even_busy_stage_is_computing() -> None:
    found = diagnose(healthy())

    assert found.wall.startup_seconds == 1.0
    assert found.wall.driver_seconds == pytest.approx(0.5)
    assert found.wall.computing_seconds == pytest.approx(0.95 * 20.0)
    assert found.wall.idle_seconds == pytest.approx(0.0)
    assert found.findings == ()


def test_measured_parts_of_the_run_keep_their_share_of_the_wall() -> None:
    measured = {"cpu_seconds": 40.0, "gc_seconds": 16.0, "fetch_wait_seconds": 24.0, "shuffle_write_seconds": 32.0}
    parts = totals(160.0, 80, overhead_seconds=0.0, disk_spilled_bytes=400_000_000, **measured)
    wall = diagnose(healthy(stage(0, (2.0,) * 80, begins=1.0, ends=21.0, totals=parts))).wall

    shares = (wall.computing_seconds, wall.gc_seconds, wall.fetch_wait_seconds, wall.shuffle_write_seconds)
    assert shares == pytest.approx((5.0, 2.0, 3.0, 4.0))
    assert (wall.spill_seconds, wall.io_seconds) == pytest.approx((1.0, 5.0))


def test_a_stage_without_a_task_yet_is_scheduling() -> None:
    late = replace(even_stage(), submitted=0.5, first_launch=4.5, completed=24.6)
    found = diagnose(healthy(late))

    assert found.wall.scheduling_seconds == pytest.approx(4.0)
    assert found.slots.idle_scheduling_seconds == pytest.approx(32.0)


def test_the_longest_gap_is_named_with_what_lies_around_it() -> None:
    first, second = even_stage(0), even_stage(1, begins=41.1)
    found = diagnose(healthy(first, second, wall_seconds=62.0))

    assert found.driver_gaps[0] == DriverGap(first.completed, 41.1 - first.completed, 0, 1, 0, 1)
    assert found.driver_gaps[1].before_stage is None
    assert found.wall.driver_seconds == pytest.approx(20.0 + 62.0 - 61.2)


def test_one_long_task_keeps_slots_idle() -> None:
    times = (1.0,) * 31 + (20.0,)
    of = TaskTotals(run_seconds=51.0, cpu_seconds=51.0)
    found = diagnose(healthy(stage(0, times, begins=1.0, ends=21.0, totals=of)))

    assert found.straggling_seconds == pytest.approx(20.0 - 51.0 / 8)
    assert found.wall.straggler_seconds == pytest.approx((20.0 - 51.0 / 8) * 7 / 8)
    assert found.wall.idle_seconds == pytest.approx(20 - 51 / 8 - found.wall.straggler_seconds)
    assert found.top_stages[0].longest_seconds == 20.0


def test_work_of_light_stages_is_not_the_driver_alone() -> None:
    light = LightStages(30, 300, 0, totals(40.0, 300), 0.0)
    gap = healthy(even_stage(0), even_stage(1, begins=41.1), wall_seconds=62.0)
    busy = BusySlots(0.0, 1.0, (*(0.0,) * 25, *(4.0,) * 10, *(0.5,) * 2, *(0.0,) * 25))
    found = diagnose(replace(gap, light_stages=light, busy=busy))

    assert found.wall.driver_seconds == pytest.approx(diagnose(gap).wall.driver_seconds - 11.0)
    assert found.slots.tasks.cpu_seconds == pytest.approx(diagnose(gap).slots.tasks.cpu_seconds + 38.0)
    assert found.driver_gaps[0].seconds < 10


def test_without_cpu_times_computing_is_not_told_from_waiting() -> None:
    old = diagnose(healthy(even_stage(cpu_seconds=0.0)))

    assert not old.has_cpu_times
    assert old.wall.computing_seconds == pytest.approx(20.0)
    assert old.findings == ()


def test_profiles_of_version_1_have_a_diagnosis() -> None:
    found = diagnose(waiting_profile(8))

    assert found.wall.scheduling_seconds == 0.0
    assert found.wall.total_seconds == pytest.approx(12.0)


def test_nothing_ran() -> None:
    empty = diagnose(replace(profile(jobs=(Job(0, 1.0, 2.0, (), succeeded=True),)), executors=()))

    assert empty.wall.startup_seconds == 20.0
    assert empty.slots.total_seconds == 0.0
    assert empty.driver_gaps == ()
