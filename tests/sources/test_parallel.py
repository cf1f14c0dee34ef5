"""A log that several processes share is folded to the same as by one, whatever becomes of them."""

import gzip
import pickle
import subprocess
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.sources.made_logs import LINES, TEXT, log_of, write, zip_of

from setpoint.core.eventlog import LogFold
from setpoint.core.profile import Profile
from setpoint.core.zstd import zstd
from setpoint.sources import Log, find_logs, parallel, read_profiles
from setpoint.sources.parallel import LEAST_BYTES, fold_log, process_count
from setpoint.sources.units import cut, fold_unit

WHOLE = TEXT + log_of("app-2", "1")


def only(source: Path) -> Log:
    (log,) = find_logs(source)
    return log


def alone(log: Log) -> tuple[Profile, ...]:
    return fold_log(log, lambda _: None, 1).profiles()


def in_units(log: Log, unit_bytes: int) -> tuple[Profile, ...]:
    """Each unit folded by itself, as in another process."""
    fold = LogFold()
    for unit in cut(log, unit_bytes):
        later = LogFold()
        fold_unit(later, pickle.loads(pickle.dumps(unit)))  # noqa: S301 - our own
        fold.merge(pickle.loads(pickle.dumps(later)))  # noqa: S301 - our own
    return fold.profiles()


@given(
    unit_bytes=st.integers(1, 2 * len(WHOLE)),
    damage=st.lists(
        st.tuples(st.integers(0, len(WHOLE)), st.sampled_from([b"\n", b"}", b"\xff", b"\n\x1f\x8bx\n", b'\n{"Event"'])),
        max_size=4,
    ),
)
def test_stretches_of_a_file_give_what_the_whole_gives(
    tmp_path_factory: pytest.TempPathFactory, unit_bytes: int, damage: list[tuple[int, bytes]]
) -> None:
    text = bytearray(WHOLE)
    for place, piece in damage:
        text[place:place] = piece
    log = only(write(tmp_path_factory.mktemp("one") / "app-1", LINES[0] + text))

    assert in_units(log, unit_bytes) == alone(log)


def test_stretches_are_about_as_large_as_asked_for(tmp_path: Path) -> None:
    units = cut(only(write(tmp_path / "app-1", WHOLE)), 10_000)

    assert len(units) > len(WHOLE) // 20_000
    assert all(len(unit) == 1 for unit in units)


def rolled(folder: Path) -> Path:
    """Six parts of several kinds; one is missing, one is cut off, one has a damaged line."""
    borders = [len(LINES) * number // 6 for number in range(7)]
    parts = [b"".join(LINES[start:end]) for start, end in pairwise(borders)]
    write(folder / "events_1_app-1", parts[0])
    write(folder / "events_2_app-1.zstd", zstd.compress(parts[1]))
    write(folder / "events_4_app-1", parts[3][:-50] + b"\n" + b"x" * 30 + b"\n")
    write(folder / "events_5_app-1.gz", gzip.compress(parts[4])[:-30])
    write(folder / "events_6_app-1", parts[5])
    return folder


@given(unit_bytes=st.integers(1, 200_000))
def test_rolled_parts_give_what_the_whole_gives(tmp_path_factory: pytest.TempPathFactory, unit_bytes: int) -> None:
    log = only(rolled(tmp_path_factory.mktemp("eventlog_v2_app-1")))
    profiles = alone(log)

    assert in_units(log, unit_bytes) == profiles
    assert profiles[0].completeness.state == "partial"
    assert "part 3 is missing from the rolled event log" in profiles[0].completeness.reasons


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> "list[subprocess.Popen[bytes]]":
    """The workers that were started."""
    seen: list[subprocess.Popen[bytes]] = []
    start = parallel._worker

    def worker() -> "subprocess.Popen[bytes]":
        seen.append(start())
        return seen[-1]

    monkeypatch.setattr(parallel, "_worker", worker)
    return seen


@pytest.fixture
def by_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process leaves everything to the workers."""
    monkeypatch.setattr(parallel._Team, "_first_waiting", lambda _: None)


@pytest.mark.usefixtures("by_workers")
def test_workers_do_it(tmp_path: Path, started: "list[subprocess.Popen[bytes]]") -> None:
    log = only(rolled(tmp_path / "eventlog_v2_app-1"))
    told: list[int] = []

    assert fold_log(log, told.append, 3, 4000).profiles() == alone(log)
    assert sum(told) == log.size_bytes
    assert len(started) == 2
    assert all(process.returncode is not None for process in started)


def test_this_process_and_workers_meet(tmp_path: Path, started: "list[subprocess.Popen[bytes]]") -> None:
    log = only(write(tmp_path / "app-1", WHOLE))
    told: list[int] = []

    assert fold_log(log, told.append, 2, 3000).profiles() == alone(log)
    assert sum(told) == log.size_bytes
    assert all(process.returncode is not None for process in started)


@pytest.mark.usefixtures("by_workers")
@pytest.mark.parametrize(
    "program",
    [
        "raise SystemExit(1)",
        "import os; os.kill(os.getpid(), 9)",
        "import pickle, sys; pickle.load(sys.stdin.buffer); sys.stdout.buffer.write(pickle.dumps(10))",
        "import sys; sys.stdin.buffer.read(1); sys.stdout.write('garbage')",
    ],
    ids=["ends", "is killed", "ends after a while", "talks nonsense"],
)
def test_what_a_worker_leaves_undone_is_done_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(parallel, "_PROGRAM", program)
    log = only(write(tmp_path / "app-1", WHOLE))
    told: list[int] = []

    assert fold_log(log, told.append, 3, 3000).profiles() == alone(log)
    assert sum(told) == log.size_bytes


def test_where_no_process_can_be_started_one_does_it_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "nowhere"))
    log = only(write(tmp_path / "app-1", WHOLE))

    assert fold_log(log, lambda _: None, 2, 3000).profiles() == alone(log)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_no_worker_is_left_behind(
    tmp_path: Path, started: "list[subprocess.Popen[bytes]]", error: type[BaseException]
) -> None:
    def stop(_: int) -> None:
        raise error

    with pytest.raises(error):
        fold_log(only(write(tmp_path / "app-1", WHOLE)), stop, 3, 3000)
    assert all(process.returncode is not None for process in started)


def test_only_large_logs_on_disk_are_shared(tmp_path: Path) -> None:
    large = write(tmp_path / "large", TEXT)
    with large.open("r+b") as stream:
        stream.truncate(3 * LEAST_BYTES)  # takes no room on disk
    packed = write(tmp_path / "x.zip", zip_of({"app-1": TEXT}))

    assert [process_count(only(large), most) for most in (1, 2, 3, 8)] == [1, 2, 3, 3]
    assert process_count(only(large), None) >= 1
    assert process_count(only(packed), 8) == process_count(only(write(tmp_path / "small", TEXT)), 8) == 1


def test_a_reader_may_say_how_many(tmp_path: Path) -> None:
    read: Callable[[int | None], list[Profile]] = lambda processes: list(  # noqa: E731
        read_profiles(tmp_path / "app-1", processes=processes)
    )
    write(tmp_path / "app-1", TEXT)

    assert read(1) == read(2) == read(None)
    with pytest.raises(ValueError, match="processes counts from 1"):
        read(0)
