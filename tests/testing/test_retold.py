"""A log told in another time says the same, later and longer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.eventlog import read_profile
from setpoint.core.profile import Profile
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, local
from setpoint.testing.retold import retold

SINCE = 1_700_000_000.0
PLAN = ApplicationPlan(
    jobs=(JobPlan((StagePlan(task_seconds=(2.0, 3.0, 1.0), input_bytes=10**6),), driver_seconds_before=1.5),),
    executors=local(2),
    started_epoch_seconds=SINCE,
)
LINES = build(PLAN)


def read(lines: list[bytes]) -> Profile:
    return read_profile([[b"".join(line + b"\n" for line in lines)]])


@given(began=st.floats(1.0e9, 2.0e9), factor=st.floats(0.5, 600.0))
def test_all_times_are_longer_alike_and_nothing_else_changes(began: float, factor: float) -> None:
    before, after = read(LINES), read(retold(LINES, SINCE, began, factor))
    assert after.application.started_epoch_seconds == pytest.approx(began, abs=0.01)
    assert after.wall_seconds == pytest.approx(factor * before.wall_seconds, rel=0.01)
    assert len(after.stages) == len(before.stages)
    for one, other in zip(before.stages, after.stages, strict=True):
        assert other.tasks == one.tasks
        assert other.totals.input_bytes == one.totals.input_bytes
        assert other.totals.run_seconds == pytest.approx(factor * one.totals.run_seconds, rel=0.01)
        assert other.totals.cpu_seconds == pytest.approx(factor * one.totals.cpu_seconds, rel=0.01)


def test_told_as_it_was_it_stays() -> None:
    assert read(retold(LINES, SINCE, SINCE, 1.0)) == read(LINES)


def test_what_is_cut_off_stays_cut_off() -> None:
    assert retold([LINES[-1][:-3]], SINCE, 0.0, 2.0) == [LINES[-1][:-3]]
