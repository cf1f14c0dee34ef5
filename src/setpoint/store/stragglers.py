"""What clients began and nobody works on: its log never came, or we were killed before its work was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from setpoint.store.database import Database
from setpoint.store.runs import WAITING
from setpoint.store.tables import TABLES

__all__ = ["KINDS", "Straggler", "Stragglers"]

KINDS = {"prediction": "predictions", "submission": "submissions", "recommendation": "recommendations"}
"""Kind of work → table of what it is about."""


@dataclass(frozen=True, slots=True)
class Straggler:
    """One of them."""

    account_id: str
    id: str
    project_id: str | None
    is_ready: bool
    """Whether all is here that it needs."""
    created_at: datetime


class Stragglers:
    """Of all accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, kind: str, before: datetime, most: int = 1_000) -> Sequence[Straggler]:
        """What was begun before then, waits, and has no work asked for; the oldest first."""
        table, tasks, uploads = TABLES[KINDS[kind]], TABLES["tasks"], TABLES["uploads"]
        is_ready: sa.ColumnElement[bool] = sa.true()
        if "event_log_url" in table.c:
            brought = sa.exists().where(uploads.c.id == table.c.id, uploads.c.account_id == table.c.account_id)
            is_ready = sa.or_(table.c.event_log_url.is_not(None), brought)
        query = (
            sa.select(table.c.account_id, table.c.id, table.c.project_id, is_ready, table.c.created_at)
            .where(table.c.state == WAITING, table.c.created_at < before)
            .where(~sa.exists().where(tasks.c.key == sa.literal(f"{kind}:").concat(table.c.id)))
            .order_by(table.c.seq)
            .limit(most)
        )
        with self._database.reading() as connection:
            return [
                Straggler(account, id_, project, bool(ready), at)
                for account, id_, project, ready, at in connection.execute(query)
            ]

    def fail(self, kind: str, found: Straggler, error: str) -> None:
        """Say why nothing comes of it, unless something has since."""
        table = TABLES[KINDS[kind]]
        mine = (table.c.account_id == found.account_id, table.c.id == found.id, table.c.state == WAITING)
        failed = {"state": "FAILURE", "error": error, "updated_at": datetime.now(UTC)}
        with self._database.writing() as connection:
            connection.execute(table.update().where(*mine).values(**failed))
