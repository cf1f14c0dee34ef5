"""What the control of projects rests on: wishes in force, and the spec that was left to be fetched."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from setpoint.errors import Conflict
from setpoint.store.database import Database
from setpoint.store.rows import EnrolmentRow
from setpoint.store.shelf import Shelf
from setpoint.store.tables import TABLES

__all__ = ["Enrolments"]


class Enrolments:
    """One of each project under control."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TABLES["enrolments"], EnrolmentRow)

    def get(self, account: str, project_id: str) -> EnrolmentRow | None:
        """That of a project of the account; None before its first run was taken in."""
        return self._shelf.one(account, self._shelf.table.c.id == project_id)

    def keep(self, account: str, project_id: str, wishes: Mapping[str, Any]) -> None:
        """These wishes are in force since."""
        try:
            self._shelf.put(account, project_id, wishes=dict(wishes))
        except Conflict:  # it is there
            self._shelf.change(account, project_id, wishes=dict(wishes))

    def leave(
        self, account: str, project_id: str, spec: Mapping[str, Any], at: datetime, *, replaces: datetime | None
    ) -> bool:
        """Leave a spec to be fetched; False, and nothing changes, where the last one was not left at `replaces`."""
        table = self._shelf.table
        last = table.c.left_at.is_(None) if replaces is None else table.c.left_at == replaces
        change = table.update().where(table.c.account_id == account, table.c.id == project_id, last)
        with self._shelf.database.writing() as connection:
            return connection.execute(change.values(left_spec=dict(spec), left_at=at, updated_at=at)).rowcount == 1
