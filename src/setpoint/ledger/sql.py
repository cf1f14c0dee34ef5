"""The ledger in a SQL database: one table of entries, each append one transaction.

What only SQLite needs stands below the class, what only PostgreSQL needs in `postgresql.py`; the rest is SQLAlchemy for
both.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from setpoint.core.history import Entry, is_reserved
from setpoint.errors import LedgerError
from setpoint.ledger.codec import KINDS, Row, compress, decode, decompress, encode

SCHEMA_VERSION = 1

BUSY_SECONDS = 30
"""How long a write waits for another process; one append holds the database for milliseconds."""

_SCHEMA = sa.MetaData()

_VERSION = sa.Table(
    "ledger_schema",
    _SCHEMA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)

_ENTRIES = sa.Table(
    "entries",
    _SCHEMA,
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("project", "key"),
    # One project is read in order without sorting its bodies.
    sa.Index("entries_of_project", "project", "seq"),
)

_OF_THE_SERVICE = {"alembic_version", "accounts", "tasks"}
"""A database with these tables is one that the service made before it had anything to remember."""

_LAST = sa.select(sa.func.max(_ENTRIES.c.seq)).where(_ENTRIES.c.project == sa.bindparam("name"))
"""Made once: it is asked with every answer of the service, and making it takes as long as the answer."""
PREPARING = 7_378_697
"""Number of the lock of PostgreSQL that is held while tables are made."""
_APPENDING = 7_378_698
"""First half of the number of the lock that is held while a project is appended to."""

_INSERT: dict[str, Callable[[sa.Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}
"""Where `ON CONFLICT DO NOTHING` is spoken; the words differ too little for a class each."""


class SqlLedger:
    """Entries in a table. May be shared by threads and outlives a fork."""

    def __init__(self, engine: sa.Engine, place: str, what_failed: Callable[[Exception], str]) -> None:
        """Open the ledger behind `engine`, making its tables where there are none.

        `place` names it to the user, `what_failed` says the rest of a sentence that begins with it.
        """
        self._engine = engine
        self._place = place
        self._what_failed = what_failed
        with self._speaking_plainly():
            self._prepare()

    def append(self, project: str, *entries: Entry) -> bool:
        """Write all of them at once, or none where the first is there already."""
        rows = [_values(project, encode(entry)) for entry in entries]
        if not rows:
            return False
        insert = _INSERT[self._engine.dialect.name](_ENTRIES).on_conflict_do_nothing().returning(_ENTRIES.c.seq)
        with self._speaking_plainly(), self._writing(project) as connection:
            if connection.execute(insert, rows[0]).first() is None:
                return False
            for row in rows[1:]:
                connection.execute(insert, row)
            connection.commit()
        return True

    def read(self, project: str) -> tuple[Entry, ...]:
        """All entries of a project in the order they were written."""
        query = (
            sa.select(_ENTRIES.c.kind, _ENTRIES.c.body).where(_ENTRIES.c.project == project).order_by(_ENTRIES.c.seq)
        )
        with self._speaking_plainly(), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(decode(kind, decompress(body)) for kind, body in rows)

    def newest(self, *kinds: type[Entry]) -> dict[str, Entry]:
        """Of each project the entry of these kinds that was written last."""
        named = [kind for kind, entry in KINDS.items() if entry in kinds]
        last = sa.select(sa.func.max(_ENTRIES.c.seq)).where(_ENTRIES.c.kind.in_(named)).group_by(_ENTRIES.c.project)
        query = sa.select(_ENTRIES.c.project, _ENTRIES.c.kind, _ENTRIES.c.body).where(_ENTRIES.c.seq.in_(last))
        with self._speaking_plainly(), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return {name: decode(kind, decompress(body)) for name, kind, body in rows if not is_reserved(name)}

    def projects(self) -> tuple[str, ...]:
        """Names of all projects, sorted."""
        with self._speaking_plainly(), self._engine.connect() as connection:
            # Sorted here: databases order text by their locale.
            names = connection.scalars(sa.select(_ENTRIES.c.project).distinct())
            return tuple(sorted(name for name in names if not is_reserved(name)))

    def version(self, project: str) -> int:
        """Number of the entry that was written last; found in the index, no entry is read."""
        with self._speaking_plainly(), self._engine.connect() as connection:
            return connection.scalar(_LAST, {"name": project}) or 0

    def versions(self) -> dict[str, int]:
        """Number of the last entry of each project; found in the index too."""
        query = sa.select(_ENTRIES.c.project, sa.func.max(_ENTRIES.c.seq)).group_by(_ENTRIES.c.project)
        with self._speaking_plainly(), self._engine.connect() as connection:
            return {name: last for name, last in connection.execute(query) if not is_reserved(name)}

    def _prepare(self) -> None:
        with self._engine.connect() as connection:
            tables = set(sa.inspect(connection).get_table_names())
            if _VERSION.name in tables:
                self._check_version(connection)
                return
            if _is_file(self._engine):
                if tables and not tables >= _OF_THE_SERVICE:
                    raise LedgerError(
                        f"{self._place} is a database of something else, not a ledger: name another file."
                    )
                # Readers and the writer do not wait for one another then. A wish that the file remembers: where the
                # file system shares no memory SQLite keeps its rollback journal, which is as safe.
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        with self._writing() as connection:
            for table in _SCHEMA.sorted_tables:
                connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
                for index in table.indexes:
                    connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
            insert = _INSERT[self._engine.dialect.name](_VERSION).on_conflict_do_nothing()
            connection.execute(insert, {"id": 1, "version": SCHEMA_VERSION})
            self._check_version(connection)
            connection.commit()

    def _check_version(self, connection: sa.Connection) -> None:
        version = connection.scalar(sa.select(sa.func.max(_VERSION.c.version)))
        if version is None or version > SCHEMA_VERSION:
            raise LedgerError(
                f"The ledger {self._place} has format {version}, this Setpoint reads format {SCHEMA_VERSION}: "
                "use the newer Setpoint that wrote it."
            )

    @contextmanager
    def _writing(self, project: str | None = None) -> Iterator[sa.Connection]:
        """A transaction that is undone unless it is committed; no other one makes tables, or appends to the project."""
        with self._engine.connect() as connection:
            if _is_file(self._engine):
                # Takes the write lock while the busy timeout still applies: a read turned into a write fails at once.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            elif project is None:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(PREPARING)))
            else:
                # Numbers are given out before commits. Without the lock a later entry could be seen before an earlier
                # one, and whoever has folded up to it would never see the other. Two projects may share a lock.
                lock = sa.func.pg_advisory_xact_lock(_APPENDING, sa.func.hashtext(project))
                connection.execute(sa.select(lock))
            yield connection

    @contextmanager
    def _speaking_plainly(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
            raise LedgerError(f"The ledger {self._place} {self._what_failed(error)}") from error
        except UnicodeEncodeError as error:
            raise LedgerError(
                f"The ledger {self._place} cannot take {error.object!r}: there is half a character in it."
            ) from error


def _values(project: str, row: Row) -> dict[str, object]:
    return {"project": project, "kind": row.kind, "key": row.key, "at": row.at, "body": compress(row.body)}


def open_sqlite(url: str) -> SqlLedger:
    """The ledger in the file of a URL `sqlite:///relative/path` or `sqlite:////absolute/path`."""
    path = Path(url.removeprefix("sqlite:///"))
    if not url.startswith("sqlite:///") or path.name in {"", ":memory:"}:
        raise LedgerError(
            f"The ledger address {url!r} names no file: write sqlite:///ledger.db, or memory: for one that is not kept."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(
            f"The folder {path.parent} of the ledger cannot be made ({error.strerror}): name another place."
        ) from error
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        poolclass=sa.NullPool,
        connect_args={"timeout": BUSY_SECONDS},
    )
    sa.event.listen(engine, "connect", _wait_for_the_disk)
    return SqlLedger(engine, str(path), _what_failed)


def on_sqlite(engine: sa.Engine) -> SqlLedger:
    """The ledger in the file of an engine that keeps its connections: for servers, as opening one outlasts a read.

    They have to wait for the disk as ours do, and begin no transactions by themselves.
    """
    return SqlLedger(engine, str(engine.url.database), _what_failed)


def _is_file(engine: sa.Engine) -> bool:
    return engine.dialect.name == "sqlite"


def _wait_for_the_disk(connection: sqlite3.Connection, _record: object) -> None:
    # A decision must outlast a power cut once it was acted upon, and an append is rare enough to wait for the disk.
    connection.execute("PRAGMA synchronous=FULL")


_SQLITE_SENTENCES = {
    sqlite3.SQLITE_FULL: "cannot grow, the disk is full: nothing was written, make room and try again.",
    sqlite3.SQLITE_IOERR: "cannot be read or written, the disk refused: nothing was written, is it full or lost?",
    sqlite3.SQLITE_READONLY: "may not be written: give yourself write permission on the file and its folder.",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: it must be a file, in a folder where you may write.",
    sqlite3.SQLITE_PERM: "may not be opened: give yourself permission on the file and its folder.",
    sqlite3.SQLITE_AUTH: "may not be opened: give yourself permission on the file and its folder.",
    sqlite3.SQLITE_NOTADB: "is not a ledger but some other file: name another one.",
    sqlite3.SQLITE_CORRUPT: "is damaged: restore it from a copy.",
    sqlite3.SQLITE_BUSY: f"was held by another process for {BUSY_SECONDS} seconds: try again when that has ended.",
}


def _what_failed(error: Exception) -> str:
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    # The low byte is the error, the rest says where in SQLite it arose.
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    return _SQLITE_SENTENCES.get(code) or f"cannot be read or written: {str(cause).splitlines()[0]}."
