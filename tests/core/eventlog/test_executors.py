"""Executors come, go and come again; how many tasks ran at once is told by starts and ends, split or not."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.eventlog.written import END, START, START_MS, environment, event, read, task_end

from setpoint.core.eventlog.events import ExecutorAdded, ExecutorInfo, ExecutorRemoved, MemoryPeaks
from setpoint.core.eventlog.executors import Executors
from setpoint.core.profile import Executor

Step = tuple[str, str, int]
steps = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "start", "end", "memory"]), st.sampled_from("12"), st.integers(1, 99)),
    max_size=40,
)


def added(executor: str, at_seconds: float, cores: int = 2, host: str = "h") -> bytes:
    info = {"Host": host, "Total Cores": cores}
    moment = START_MS + round(at_seconds * 1000)
    return event("ExecutorAdded", Timestamp=moment, Executor_ID=executor, Executor_Info=info)


def removed(executor: str, at_seconds: float, reason: str) -> bytes:
    moment = START_MS + round(at_seconds * 1000)
    return event("ExecutorRemoved", Timestamp=moment, Executor_ID=executor, Removed_Reason=reason)


def executors_of(*lines: bytes) -> dict[str, Executor]:
    return {executor.id: executor for executor in read(START, *lines, END).executors}


def after(steps: list[Step]) -> Executors:
    found = Executors()
    for what, executor, number in steps:
        match what:
            case "add":
                found.add(ExecutorAdded(executor, number, ExecutorInfo(f"h{number}", number % 5)), number)
            case "remove":
                found.remove(ExecutorRemoved(executor, number, f"reason {number}"), number)
            case "start":
                found.task_started(executor)
            case "end":
                place = found.number_of_task(executor, f"t{number}")
                found.task_ended(place)
                found.ran(place, 1, number, (number, 0, 2 * number))
            case _:
                found.memory_used(executor, MemoryPeaks(number, number + 1, number + 2))
    return found


def known(executors: Executors) -> object:
    records = [executors.record(executor) for executor in "12"]
    return [(r, r.most_at_once, r.added_ms) for r in records], executors.none_registered


@given(steps, st.lists(st.floats(0, 1), max_size=4))
def test_parts_merged_are_the_whole(steps: list[Step], cuts: list[float]) -> None:
    borders = [0, *sorted(int(cut * len(steps)) for cut in cuts), len(steps)]
    merged = Executors()
    for first, last in pairwise(borders):
        merged.merge(after(steps[first:last]))
    assert known(merged) == known(after(steps))


@given(st.lists(st.sampled_from(["start", "end"]), max_size=60), st.floats(0, 1))
def test_most_at_once_counts_tasks_that_run_from_one_part_into_the_next(whats: list[str], cut: float) -> None:
    running = most = 0
    kept: list[Step] = []
    for what in whats:
        if what == "start" or running:
            running += 1 if what == "start" else -1
            kept.append((what, "1", 1))
        most = max(most, running)
    at = int(cut * len(kept))
    first, second = after(kept[:at]), after(kept[at:])
    first.merge(second)
    assert first.record("1").most_at_once == most


def test_one_that_went_has_its_reason_and_time() -> None:
    gone = executors_of(added("1", 1), removed("1", 9, "Executor decommission: spot interruption"))["1"]

    assert (gone.added, gone.removed, gone.removal, gone.cores, gone.host) == (1.0, 9.0, "spot", 2, "h")
    assert gone.removed_reason == "Executor decommission: spot interruption"


def test_one_that_came_again_is_there() -> None:
    back = executors_of(added("1", 1), removed("1", 5, "lost"), added("1", 7, cores=4, host="other"))["1"]

    assert (back.added, back.removed, back.removal, back.removed_reason) == (1.0, None, None, None)
    assert (back.cores, back.host) == (4, "other")


def test_one_that_only_went_was_never_there() -> None:
    assert executors_of(removed("7", 5, "Executor idle")) == {}
    ran = executors_of(task_end(executor="7"), removed("7", 5, "Executor idle"))["7"]
    assert (ran.host, ran.tasks, ran.removal) == ("h", 1, "idle")


def test_one_is_there_from_its_first_task_where_that_was_earlier() -> None:
    assert executors_of(added("1", 5), task_end(launched=START_MS + 2000, finished=START_MS + 3000))["1"].added == 2.0
    assert executors_of(added("1", 1), task_end(launched=START_MS + 2000, finished=START_MS + 3000))["1"].added == 1.0


def test_the_driver_counts_only_alone_and_by_one_name() -> None:
    assert list(executors_of(added("driver", 0), added("1", 1))) == ["1"]
    alone = executors_of(task_end(executor="<driver>"), added("driver", 0, cores=3))
    assert [(e.id, e.tasks, e.cores) for e in alone.values()] == [("driver", 1, 3)]
    assert list(executors_of(added("driver", 0), task_end(executor="<driver>"))) == ["driver"]
    assert list(executors_of(task_end(executor=""))) == ["unknown"]


@pytest.mark.parametrize(
    ("properties", "executor", "cores"),
    [
        ({}, "1", 1),
        ({"executor__cores": "5"}, "1", 5),
        ({"executor__cores": "many"}, "1", 1),
        ({"executor__cores": "0000000"}, "1", 1),
        ({"master": "local[7]"}, "driver", 7),
        ({"master": "local[*]"}, "driver", 1),
        ({"master": "local"}, "driver", 1),
        ({"executor__cores": "5"}, "driver", 1),
    ],
)
def test_cores_that_are_not_logged_are_as_set(properties: dict[str, str], executor: str, cores: int) -> None:
    assert executors_of(environment(**properties), task_end(executor=executor))[executor].cores == cores


def test_cores_that_are_said_nowhere_are_those_of_the_others() -> None:
    assert executors_of(added("1", 0, cores=6), task_end(executor="2"))["2"].cores == 6
    assert executors_of(added("1", 0, cores=0), task_end(executor="1"))["1"].cores == 1


def test_peaks_of_memory_are_the_highest_of_each_kind() -> None:
    peaks = {"JVMHeapMemory": 5, "OffHeapUnifiedMemory": 9, "ProcessTreePythonRSSMemory": 1}
    others = {"JVMHeapMemory": 7, "OffHeapUnifiedMemory": 2, "ProcessTreePythonRSSMemory": 4}
    stages = event("StageExecutorMetrics", Executor_ID="1", Executor_Metrics=others)
    found = executors_of(task_end(Task_Executor_Metrics=peaks), stages, event("StageExecutorMetrics", Executor_ID="1"))

    assert (found["1"].peak_heap_bytes, found["1"].peak_off_heap_bytes, found["1"].peak_python_bytes) == (7, 9, 4)


def test_a_driver_that_only_reports_its_memory_is_no_executor() -> None:
    stages = event("StageExecutorMetrics", Executor_ID="driver", Executor_Metrics={"JVMHeapMemory": 1})
    assert executors_of(stages) == {}
