"""What only PostgreSQL needs of the ledger: its address, its pool, and what its failures mean."""

import os
import weakref

import sqlalchemy as sa

from setpoint.errors import LedgerError
from setpoint.ledger.sql import SqlLedger

__all__ = ["open_postgresql"]

CONNECT_SECONDS = 10
_POOLED, _MORE = 5, 20
"""Connections that are kept, and those beyond when many ask at once."""


def open_postgresql(url: str) -> SqlLedger:
    """The ledger in the database of a URL `postgresql://user@host/name`."""
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # The text of the error repeats the address, and the password is in it.
        raise LedgerError("The address of the ledger cannot be read: write postgresql://user@host/name.") from None
    engine = sa.create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=_POOLED,
        max_overflow=_MORE,
        pool_pre_ping=True,
        hide_parameters=True,
        # Stricter ones, which a server may be set to, refuse what waited for another append instead of looking again.
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )
    ledger = SqlLedger(engine, _named(address), _what_failed)
    weakref.finalize(ledger, engine.dispose)
    # A connection that two processes talk through is of no use to either: a child opens its own.
    forked = weakref.ref(engine)
    os.register_at_fork(after_in_child=lambda: _forget(forked()))
    return ledger


def _forget(engine: sa.Engine | None) -> None:
    if engine is not None:
        engine.dispose(close=False)


def _named(address: sa.URL) -> str:
    """As the user knows it, without the password."""
    return f"{address.database or address.username or ''} at {address.host or 'this machine'}"


_CONNECTION = "08"
_SENTENCES = {
    "28": "cannot be opened: the server refuses this user or password.",
    "3D": "cannot be opened: there is no such database on the server; make it with createdb.",
    "42501": "may not be used: grant this user all rights on the database's schema.",
    "53": "cannot be used now, the server has no room or no connections left: nothing was written.",
    "25006": "is read only: name the primary server.",
    "22021": "cannot take this text: there is a character in it that PostgreSQL does not keep.",
}
"""By SQLSTATE, or its class. https://www.postgresql.org/docs/current/errcodes-appendix.html"""


def _what_failed(error: Exception) -> str:
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
    state = str(getattr(cause, "sqlstate", None) or "")
    found = _SENTENCES.get(state) or _SENTENCES.get(state[:2])
    if found is None and "NUL" in str(cause):
        found = _SENTENCES["22021"]
    if found is None and isinstance(error, sa.exc.OperationalError) and state[:2] in {"", _CONNECTION}:
        found = _unreachable(str(cause))
    return found or f"cannot be read or written ({type(cause).__name__} {state or 'without a state'})."


def _unreachable(words: str) -> str:
    """A refusal while connecting has no state; its words are the server's own, and in its language."""
    if "password" in words or "authentication" in words:
        return _SENTENCES["28"]
    if "does not exist" in words and "database" in words:
        return _SENTENCES["3D"]
    return "cannot be reached: is the server running, and does it take connections from here?"
