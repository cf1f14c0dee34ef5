"""Copies of a database in SQLite: taken while it is in use, and put back when it is not."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from setpoint.errors import Conflict, InputError, LedgerError
from setpoint.store.schema import standing

__all__ = ["back_up", "restore", "sqlite_file"]

Progress = Callable[[int, int], None]
PAGES_A_STEP = 2_000
"""8 MB: progress is told between two steps, and writers that keep no journal for readers come in."""
_OURS = {"entries", "alembic_version"}
_BESIDE = ("-wal", "-shm")


def sqlite_file(url: str) -> Path | None:
    """The file of a database in SQLite; None where it is kept elsewhere."""
    address = sa.make_url(url)
    if address.get_backend_name() != "sqlite" or address.database in {None, "", ":memory:"}:
        return None
    return Path(str(address.database))


def back_up(database: Path, target: Path, progress: Progress = lambda _done, _all: None) -> None:
    """Copy a database as it is at one moment; whoever uses it goes on.

    Raises:
        InputError: there is no such database, or the copy is there already.
        LedgerError: it cannot be read, or the copy cannot be written.
    """
    if not database.is_file():
        raise InputError(f"There is no database {database} yet; nothing was copied.")
    if target.exists():
        raise InputError(f"{target} is there already: name another file.")
    if not _tables_of(database) & _OURS:
        raise InputError(f"{database} has nothing of Setpoint in it; nothing was copied.")
    _copy(database, target, progress)


def restore(copy: Path, database: Path, now: datetime, *, force: bool = False) -> Path | None:
    """Put a copy in the place of a database; where the replaced one is now, None where there was none.

    Raises:
        InputError: the copy is none of ours, damaged, or newer than this program.
        Conflict: there is a database and it is not to be replaced, or it is in use.
        LedgerError: it cannot be written.
    """
    _check(copy)
    replaced: Path | None = None
    if database.exists():
        if not force:
            raise Conflict(f"There is a database {database}: with --force it is replaced, and kept under another name.")
        _settle(database)
        replaced = database.with_name(f"{database.name}.replaced-{now:%Y%m%dT%H%M%S}")
    scratch = database.with_name(f".{database.name}.{os.getpid()}.restored")
    _copy(copy, scratch, lambda _done, _all: None)
    with _speaking(database):
        if replaced is not None:
            database.rename(replaced)
        scratch.rename(database)
        _sync(database.parent)
    return replaced


def _copy(source: Path, target: Path, progress: Progress) -> None:
    """Under another name until it is whole, so that half a copy is never taken for one."""
    scratch = target.with_name(f".{target.name}.{os.getpid()}.part")

    def step(_status: int, remaining: int, pages: int) -> None:
        progress(pages - remaining, pages)

    try:
        with _speaking(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with closing(_read_only(source)) as reading, closing(sqlite3.connect(scratch)) as writing:
                _hold_still(reading)
                reading.backup(writing, pages=PAGES_A_STEP, progress=step)
                writing.execute("PRAGMA journal_mode=DELETE")
                damage = _damage(writing)
            if damage is not None:
                raise LedgerError(f"{source} is damaged, nothing was copied: {damage}.")
            scratch.chmod(0o600)
            _sync(scratch)
            scratch.rename(target)
            _sync(target.parent)
    finally:
        with suppress(OSError):
            scratch.unlink()


def _hold_still(connection: sqlite3.Connection) -> None:
    """See one moment to the end: a copy begins anew whenever somebody writes, and would never end on a busy service."""
    if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        # Where there is no such journal a reader keeps writers out, which would be worse than to begin anew.
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _damage(connection: sqlite3.Connection) -> str | None:
    """What is wrong with a database first of all; None where nothing is."""
    said = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    return None if said == "ok" else " ".join(said.split())


def _tables_of(database: Path) -> set[str]:
    try:
        with closing(_read_only(database)) as connection:
            return {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    except sqlite3.Error as error:
        raise InputError(f"{database} is no database that can be read: {error}.") from None


def _check(copy: Path) -> None:
    if not copy.is_file():
        raise InputError(f"There is no file {copy}.")
    if not _tables_of(copy) & _OURS:
        raise InputError(f"{copy} is a database of something else.")
    with closing(_read_only(copy)) as connection:
        damage = _damage(connection)
    if damage is not None:
        raise InputError(f"{copy} is damaged: take another copy.")
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(copy)), poolclass=sa.NullPool)
    with engine.connect() as connection:
        standing(connection)


def _settle(database: Path) -> None:
    """Write what stands beside it into the file. Raises Conflict where somebody uses it."""
    try:
        with closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            # Leaving the journal of readers and writers needs that nobody else has the file open.
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise Conflict(f"{database} is in use: stop `setpoint serve` and its workers first.") from None
        mode = "delete"  # it cannot be read, which may be why it is replaced
    if mode != "delete":
        raise Conflict(f"{database} is in use: stop `setpoint serve` and its workers first.")
    for ending in _BESIDE:
        database.with_name(database.name + ending).unlink(missing_ok=True)


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _speaking(place: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise LedgerError(f"{place} cannot be written: {why}.") from error
