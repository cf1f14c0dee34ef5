"""Append-only memory: the port, and the registry of ledgers."""

from collections.abc import Callable
from typing import Protocol

from setpoint.core.history import Entry
from setpoint.errors import SettingsError

__all__ = ["LEDGERS", "Ledger", "VersionedLedger", "open_ledger"]


class Ledger(Protocol):
    """Runs, decisions, applications, disturbances: appended and read. State is a fold of it."""

    def append(self, project: str, *entries: Entry) -> bool:
        """Write all of them at once, or none.

        An entry's key is its kind and identity (`entry_key`). If the first entry's key is there already, nothing is
        written and the answer is False, so that whoever repeats an observation or a decision changes nothing.
        A later entry whose key is there already is passed over. Raises LedgerError where the medium fails.
        """
        ...

    def read(self, project: str) -> tuple[Entry, ...]:
        """All entries of a project in the order they were written; empty for an unknown one."""
        ...

    def newest(self, *kinds: type[Entry]) -> dict[str, Entry]:
        """Of each project that has any entry of these kinds the one that was written last; no other is read."""
        ...

    def projects(self) -> tuple[str, ...]:
        """Names of all projects, sorted. Streams with a reserved name (`@…`) are read like projects and are none."""
        ...


class VersionedLedger(Ledger, Protocol):
    """A ledger that tells at once whether anything was written, for those who keep what they made of it."""

    def version(self, project: str) -> int:
        """A number that is another one after anything was written to a project; 0 for an unknown one."""
        ...

    def versions(self) -> dict[str, int]:
        """The same of all projects that have any entry."""
        ...


def _memory(url: str) -> VersionedLedger:  # noqa: ARG001 - an opener takes the whole address
    from setpoint.ledger.memory import MemoryLedger

    return MemoryLedger()


def _sqlite(url: str) -> VersionedLedger:
    from setpoint.ledger.sql import open_sqlite

    return open_sqlite(url)


def _postgresql(url: str) -> VersionedLedger:
    from setpoint.ledger.postgresql import open_postgresql

    return open_postgresql(url)


LEDGERS: dict[str, Callable[[str], VersionedLedger]] = {
    "memory": _memory,
    "postgresql": _postgresql,
    "sqlite": _sqlite,
}
"""What opens a ledger, by the scheme of its address."""


def open_ledger(url: str) -> VersionedLedger:
    """The ledger at an address.

    That is `sqlite:///ledger.db`, `sqlite:////absolute/ledger.db`, `postgresql://user@host/name`, or `memory:`, which
    is new and empty every time.

    Raises SettingsError for a scheme that is not known, LedgerError for a place that cannot be used.
    """
    scheme, colon, _ = url.partition(":")
    opener = LEDGERS.get(scheme) if colon else None
    if opener is None:
        known = ", ".join(f"{name}:" for name in sorted(LEDGERS))
        # Only how it begins: there may be a password further on.
        begins = f"{scheme}:" if colon else url
        raise SettingsError(
            f"The ledger address {begins!r} begins with none of {known}: write sqlite:///ledger.db, "
            "or postgresql://user@host/name."
        )
    return opener(url)
