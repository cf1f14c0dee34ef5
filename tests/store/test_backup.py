"""Copies of a database that others write to, or that is damaged."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from setpoint.errors import LedgerError
from setpoint.store import open_store
from setpoint.store.backup import PAGES_A_STEP, back_up

WRITES_AT_MOST = 20


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """One that takes three steps to copy."""
    path = tmp_path / "service.db"
    open_store(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table entries (body)")
        connection.execute("insert into entries values (zeroblob(?))", (5 * PAGES_A_STEP * 4096 // 2,))
        connection.commit()
    return path


def test_a_copy_ends_though_somebody_writes_after_each_step(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(database)) as writer:
        writes = 0

        def write(_done: int, _all: int) -> None:
            nonlocal writes
            writes += 1
            assert writes < WRITES_AT_MOST, "it begins anew again and again"
            writer.execute("insert into entries values (1)")
            writer.commit()

        back_up(database, copy, write)
    assert writes > 1
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("select count(*) from entries").fetchone() == (1,)


def test_a_damaged_database_is_not_copied(database: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("create index of_bodies on entries (length(body))")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("select rootpage from sqlite_master where name = 'of_bodies'").fetchone()
    with database.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\x0a\x00\x00\x00\x00\x10\x00\x00")
    with pytest.raises(LedgerError, match="is damaged, nothing was copied"):
        back_up(database, tmp_path / "copy.db")
    assert sorted(path.name for path in tmp_path.iterdir() if "copy" in path.name) == []
