"""What runs say about the work."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import START, entries, folded, profile, recorded, run, stage, waiting_profile

from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.eventlog import read_profile
from setpoint.core.history import Disturbed, Entry
from setpoint.core.profile import Completeness, Job, Operator, Profile, SqlExecution, TaskTotals
from setpoint.core.workload import RECENT_RUNS, Workload, identify, spec_of
from setpoint.errors import InputError
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, cluster, local


def found(*runs: Run, more: tuple[Entry, ...] = ()) -> Workload:
    workload = identify(folded([*entries(*runs), *more]))
    assert workload is not None
    return workload


def test_there_is_no_workload_before_a_success() -> None:
    for runs in ((), (run(1, fault="memory"),), (run(1, killed=True),)):
        assert identify(folded(entries(*runs))) is None


def test_runs_without_a_log_are_measured_all_the_same() -> None:
    workload = found(run(1, has_profile=False), run(2, fault="memory"), run(3, killed=True))
    assert workload.bases == ()
    assert [each.outcome for each in workload.measured] == ["succeeded", "failed", "killed"]
    assert [each.is_spec_fault for each in workload.measured] == [False, True, False]


def test_earlier_regimes_are_kept_apart() -> None:
    disturbed = Disturbed("code change", "another plan", "run-3", START)
    workload = found(run(1), run(2), run(3), more=(disturbed, *recorded(run(4))))
    assert [len(runs) for runs in workload.earlier] == [2]
    assert len(workload.measured) == 2


@given(st.integers(1, 20))
def test_the_latest_runs_are_the_bases(count: int) -> None:
    workload = found(*(run(number) for number in range(count)))
    assert [base.run_id for base in workload.bases] == [f"run-{n}" for n in range(count)][-RECENT_RUNS:]
    assert workload.comparable == (workload.bases,)


def test_a_new_regime_has_bases_of_its_own_and_the_old_one_still_teaches() -> None:
    disturbed = Disturbed("code change", "another plan", "run-3", START)
    workload = found(run(1), run(2), run(3), more=(disturbed, *recorded(run(4))))
    assert [base.run_id for base in workload.bases] == ["run-3", "run-4"]
    assert [[each.run_id for each in group] for group in workload.comparable] == [
        ["run-1", "run-2"],
        ["run-3", "run-4"],
    ]


def test_a_log_that_lacks_a_part_stands_back_where_there_is_a_whole_one() -> None:
    cut = replace(waiting_profile(8), completeness=Completeness("cut_off"))
    assert [base.run_id for base in found(run(1), run(2, made=cut), run(3)).bases] == ["run-1", "run-3"]
    assert [base.run_id for base in found(run(1, made=cut), run(2, made=cut)).bases] == ["run-1", "run-2"]


def test_time_outside_the_application_is_launch_time() -> None:
    assert found(run(1, seconds=30.0, made=profile((stage(),), wall_seconds=20.0))).bases[0].launch_seconds == 10.0
    assert found(run(1, seconds=10.0, made=profile((stage(),), wall_seconds=20.0))).bases[0].launch_seconds == 0.0


def test_memory_is_known_from_the_smallest_heap_that_was_enough_and_the_largest_that_was_not() -> None:
    totals = TaskTotals(run_seconds=100.0, gc_seconds=7.0, disk_spilled_bytes=1)
    tight = profile((stage(totals=totals),), peak_heap_mib=900)
    runs = (
        run(1, ClusterSpec.local(4, 8192), made=profile((stage(),), peak_heap_mib=5000)),
        run(2, ClusterSpec.local(4, 2048), made=tight),
        run(3, ClusterSpec.local(4, 512), fault="memory"),
        run(4, ClusterSpec.local(4, 1024), fault="memory"),
        run(5, ClusterSpec.local(4, 1536), fault="application"),
    )
    memory = found(*runs).memory
    assert (memory.proven_mib, memory.failed_mib, memory.proven_slots) == (2048, 1024, 4)
    assert [each.heap_mib for each in memory.heaps] == [8192, 2048, 512, 1024]
    assert [each.is_enough for each in memory.heaps] == [True, True, False, False]
    assert (memory.heaps[1].peak_mib, memory.heaps[1].spilled) == (900.0, True)
    assert memory.heaps[1].collecting == pytest.approx(7 / 93)


def test_tasks_that_took_no_time_collected_no_garbage() -> None:
    memory = found(run(1, made=profile((stage(totals=TaskTotals()),)))).memory
    assert (memory.heaps[0].collecting, memory.heaps[0].spilled, memory.heaps[0].peak_mib) == (0.0, False, 0.0)


def test_the_heap_proven_under_other_code_proves_nothing_under_this() -> None:
    small = run(1, ClusterSpec.local(4, 1024))
    changed = Disturbed("code change", "another plan", "run-2", START)
    assert found(small, run(2), more=(changed,)).memory.proven_mib == run(2).spec.task_memory_mib


def logged(executors: int, cores: int, **properties: str) -> Profile:
    """What the log of an application tells; no executors: local mode."""
    names = {name.replace("_", "."): value for name, value in properties.items()}
    there = cluster(executors, cores) if executors else local(cores)
    plan = ApplicationPlan((JobPlan((StagePlan((1.0,)),)),), there, properties=tuple(names.items()))
    return read_profile([[line + b"\n" for line in build(plan)]])


@given(st.integers(0, 5), st.integers(1, 8), st.integers(512, 9000), st.none() | st.integers(1, 999))
def test_the_spec_of_a_log_is_what_ran(executors: int, cores: int, mib: int, partitions: int | None) -> None:
    asked = {} if partitions is None else {"spark_sql_shuffle_partitions": str(partitions)}
    made = logged(executors, cores, spark_driver_memory="2g", spark_executor_memory=f"{mib}m", **asked)
    expected = ClusterSpec(executors, cores, mib, 1, 2048, partitions)
    assert spec_of(made) == (expected if executors else ClusterSpec.local(cores, 2048, partitions))


def test_what_a_log_leaves_open_has_sparks_defaults() -> None:
    assert spec_of(logged(0, 4)) == ClusterSpec.local(4, 1024)
    assert spec_of(logged(2, 4, spark_driver_cores="3")) == ClusterSpec(2, 4, 1024, 3, 1024)
    assert spec_of(logged(2, 4, spark_driver_cores="²")) == ClusterSpec(2, 4, 1024, 1, 1024)


def test_a_size_that_is_none_is_told() -> None:
    with pytest.raises(InputError, match=r"spark\.driver\.memory=lots"):
        spec_of(logged(0, 4, spark_driver_memory="lots"))


def test_what_cannot_spill_is_read_from_the_operators() -> None:
    reads = TaskTotals(run_seconds=16.0, shuffle_read_bytes=32 * 2**20)
    made = profile((stage(totals=reads),), (Job(0, 0.0, 16.0, (0,), True, 7),))  # noqa: FBT003
    operators = (
        Operator("ObjectHashAggregate", "spark", 1),
        Operator("BroadcastExchange", "spark", 1, (("data size", 8.0 * 2**20),)),
    )
    made = replace(made, sql=(SqlExecution(7, "", 0.0, 16.0, "", operators=operators),))
    memory = found(run(1, made=made)).memory
    assert (memory.shared_mib, memory.gathered_mib, memory.gathered_tasks, memory.proven_slots) == (8.0, 32.0, 16, 8)


@given(st.floats(0.001, 1.0), st.sampled_from(["killed", "memory", "cut"]))
def test_the_input_of_a_run_that_ended_early_is_not_known(share: float, how: str) -> None:
    part = waiting_profile(8, input_bytes=max(1, round(1_000_000 * share)))
    if how == "cut":
        part = replace(part, completeness=Completeness("cut_off"))
    early = run(2, made=part, killed=how == "killed", fault="memory" if how == "memory" else None)
    assert [each.input_bytes for each in found(run(1), early).measured] == [1_000_000, None]


def test_a_run_without_a_log_proves_its_heap_beside_those_with_one() -> None:
    small = ClusterSpec.local(8, 2048)
    memory = found(run(1), run(2, small, has_profile=False)).memory
    assert memory.proven_mib == 2048


def test_more_input_is_the_same_work_on_more() -> None:
    grown = Disturbed("data growth", "twice", "run-3", START)
    workload = found(run(1), run(2), run(3), more=(grown, *recorded(run(4))))
    assert len(workload.measured) == 4
    assert workload.earlier == ()
