"""One table, read and written for one account at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import uuid4

import sqlalchemy as sa

from setpoint.errors import Conflict, NotFound
from setpoint.store.database import Database

__all__ = ["GONE", "Shelf"]

Row = TypeVar("Row")
MOST = 1_000
GONE: Any = object()
"""In the place of what is taken out of a document."""


@dataclass(frozen=True, slots=True)
class Shelf(Generic[Row]):
    """Rows of one kind."""

    database: Database
    table: sa.Table
    kind: Callable[..., Row]

    def put(self, account: str | None, identity: str | None = None, **values: Any) -> Row:  # noqa: ANN401 - columns
        """A new row. Raises Conflict where there is one already that it may not be beside."""
        now = datetime.now(UTC)
        row: dict[str, Any] = {"id": identity or str(uuid4()), **values}
        if account is not None:
            row["account_id"] = account
        for name in ("created_at", "updated_at", "at"):
            if name in self.table.c:
                row.setdefault(name, now)
        with self.database.writing() as connection:
            try:
                connection.execute(self.table.insert(), row)
            except sa.exc.IntegrityError as error:
                raise Conflict("There is one already.") from error
        return self.row(row)

    def one(self, account: str, *conditions: sa.ColumnElement[bool]) -> Row | None:
        """The row of the account for which these hold; None where there is none."""
        query = sa.select(*self._columns).where(self.table.c.account_id == account, *conditions, *self._alive)
        with self.database.reading() as connection:
            found = connection.execute(query).mappings().first()
        return None if found is None else self.row(found)

    def get(self, account: str, identity: str) -> Row | None:
        """The row of the account with this id; None where there is none."""
        with self.database.reading() as connection:
            asked = {"account": account, "identity": identity}
            found = connection.execute(_by_id(self.table, self.kind), asked).first()
        return None if found is None else self.kind(*found)

    def count(self, account: str) -> int:
        """How many rows the account has."""
        query = sa.select(sa.func.count()).where(self.table.c.account_id == account, *self._alive)
        with self.database.reading() as connection:
            return connection.scalar(query) or 0

    def page(
        self,
        account: str,
        page: int,
        per_page: int,
        *conditions: sa.ColumnElement[bool],
        order: Sequence[sa.ColumnElement[Any]] = (),
    ) -> list[Row]:
        """Rows of the account for which these hold, newest first or in the order that is given."""
        query = (
            sa.select(*self._columns)
            .where(self.table.c.account_id == account, *conditions, *self._alive)
            .order_by(*(order or (self.table.c.seq.desc(),)))
            .limit(per_page)
            .offset(page * per_page)
        )
        with self.database.reading() as connection:
            return [self.row(found) for found in connection.execute(query).mappings()]

    def change(self, account: str, identity: str, **values: Any) -> Row:  # noqa: ANN401 - columns
        """Change what is given. Raises NotFound."""
        if "updated_at" in self.table.c:
            values.setdefault("updated_at", datetime.now(UTC))
        mine = (self.table.c.account_id == account, self.table.c.id == identity, *self._alive)
        with self.database.writing() as connection:
            connection.execute(self.table.update().where(*mine).values(**values))
            found = connection.execute(sa.select(*self._columns).where(*mine)).mappings().first()
        if found is None:
            raise NotFound("There is no such thing in this account.")
        return self.row(found)

    def merge(
        self,
        account: str,
        identity: str,
        documents: Mapping[str, Mapping[str, Any]],
        **values: Any,  # noqa: ANN401 - columns
    ) -> Row:
        """Change what is given, within columns that hold documents too; GONE takes a name out of one.

        A value that is a function is given what is there under its name, or None, and gives what is to be there.

        Two who change different things at once lose nothing. Raises NotFound.
        """
        mine = (self.table.c.account_id == account, self.table.c.id == identity, *self._alive)
        with self.database.writing() as connection:
            found = connection.execute(sa.select(*self._columns).where(*mine).with_for_update()).mappings().first()
            if found is None:
                raise NotFound("There is no such thing in this account.")
            changed = {name: _merged(found[name], change) for name, change in documents.items()}
            now = {**changed, **values}
            if "updated_at" in self.table.c:
                now["updated_at"] = datetime.now(UTC)
            connection.execute(self.table.update().where(*mine).values(**now))
        return self.row({**found, **now})

    def set(self, account: str, identity: str, **values: Any) -> None:  # noqa: ANN401 - columns
        """Change what is given, and nothing else."""
        mine = (self.table.c.account_id == account, self.table.c.id == identity)
        with self.database.writing() as connection:
            connection.execute(self.table.update().where(*mine).values(**values))

    def drop(self, account: str, identity: str) -> None:
        """Take it away."""
        with self.database.writing() as connection:
            connection.execute(
                self.table.delete().where(self.table.c.account_id == account, self.table.c.id == identity)
            )

    @property
    def _columns(self) -> Sequence[sa.Column[Any]]:
        return _columns(self.table, self.kind)

    @property
    def _alive(self) -> tuple[sa.ColumnElement[bool], ...]:
        return _alive(self.table)

    def row(self, found: Mapping[Any, Any]) -> Row:
        """Out of what was read."""
        return self.kind(**{each.name: found.get(each.name) for each in fields(self.kind)})  # type: ignore[arg-type]


def _merged(kept: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: value(kept.get(name)) if callable(value) else value for name, value in change.items()}
    return {name: value for name, value in {**kept, **said}.items() if value is not GONE}


@cache
def _columns(table: sa.Table, kind: Callable[..., Any]) -> Sequence[sa.Column[Any]]:
    return [table.c[each.name] for each in fields(kind)]  # type: ignore[arg-type]


def _alive(table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    return (table.c.deleted_at.is_(None),) if "deleted_at" in table.c else ()


@cache
def _by_id(table: sa.Table, kind: Callable[..., Any]) -> sa.Select[Any]:
    """Made once: with every request the service looks for a key and a project, and making it takes as long as that."""
    mine = (table.c.account_id == sa.bindparam("account"), table.c.id == sa.bindparam("identity"))
    return sa.select(*_columns(table, kind)).where(*mine, *_alive(table))
