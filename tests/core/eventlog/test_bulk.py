"""Bulk logs are what they are said to be: they carry the measurements of the sensor."""

import json
from pathlib import Path

import pytest
from tests.core.eventlog.mutants import CORPUS

from setpoint.core.eventlog import LogFold
from setpoint.core.eventlog.codecs import decompress
from setpoint.core.profile import Profile
from setpoint.testing.eventlog_bulk import BulkPlan, bulk_lines, write_bulk_log

PLAN = BulkPlan(stages=6, tasks_per_stage=40, executors=3, cores=2, failed_share=0.05, lost_executors=1)
SPARK_4 = sorted(CORPUS.glob("local_formats/spark4_defaults/*/events*"))


def read(data: bytes) -> Profile:
    folded = LogFold()
    folded.read([data])
    (profile,) = folded.profiles()
    return profile


def test_it_has_what_was_planned() -> None:
    lines = list(bulk_lines(PLAN))
    profile = read(b"".join(lines))
    ends = [json.loads(line) for line in lines if line.startswith(b'{"Event":"SparkListenerTaskEnd"')]
    assert profile.completeness.state == "complete"
    assert profile.counts.tasks - profile.counts.failed_tasks == PLAN.stages * PLAN.tasks_per_stage
    assert 0 < profile.counts.failed_tasks == sum(end["Task Info"]["Failed"] for end in ends)
    assert (profile.counts.stages, profile.counts.jobs, profile.counts.sql_executions) == (6, 6, 2)
    assert (profile.counts.executors, profile.counts.adaptive_updates) == (4, 6)
    run_ms = sum(e["Task Metrics"]["Executor Run Time"] for e in ends if not e["Task Info"]["Failed"])
    assert sum(stage.totals.run_seconds for stage in profile.stages) == pytest.approx(run_ms / 1000)


def test_the_seed_decides_and_files_hold_the_same(tmp_path: Path) -> None:
    whole = b"".join(bulk_lines(PLAN))
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    assert write_bulk_log(PLAN, plain) == write_bulk_log(PLAN, packed, compressed=True) == len(whole)
    assert plain.read_bytes() == b"".join(decompress([packed.read_bytes()])) == whole


def test_the_size_is_about_what_was_asked_for() -> None:
    size = sum(map(len, bulk_lines(BulkPlan(stages=6).sized(4_000_000))))
    assert 4_000_000 < size < 5_000_000


@pytest.mark.skipif(not SPARK_4, reason="no corpus of event logs beside the repository")
def test_events_have_the_fields_of_spark_4_in_their_order() -> None:
    ours = shapes(list(bulk_lines(PLAN)))
    theirs = shapes(b"".join(decompress([SPARK_4[0].read_bytes()])).splitlines())
    assert not theirs.keys() - ours.keys()
    assert {name: ours[name] for name in theirs} == theirs


_FREE = {
    "Accumulables", "Properties", "Spark Properties", "Hadoop Properties", "System Properties", "Metrics Properties",
    "Classpath Entries", "children", "RDD Info",
}  # fmt: skip


def shapes(lines: list[bytes]) -> dict[str, list[str]]:
    """Keys of the last event of each name, at any depth but where they are data."""
    events = {json.loads(line)["Event"]: json.loads(line) for line in lines if b'"ExceptionFailure"' not in line}
    return {name: keys(event) for name, event in events.items()}


def keys(value: object) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [path for key, one in value.items() for path in (key, *([] if key in _FREE else keys(one)))]
