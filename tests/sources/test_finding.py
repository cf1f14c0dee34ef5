"""What lies at a path is found as logs with their parts in order; what is no log is passed over."""

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.made_logs import FIRST, LINES, SECOND, TEXT, log_of, write

from setpoint.core.eventlog.codecs import BrokenStream, MissingPart
from setpoint.errors import EventLogError
from setpoint.sources import Gap, Limits, Log, SourceProblem, find_logs, open_source
from setpoint.sources.names import natural


def write_parts(folder: Path, names: list[str]) -> Path:
    """The log cut into equal parts, compressed where the name says so."""
    borders = [len(LINES) * i // len(names) for i in range(len(names) + 1)]
    for name, first, last in zip(names, borders, borders[1:], strict=False):
        part = b"".join(LINES[first:last])
        write(folder / name, gzip.compress(part) if name.endswith("gz") else part)
    return folder


def text_of(log: Log) -> bytes:
    return b"".join(chunk for part in log.parts for chunk in part.open())


def only(source: Path | str) -> Log:
    (log,) = find_logs(source)
    return log


def names_in(log: Log) -> list[str]:
    return [part.reason if isinstance(part, Gap) else part.place.name for part in log.parts]


def test_a_file_is_one_log_with_its_identity_and_size(tmp_path: Path) -> None:
    log = only(write(tmp_path / "any name", log_of("app-7", "2")))

    assert text_of(log) == log_of("app-7", "2")
    assert log.identity == ("app-7", "2", "1700000000000")
    assert log.size_bytes == len(log_of("app-7", "2"))
    assert log.files[0].local_path == tmp_path / "any name"


@given(count=st.integers(1, 30), compacted=st.integers(0, 30), lost=st.sets(st.integers(1, 30)))
def test_rolled_parts_are_ordered_and_what_is_missing_is_told(
    tmp_path_factory: pytest.TempPathFactory, count: int, compacted: int, lost: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("eventlog_v2_a")
    names = {number: f"events_{number}_a.zstd" for number in range(1, count + 1) if number not in lost}
    names |= {compacted: f"events_{compacted}_a.compact"} if compacted else {}
    for name in (*names.values(), *([f"events_{compacted}_a"] if compacted in range(1, count + 1) else [])):
        write(folder / name, TEXT)
    kept = sorted(number for number in names if number >= max(compacted, 1))
    if not kept:
        return
    log = only(folder)

    assert [part.place.name for part in log.files] == [names[number] for number in kept]
    missing = {number for gap in log.gaps for number in range(gap.first, gap.last + 1)}
    assert missing | set(kept) == set(range(max(compacted, 1), kept[-1] + 1))


def test_a_gap_breaks_off_where_the_parts_would_be(tmp_path: Path) -> None:
    folder = write_parts(tmp_path, [f"events_{i}_app-1" for i in range(1, 7)])
    (folder / "events_3_app-1").unlink()
    (folder / "events_4_app-1").unlink()
    log = only(folder)

    with pytest.raises(MissingPart, match=r"^parts 3 to 4 are missing from the rolled event log$"):
        list(log.parts[2].open())
    assert [len(list(parts)) for number, parts in enumerate(open_source(folder)) if number != 2] == [1, 1, 1, 1]


def test_one_part_stored_in_two_ways_counts_once(tmp_path: Path) -> None:
    folder = write_parts(tmp_path, ["events_1_app-1", "events_2_app-1"])
    write(folder / "events_2_app-1.gz", gzip.compress(b"".join(LINES)))

    assert text_of(only(folder)) == TEXT


def test_a_databricks_folder_is_read_in_the_order_of_its_hours(tmp_path: Path) -> None:
    names = ["eventlog-2026-01-14--09-00.gz", "eventlog-2026-01-14--10-00.gz", "eventlog"]
    write_parts(tmp_path / "cluster" / "5_app", names)
    write(tmp_path / "cluster" / "5_app" / "pricing.json", b'{"driver": 1}')

    assert text_of(only(tmp_path)) == TEXT


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [([0, 1, 2], []), ([0, 2, 3], [Gap(1, 1)]), ([2, 5], [Gap(0, 1), Gap(3, 4)]), ([0, None, 2], []), ([1, 0], [])],
)
def test_numbers_of_databricks_tell_missing_hours(
    tmp_path: Path, numbers: list[int | None], missing: list[Gap]
) -> None:
    for hour, number in enumerate(numbers):
        metadata = f'{{"Event":"DBCEventLoggingListenerMetadata","Rollover Number":{number}}}\n'.encode()
        write(tmp_path / f"eventlog-2026-01-14--{hour:02}-00", (b"" if number is None else metadata) + TEXT)

    assert list(only(tmp_path).gaps) == missing


def test_parts_of_a_split_file_follow_the_one_with_the_start(tmp_path: Path) -> None:
    write(tmp_path / "run.log.1", FIRST)
    write(tmp_path / "run.log.0", SECOND)  # rotated: the newest has the lowest number
    write(tmp_path / "other.json", log_of("app-2"))

    assert sorted(map(names_in, find_logs(tmp_path))) == [["other.json"], ["run.log.1", "run.log.0"]]


def test_a_log_without_start_does_not_go_to_a_neighbour(tmp_path: Path) -> None:
    write(tmp_path / "local-1422981759269", TEXT)
    write(tmp_path / "local-1422981759270", SECOND)

    assert len(find_logs(tmp_path)) == 2


def test_a_folder_with_everything(tmp_path: Path) -> None:
    write_parts(tmp_path / "rolled", ["events_1_app-1", "events_2_app-1", "events_1_app-2.gz"])
    write(tmp_path / "deep" / "er" / "whole", log_of("app-3"))
    for name in ("_SUCCESS", "deep/.hidden", "appstatus_app-1", "rolled/.events_1_app-1.crc", "_old/app-4"):
        write(tmp_path / name, TEXT)
    write(tmp_path / "empty", b"")
    write(tmp_path / "report.csv", b"job,seconds\n1,2\n")
    write(tmp_path / "report.csv.gz", gzip.compress(b"job,seconds\n1,2\n"))

    found = [names_in(log) for log in find_logs(tmp_path)]
    assert found == [["whole"], ["events_1_app-1", "events_2_app-1"], ["events_1_app-2.gz"]]


def test_patterns(tmp_path: Path) -> None:
    for name in ("a.zstd", "b.zstd", "c.log", "deep/deeper/d.zstd"):
        write(tmp_path / name, log_of(name))
    write_parts(tmp_path / "deep" / "eventlog_v2_e", ["events_1_e", "events_2_e"])
    (tmp_path / "deep" / "up").symlink_to(tmp_path, target_is_directory=True)

    def found(pattern: str) -> list[list[str]]:
        return [names_in(log) for log in find_logs(tmp_path / pattern)]

    assert found("*.zstd") == [["a.zstd"], ["b.zstd"]]
    assert found("[bc].*") == [["b.zstd"], ["c.log"]]
    assert found("**/*.zstd") == [["a.zstd"], ["b.zstd"], ["d.zstd"]]
    assert found("**/eventlog_v2_*") == [["events_1_e", "events_2_e"]]
    with pytest.raises(EventLogError, match="No file or folder that can be read matches"):
        find_logs(tmp_path / "*.nothing")


def test_a_named_file_is_read_whatever_it_is_called_or_holds(tmp_path: Path) -> None:
    assert text_of(only(write(tmp_path / "_SUCCESS", b"hello"))) == b"hello"
    assert text_of(only(write(tmp_path / "what[1]*?", TEXT))) == TEXT
    assert text_of(only((tmp_path / "_SUCCESS").as_uri())) == b"hello"


def test_several_applications_are_listed(tmp_path: Path) -> None:
    write(tmp_path / "one", log_of("app-1"))
    write(tmp_path / "two", log_of("app-2"))

    with pytest.raises(EventLogError, match=r"2 applications in .*: one, two\."):
        open_source(tmp_path)


def test_one_log_packed_in_two_ways_is_one_application(tmp_path: Path) -> None:
    write(tmp_path / "app.gz", gzip.compress(log_of("app-1")))
    write(tmp_path / "app", log_of("app-1"))

    assert b"".join(chunk for part in open_source(tmp_path) for chunk in part) == log_of("app-1")


@pytest.mark.parametrize(
    "name", ["nothing", "nothing/below", "http://example.com/x", "hdfs://node/x", "file://other/x"]
)
def test_what_is_not_there_or_not_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(EventLogError, match=r"There is no file|is not a kind of source|on another machine"):
        find_logs(name if ":" in name else tmp_path / name)


def test_a_folder_without_logs(tmp_path: Path) -> None:
    write(tmp_path / "notes.txt", b"hello")
    (tmp_path / "empty").mkdir()

    with pytest.raises(EventLogError, match="There is no Spark event log in"):
        open_source(tmp_path)


def test_links_are_followed_but_not_in_circles_and_no_file_is_read_twice(tmp_path: Path) -> None:
    folder = write(tmp_path / "logs" / "app-1", TEXT).parent
    write(tmp_path / "elsewhere" / "app-2", log_of("app-2"))
    (folder / "again").symlink_to(tmp_path, target_is_directory=True)
    (folder / "itself").symlink_to(folder / "itself")
    (folder / "broken").symlink_to(folder / "nowhere")
    (folder / "0-latest").symlink_to(folder / "app-1")
    (folder / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)

    assert sorted(map(names_in, find_logs(folder))) == [["app-1"], ["app-2"]]


def test_depth_and_number_of_files_are_bounded(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "c" / "app-1", TEXT)
    for number in range(5):
        write(tmp_path / "many" / str(number), b"")

    assert find_logs(tmp_path, limits=Limits(folder_depth=3))
    with pytest.raises(EventLogError, match="There is no Spark event log"):
        find_logs(tmp_path, limits=Limits(folder_depth=2))
    with pytest.raises(EventLogError, match="holds more than 6 files"):
        find_logs(tmp_path, limits=Limits(entries=6))


def test_what_is_neither_a_file_nor_a_folder(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(EventLogError, match="neither a file nor a folder"):
        open_source(tmp_path / "pipe")


def test_a_file_that_goes_away_before_it_is_read(tmp_path: Path) -> None:
    file = write(tmp_path / "app-1", TEXT)
    (part,) = open_source(file)
    file.unlink()

    with pytest.raises(BrokenStream, match="cannot be read"):
        list(part)


@pytest.mark.parametrize("magic", [b"7z\xbc\xaf\x27\x1c", b"\xfd7zXZ\x00", b"Rar!\x1a\x07"])
def test_other_archives_are_named(tmp_path: Path, magic: bytes) -> None:
    file = write(tmp_path / "logs.packed", magic + bytes(100))
    told: list[SourceProblem] = []

    with pytest.raises(EventLogError, match="which is not read: unpack it"):
        find_logs(file, tell=told.append)
    assert [problem.source for problem in told] == [str(file)]


@given(offset=st.integers(0, len(TEXT) + 10))
def test_a_plain_part_opens_at_any_offset(tmp_path_factory: pytest.TempPathFactory, offset: int) -> None:
    folder = tmp_path_factory.mktemp("offset")
    plain = only(write(folder / "plain", TEXT)).files[0]
    packed = only(write(folder / "packed", gzip.compress(TEXT))).files[0]
    seen: list[int] = []

    assert b"".join(plain.open(offset, seen.append)) == TEXT[offset:]
    assert sum(seen) == len(TEXT[offset:])
    assert (plain.is_plain, packed.is_plain) == (True, False)
    if offset:
        with pytest.raises(ValueError, match="can only be read from its beginning"):
            packed.open(offset)


@given(st.lists(st.integers(0, 10**6), min_size=1))
def test_numbers_in_names_sort_by_value(numbers: list[int]) -> None:
    assert sorted((f"part-{n}.gz" for n in numbers), key=natural) == [f"part-{n}.gz" for n in sorted(numbers)]


def test_looking_at_hostile_text_takes_no_time(tmp_path: Path) -> None:
    for number, text in enumerate((b"\n" * 10**6, b" " * 10**6, b'{"Event"' + b" " * 10**6, b'"Event":' * 10**5)):
        write(tmp_path / str(number), text)
    write(tmp_path / "app", TEXT)

    assert names_in(only(tmp_path)) == ["app"]


def test_a_pattern_passes_over_what_cannot_be_read(tmp_path: Path) -> None:
    write(tmp_path / "app-1", TEXT)
    os.mkfifo(tmp_path / "app-0")
    write(tmp_path / "closed" / "deep" / "notes.txt", b"hello")
    (tmp_path / "closed").chmod(0)  # for root it is open
    try:
        for pattern in ("*", "app-*", "**", "**/app-1"):
            assert [names_in(log) for log in find_logs(tmp_path / pattern)] == [["app-1"]]
        for pattern in ("*-0", "*/deep/app-1", "closed/*/app-1"):
            with pytest.raises(EventLogError, match="No file or folder that can be read matches"):
                find_logs(tmp_path / pattern)
    finally:
        (tmp_path / "closed").chmod(0o700)


@pytest.mark.parametrize("source", ["", " "])
def test_a_source_must_be_named(source: str) -> None:
    with pytest.raises(EventLogError, match="No source is given"):
        find_logs(source)


def test_a_torn_log_is_not_taken_for_the_rest_of_another_application(tmp_path: Path) -> None:
    job = b'{"Event":"SparkListenerJobStart","Submission Time":1800000000000,"Properties":{"spark.app.id":"%s"}}\n'
    write(tmp_path / "nightly-1.log", log_of("app-1"))
    write(tmp_path / "nightly-2.log", job % b"app-1" + SECOND)
    write(tmp_path / "nightly-3.log", job % b"app-3" + SECOND)

    assert [names_in(log) for log in find_logs(tmp_path)] == [["nightly-1.log", "nightly-2.log"], ["nightly-3.log"]]
