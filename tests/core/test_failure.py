"""How a run ended, and whose fault it was."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import profile, run

from setpoint.core.domain import ClusterReport, Outcome
from setpoint.core.failure import classify, is_memory_error
from setpoint.core.profile import Completeness, Failure, Fault, Profile

ENDED = run(1).report
OOM = "java.lang.OutOfMemoryError: Java heap space"


def report(exit_code: int | None = 1, error: str | None = None, *, stopped: bool = False) -> ClusterReport:
    return replace(ENDED, exit_code=exit_code, error=error, stopped=stopped)


def failed(*failures: Failure, state: Completeness | None = None) -> Profile:
    return replace(profile(), failures=failures, completeness=state or Completeness("complete"))


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (OOM, "memory"),
        ("Container killed by YARN for exceeding physical memory limits. 5.5 GB of 5.5 GB used", "memory"),
        ("There is insufficient memory for the Java Runtime: Cannot allocate memory (errno=12)", "memory"),
        ("GC overhead limit exceeded", "memory"),
        ("ExecutorLostFailure (executor 3 exited): Container released on a *lost* node", "infrastructure"),
        ("java.io.IOException: No space left on device", "infrastructure"),
        ("JAVA_HOME is not set", "infrastructure"),
        ("ValueError: no such column: amount", "application"),
        (None, "application"),
    ],
)
def test_the_words_tell_whose_fault_it_was(error: str | None, fault: Fault) -> None:
    assert classify(report(error=error), None) == (Outcome.FAILED, fault)


@pytest.mark.parametrize("exit_code", [52, 137])
def test_some_exit_codes_mean_memory(exit_code: int) -> None:
    assert classify(report(exit_code), None) == (Outcome.FAILED, "memory")


@given(st.sampled_from([None, 0, 1, 137]), st.sampled_from([None, OOM, "anything"]))
def test_what_was_stopped_from_outside_says_nothing(exit_code: int | None, error: str | None) -> None:
    assert classify(report(exit_code, error, stopped=True), None) == (Outcome.KILLED, None)


@given(st.lists(st.builds(Failure, st.just("job 1"), st.just(OOM), st.just("memory")), max_size=2))
def test_what_ended_well_did_its_work_whatever_failed_on_the_way(failures: list[Failure]) -> None:
    assert classify(report(0), failed(*failures)) == (Outcome.SUCCEEDED, None)


@pytest.mark.parametrize("fault", ["memory", "infrastructure", "application"])
def test_the_log_knows_the_fault_where_the_process_said_nothing(fault: Fault) -> None:
    """The log's reader saw the whole text of a failure, of which the reason is only the first line."""
    made = failed(Failure("job 3", "Job aborted due to stage failure:", fault))
    assert classify(report(1, "exit code 1"), made) == (Outcome.FAILED, fault)


def test_memory_outweighs_what_it_brings_about() -> None:
    made = failed(Failure("executor 1", "lost", "memory"), Failure("job 3", "FetchFailed", "infrastructure"))
    assert classify(report(1), made) == (Outcome.FAILED, "memory")


@pytest.mark.parametrize(
    ("made", "outcome"),
    [
        (None, (Outcome.KILLED, None)),
        (failed(state=Completeness("cut_off")), (Outcome.KILLED, None)),
        (failed(Failure("job 3", "ValueError", "application")), (Outcome.FAILED, "application")),
        (failed(), (Outcome.SUCCEEDED, None)),
    ],
)
def test_a_lost_process_is_judged_by_its_log(made: Profile | None, outcome: tuple[Outcome, Fault | None]) -> None:
    assert classify(report(None), made) == outcome


def test_a_line_that_tells_of_memory_is_known() -> None:
    assert is_memory_error(OOM)
    assert not is_memory_error("ValueError: no such column: memory_used")
