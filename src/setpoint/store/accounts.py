"""Accounts, their keys and workspaces, and what was done."""

from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

import sqlalchemy as sa

from setpoint.errors import Conflict
from setpoint.store.database import Database
from setpoint.store.rows import AccountRow, AuditRow, KeyRow, OnceRow, WorkspaceRow
from setpoint.store.shelf import GONE, MOST, Shelf
from setpoint.store.tables import TABLES

__all__ = ["Accounts", "Audit", "Keys", "Once", "Workspaces"]


class Accounts:
    """Those who share projects."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TABLES["accounts"], AccountRow)

    def add(self, name: str) -> AccountRow:
        """A new one. Raises Conflict where there is one of that name."""
        return self._shelf.put(None, name=name)

    def list(self) -> list[AccountRow]:
        """All, the first one first: for those who run the service, not for those who use it."""
        table = self._shelf.table
        with self._shelf.database.reading() as connection:
            found = connection.execute(sa.select(table.c.id, table.c.name, table.c.created_at).order_by(table.c.seq))
            return [AccountRow(*row) for row in found]


class Keys:
    """Who may sign in."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TABLES["keys"], KeyRow)

    def add(self, account: str, *, name: str, role: str, secret_hash: str) -> KeyRow:
        """A new one."""
        return self._shelf.put(account, f"sp_{token_hex(8)}", name=name, role=role, secret_hash=secret_hash)

    def get(self, account: str, identity: str) -> KeyRow | None:
        """One of the account."""
        return self._shelf.get(account, identity)

    def find(self, identity: str) -> KeyRow | None:
        """Whosever it is: to sign in, before the account is known."""
        table = self._shelf.table
        with self._shelf.database.reading() as connection:
            account = connection.scalar(sa.select(table.c.account_id).where(table.c.id == identity))
        return None if account is None else self.get(account, identity)

    def list(self, account: str) -> list[KeyRow]:
        """All of the account, newest first."""
        return self._shelf.page(account, 0, MOST)

    def any(self) -> bool:
        """Whether there is one that counts, in whichever account: on a first start nobody can sign in."""
        table = self._shelf.table
        with self._shelf.database.reading() as connection:
            return connection.scalar(sa.select(table.c.seq).where(table.c.revoked_at.is_(None)).limit(1)) is not None

    def revoke(self, account: str, identity: str) -> KeyRow:
        """Have it count no more. Once more changes nothing."""
        row = self.get(account, identity)
        at = datetime.now(UTC) if row is None or row.revoked_at is None else row.revoked_at
        return self._shelf.change(account, identity, revoked_at=at)


class Once:
    """What may be used once, and was."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TABLES["once"], OnceRow)

    def use(self, account: str, identity: str) -> bool:
        """Use it; False where it was used before."""
        try:
            self._shelf.put(account, identity)
        except Conflict:
            return False
        return True

    def forget(self, before: datetime) -> int:
        """Remove what was used before then, whosever it was: to be called where nothing of that age can be used."""
        table = self._shelf.table
        with self._shelf.database.writing() as connection:
            return connection.execute(table.delete().where(table.c.created_at < before)).rowcount


class Workspaces:
    """Where platforms are. One belongs to one account only."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TABLES["workspaces"], WorkspaceRow)

    def add(
        self, account: str, identity: str, *, settings: Mapping[str, Any], secrets: Mapping[str, str]
    ) -> WorkspaceRow:
        """A new one. Raises Conflict where it is anybody's already."""
        return self._shelf.put(account, identity, settings=dict(settings), secrets=dict(secrets))

    def get(self, account: str, identity: str) -> WorkspaceRow | None:
        """One of the account."""
        return self._shelf.get(account, identity)

    def find(self, identity: str) -> WorkspaceRow | None:
        """Whosever it is: where a platform calls, before the account is known."""
        table = self._shelf.table
        with self._shelf.database.reading() as connection:
            account = connection.scalar(sa.select(table.c.account_id).where(table.c.id == identity))
        return None if account is None else self.get(account, identity)

    def list(self, account: str, *, page: int = 0, per_page: int = MOST) -> list[WorkspaceRow]:
        """Those of the account, newest first."""
        return self._shelf.page(account, page, per_page)

    def change(
        self, account: str, identity: str, *, settings: Mapping[str, Any], secrets: Mapping[str, str | None]
    ) -> WorkspaceRow:
        """Change what is given, and leave the rest; a credential that is None is forgotten. Raises NotFound."""
        hidden = {name: GONE if value is None else value for name, value in secrets.items()}
        return self._shelf.merge(account, identity, {"settings": settings, "secrets": hidden})

    def remove(self, account: str, identity: str) -> None:
        """Forget it, its credentials included."""
        self._shelf.drop(account, identity)


class Audit:
    """Who did what. Only ever added to."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TABLES["audit"], AuditRow)

    def add(
        self,
        account: str,
        key_id: str,
        action: str,
        subject: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
    ) -> AuditRow:
        """Write it down."""
        return self._shelf.put(
            account,
            key_id=key_id,
            action=action,
            subject=subject,
            before=None if before is None else dict(before),
            after=None if after is None else dict(after),
        )

    def list(self, account: str, *, page: int = 0, per_page: int = MOST) -> list[AuditRow]:
        """What was done in the account, newest first."""
        return self._shelf.page(account, page, per_page)
