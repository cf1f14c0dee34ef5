"""NumPy and plain Python come to the same sums: which of them works must not show."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from tests.core.eventlog.tasks_drawn import BEGIN_MS, Drawn, packed, tasks

from setpoint.core.eventlog import rows
from setpoint.core.eventlog.busy import BusyTime
from setpoint.core.eventlog.executors import Executors
from setpoint.core.eventlog.tasks import StageTasks

ONE = Drawn((900, *[0] * 18, BEGIN_MS, BEGIN_MS + 1000, 0, 0, 5, 1, 1))


def executors_known() -> Executors:
    executors = Executors()
    for executor_id in "012":
        executors.number(executor_id)
    return executors


def told(drawn: list[Drawn], monkeypatch: pytest.MonkeyPatch, worth_numpy: int, worth_a_table: int = 48) -> object:
    """Columns by stage, what executors were told, what busy slots were told."""
    monkeypatch.setattr(rows, "_WORTH_NUMPY", worth_numpy)
    monkeypatch.setattr(rows, "_WORTH_A_TABLE", worth_a_table)
    executors, busy = executors_known(), BusyTime()
    found = {stage: np.array(columns).tolist() for stage, columns in rows.batches(packed(drawn), executors, busy)}
    return found, executors._records, busy.steps()


@settings(max_examples=50)
@given(tasks(stages=3, most=100))
def test_tables_are_as_lists(drawn: list[Drawn]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        lists = told(drawn, monkeypatch, 10**9)
        assert told(drawn, monkeypatch, 0) == lists
        assert told(drawn, monkeypatch, 0, worth_a_table=8) == lists


@settings(max_examples=50)
@given(tasks(stages=1))
def test_a_stage_is_the_same_by_either_way(drawn: list[Drawn]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        slow = stage_of(drawn, monkeypatch, 10**9)
        fast = stage_of(drawn, monkeypatch, 0)
    assert (slow.count, slow.sums, slow.largest, slow.locality) == (fast.count, fast.sums, fast.largest, fast.locality)
    assert (slow.first_launch_ms, slow.last_finish_ms) == (fast.first_launch_ms, fast.last_finish_ms)
    assert slow.longest == fast.longest
    assert slow.spreads() == fast.spreads()
    assert slow.walls() == fast.walls()


def stage_of(drawn: list[Drawn], monkeypatch: pytest.MonkeyPatch, worth_numpy: int) -> StageTasks:
    monkeypatch.setattr(rows, "_WORTH_NUMPY", worth_numpy)
    monkeypatch.setattr(rows, "_WORTH_A_TABLE", 8)
    executors, stage = executors_known(), StageTasks()
    for _, columns in rows.batches(packed(drawn), executors, BusyTime()):
        stage.add(columns, executors)
    return stage


@pytest.mark.parametrize("count", [1, 2000])
def test_walls_and_overheads_are_worked_out(count: int) -> None:
    executors = executors_known()
    ((stage, columns),) = rows.batches(packed([ONE] * count), executors, BusyTime())

    assert stage == 0
    assert columns[rows.WALL][0] == 1000
    assert columns[rows.OVERHEAD][0] == 100
    assert executors.record("0").tasks == count
    assert executors.record("0").first_launch_ms == BEGIN_MS


@pytest.mark.parametrize("count", [1, 2000])
def test_without_times_the_run_is_the_wall(count: int) -> None:
    odd = Drawn((*ONE.columns[:19], 5 * 10**12, 0, *ONE.columns[21:]))
    executors = executors_known()
    ((_, columns),) = rows.batches(packed([odd] * count), executors, BusyTime())

    assert (columns[rows.WALL][0], columns[rows.OVERHEAD][0], columns[rows.LAUNCHED][0]) == (900, 0, 0)
    assert executors.record("0").first_launch_ms == 0


@pytest.mark.parametrize("count", [1, 2000])
def test_no_task_is_longer_than_a_year_so_that_their_sum_stays_a_number(count: int) -> None:
    endless = Drawn((2**60, *ONE.columns[1:19], 0, 0, *ONE.columns[21:]))
    ((_, columns),) = rows.batches(packed([endless] * count), executors_known(), BusyTime())
    assert columns[rows.WALL][0] == 2**35


def test_nothing_comes_of_nothing() -> None:
    assert list(rows.batches(bytearray(), executors_known(), BusyTime())) == []


def test_a_stage_survives_pickling() -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        stage = stage_of([ONE] * 300, monkeypatch, 0)
    again = pickle.loads(pickle.dumps(stage))  # noqa: S301 - our own
    assert again.walls() == stage.walls() == [(1000.0, 299), (1000.0, 1)]
    assert again.spreads() == stage.spreads()
