"""Where logs lie: files, rolled parts, folders of Databricks, and what is refused."""

import gzip
import os
from pathlib import Path

import pytest

from setpoint.core.eventlog import read_profile
from setpoint.errors import EventLogError
from setpoint.sources import open_source
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, local

LINES = [line + b"\n" for line in build(ApplicationPlan((JobPlan((StagePlan((1.0,) * 12),)),), local(2)))]
WHOLE = read_profile([LINES])


def write_parts(folder: Path, names: list[str]) -> Path:
    """The log cut into equal parts, compressed where the name says so."""
    folder.mkdir(parents=True, exist_ok=True)
    borders = [len(LINES) * i // len(names) for i in range(len(names) + 1)]
    for name, first, last in zip(names, borders, borders[1:], strict=False):
        part = b"".join(LINES[first:last])
        (folder / name).write_bytes(gzip.compress(part) if name.endswith("gz") else part)
    return folder


def test_a_file(tmp_path: Path) -> None:
    assert read_profile(open_source(write_parts(tmp_path, ["app-1"]) / "app-1")) == WHOLE


def test_rolled_parts_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folder = write_parts(tmp_path / "eventlog_v2_app-1", [f"events_{i}_app-1" for i in range(1, 13)])
    (folder / "appstatus_app-1").touch()

    assert read_profile(open_source(folder)) == WHOLE
    assert read_profile(open_source(tmp_path)) == WHOLE


def test_a_missing_part_is_said_and_the_rest_is_read(tmp_path: Path) -> None:
    folder = write_parts(tmp_path, [f"events_{i}_app-1.zstd" for i in range(1, 7)])
    (folder / "events_3_app-1.zstd").unlink()
    (folder / "events_4_app-1.zstd").unlink()
    profile = read_profile(open_source(folder))

    assert profile.completeness.state == "partial"
    assert profile.completeness.reasons[0] == "parts 3 to 4 are missing from the rolled event log"
    assert 0 < profile.stages[0].tasks < WHOLE.stages[0].tasks


def test_a_compacted_part_stands_for_those_before_it(tmp_path: Path) -> None:
    folder = write_parts(tmp_path, ["events_3_app-1.compact", "events_4_app-1"])
    (folder / "events_2_app-1").write_bytes(b"folded into part 3")
    (folder / "events_3_app-1").write_bytes(b"folded into part 3")

    assert read_profile(open_source(folder)) == WHOLE


def test_a_databricks_folder_is_read_in_the_order_of_its_hours(tmp_path: Path) -> None:
    names = ["eventlog-2026-01-14--09-00.gz", "eventlog-2026-01-14--10-00.gz", "eventlog"]
    folder = write_parts(tmp_path / "cluster" / "5_app", names)
    (folder / "pricing.json").write_bytes(b'{"driver": 1}')

    assert read_profile(open_source(tmp_path)) == WHOLE


def test_several_applications_are_listed(tmp_path: Path) -> None:
    write_parts(tmp_path, ["app-1"])
    write_parts(tmp_path, ["app-2"])

    with pytest.raises(EventLogError, match=r"2 applications in .*: app-1, app-2\."):
        open_source(tmp_path)


def test_several_applications_in_one_rolled_folder_are_listed(tmp_path: Path) -> None:
    write_parts(tmp_path, ["events_1_app-1", "events_1_app-2"])

    with pytest.raises(EventLogError, match=r"2 applications in .*: app-1, app-2\."):
        open_source(tmp_path)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EventLogError, match="There is no file or folder"):
        open_source(tmp_path / "nothing")


def test_a_folder_without_logs(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    (tmp_path / "empty").mkdir()

    with pytest.raises(EventLogError, match="There is no Spark event log in the folder"):
        open_source(tmp_path)


def test_a_circle_of_links_is_not_followed(tmp_path: Path) -> None:
    folder = write_parts(tmp_path / "logs", ["app-1"])
    (folder / "again").symlink_to(tmp_path, target_is_directory=True)
    (folder / "itself").symlink_to(folder / "itself")

    assert read_profile(open_source(tmp_path)) == WHOLE


def test_what_is_neither_a_file_nor_a_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(EventLogError, match="neither a file nor a folder"):
        open_source(tmp_path / "pipe")


def test_a_file_that_goes_away_before_it_is_read(tmp_path: Path) -> None:
    folder = write_parts(tmp_path, ["app-1"])
    parts = open_source(folder)
    (folder / "app-1").unlink()

    with pytest.raises(EventLogError, match="cannot be read"):
        read_profile(parts)
