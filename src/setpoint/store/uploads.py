"""Event logs that were brought, for as long as they are kept."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from setpoint.store.database import Database
from setpoint.store.rows import UploadRow
from setpoint.store.runs import AT_WORK, WAITING
from setpoint.store.shelf import Shelf
from setpoint.store.tables import TABLES

__all__ = ["Uploads"]


class Uploads:
    """Event logs that were brought."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TABLES["uploads"], UploadRow)

    def add(self, account: str, identity: str, *, artefact: str, file_name: str) -> UploadRow:
        """One that arrived. Raises Conflict where one arrived for the same run."""
        return self._shelf.put(account, identity, artefact=artefact, file_name=file_name)

    def get(self, account: str, identity: str) -> UploadRow | None:
        """What arrived for a run of the account."""
        return self._shelf.one(account, self._shelf.table.c.id == identity)

    def prunable(self, before: datetime, after: str, most: int) -> Sequence[UploadRow]:
        """Of all accounts: what arrived before then and was looked at, in the order of their ids, after this one."""
        table = self._shelf.table
        query = (
            sa.select(table)
            .where(table.c.created_at < before, table.c.id > after, *self._is_over())
            .order_by(table.c.id)
            .limit(most)
        )
        with self._shelf.database.reading() as connection:
            return [self._shelf.row(found) for found in connection.execute(query).mappings()]

    def prune(self, row: UploadRow) -> bool:
        """Have it hold its name only, unless it is worked on again; whether it does now."""
        table = self._shelf.table
        held = (table.c.id == row.id, table.c.account_id == row.account_id)
        with self._shelf.database.writing() as connection:
            changed = connection.execute(table.update().where(*held, *self._is_over()).values(artefact=""))
        return changed.rowcount == 1

    def artefacts(self, beginning: str) -> frozenset[str]:
        """Of all accounts: what is kept under ids that begin so."""
        column = self._shelf.table.c.artefact
        with self._shelf.database.reading() as connection:
            return frozenset(connection.scalars(sa.select(column).where(column.startswith(beginning, autoescape=True))))

    def _is_over(self) -> tuple[sa.ColumnElement[bool], ...]:
        """It is there, and nothing that needs it has yet to be done."""
        table, tasks = self._shelf.table, TABLES["tasks"]
        needed = [
            sa.exists().where(
                each.c.id == table.c.id, each.c.account_id == table.c.account_id, each.c.state.in_((WAITING, AT_WORK))
            )
            for each in (TABLES["predictions"], TABLES["submissions"])
        ]
        under_way = [
            sa.exists().where(tasks.c.key == f"{kind}:" + table.c.id, tasks.c.state.in_(("waiting", "leased")))
            for kind in ("prediction", "submission")
        ]
        return (table.c.artefact != "", *(~each for each in (*needed, *under_way)))
