"""A report and a log that do not tell of the same time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.agreement import CLOCKS_DIFFER, agreed
from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.core.eventlog import read_profile
from setpoint.core.profile import Profile
from setpoint.core.usage import Usage
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, local

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def profile() -> Profile:
    jobs = (JobPlan((StagePlan(task_seconds=(50.0,) * 8),)),)
    lines = build(ApplicationPlan(jobs=jobs, executors=local(4), started_epoch_seconds=START.timestamp()))
    return read_profile([[line + b"\n" for line in lines]])


def report(seconds: float) -> ClusterReport:
    usage = Usage(cloud="aws", region="us-east-1", machines=())
    return ClusterReport(ClusterSpec.local(4, 2048), START, START + timedelta(seconds=seconds), 0, None, usage=usage)


def test_without_a_log_the_report_stands() -> None:
    assert agreed(report(10.0), None) == (report(10.0), "")


@given(share=st.floats(0.01, 3.0))
def test_the_longer_of_the_two_counts(profile: Profile, share: float) -> None:
    given_report = report(max(0.01, share * profile.wall_seconds))
    found, note = agreed(given_report, profile)
    if share >= CLOCKS_DIFFER + 1e-6:
        assert (found, note) == (given_report, "")
    elif share < CLOCKS_DIFFER - 1e-6:
        assert found.seconds == pytest.approx(profile.wall_seconds)
        assert found.usage is None
        assert "modelled" in note
        assert replace(found, started_at=START, finished_at=START, usage=None) == replace(
            given_report, started_at=START, finished_at=START, usage=None
        )
