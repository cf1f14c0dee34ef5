"""The ledger as pages and as JSON, on loopback. It prints entries and decides nothing.

Import the rooms below where they are used: they bring the web framework with them.
"""

from typing import Protocol

from setpoint.core.history import Entry

__all__ = ["DashboardReader"]


class DashboardReader(Protocol):
    """What the dashboard must be able to ask; called from several threads. Raises LedgerError where it cannot read."""

    def projects(self) -> tuple[str, ...]:
        """Names of all projects, sorted."""
        ...

    def read(self, project: str) -> tuple[Entry, ...]:
        """All entries of a project in the order they were written; empty for an unknown one."""
        ...
