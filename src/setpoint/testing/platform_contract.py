"""What every platform owes. Subclass `PlatformContract` as a test class and give it a fixture `subject`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Protocol

import pytest

from setpoint.core.domain import ClusterSpec
from setpoint.core.eventlog import read_profile
from setpoint.errors import Conflict, EventLogError, PlatformError, UnknownProject
from setpoint.platforms import Platform

PROJECT = "nightly"
THREADS = 8


class RunsIt(Protocol):
    """Lets the project run once on the spec in place."""

    def __call__(self, *, exit_code: int = 0, with_log: bool = True) -> None:
        """Run to an end with this exit code; without a log, it ended before Spark had started."""
        ...


@dataclass(frozen=True, slots=True)
class PlatformUnderTest:
    """A platform with the project `PROJECT`, which has not run yet."""

    platform: Platform
    specs: tuple[ClusterSpec, ...]
    """Specs the project can be given, different from one another, the one in place first; two or more."""
    run: RunsIt
    open_again: Callable[[], Platform]
    """The same place seen through another object, as another process sees it; itself where nothing outlives it."""


class PlatformContract:
    """Tests that every entry of the registry passes, and every platform from outside."""

    @pytest.fixture
    def subject(self) -> PlatformUnderTest:
        """The platform under test; a subclass gives it."""
        raise NotImplementedError

    def test_it_starts_with_no_runs(self, subject: PlatformUnderTest) -> None:
        """And with the first spec."""
        assert subject.platform.finished_runs(PROJECT) == ()
        assert subject.platform.current_spec(PROJECT) == subject.specs[0]

    def test_runs_are_named_oldest_first_and_again(self, subject: PlatformUnderTest) -> None:
        """Whoever asks twice, or from elsewhere, gets the same answer."""
        seen = []
        for _ in range(3):
            subject.run()
            seen.append(subject.platform.finished_runs(PROJECT))
        assert [len(ids) for ids in seen] == [1, 2, 3]
        assert all(later[: len(ids)] == ids for ids, later in pairwise(seen))
        assert subject.platform.finished_runs(PROJECT) == seen[-1] == subject.open_again().finished_runs(PROJECT)
        assert len(set(seen[-1])) == 3

    def test_a_report_says_what_ran(self, subject: PlatformUnderTest) -> None:
        """Spec, clock in UTC, and end."""
        report = subject.platform.cluster_report(PROJECT, _run(subject))
        assert (report.spec, report.exit_code, report.error) == (subject.specs[0], 0, None)
        assert report.started_at.utcoffset() == report.finished_at.utcoffset() == timedelta(0)
        assert report.started_at <= report.finished_at
        assert not report.stopped
        assert not report.retry

    def test_a_failure_is_reported_with_its_words(self, subject: PlatformUnderTest) -> None:
        """The exit code is the application's."""
        report = subject.platform.cluster_report(PROJECT, _run(subject, exit_code=3))
        assert report.exit_code == 3
        assert report.error
        assert not report.stopped

    def test_the_run_after_a_failure_is_a_retry(self, subject: PlatformUnderTest) -> None:
        """Until one succeeds."""
        ids = [_run(subject, exit_code=code) for code in (3, 3, 0, 0)]
        assert [subject.platform.cluster_report(PROJECT, i).retry for i in ids] == [False, True, True, False]

    def test_an_event_log_can_be_read_again(self, subject: PlatformUnderTest) -> None:
        """It is what the sensor takes, and the same each time."""
        run_id = _run(subject)
        profiles = [read_profile(subject.platform.event_log(PROJECT, run_id)) for _ in range(2)]
        assert profiles[0] == profiles[1]
        assert profiles[0].application.id

    def test_a_run_without_a_log_is_still_a_run(self, subject: PlatformUnderTest) -> None:
        """It is named and reported; only its log is missing, and that is said."""
        run_id = _run(subject, exit_code=1, with_log=False)
        assert subject.platform.cluster_report(PROJECT, run_id).exit_code == 1
        with pytest.raises(EventLogError, match=run_id):
            subject.platform.event_log(PROJECT, run_id)

    def test_the_next_run_gets_what_was_applied(self, subject: PlatformUnderTest) -> None:
        """And the report of the run before stays as it was."""
        first, second = subject.specs[:2]
        before = _run(subject)
        subject.platform.apply(PROJECT, second, expect=first)
        assert subject.platform.current_spec(PROJECT) == subject.open_again().current_spec(PROJECT) == second
        after = _run(subject)
        assert subject.platform.cluster_report(PROJECT, before).spec == first
        assert subject.platform.cluster_report(PROJECT, after).spec == second

    def test_applying_again_changes_nothing(self, subject: PlatformUnderTest) -> None:
        """Whoever was killed after it may repeat it, with the old expectation too."""
        first, second = subject.specs[:2]
        for expect in (first, first, second):
            subject.platform.apply(PROJECT, second, expect=expect)
        assert subject.platform.current_spec(PROJECT) == second

    def test_a_foreign_spec_is_left_alone(self, subject: PlatformUnderTest) -> None:
        """The decision was based on another world."""
        first, second = subject.specs[:2]
        other = subject.specs[-1] if len(subject.specs) > 2 else first.with_size(first.slots + 1, 4096)
        with pytest.raises(Conflict):
            subject.platform.apply(PROJECT, second, expect=other)
        assert subject.platform.current_spec(PROJECT) == first

    def test_of_two_decisions_at_once_one_is_applied(self, subject: PlatformUnderTest) -> None:
        """Raced from as many objects as threads."""
        first = subject.specs[0]
        wanted = [first.with_size(first.slots * n, first.task_memory_mib) for n in range(2, THREADS + 2)]
        with ThreadPoolExecutor(THREADS) as pool:
            answers = list(pool.map(lambda spec: _applies(subject.open_again(), spec, first), wanted))
        assert sorted(answers) == [False] * (THREADS - 1) + [True]
        assert subject.platform.current_spec(PROJECT) == wanted[answers.index(True)]

    def test_what_is_unknown_is_said_to_be(self, subject: PlatformUnderTest) -> None:
        """A project, and a run."""
        with pytest.raises(UnknownProject, match="weekly"):
            subject.platform.current_spec("weekly")
        with pytest.raises(UnknownProject, match="weekly"):
            subject.platform.finished_runs("weekly")
        with pytest.raises(UnknownProject, match="weekly"):
            subject.platform.apply("weekly", subject.specs[1], expect=subject.specs[0])
        with pytest.raises(PlatformError, match="no-such-run"):
            subject.platform.cluster_report(PROJECT, "no-such-run")
        with pytest.raises((PlatformError, EventLogError), match="no-such-run"):
            subject.platform.event_log(PROJECT, "no-such-run")


def _run(subject: PlatformUnderTest, *, exit_code: int = 0, with_log: bool = True) -> str:
    known = set(subject.platform.finished_runs(PROJECT))
    subject.run(exit_code=exit_code, with_log=with_log)
    (new,) = set(subject.platform.finished_runs(PROJECT)) - known
    return new


def _applies(platform: Platform, spec: ClusterSpec, expect: ClusterSpec) -> bool:
    try:
        platform.apply(PROJECT, spec, expect=expect)
    except Conflict:
        return False
    return True
