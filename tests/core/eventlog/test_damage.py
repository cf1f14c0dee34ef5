"""Damaged, odd and foreign logs: read on where sense remains, and one clear sentence where none does."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.core.eventlog.written import END, START, START_MS, event, folded, read, start, task_end

from setpoint.core.eventlog import read_profile
from setpoint.errors import EventLogError
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, draw_application, local

PLAN = ApplicationPlan((JobPlan((StagePlan((1.0, 2.0, 3.0)), StagePlan((1.0,), parents=(0,)))),), local(2))


@st.composite
def mutated_logs(draw: st.DrawFn) -> bytes:
    log = bytearray(b"\n".join(build(draw_application(draw(st.randoms(use_true_random=False))))))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(log)))
        match draw(st.sampled_from(["cut", "drop", "insert", "digit", "null"])):
            case "cut":
                del log[at:]
            case "drop":
                del log[at : at + draw(st.integers(1, 3000))]
            case "insert":
                log[at:at] = draw(st.binary(max_size=20))
            case "digit":
                found = log.find(b":1", at)
                log[found + 1 : found + 2] = draw(st.sampled_from([b"-1", b"1e400", b"99999999999999999999", b"null"]))
            case _:
                found = log.find(b"{", at)
                log[found : found + 1] = draw(st.sampled_from([b"null", b"[", b'"{']))
    return bytes(log)


@settings(max_examples=150, deadline=None)
@given(mutated_logs())
def test_damage_never_ends_in_anything_but_a_profile_or_a_clear_sentence(log: bytes) -> None:
    try:
        profile = read_profile([[log]])
    except EventLogError:
        return
    assert profile.wall_seconds >= 0
    assert all(stage.submitted <= stage.completed for stage in profile.stages)
    assert all(list(stage.task_seconds) == sorted(stage.task_seconds) for stage in profile.stages)
    assert all(value >= 0 for stage in profile.stages for value in stage.task_seconds)


@given(st.binary(max_size=300))
def test_binary_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(EventLogError):
        read_profile([[garbage]])


def test_an_empty_log_is_refused() -> None:
    with pytest.raises(EventLogError, match="it is empty"):
        read_profile([[]])


def test_a_log_of_another_program_is_refused_with_what_was_met() -> None:
    with pytest.raises(EventLogError, match=r"no application start and no task in 2 lines; .*line 1\)\.$"):
        read(b"INFO starting", b"INFO stopping")


@given(st.data())
def test_one_broken_line_costs_one_line(data: st.DataObject) -> None:
    lines = build(PLAN)
    at = data.draw(st.integers(1, len(lines) - 2))
    profile = read(*lines[:at], lines[at][: len(lines[at]) // 2], *lines[at + 1 :])

    assert profile.completeness.state == "partial"
    assert profile.completeness.lines_skipped == 1
    assert profile.completeness.first_skipped_line == at + 1
    assert profile.completeness.reasons[0] == f"a line is cut off (first at line {at + 1})"


def test_a_cut_off_last_line_is_part_of_being_cut_off() -> None:
    lines = build(PLAN)[:-1]
    profile = read(*lines[:-1], lines[-1][:40])

    assert profile.completeness.state == "cut_off"
    assert profile.completeness.lines_skipped == 1


def test_jobs_and_stages_without_end_last_until_the_last_event() -> None:
    lines = build(PLAN)
    first_end = next(i for i, line in enumerate(lines) if b"TaskEnd" in line)
    profile = read(*lines[: first_end + 1])

    assert profile.jobs[0].ended == profile.stages[0].completed == profile.wall_seconds
    assert not profile.jobs[0].succeeded
    assert profile.failures == ()


def test_a_task_end_without_its_stage_makes_one() -> None:
    profile = read(START, task_end(stage=7), END)

    assert [(stage.id, stage.name, stage.tasks) for stage in profile.stages] == [(7, "stage 7", 1)]
    assert profile.stages[0].task_seconds == (1.0,)
    assert profile.executors[0].id == "1"


def test_tasks_without_an_application_start_are_enough() -> None:
    profile = read(task_end())

    assert profile.application.id == "unknown"
    assert profile.wall_seconds == 1.0


def test_times_that_run_backwards_are_said_and_give_no_negative_times() -> None:
    profile = read(START, task_end(finished=START_MS - 5000), event("ApplicationEnd", Timestamp=START_MS - 9000))

    assert profile.wall_seconds == 0.0
    assert profile.stages[0].task_seconds == (0.9,)
    assert any("backwards" in reason for reason in profile.completeness.reasons)


def test_a_second_application_is_not_mixed_in() -> None:
    log = START, task_end(), END, start("app-2"), task_end(), task_end()
    first, second = folded(*log).profiles()

    assert (first.stages[0].tasks, first.completeness.state) == (1, "complete")
    assert (second.stages[0].tasks, second.completeness.state) == (2, "cut_off")
    with pytest.raises(EventLogError, match=r"There are 2 applications in this event log \(app-1, app-2\)"):
        read(*log)


def test_spaced_and_reordered_events_are_read() -> None:
    spaced = json.dumps({"Timestamp": START_MS, "App Name": "a", "Event": "SparkListenerApplicationStart"}).encode()
    profile = read(spaced, json.dumps(json.loads(task_end())).encode(), END + b"\r", b"", b"  ")

    assert profile.stages[0].tasks == 1
    assert profile.completeness.state == "complete"


def test_text_that_is_not_utf8_costs_no_event() -> None:
    profile = read(START.replace(b'"a"', b'"caf\xe9"'), END)

    assert profile.application.name == "caf\ufffd"
    assert profile.completeness.state == "complete"


def test_a_byte_order_mark_and_halves_of_surrogate_pairs_cost_no_event() -> None:
    named = START.replace(b'"App Name":"a"', rb'"App Name":"\ud800a \ud83d\ude00\udc00"')
    profile = read(b"\xef\xbb\xbf" + event("LogStart", Spark_Version="3.5.1"), named, END)
    assert (profile.application.name, profile.application.spark_version) == ("\ufffda \U0001f600\ufffd", "3.5.1")
    assert profile.completeness.state == "complete"


def test_deep_nesting_is_skipped() -> None:
    plan = b'{"nodeName":"a","children":[' * 20_000
    profile = read(START, b'{"Event":"org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart",'
                   b'"executionId":0,"sparkPlanInfo":' + plan + b"}", END)  # fmt: skip

    assert "nested too deeply" in profile.completeness.reasons[0]


def test_killed_attempts_are_no_failures() -> None:
    profile = read(START, task_end(Task_End_Reason={"Reason": "TaskKilled"}), task_end(), END)

    stage = profile.stages[0]
    assert (stage.tasks, stage.failed_tasks, stage.killed_tasks, stage.lost_seconds) == (1, 0, 1, 1.0)


def test_slots_of_an_old_local_log_come_from_the_master_or_from_the_tasks_that_ran_at_once() -> None:
    starts = [event("TaskStart", Stage_ID=0, Task_Info={"Executor ID": "<driver>"})] * 3
    ends = [task_end().replace(b'"Executor ID":"1"', b'"Executor ID":"<driver>"')] * 3
    environment = event("EnvironmentUpdate", Spark_Properties=[["spark.master", "local[4]"]])

    assert read(START, *starts, *ends, END).slots == 3
    assert read(START, environment, *starts, *ends, END).slots == 4


def test_an_executor_that_never_registered_is_as_large_as_configured() -> None:
    environment = event("EnvironmentUpdate", Spark_Properties={"spark.executor.cores": "5"})

    assert read(START, environment, task_end(), END).slots == 5


def test_secrets_are_not_kept() -> None:
    logged = {"spark.setpoint.password": "x", "spark.app.name": "job", "spark.setpoint.note": "token=abc"}
    profile = read(START, event("EnvironmentUpdate", Spark_Properties=logged), END)

    assert profile.properties == (("spark.app.name", "job"),)


def test_heap_peaks_come_from_tasks_and_from_stage_metrics() -> None:
    metrics = {"Executor_ID": "1", "Executor_Metrics": {"JVMHeapMemory": 900}}
    with_peak = task_end(Task_Executor_Metrics={"JVMHeapMemory": 700})

    assert read(START, with_peak, END).executors[0].peak_heap_bytes == 700
    assert read(START, with_peak, event("StageExecutorMetrics", **metrics), END).executors[0].peak_heap_bytes == 900


def test_a_failed_sql_execution_is_a_failure_and_an_empty_message_is_none() -> None:
    name = b"org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionEnd"
    end = b'{"Event":"' + name + b'","executionId":%d,"errorMessage":"%s"}'
    profile = read(START, end % (1, b""), end % (2, b"Not enough memory to build and broadcast"), END)

    assert [(failure.where, failure.fault) for failure in profile.failures] == [("SQL execution 2", "memory")]


def test_random_order_of_lines_is_survived() -> None:
    lines = build(PLAN)
    Random(1).shuffle(lines)

    # What comes before an application's start is told apart as another one's.
    assert sum(profile.counts.tasks for profile in folded(*lines).profiles()) == 4


def test_task_ends_without_reasons_are_judged_by_their_flags() -> None:
    killed, failed = (
        task_end().replace(b'"Host"', flag + b'"Host"') for flag in (b'"Killed":true,', b'"Failed":true,')
    )
    profile = read(START, killed, failed, task_end(), END)

    stage = profile.stages[0]
    assert (stage.tasks, stage.failed_tasks, stage.killed_tasks) == (1, 1, 1)


def test_impossible_times_are_left_out() -> None:
    profile = read(START, task_end(launched=-5, finished=10**17), END)

    assert profile.stages[0].task_seconds == (0.9,)
    assert profile.wall_seconds == 60.0


def test_a_job_end_without_its_start_is_no_job() -> None:
    end = event("JobEnd", Job_ID=3, Completion_Time=START_MS + 10, Job_Result={"Result": "JobFailed"})
    profile = read(START, end, END)

    assert profile.jobs == ()
    assert [failure.reason for failure in profile.failures] == ["JobFailed"]


def test_a_stage_that_completes_before_it_is_submitted_has_no_negative_length() -> None:
    info = {"Stage ID": 0, "Submission Time": START_MS + 5000, "Completion Time": START_MS + 1000}
    profile = read(START, event("StageCompleted", Stage_Info=info), task_end(), END)

    assert profile.stages[0].submitted == profile.stages[0].completed == 5.0
    assert any("backwards" in reason for reason in profile.completeness.reasons)


@given(st.data())
def test_a_log_that_stops_inside_any_line_is_cut_off_and_nothing_worse(data: st.DataObject) -> None:
    log = b"\n".join(build(PLAN)[:-1])
    profile = read_profile([[log[: data.draw(st.integers(400, len(log)))]]])

    assert profile.completeness.state == "cut_off"
    assert profile.completeness.lines_skipped <= 1
