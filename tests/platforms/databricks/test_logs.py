"""Logs: the run's own parts, in order, waited for no longer than told."""

import base64
from pathlib import Path
from random import Random
from typing import Any

import pytest

from setpoint.errors import EventLogError
from setpoint.platforms.databricks.logs import (
    CallFiles,
    LogFile,
    Patience,
    await_log,
    destination_of,
    is_complete,
    parts_of,
)
from setpoint.platforms.databricks.transport import Calls

ROOT = "/logs/c/eventlog/c_10_0_0_1"
PARTS = [
    *(LogFile(f"{ROOT}/77/eventlog-2026-01-{d:02}--{h:02}-00.gz", 10) for d in (1, 2) for h in (9, 10)),
    LogFile(f"{ROOT}/77/eventlog", 100),
]


def test_fact_17_parts_are_the_contexts_own_in_the_order_of_time() -> None:
    others = [LogFile(f"{ROOT}/78/eventlog", 100), LogFile(f"{ROOT}/77/_SUCCESS", 1)]
    for seed in range(20):
        mixed = PARTS + others
        Random(seed).shuffle(mixed)
        assert list(parts_of(mixed, ["77"])) == PARTS
        assert parts_of(mixed, []) == ()
    assert list(parts_of(PARTS, [])) == PARTS


def test_fact_17_complete_is_a_last_part_delivered_after_the_end() -> None:
    assert is_complete(PARTS, 100)
    assert not is_complete(PARTS, 100.5)
    assert not is_complete(PARTS[:-1], 1)


def test_waiting_ends_with_the_log_or_with_patience() -> None:
    now = [50.0]

    def sleep(seconds: float) -> None:
        assert 0 < seconds <= 120
        now[0] += seconds

    parts, is_whole = await_log(lambda: PARTS if now[0] > 300 else (), 50.0, Patience(), lambda: now[0], sleep)
    assert (list(parts), is_whole) == (PARTS, True)
    assert now[0] < 450
    assert await_log(lambda: PARTS[:1], 200.0, Patience(), lambda: now[0], sleep) == (PARTS[:1], False)
    assert now[0] == 1400.0
    assert await_log(lambda: (), 1.0, Patience(), lambda: now[0], sleep) == ((), False)
    assert now[0] == 1400.0


def test_destinations() -> None:
    conf = {"cluster_log_conf": {"s3": {"destination": "s3://b/logs", "region": "us-east-1"}}}
    assert destination_of(conf, "c") == "s3://b/logs/c/eventlog"
    volume = {"cluster_log_conf": {"volumes": {"destination": "/Volumes/a/b/c/"}}}
    assert destination_of(volume, "c") == "/Volumes/a/b/c/c/eventlog"
    assert destination_of({}, "c") == ""


def test_dbfs_is_read_a_megabyte_at_a_time() -> None:
    content = bytes(range(256)) * 10_000

    def do(method: str, path: str, query: Any, body: Any) -> Any:  # noqa: ANN401, ARG001 - the port's
        if path.endswith("list"):
            file = {"path": "/l/eventlog", "file_size": len(content), "modification_time": 5000}
            return {"files": [file] if query["path"] == "/l" else []}
        piece = content[query["offset"] : query["offset"] + query["length"]]
        return {"bytes_read": len(piece), "data": base64.b64encode(piece).decode()}

    files = CallFiles(Calls(do))
    (found,) = files.below("dbfs:/l")
    assert (found.modified, found.size_bytes) == (5.0, len(content))
    assert b"".join(files.read(found)) == content
    with pytest.raises(EventLogError, match="ended after"):
        list(files.read(LogFile("/l/eventlog", 5.0, len(content) + 1)))


def test_other_stores_are_read_by_fsspec(tmp_path: Path) -> None:
    (tmp_path / "eventlog").write_bytes(b"{}")
    files = CallFiles(Calls(lambda *_: {}))
    (found,) = files.below(f"file://{tmp_path}")
    assert found.size_bytes == 2
    assert b"".join(files.read(found)) == b"{}"
    assert files.below(f"file://{tmp_path}/none") == ()
