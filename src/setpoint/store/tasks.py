"""The queue: work that is leased, tried again, and given up; at least once, and once in effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from setpoint.errors import Conflict
from setpoint.store.database import Database
from setpoint.store.rows import TaskRow
from setpoint.store.shelf import MOST, Shelf
from setpoint.store.tables import TABLES

__all__ = ["MOST_ATTEMPTS", "NOBODY", "POLLING", "Change", "Tasks"]

NOBODY = ""
"""Whose work it is that no account asked for."""
MOST_ATTEMPTS = 5
POLLING = "polling"
"""Kind of the work that looks at a place: it is put off time after time, and never done."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)
_CHANCE = SystemRandom()


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a row when a piece of work ends."""

    noun: str
    id: str
    values: Mapping[str, Any]


class Tasks:
    """Of all accounts."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TABLES["tasks"], TaskRow)

    def enqueue(self, kind: str, payload: Mapping[str, Any], account: str, key: str) -> str | None:
        """Have it done; None where the same (by its key) was asked for already."""
        values: dict[str, Any] = {"key": key, "kind": kind, "payload": dict(payload)}
        try:
            values |= {"state": "waiting", "attempts": 0, "due_at": datetime.now(UTC)}
            row = self._shelf.put(account, None, **values)
        except Conflict:
            return None
        return row.id

    def lease(self, worker: str, seconds: float, kinds: Sequence[str] | None = None) -> TaskRow | None:
        """The oldest piece of work of these kinds that is due, for so long; None where there is none.

        Accounts that fewer workers work for come first, so that none of them can have all workers for itself.
        One whose attempts are more than MOST_ATTEMPTS killed those who worked on it: it is to be given up, not tried.
        """
        table, now = self._shelf.table, datetime.now(UTC)
        due = sa.or_(
            sa.and_(table.c.state == "waiting", table.c.due_at <= now),
            sa.and_(table.c.state == "leased", table.c.leased_until <= now),
        )
        wanted = (due,) if kinds is None else (due, table.c.kind.in_(kinds))
        busy = self._at_work(now)
        query = (
            sa.select(table.c.id)
            .outerjoin(busy, busy.c.account_id == table.c.account_id)
            .where(*wanted)
            .order_by(sa.func.coalesce(busy.c.number, 0), table.c.due_at, table.c.seq)
            .limit(1)
        )
        # The name of a lease is used once: whoever held the one before holds nothing any more.
        values = {
            "state": "leased",
            "worker": f"{worker}/{uuid4().hex}",
            "attempts": table.c.attempts + 1,
            "leased_until": now + timedelta(seconds=seconds),
        }
        with self._shelf.database.reading() as connection:
            # Whoever has nothing to do does not hold up those who write: SQLite has one writer at a time.
            if connection.execute(query).first() is None:
                return None
        with self._shelf.database.writing() as connection:
            found = connection.execute(query.with_for_update(skip_locked=True, of=table)).first()
            if found is None:
                return None
            connection.execute(table.update().where(table.c.id == found.id).values(**values))
            leased = connection.execute(sa.select(table).where(table.c.id == found.id)).mappings().one()
        return self._shelf.row(leased)

    def _at_work(self, now: datetime) -> sa.Subquery:
        """How much of each account is worked on."""
        table = self._shelf.table
        held = (table.c.state == "leased", table.c.leased_until > now)
        number = sa.func.count().label("number")
        return sa.select(table.c.account_id, number).where(*held).group_by(table.c.account_id).subquery()

    def extend(self, task: TaskRow, seconds: float) -> None:
        """Hold it for so long from now. Raises Conflict where the lease is lost."""
        with self._shelf.database.writing() as connection:
            self._end(connection, task, leased_until=datetime.now(UTC) + timedelta(seconds=seconds))

    def done(self, task: TaskRow, *changes: Change) -> None:
        """It is done, and what came of it is written, both or neither. Raises Conflict where the lease is lost."""
        with self._shelf.database.writing() as connection:
            self._end(connection, task, state="done", error=None, leased_until=None)
            _write(connection, task.account_id, changes)

    def failed(self, task: TaskRow, error: str, *changes: Change) -> bool:
        """Have it tried again later; or give it up, with these changes. Whether it was given up.

        Raises Conflict where the lease is lost.
        """
        dead = task.attempts >= MOST_ATTEMPTS
        pause = min(_FIRST_PAUSE * 2 ** min(20, max(0, task.attempts - 1)), _LONGEST_PAUSE)
        due = datetime.now(UTC) + pause * _CHANCE.uniform(0.5, 1.0)
        with self._shelf.database.writing() as connection:
            self._end(connection, task, state="dead" if dead else "waiting", error=error, leased_until=None, due_at=due)
            if dead:
                _write(connection, task.account_id, changes)
        return dead

    def release(self, task: TaskRow, seconds: float = 0.0) -> None:
        """Hand it back untried, for so long at least. Raises Conflict where the lease is lost."""
        due = datetime.now(UTC) + timedelta(seconds=seconds)
        untried = max(0, task.attempts - 1)
        with self._shelf.database.writing() as connection:
            self._end(connection, task, state="waiting", leased_until=None, attempts=untried, due_at=due)

    def hasten(self, task: TaskRow, due: datetime) -> None:
        """Have it done earlier, if it waits for longer than that."""
        table = self._shelf.table
        later = (table.c.id == task.id, table.c.state == "waiting", table.c.due_at > due)
        with self._shelf.database.writing() as connection:
            connection.execute(table.update().where(*later).values(due_at=due))

    def note(self, account: str, identity: str, said: Mapping[str, Any]) -> None:
        """Change what it remembers in its payload; a function gives the new value from the old one. Raises NotFound."""
        self._shelf.merge(account, identity, {"payload": said})

    def again(self, task: TaskRow) -> None:
        """Have it done once more though it was done or given up."""
        table = self._shelf.table
        over = (table.c.id == task.id, table.c.state.in_(("done", "dead")))
        values = {"state": "waiting", "attempts": 0, "error": None, "due_at": datetime.now(UTC)}
        with self._shelf.database.writing() as connection:
            connection.execute(table.update().where(*over).values(**values))

    def remembered(self, kind: str) -> Sequence[Mapping[str, Any]]:
        """What all tasks of a kind remember, of all accounts: for those who run the service."""
        table = self._shelf.table
        with self._shelf.database.reading() as connection:
            return list(connection.scalars(sa.select(table.c.payload).where(table.c.kind == kind)))

    def forget(self, account: str, before: datetime) -> int:
        """Remove what was done, of work that was asked for before then; how many pieces these were."""
        table = self._shelf.table
        over = (table.c.account_id == account, table.c.state.in_(("done", "dead")), table.c.created_at < before)
        with self._shelf.database.writing() as connection:
            return connection.execute(table.delete().where(*over)).rowcount

    def get(self, account: str, identity: str) -> TaskRow | None:
        """One of the account."""
        return self._shelf.get(account, identity)

    def of_key(self, account: str, key: str) -> TaskRow | None:
        """The one of the account that was asked for by this key."""
        return self._shelf.one(account, self._shelf.table.c.key == key)

    def list(self, account: str, *, state: str | None = None, page: int = 0, per_page: int = MOST) -> list[TaskRow]:
        """Those of the account, newest first."""
        wanted = () if state is None else (self._shelf.table.c.state == state,)
        return self._shelf.page(account, page, per_page, *wanted)

    def retry(self, account: str, identity: str) -> TaskRow:
        """Have it tried again from the beginning. Raises Conflict where it was not given up."""
        row = self.get(account, identity)
        if row is not None and row.state != "dead":
            raise Conflict(f"The task is {row.state}: only what was given up is tried again.")
        return self._shelf.change(account, identity, state="waiting", attempts=0, error=None, due_at=datetime.now(UTC))

    def counted(self, account: str | None = None) -> dict[str, int]:
        """How many there are of each state; over all accounts for those who run the service.

        What no account asked for is done again by itself: it is not counted as given up. Looking at places never ends:
        it is not counted as waiting.
        """
        table = self._shelf.table
        query = sa.select(table.c.state, sa.func.count()).where(table.c.kind != POLLING).group_by(table.c.state)
        if account is None:
            query = query.where(sa.or_(table.c.account_id != NOBODY, table.c.state != "dead"))
        else:
            query = query.where(table.c.account_id == account)
        with self._shelf.database.reading() as connection:
            return {str(state): int(number) for state, number in connection.execute(query)}

    def _end(self, connection: sa.Connection, task: TaskRow, **values: Any) -> None:  # noqa: ANN401 - columns
        table = self._shelf.table
        held = (table.c.id == task.id, table.c.state == "leased", table.c.worker == task.worker)
        if connection.execute(table.update().where(*held).values(**values)).rowcount != 1:
            raise Conflict("The lease of this task is lost: somebody else works on it, and nothing was written.")


def _write(connection: sa.Connection, account: str, changes: tuple[Change, ...]) -> None:
    for change in changes:
        table = TABLES[change.noun]
        mine = (table.c.id == change.id, table.c.account_id == account)
        connection.execute(table.update().where(*mine).values(updated_at=datetime.now(UTC), **change.values))
