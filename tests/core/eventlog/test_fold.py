"""Which lines make an application, and a fold that goes on after it was asked, pickled or told of a loss."""

import gzip
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.eventlog.written import (
    END,
    START,
    START_MS,
    environment,
    event,
    folded,
    line,
    read,
    sql_event,
    start,
    task_end,
)

from setpoint.core.eventlog import LogFold, fold_parts, read_profile
from setpoint.core.profile import Failure, Profile

LOG_START = event("LogStart", Spark_Version="3.5.1")
SECOND = start("app-2")


def tasks_of(*lines: bytes) -> list[tuple[str, int]]:
    return [(profile.application.id, profile.counts.tasks) for profile in folded(*lines).profiles()]


def test_applications_one_after_the_other_are_told_apart() -> None:
    one = [LOG_START, START, task_end(), END]
    two = [LOG_START, SECOND, task_end(), task_end(), END]
    assert tasks_of(*one, *two) == [("app-1", 1), ("app-2", 2)]
    assert tasks_of(*one[1:], *two[1:]) == [("app-1", 1), ("app-2", 2)]
    assert tasks_of(*one[:-1], *two) == [("app-1", 1), ("app-2", 2)]


def test_attempts_of_one_application_are_told_apart() -> None:
    first, second = start(App_Attempt_ID="1"), start(App_Attempt_ID="2")
    found = folded(first, task_end(), second, task_end(), END).profiles()

    assert [profile.application.attempt for profile in found] == ["1", "2"]
    assert [profile.completeness.state for profile in found] == ["cut_off", "complete"]


def test_a_second_beginning_of_the_same_application_is_still_that_one() -> None:
    assert tasks_of(LOG_START, START, task_end(), LOG_START, START, task_end(), END) == [("app-1", 2)]
    assert tasks_of(LOG_START, START, task_end(), LOG_START, task_end(), END) == [("app-1", 2)]


def test_what_stands_before_the_start_belongs_to_it() -> None:
    preamble = [LOG_START, environment(executor__cores="3"), event("ExecutorAdded", Executor_ID="5")]
    profile = read(*preamble, START, task_end(executor="5"), END)

    assert read(*preamble[1:], START, task_end(executor="5"), END).executors == profile.executors
    assert profile.application.spark_version == "3.5.1"
    assert [(executor.id, executor.cores) for executor in profile.executors] == [("5", 3)]


@pytest.mark.parametrize("begins", [LOG_START, START, END], ids=["log start", "application start", "application end"])
def test_lines_that_begin_the_same_thing_again_and_again_take_no_memory(begins: bytes) -> None:
    fold = folded(START, task_end(), *[begins, task_end()] * 500)
    assert [(profile.application.id, profile.counts.tasks) for profile in fold.profiles()] == [("app-1", 501)]
    assert len(fold._segments._segments) <= 4


def test_what_follows_another_application_is_not_taken_for_the_first() -> None:
    assert tasks_of(START, END, SECOND, END, START, END, task_end()) == [("app-1", 1), ("app-2", 0)]


def test_a_line_that_is_refused_leaves_no_trace() -> None:
    info = {"Launch Time": 2**63, "Executor ID": "9", "Speculative": True}
    profile = read(START, event("TaskEnd", Stage_ID=0, Task_Info=info), task_end(executor="1"), END)
    assert (profile.counts.tasks, profile.counts.speculative_tasks, profile.completeness.lines_skipped) == (1, 0, 1)


def test_the_host_is_known_from_the_first_task_that_says_it() -> None:
    nameless = event("TaskEnd", Stage_ID=0, Task_Info={"Launch Time": START_MS, "Executor ID": "1"})
    assert read(START, nameless, task_end(executor="1"), END).executors[0].host == "h"


def test_oddities_of_the_log_are_said() -> None:
    odd = [
        START,
        event("JobStart", Job_ID=1),
        sql_event("SQLExecutionStart", executionId=1),
        event("TaskEnd", Stage_ID=0, Task_Info={"Executor ID": "1"}),
        event("SomethingNew"),
        event("BlockManagerAdded"),
        END,
    ]
    complete = read(*odd).completeness
    assert complete.state == "complete"
    assert complete.reasons == (
        "jobs without an end: 1",
        "SQL executions without an end: 1",
        "task ends that do not say how the task ended: 1",
        "no executor registered: slots are as configured, or as many as were seen in use at once",
        "events of other kinds than the usual ones: SparkListenerSomethingNew",
    )


def test_what_was_stopped_has_not_failed() -> None:
    def ended(message: str) -> bytes:
        return event("JobEnd", Job_ID=1, Job_Result={"Result": "JobFailed", "Exception": {"Message": message}})

    stopped = read(START, event("JobStart", Job_ID=1), ended("Job 1 cancelled because SparkContext was shut down"))
    failed = read(START, event("JobStart", Job_ID=1), ended("ValueError"))
    assert (len(stopped.failures), len(failed.failures)) == (0, 1)


def test_a_start_that_says_nothing_is_no_application() -> None:
    assert folded(event("ApplicationStart"), END).profiles() == ()


def test_a_stage_is_at_work_while_its_tasks_are() -> None:
    info = {"Stage ID": 0, "Submission Time": START_MS, "Completion Time": START_MS + 100}
    profile = read(START, task_end(finished=START_MS + 9000), event("StageCompleted", Stage_Info=info), END)
    assert profile.stages[0].completed == 9.0


def test_no_machine_has_a_million_cores() -> None:
    added = event("ExecutorAdded", Executor_ID="1", Executor_Info={"Host": "h", "Total Cores": 10**6})
    assert read(START, added, task_end(), END).executors[0].cores == 1


def test_a_preamble_after_an_end_belongs_to_the_application_that_follows() -> None:
    names = environment(executor__cores="3")
    first, second = folded(START, task_end(), END, names, SECOND, task_end(), END).profiles()

    assert (first.property_value("spark.executor.cores"), second.property_value("spark.executor.cores")) == (None, "3")


def test_what_comes_after_the_end_belongs_to_what_ended() -> None:
    profile = read(START, task_end(), END, task_end(), environment(executor__cores="3"))

    assert (profile.counts.tasks, profile.completeness.state) == (2, "complete")
    assert profile.property_value("spark.executor.cores") == "3"


def test_first_lines_of_databricks_parts_begin_nothing() -> None:
    part = line("DBCEventLoggingListenerMetadata", {"Spark Version": "3.3.0"})
    profile = read(part, START, task_end(), part, task_end())

    assert (profile.counts.tasks, profile.platform, profile.application.spark_version) == (2, "databricks", "3.3.0")


def test_a_stream_without_applications_gives_no_profile_and_says_what_it_met() -> None:
    assert folded().profiles() == folded(LOG_START, environment(master="yarn")).profiles() == ()
    assert folded().describe() == "it is empty"
    assert folded(LOG_START).describe() == "no application start and no task in 1 line"
    assert folded(b"{", LOG_START).describe().startswith("no application start and no task in 2 lines; a line is")


def test_asking_twice_gives_the_same_and_the_fold_goes_on() -> None:
    fold = folded(START, task_end(), LOG_START, START)
    assert fold.profiles() == fold.profiles()
    for each in (task_end(), END):
        fold.feed(each + b"\n")

    assert fold.profiles() == folded(START, task_end(), LOG_START, START, task_end(), END).profiles()


@given(st.integers(0, 8))
def test_a_pickled_fold_goes_on(at: int) -> None:
    failed = task_end(Task_End_Reason={"Reason": "ExceptionFailure"})
    lines = [LOG_START, START, environment(executor__cores="2"), task_end(), failed, task_end(stage=1), END, SECOND]
    fold = pickle.loads(pickle.dumps(folded(*lines[:at])))  # noqa: S301 - our own
    for each in lines[at:]:
        fold.feed(each + b"\n")

    assert fold.profiles() == folded(*lines).profiles()


def test_an_end_says_when_and_a_later_one_corrects_it() -> None:
    later = event("ApplicationEnd", Timestamp=START_MS + 90_000)
    late = task_end(launched=START_MS + 70_000, finished=START_MS + 80_000)
    first, second = folded(START, b""), folded(END, late)
    first.merge(second)

    assert first.profiles()[0].wall_seconds == read(START, END, late).wall_seconds == 60.0
    assert read(START, END).wall_seconds == 60.0
    assert read(START, END, later).application == read(START, END).application
    assert read(START, event("ApplicationEnd")).wall_seconds == 0.0


def test_ends_before_starts_are_said() -> None:
    profile = read(START, event("ApplicationEnd", Timestamp=START_MS - 5000))
    assert profile.wall_seconds == 0.0
    assert any("backwards" in reason for reason in profile.completeness.reasons)


@pytest.mark.parametrize("after", [0, 2])
def test_a_lost_part_makes_holes_only_where_more_follows(after: int) -> None:
    fold = folded(START, task_end())
    fold.lose_part("part 2 is missing")
    fold.read([b"\n".join([task_end()] * after)])
    read_partly = fold.profiles()[0].completeness

    assert read_partly.state == ("partial" if after else "cut_off")
    assert "part 2 is missing" in read_partly.reasons


def test_a_part_that_breaks_is_named_and_the_next_one_is_read() -> None:
    packed = gzip.compress(b"\n".join([START, task_end()]) + b"\n")
    fold = fold_parts([[packed[:-4]], [task_end() + b"\n", END]])
    (profile,) = fold.profiles()

    assert profile.counts.tasks == 2
    assert profile.completeness.reasons[0] == "part 1: the gzip stream ends early"
    assert profile == read_profile([[packed[:-4]], [task_end() + b"\n", END]])
    nameless = LogFold()
    nameless.read([packed[:-4]])
    assert nameless.profiles()[0].completeness.reasons[0] == "the gzip stream ends early"


def test_the_first_line_that_was_skipped_is_found_by_its_bytes() -> None:
    lines = [START, task_end(), b'{"Event":"SparkListenerTaskEnd"', task_end(), b"[]"]
    skipped = read(*lines).completeness

    assert (skipped.lines_skipped, skipped.first_skipped_line) == (2, 3)
    assert skipped.first_skipped_offset == len(b"\n".join(lines[:2])) + 1


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b'{"Event":"SparkListenerTaskEnd","Stage ID":"x"}', "not as Spark writes it"),
        (b'{"Event":"SparkListenerTaskEnd","Stage ID":0,"Task Info":{"Launch Time":9223372036854775808}}', "range"),
        (b'{"Event":"SparkListenerTaskEnd","Stage ID":0,"Task Info":{"Index":9223372036854775808}}', "range"),
        (b'{"Event":"SparkListenerTaskStart","Stage', "cut off"),
        (b'{"Event":"SparkListenerBlockUpdated","Block', "cut off"),
        (b'{"Event":"SparkListenerJobStart",,}', "not JSON"),
        (b'{"Event":"SparkListenerJobStart","Job ID":"\xff"}', "not as Spark writes it"),
        (b'{"Event":"SparkListenerTaskEnd","Stage ID":"\xff"}', "not as Spark writes it"),
        (b'{"Event":"SparkListenerApplicationEnd","Timestamp":"\xff', "cut off"),
        (b'{"Event":"SparkListenerExecutorRemoved","Executor ID":"\xff","Timestamp":"x"}', "not JSON"),
        (b'{"Event":"SparkListenerTaskEnd","Stage ID":0,"Task Info":{"Executor ID":"\xff","Index":"x"}}', "not JSON"),
        (b'{"Event":"SparkListenerJobStart","Job ID":' + b"[" * 100_000 + b"}", "not"),
        (b"[1]", "not as Spark writes it"),
    ],
)
def test_why_a_line_was_skipped(bad: bytes, why: str) -> None:
    skipped = read(START, bad, END).completeness

    assert (skipped.lines_skipped, skipped.first_skipped_line, skipped.state) == (1, 2, "partial")
    assert why in skipped.reasons[0]


@pytest.mark.parametrize(
    "harmless",
    [b"", b"  ", b'{"Event":"SparkListenerBlockUpdated","x":{}}', b'{"Event": "SomebodyElses"}', b'{"Event":"x"}\r'],
)
def test_what_is_not_for_us_is_passed_over(harmless: bytes) -> None:
    assert read(START, harmless, END).completeness.state == "complete"


def test_reasons_are_bounded() -> None:
    odd = [b'{"Event":"SparkListenerJobStart","Job ID":%s}' % value for value in (b'"x"', b"[]", b"{}", b"true")]
    fold = folded(START, *odd, *[b"{", b"[]"] * 50)
    for number in range(50):
        fold.lose_part(f"part {number}")
    found = fold.profiles()[0].completeness

    assert found.lines_skipped == 104
    assert len(found.reasons) <= 21


def test_failures_are_bounded_and_told_once() -> None:
    def job_end(number: int) -> bytes:
        return event("JobEnd", Job_ID=number, Job_Result={"Result": "JobFailed", "Exception": {"Message": "no"}})

    assert read(START, job_end(1), job_end(1), END).failures == (Failure("job 1", "no", "application"),)
    assert 10 <= len(read(START, *map(job_end, range(500)), END).failures) <= 100
    assert read(START, event("JobEnd", Job_ID=1), END).failures == ()


def test_a_job_knows_its_stages_and_its_sql_execution() -> None:
    infos = [{"Stage ID": 4, "Stage Name": "scan", "Parent IDs": [1, 2]}]
    known = {"Job_ID": 1, "Submission_Time": START_MS, "Stage_Infos": infos, "Stage_IDs": [4]}
    profile = read(
        START,
        event("JobStart", Properties={"spark.sql.execution.id": "7"}, **known),
        event("JobStart", **{**known, "Job_ID": 2, "Properties": {"spark.sql.execution.id": "x"}}),
        task_end(stage=4),
        END,
    )

    assert [(job.id, job.stage_ids, job.sql_execution_id) for job in profile.jobs] == [(1, (4,), 7), (2, (4,), None)]
    assert [(stage.name, stage.parents) for stage in profile.stages] == [("scan", (1, 2))]


def test_tasks_say_how_near_to_their_data_they_ran_and_whether_twice() -> None:
    def near(locality: str, **info: object) -> bytes:
        return task_end(Task_Info={"Executor ID": "1", "Locality": locality, **info})

    profile = read(START, near("ANY"), near("NODE_LOCAL", Speculative=True), near("NODE_LOCAL"), near("odd"), END)

    assert dict(profile.stages[0].locality) == {"NODE_LOCAL": 2, "ANY": 1, "other": 1}
    assert profile.counts.speculative_tasks == profile.stages[0].speculative_tasks == 1


def times(profile: Profile) -> tuple[object, ...]:
    stage = profile.stages[0]
    return stage.submitted, stage.first_launch, stage.completed, stage.lost_seconds


def test_a_stage_without_events_of_its_own_lasts_as_long_as_its_tasks() -> None:
    failed = task_end(launched=START_MS + 500, finished=START_MS + 9000, Task_End_Reason={"Reason": "Lost"})
    ran = task_end(launched=START_MS + 2000, finished=START_MS + 4000)

    assert times(read(START, failed, ran, END)) == (0.5, 0.5, 9.0, 8.5)
    assert times(read(START, ran, END)) == (2.0, 2.0, 4.0, 0.0)


def test_busy_slots_are_on_the_clock_of_the_application() -> None:
    busy = read(START, task_end(launched=START_MS + 64_000, finished=START_MS + 65_000), END).busy

    assert busy.started == pytest.approx(64.0, abs=busy.step_seconds)
    assert sum(busy.slots) * busy.step_seconds == pytest.approx(1.0)
    assert read(START, END).busy.slots == ()
