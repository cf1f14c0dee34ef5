"""The database behind the store: SQLite or PostgreSQL."""

import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import RLock

import sqlalchemy as sa

from setpoint.errors import LedgerError, SettingsError
from setpoint.store.schema import Standing, standing, upgrade

__all__ = ["Database", "open_database"]

BUSY_SECONDS = 30
_PREPARING = 7_378_697
"""Number of the lock of PostgreSQL that is held while tables are made; the ledger's tables, too."""


class Database:
    """Connections, and failures in a sentence."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        # In memory all threads have one connection: where one ends its reading it would undo what others write.
        is_shared = isinstance(engine.pool, sa.StaticPool)
        self._alone: AbstractContextManager[object] = RLock() if is_shared else nullcontext()
        weakref.finalize(self, engine.dispose)

    @property
    def place(self) -> str:
        """Where it is, without a password."""
        return self.engine.url.render_as_string(hide_password=True)

    @property
    def is_sqlite(self) -> bool:
        """Whether there is one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    def prepare(self) -> None:
        """Bring the tables up to date. Raises LedgerError where a newer Setpoint made them."""
        with self.reading() as connection:
            if standing(connection).is_newest:
                return
        with self.writing() as connection:
            if not self.is_sqlite:
                # Several programs may begin at once, and PostgreSQL does not make one table twice quietly.
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_PREPARING)))
            upgrade(connection)

    def standing(self) -> Standing:
        """How the tables stand. Raises LedgerError where a newer Setpoint made them."""
        with self.reading() as connection:
            return standing(connection)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection to read by."""
        with self._speaking_plainly(), self._alone, self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction: kept at its end, undone by an error."""
        with self._speaking_plainly(), self._alone, self.engine.connect() as connection:
            if self.is_sqlite:
                # Takes the write lock while the busy timeout still applies: a read turned into a write fails at once.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    @contextmanager
    def _speaking_plainly(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
            # What a statement was about stands in these errors; it is not for the log.
            cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
            raise LedgerError(f"The database cannot be read or written ({type(cause).__name__}).") from error


def open_database(url: str) -> Database:
    """The database at `sqlite:///…`, `sqlite://` (in memory) or `postgresql://…`. Raises SettingsError."""
    try:
        address = sa.make_url(url)
    except sa.exc.ArgumentError:
        raise SettingsError(
            "The address of the database cannot be read: write sqlite:////path or postgresql://…."
        ) from None
    if address.get_backend_name() == "sqlite":
        return Database(_sqlite(address))
    if address.get_backend_name() == "postgresql":
        return Database(_postgresql(address))
    raise SettingsError("The service keeps its data in SQLite or PostgreSQL: write sqlite:////path or postgresql://….")


def _postgresql(address: sa.URL) -> sa.Engine:
    return sa.create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=10,
        max_overflow=20,
        pool_pre_ping=True,
        hide_parameters=True,
        # Stricter ones, which a server may be set to, refuse a worker whose piece of work another one just took.
        isolation_level="READ COMMITTED",
    )


def _sqlite(address: sa.URL) -> sa.Engine:
    memory = address.database in {None, "", ":memory:"}
    if not memory:
        Path(str(address.database)).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        address,
        poolclass=sa.StaticPool if memory else sa.QueuePool,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        hide_parameters=True,
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        # Transactions are begun by us, in the words above.
        connection.isolation_level = None
        if not memory:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")

    return engine
