"""The ledger in SQLite on bad media, and beside the one in memory."""

import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from setpoint.core.history import RunRecorded
from setpoint.errors import LedgerError
from setpoint.ledger import sql
from setpoint.ledger.memory import MemoryLedger
from setpoint.ledger.sql import SCHEMA_VERSION, SqlLedger, open_sqlite
from setpoint.testing.ledger_contract import a_run, sample_entries

NOBODY = 65534

appends = st.lists(st.tuples(st.sampled_from("pq"), st.lists(st.integers(0, 5), max_size=4)), max_size=6)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def opened(path: Path) -> SqlLedger:
    return open_sqlite(f"sqlite:///{path}")


@settings(max_examples=25)
@given(appends)
def test_it_answers_like_the_one_in_memory(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[str, list[int]]]
) -> None:
    ours, model = opened(tmp_path_factory.mktemp("ledger") / "ledger.db"), MemoryLedger()
    for project, numbers in calls:
        runs = [a_run(number, stages=i) for i, number in enumerate(numbers)]
        assert ours.append(project, *runs) == model.append(project, *runs)
    assert ours.projects() == model.projects()
    assert all(ours.read(project) == model.read(project) for project in "pq")


def test_a_commit_is_on_disk_before_it_is_acknowledged(path: Path) -> None:
    with opened(path)._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_between_two_calls_the_ledger_is_one_whole_file(path: Path) -> None:
    opened(path).append("nightly", *sample_entries())
    assert [file.name for file in path.parent.iterdir()] == ["ledger.db"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_missing_folders_are_made(tmp_path: Path) -> None:
    assert opened(tmp_path / "a b" / "c?d#e%20" / "ledger.db").append("nightly", a_run(1))
    assert (tmp_path / "a b" / "c?d#e%20" / "ledger.db").is_file()


def execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_a_newer_format_is_not_touched(path: Path) -> None:
    opened(path).append("nightly", a_run(1))
    execute(path, f"UPDATE ledger_schema SET version = {SCHEMA_VERSION + 1}")  # noqa: S608 - a constant of ours
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="use the newer Setpoint"):
        opened(path)
    assert path.read_bytes() == before


def test_a_database_of_something_else_is_not_touched(path: Path) -> None:
    execute(path, "CREATE TABLE invoices (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(LedgerError, match="database of something else"):
        opened(path)
    assert path.read_bytes() == before


def test_some_other_file_is_not_a_ledger(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 500)
    with pytest.raises(LedgerError, match="is not a ledger but some other file"):
        opened(path)
    assert path.read_bytes() == b"Dear diary, " * 500


def test_an_empty_file_becomes_a_ledger(path: Path) -> None:
    path.touch()
    assert opened(path).append("nightly", a_run(1))


def test_a_damaged_ledger_says_so(path: Path) -> None:
    ledger = opened(path)
    for number in range(30):
        ledger.append("nightly", a_run(number))
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises(LedgerError, match="is damaged: restore it"):
        opened(path).read("nightly")


def test_a_folder_is_not_a_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be opened"):
        opened(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(path: Path) -> None:
    path.touch()
    with pytest.raises(LedgerError, match="cannot be made"):
        opened(path / "ledger.db")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:ledger.db"])
def test_an_address_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(LedgerError, match="names no file"):
        open_sqlite(url)


def test_a_project_name_that_is_no_text_is_refused(path: Path) -> None:
    with pytest.raises(LedgerError, match="half a character"):
        opened(path).append("night\udc80", a_run(1))


def test_a_writer_that_never_ends_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "BUSY_SECONDS", 0)
    ledger = opened(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="held by another process"):
            ledger.append("nightly", a_run(1))
        assert ledger.read("nightly") == ()  # reading goes on
    assert ledger.append("nightly", a_run(1))


def test_a_failure_without_a_sentence_of_its_own_is_still_one_line(path: Path) -> None:
    ledger = opened(path)
    execute(path, "DROP TABLE entries")
    with pytest.raises(LedgerError, match=r"cannot be read or written: no such table: entries\.$"):
        ledger.read("nightly")


def test_a_full_database_keeps_what_it_has(path: Path) -> None:
    ledger = opened(path)
    ledger.append("nightly", a_run(0))
    pages = path.stat().st_size // 4096 + 4
    sa.event.listen(
        ledger._engine, "connect", lambda connection, _: connection.execute(f"PRAGMA max_page_count={pages}")
    )
    with pytest.raises(LedgerError, match="the disk is full: nothing was written"):
        ledger.append("nightly", *(a_run(number) for number in range(1, 50)))
    assert opened(path).read("nightly") == (a_run(0),)
    assert opened(path).append("nightly", a_run(1))


APPEND_UNTIL_IT_FAILS = """
import sys
from setpoint.errors import LedgerError
from setpoint.ledger import open_ledger
from setpoint.testing.ledger_contract import a_run
try:
    ledger = open_ledger(sys.argv[1])
    for number in range(10_000):
        ledger.append("nightly", a_run(number), a_run(-1 - number))
        print(number, flush=True)
except LedgerError as error:
    sys.exit(str(error))
"""


def append_until_it_fails(path: Path, **limits: object) -> tuple[list[int], str]:
    """Numbers that were acknowledged, and the last words."""
    command = [sys.executable, "-c", APPEND_UNTIL_IT_FAILS, f"sqlite:///{path}"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, **limits)  # type: ignore[call-overload]
    assert done.returncode == 1, done.stderr
    return [int(line) for line in done.stdout.split()], done.stderr


@pytest.mark.parametrize("kilobytes", [0, 20, 300])
def test_where_no_file_may_grow_the_appends_before_are_kept(path: Path, kilobytes: int) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))

    acknowledged, words = append_until_it_fails(path, preexec_fn=limit)
    assert_whole(path, acknowledged, words)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    mounted = tmp_path / "disk"
    mounted.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(mounted)]
    try:
        mounting = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if mounting.returncode != 0:
        pytest.skip("a tiny disk can only be mounted by root")
    yield mounted
    subprocess.run(["umount", str(mounted)], check=True)


def test_on_a_full_disk_the_appends_before_are_kept(tiny_disk: Path) -> None:
    acknowledged, words = append_until_it_fails(tiny_disk / "ledger.db")
    assert acknowledged
    assert len(opened(tiny_disk / "ledger.db").read("nightly")) == 2 * len(acknowledged)
    subprocess.run(["mount", "-o", "remount,size=4m", str(tiny_disk)], check=True)
    assert_whole(tiny_disk / "ledger.db", acknowledged, words)


def assert_whole(path: Path, acknowledged: list[int], words: str) -> None:
    assert words.count("\n") == 1
    assert "nothing was written" in words
    entries = opened(path).read("nightly")
    numbers = [int(e.run.id.removeprefix("run-")) for e in entries if isinstance(e, RunRecorded)]
    pairs = len(numbers) // 2
    assert numbers == [number for n in range(pairs) for number in (n, -1 - n)]
    assert set(acknowledged) == set(range(pairs))
    assert entries == tuple(a_run(number) for number in numbers)
    assert opened(path).append("nightly", a_run(10_001))


@pytest.fixture
def folder_of_nobody() -> Iterator[Path]:
    """A folder of its own for somebody who is not root, and who we are until the test ends."""
    with tempfile.TemporaryDirectory() as folder:
        root = os.geteuid() == 0
        if root:
            os.chown(folder, NOBODY, -1)
            os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)


def test_a_folder_that_may_not_be_written_is_named(folder_of_nobody: Path) -> None:
    opened(folder_of_nobody / "ledger.db")
    folder_of_nobody.chmod(0o500)
    try:
        with pytest.raises(LedgerError, match=r"ledger\.db (may not be written|cannot be opened)"):
            opened(folder_of_nobody / "ledger.db").append("nightly", a_run(1))
        with pytest.raises(LedgerError, match=r"cannot be made \(Permission denied\)"):
            opened(folder_of_nobody / "new" / "ledger.db")
    finally:
        folder_of_nobody.chmod(0o700)


@pytest.mark.parametrize("mode", [0o400, 0o000])
def test_a_file_that_may_not_be_written_is_named(folder_of_nobody: Path, mode: int) -> None:
    path = folder_of_nobody / "ledger.db"
    opened(path)
    path.chmod(mode)
    with pytest.raises(LedgerError, match=r"ledger\.db (may not be written|cannot be opened)"):
        opened(path).append("nightly", a_run(1))
