"""Streaming queries are told by their own reports: how long batches took, and how often they began."""

from datetime import UTC, datetime
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.eventlog.written import END, START, START_MS, line, read

from setpoint.core.eventlog.events import BatchDurations, BatchProgress, BatchSource
from setpoint.core.eventlog.streaming import StreamingQueries
from setpoint.core.profile import StreamingQuery

PROGRESS = "org.apache.spark.sql.streaming.StreamingQueryListener$QueryProgressEvent"
durations = st.lists(st.integers(0, 10**6), min_size=1, max_size=60)


def moment(milliseconds: int) -> str:
    return datetime.fromtimestamp((START_MS + milliseconds) / 1000, UTC).isoformat(timespec="milliseconds")


def batch(duration_ms: int | None, at: str | None = None) -> BatchProgress:
    spent = None if duration_ms is None else BatchDurations(duration_ms)
    return BatchProgress("id", "q", at, 0, spent, [BatchSource(10), BatchSource(None)])


def told(*batches: BatchProgress) -> StreamingQueries:
    queries = StreamingQueries()
    for each in batches:
        queries.progress(each)
    return queries


def query(*batches: BatchProgress) -> StreamingQuery:
    (found,) = told(*batches).queries()
    return found


@given(durations)
def test_durations_are_within_one_percent_and_the_longest_exact(milliseconds: list[int]) -> None:
    found = query(*[batch(duration) for duration in milliseconds])
    ordered = sorted(milliseconds)

    assert (found.batches, found.rows, found.name) == (len(milliseconds), 10 * len(milliseconds), "q")
    assert found.most_seconds == ordered[-1] / 1000
    assert found.median_seconds == pytest.approx(ordered[(len(ordered) - 1) // 2] / 1000, rel=0.01, abs=1e-9)
    assert found.p95_seconds == pytest.approx(ordered[-(-95 * len(ordered) // 100) - 1] / 1000, rel=0.01, abs=1e-9)
    assert found.median_seconds <= found.p95_seconds <= found.most_seconds
    assert found.interval_seconds is None


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_the_interval_is_the_median_between_starts(gaps: list[int]) -> None:
    starts = [sum(gaps[:place]) for place in range(len(gaps) + 1)]
    found = query(*[batch(5, moment(start)) for start in starts])
    wanted = sorted(gaps)[(len(gaps) - 1) // 2] / 1000

    assert found.interval_seconds == pytest.approx(wanted, rel=0.01, abs=1e-9)
    assert len(gaps) % 2 == 0 or found.interval_seconds == pytest.approx(median(gaps) / 1000, rel=0.01, abs=1e-9)


@given(st.lists(st.tuples(durations, st.integers(0, 10**7)), min_size=2, max_size=4))
def test_parts_merged_are_the_whole(parts: list[tuple[list[int], int]]) -> None:
    batches = [[batch(duration, moment(at + place)) for place, duration in enumerate(part)] for part, at in parts]
    merged = StreamingQueries()
    for part in batches:
        merged.merge(told(*part))

    assert merged.queries() == told(*[each for part in batches for each in part]).queries()


def test_an_interval_reaches_from_the_last_batch_of_one_part_to_the_first_of_the_next() -> None:
    parts = [told(*[batch(5, moment(at)) for at in starts]) for starts in ([0], [100, 1000], [1001])]
    merged = StreamingQueries()
    for part in parts:
        merged.merge(part)
    assert merged.queries()[0].interval_seconds == pytest.approx(0.1, rel=0.01)


def test_reports_of_idleness_are_no_batches() -> None:
    idle = [batch(None), batch(-1), BatchProgress("id", None)]
    assert query(*idle) == StreamingQuery("id", "q", 0, 0, 0.0, 0.0, 0.0)
    assert query(batch(7), *idle).batches == 1
    merged = told(*idle)
    merged.merge(told(*idle))
    assert merged.queries()[0].interval_seconds is None


def test_times_that_are_none_leave_the_interval_open() -> None:
    assert query(batch(7, "yesterday"), batch(7, None), batch(7, moment(0))).interval_seconds is None
    assert query(batch(7, "2026-11-22T10:00:00"), batch(7, "2026-11-22T10:00:10Z")).interval_seconds == pytest.approx(
        10.0, rel=0.01
    )


def test_times_that_run_backwards_are_no_negative_interval() -> None:
    assert query(batch(7, moment(9000)), batch(7, moment(0))).interval_seconds == 0.0


def test_a_log_tells_its_queries() -> None:
    progress = {
        "id": "7", "name": None, "timestamp": moment(0), "batchId": 3,
        "durationMs": {"triggerExecution": 1500}, "sources": [{"numInputRows": 4}, {"numInputRows": -1}],
    }  # fmt: skip
    profile = read(START, line(PROGRESS, {"progress": progress}), END)

    assert [(q.id, q.name, q.batches, q.rows, q.most_seconds) for q in profile.streaming] == [("7", "", 1, 4, 1.5)]
