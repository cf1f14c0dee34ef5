"""Recorded tasks scheduled again: right where they were recorded, and bounded everywhere else."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.core.made import profile, stage

from setpoint.core.domain import ClusterSpec
from setpoint.core.eventlog import read_profile
from setpoint.core.prediction.simulation import scheduled_seconds, simulate_seconds
from setpoint.core.prediction.stage_tasks import task_seconds
from setpoint.core.profile import Job, Profile, Stage, TaskTotals
from setpoint.core.workload import Experience
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, local

durations = st.integers(1, 50).map(lambda tenths: tenths / 10)
gaps = st.integers(0, 30).map(lambda tenths: tenths / 10)
counts = st.integers(1, 40)
slots_ = st.integers(1, 40)
whole_waves = st.sampled_from((1, 2, 4, 5, 8, 10, 20, 40))
"""Slots that 40 tasks fill to the last."""


def recorded(plan: ApplicationPlan) -> Profile:
    return read_profile([[line + b"\n" for line in build(plan)]])


def experience(made: Profile, slots: int, host_cores: int | None = None, launch: float = 0.0) -> Experience:
    return Experience("run-1", 0, ClusterSpec.local(slots, 4096), made.wall_seconds + launch, made, host_cores)


def own_times(one: Stage) -> list[float]:
    return list(one.task_seconds)


@st.composite
def chains(draw: st.DrawFn) -> tuple[JobPlan, ...]:
    """Jobs one after the other, each a chain of stages whose tasks take equally long."""
    jobs = []
    for _ in range(draw(st.integers(1, 4))):
        stages = tuple(
            StagePlan((draw(durations),) * draw(counts), parents=(i - 1,) if i else ())
            for i in range(draw(st.integers(1, 3)))
        )
        jobs.append(JobPlan(stages, driver_seconds_before=draw(gaps)))
    return tuple(jobs)


@given(chains(), slots_, gaps)
@settings(max_examples=50)
def test_a_run_replayed_at_its_own_size_takes_what_it_took(
    jobs: tuple[JobPlan, ...], slots: int, launch: float
) -> None:
    made = recorded(ApplicationPlan(jobs, local(slots)))
    base = experience(made, slots, host_cores=4, launch=launch)
    assert simulate_seconds(base, base.spec) == pytest.approx(made.wall_seconds + launch, abs=0.01)


@given(chains(), slots_, slots_)
@settings(max_examples=50)
def test_what_runs_at_another_size_is_what_is_simulated_there(
    jobs: tuple[JobPlan, ...], slots: int, others: int
) -> None:
    assume(all(len(one.task_seconds) != slots for job in jobs for one in job.stages))  # such follow the slots
    made, there = recorded(ApplicationPlan(jobs, local(slots))), recorded(ApplicationPlan(jobs, local(others)))
    simulated = simulate_seconds(experience(made, slots), ClusterSpec.local(others, 4096))
    assert simulated == pytest.approx(there.wall_seconds, abs=0.01)


@st.composite
def uneven_chains(draw: st.DrawFn) -> tuple[JobPlan, ...]:
    times = st.lists(durations, min_size=1, max_size=40).map(tuple)
    return tuple(JobPlan((StagePlan(draw(times)),), draw(gaps)) for _ in range(draw(st.integers(1, 3))))


@given(uneven_chains(), slots_, slots_)
@settings(max_examples=50)
def test_more_slots_are_never_slower(jobs: tuple[JobPlan, ...], one: int, other: int) -> None:
    few, many = sorted((one, other))
    made = recorded(ApplicationPlan(jobs, local(8)))
    assert scheduled_seconds(made, many, own_times) <= scheduled_seconds(made, few, own_times) + 1e-9


@given(uneven_chains(), slots_)
@settings(max_examples=50)
def test_no_schedule_beats_the_work_or_the_longest_task(jobs: tuple[JobPlan, ...], slots: int) -> None:
    made = recorded(ApplicationPlan(jobs, local(8)))
    seconds = scheduled_seconds(made, slots, own_times)
    stages = [(sum(one.task_seconds), max(one.task_seconds)) for one in made.stages]
    alone = made.wall_seconds - sum(job.ended - job.started for job in made.jobs)
    assert seconds >= alone + sum(max(work / slots, longest) for work, longest in stages) - 0.01
    assert seconds <= alone + sum(work / slots + longest for work, longest in stages) + 0.01


def crowded(run: float, cpu: float, tasks: int, slots: int) -> Profile:
    """A stage of equal tasks, as it was on so many slots."""
    ends = run / tasks * -(-tasks // slots)
    one = stage(0, (run / tasks,) * tasks, ends=ends, totals=TaskTotals(run_seconds=run, cpu_seconds=cpu))
    return profile((one,), (Job(0, 0.0, one.completed, (0,), succeeded=True),), wall_seconds=one.completed)


@given(st.floats(1, 500), st.floats(0.001, 1), whole_waves, whole_waves, st.integers(1, 16))
def test_contention_slows_a_task_by_the_crowd_at_most_and_never_makes_all_of_them_slower(
    run: float, share: float, one: int, other: int, cores: int
) -> None:
    few, many = sorted((one, other))
    made = crowded(run, run * share, 40, few)

    def task_seconds(slots: int) -> float:
        waves = -(-40 // slots)
        return simulate_seconds(experience(made, few, cores), ClusterSpec.local(slots, 4096)) / waves

    alone, crowd = task_seconds(few), task_seconds(many)
    assert alone * (1 - 1e-9) <= crowd <= alone * many / few * (1 + 1e-9)


@given(st.floats(1, 500), slots_, slots_, st.integers(1, 16))
def test_the_cores_serve_one_second_of_work_each_per_second(cpu: float, one: int, other: int, cores: int) -> None:
    made = crowded(cpu, cpu, 40, min(one, cores))
    seconds = simulate_seconds(experience(made, min(one, cores), cores), ClusterSpec.local(other, 4096))
    assert seconds >= cpu / cores * (1 - 1e-9)


def test_waiting_tasks_do_not_disturb_one_another() -> None:
    made = crowded(40.0, 0.4, 40, 1)
    there = [simulate_seconds(experience(made, 1, 1), ClusterSpec.local(slots, 4096)) for slots in (10, 20, 40)]
    assert there == pytest.approx([4.0, 2.0, 1.0], rel=0.01)  # 1 % of their time is computing


def test_the_waiting_of_a_saturated_machine_is_waiting_for_a_core() -> None:
    made = crowded(80.0, 40.0, 40, 4)
    assert simulate_seconds(experience(made, 4, 2), ClusterSpec.local(2, 4096)) == pytest.approx(20.0)


def test_workers_have_cores_of_their_own() -> None:
    made = crowded(80.0, 40.0, 40, 4)
    base = Experience("run-1", 0, ClusterSpec(2, 2, 4096, 1, 1024), made.wall_seconds, made, 2)
    assert simulate_seconds(base, ClusterSpec(4, 2, 4096, 1, 1024)) == pytest.approx(10.0)


def test_stages_side_by_side_share_the_slots_and_their_child_waits_for_both() -> None:
    left, right = stage(0, (2.0,) * 4, ends=4.0), stage(1, (2.0,) * 4, ends=4.0)
    child = stage(2, (1.0,), begins=4.5, ends=5.5, parents=(0, 1, 99))
    made = profile((left, right, child), (Job(0, 0.0, 6.0, (0, 1, 2), succeeded=True),), wall_seconds=6.0)
    assert [scheduled_seconds(made, slots, own_times) for slots in (1, 4, 8)] == pytest.approx([18.0, 6.0, 4.0])


def test_jobs_that_ran_at_the_same_time_do_so_again() -> None:
    stages = (stage(0, (4.0,), ends=4.0), stage(1, (6.0,), ends=6.0), stage(2, (1.0,), begins=7.0, ends=8.0))
    jobs = (Job(0, 0.0, 4.0, (0,), True), Job(1, 0.0, 6.0, (1,), True), Job(2, 7.0, 8.0, (2,), True))  # noqa: FBT003
    made = profile(stages, jobs, wall_seconds=8.5)
    assert [scheduled_seconds(made, slots, own_times) for slots in (1, 2)] == pytest.approx([12.5, 8.5])


def test_jobs_without_stages_and_stages_without_jobs_lose_nobody_else() -> None:
    jobs = (Job(0, 1.0, 2.5, (), True), Job(1, 3.0, 5.0, (0, 7), True))  # noqa: FBT003
    made = profile((stage(0, (2.0,), begins=3.0, ends=5.0), stage(5, (9.0,))), jobs, wall_seconds=5.5)
    assert scheduled_seconds(made, 4, own_times) == pytest.approx(5.5)


def test_of_two_attempts_the_last_counts() -> None:
    first, again = stage(0, (9.0,), ends=3.0), stage(0, (2.0,), begins=3.0, ends=5.0)
    retried = Stage(0, 1, again.name, (), 3.0, 5.0, 1, 0, (2.0,), again.totals)
    made = profile((first, retried), (Job(0, 3.0, 5.0, (0,), succeeded=True),), wall_seconds=5.0)
    assert scheduled_seconds(made, 1, own_times) == pytest.approx(5.0)


def test_a_stage_of_which_no_task_succeeded_keeps_its_time() -> None:
    empty = Stage(0, 0, "lost", (), 0.0, 1.0, 0, 3, (), TaskTotals())
    made = profile((empty,), (Job(0, 0.0, 1.0, (0,), succeeded=False),), wall_seconds=2.0)
    assert simulate_seconds(experience(made, 4), ClusterSpec.local(2, 4096)) == pytest.approx(2.0)


@given(st.integers(129, 20_000), st.integers(1, 64))
def test_a_stage_of_many_tasks_keeps_its_work(tasks: int, slots: int) -> None:
    one = stage(0, (0.5,) * 127 + (2.0,), ends=1.0, tasks=tasks)
    made = profile((one,), (Job(0, 0.0, 1.0, (0,), succeeded=True),), wall_seconds=1.0)
    seconds = scheduled_seconds(made, slots, task_seconds)
    assert 0.5 * tasks / slots * 0.99 <= seconds <= (0.52 * tasks + 12) / slots + 2 * max(1.0, tasks / 2000)


def unmerged(one: Stage, seconds: float) -> Profile:
    made = profile((one,), (Job(0, 0.0, seconds, (0,), succeeded=True),), wall_seconds=seconds)
    return replace(made, properties=(("spark.sql.adaptive.enabled", "false"),))


@given(st.sampled_from((8, 16, 32, 64)), st.sampled_from((8, 16, 32, 64)))
def test_other_shuffle_partitions_share_the_same_work(before: int, after: int) -> None:
    totals = TaskTotals(run_seconds=64.0, cpu_seconds=1e6, shuffle_read_bytes=10**9, overhead_seconds=0.0)
    one = stage(0, (64.0 / before,) * before, ends=8.0, totals=totals)
    made = unmerged(one, 8.0)
    base = Experience("run-1", 0, ClusterSpec.local(8, 4096, before), 8.0, made, None)
    assert simulate_seconds(base, ClusterSpec.local(8, 4096, after)) == pytest.approx(8.0)
    assert simulate_seconds(base, ClusterSpec.local(1, 4096, after)) == pytest.approx(64.0)


def test_each_partition_has_its_overhead() -> None:
    totals = TaskTotals(run_seconds=8.0, cpu_seconds=1e6, shuffle_read_bytes=10**9, overhead_seconds=8.0)
    one = stage(0, (2.0,) * 8, ends=2.0, totals=totals)
    made = unmerged(one, 2.0)
    base = Experience("run-1", 0, ClusterSpec.local(8, 4096, 8), 2.0, made, None)
    assert simulate_seconds(base, ClusterSpec.local(8, 4096, 16)) == pytest.approx(3.0)
