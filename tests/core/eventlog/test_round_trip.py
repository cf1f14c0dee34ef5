"""What the builder writes is what the reader reads."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setpoint.core.eventlog import read_profile
from setpoint.core.profile import Profile, Stage
from setpoint.testing.eventlog_builder import (
    ApplicationPlan,
    ExecutorPlan,
    JobPlan,
    StagePlan,
    build,
    cluster,
    draw_application,
    local,
    task_wall_ms,
)

applications = st.randoms(use_true_random=False).map(draw_application)


def read(lines: list[bytes]) -> Profile:
    return read_profile([[b"\n".join(lines)]])


@given(applications)
def test_counts_and_sums_are_those_of_the_plan(plan: ApplicationPlan) -> None:
    profile = read(build(plan))
    stages = [stage for job in plan.jobs for stage in job.stages]

    assert profile.completeness.state == "complete"
    assert profile.application.name == plan.name
    assert len(profile.jobs) == len(plan.jobs)
    assert all(job.succeeded for job in profile.jobs)
    assert profile.counts.sql_executions == sum(job.sql is not None for job in plan.jobs)
    assert profile.slots == sum(executor.cores for executor in plan.executors)
    assert profile.input_bytes == sum(stage.input_bytes for stage in stages)
    assert len(profile.stages) == len(stages)
    for measured, planned in zip(profile.stages, stages, strict=True):
        check_stage(measured, planned)


def check_stage(measured: Stage, planned: StagePlan) -> None:
    walls = sorted(task_wall_ms(planned, index) / 1000 for index in range(len(planned.task_seconds)))
    assert measured.task_seconds == pytest.approx(walls)
    assert measured.tasks == len(walls)
    assert measured.failed_tasks == planned.failed_attempts
    assert measured.name == planned.name
    assert measured.totals.run_seconds == pytest.approx(sum(planned.task_seconds))
    assert measured.totals.cpu_seconds == pytest.approx(sum(planned.task_seconds) * planned.cpu_share, abs=1e-3)
    assert measured.totals.shuffle_read_bytes == planned.shuffle_read_bytes
    assert measured.totals.shuffle_write_bytes == planned.shuffle_write_bytes
    assert measured.totals.disk_spilled_bytes == planned.disk_spilled_bytes


@given(applications)
def test_the_wall_is_start_up_gaps_jobs_and_shutdown(plan: ApplicationPlan) -> None:
    profile = read(build(plan))

    gaps = sum(job.driver_seconds_before for job in plan.jobs)
    in_jobs = sum(job.ended - job.started for job in profile.jobs)
    assert profile.wall_seconds == pytest.approx(plan.startup_seconds + gaps + in_jobs + plan.shutdown_seconds)


@given(applications)
def test_stages_begin_when_their_parents_are_over(plan: ApplicationPlan) -> None:
    stages = {stage.id: stage for stage in read(build(plan)).stages}

    for stage in stages.values():
        assert all(stages[parent].completed <= stage.submitted for parent in stage.parents)


@given(applications, st.lists(st.floats(0, 1), max_size=4))
def test_a_log_rolled_into_parts_equals_the_whole(plan: ApplicationPlan, cuts: list[float]) -> None:
    lines = [line + b"\n" for line in build(plan)]
    borders = [0, *sorted(int(cut * len(lines)) for cut in cuts), len(lines)]
    parts = [[b"".join(lines[first:last])] for first, last in pairwise(borders)]

    assert read_profile(parts) == read_profile([[b"".join(lines)]])


@given(applications, st.integers(1, 5000))
def test_the_size_of_chunks_does_not_matter(plan: ApplicationPlan, size: int) -> None:
    log = b"\n".join(build(plan))

    assert read_profile([[log[i : i + size] for i in range(0, len(log), size)]]) == read_profile([[log]])


@settings(max_examples=30)
@given(applications, st.floats(0, 1))
def test_a_log_cut_off_between_lines_says_so_and_keeps_what_it_has(plan: ApplicationPlan, share: float) -> None:
    lines = build(plan)
    kept = lines[: max(2, int(share * (len(lines) - 1)))]
    profile = read(kept)

    assert profile.completeness.state == "cut_off"
    assert profile.completeness.lines_skipped == 0
    ended = sum(b"SparkListenerTaskEnd" in line for line in kept)
    assert sum(stage.tasks + stage.failed_tasks for stage in profile.stages) == ended
    assert profile.wall_seconds <= read(lines).wall_seconds


def test_a_failed_stage_fails_its_job_for_the_same_reason() -> None:
    stage = StagePlan((1.0,), failure="Job aborted due to stage failure: java.lang.OutOfMemoryError: Java heap space")
    profile = read(build(ApplicationPlan((JobPlan((stage,)),), local(1))))

    assert not profile.jobs[0].succeeded
    assert [(failure.where, failure.fault) for failure in profile.failures] == [("job 0", "memory")]
    assert profile.stages[0].failure is not None


def test_executors_keep_their_sizes_lives_and_heaps() -> None:
    first, second = cluster(2, 3, peak_heap_bytes=5_000_000)
    gone = ExecutorPlan("9", 2, removed_after_seconds=4.0, removed_reason="Container released on a *lost* node")
    profile = read(build(ApplicationPlan((JobPlan((StagePlan((3.0,) * 12),)),), (first, second, gone))))

    assert [(e.id, e.cores, e.peak_heap_bytes) for e in profile.executors] == [
        ("0", 3, 5_000_000),
        ("1", 3, 5_000_000),
        ("9", 2, 0),
    ]
    assert profile.executors[2].removed == 4.0
    assert [failure.fault for failure in profile.failures] == ["infrastructure"]
    assert profile.slots == 8


def test_no_task_is_given_to_an_executor_that_will_not_live_to_end_it() -> None:
    short_lived = ExecutorPlan("0", 1, removed_after_seconds=1.0)

    with pytest.raises(ValueError, match="no executor lives long enough"):
        build(ApplicationPlan((JobPlan((StagePlan((3.0,)),)),), (short_lived,)))


def test_stages_that_wait_for_one_another_are_refused() -> None:
    circle = JobPlan((StagePlan((1.0,), parents=(1,)), StagePlan((1.0,), parents=(0,))))

    with pytest.raises(ValueError, match="circle"):
        build(ApplicationPlan((circle,), local(1)))
