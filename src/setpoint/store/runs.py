"""Projects, and what clients bring and get for their runs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from setpoint.errors import Conflict, NotFound
from setpoint.store.database import Database
from setpoint.store.rows import (
    AcceptedRow,
    PredictionRow,
    ProjectRow,
    RecommendationRow,
    SubmissionRow,
)
from setpoint.store.shelf import MOST, Shelf
from setpoint.store.tables import TABLES

__all__ = ["AT_WORK", "WAITING", "Predictions", "Projects", "Recommendations", "Submissions"]

WAITING, AT_WORK = "PENDING", "RUNNING"
_SAME_DAYS = timedelta(days=1)
"""Within which the same run was told to have begun."""


class Projects:
    """Recurring workloads."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TABLES["projects"], ProjectRow)

    def add(
        self,
        account: str,
        *,
        name: str,
        app_id: str | None = None,
        product_code: str | None = None,
        settings: Mapping[str, Any] | None = None,
        stream: str | None = None,
    ) -> ProjectRow:
        """A new one, whose stream of the ledger is its id unless it has one already."""
        identity = str(uuid4())
        return self._shelf.put(
            account,
            identity,
            stream=stream or identity,
            name=name,
            app_id=app_id,
            product_code=product_code,
            settings=dict(settings or {}),
        )

    def adopt(self, account: str, streams: Iterable[str]) -> int:
        """Have streams that are nobody's be this account's; how many these were."""
        table = self._shelf.table
        with self._shelf.database.reading() as connection:
            known = set(connection.scalars(sa.select(table.c.stream)))
        new = [stream for stream in streams if stream not in known]
        for stream in new:
            with suppress(Conflict):  # another program adopts it at this moment
                self.add(account, name=stream, stream=stream)
        return len(new)

    def get(self, account: str, identity: str) -> ProjectRow | None:
        """One of the account."""
        return self._shelf.get(account, identity)

    def of_stream(self, account: str, stream: str) -> ProjectRow | None:
        """The one of the account whose stream of the ledger this is."""
        return self._shelf.one(account, self._shelf.table.c.stream == stream)

    def streams(self, account: str) -> set[str]:
        """The streams of all projects of the account."""
        table = self._shelf.table
        query = sa.select(table.c.stream).where(table.c.account_id == account, table.c.deleted_at.is_(None))
        with self._shelf.database.reading() as connection:
            return set(connection.scalars(query))

    def list(self, account: str, *, app_id: str | None = None, page: int = 0, per_page: int = MOST) -> list[ProjectRow]:
        """Those of the account, newest first."""
        wanted = () if app_id is None else (self._shelf.table.c.app_id == app_id,)
        return self._shelf.page(account, page, per_page, *wanted)

    def by_name(self, account: str, *, page: int, per_page: int) -> Sequence[ProjectRow]:
        """Those of the account, by their names."""
        return self._shelf.page(account, page, per_page, order=(self._shelf.table.c.name, self._shelf.table.c.seq))

    def named(self, account: str, *names: str) -> Sequence[ProjectRow]:
        """Those of the account that have one of these names."""
        return self._shelf.page(account, 0, MOST, self._shelf.table.c.name.in_(names))

    def of_workspace(self, account: str, workspace: str) -> Sequence[ProjectRow]:
        """Those of the account that were said to run in a workspace."""
        place = self._shelf.table.c.settings["workspace_id"].as_string()
        found: list[ProjectRow] = []
        while len(rows := self._shelf.page(account, len(found) // MOST, MOST, place == workspace)) == MOST:
            found += rows
        return [*found, *rows]

    def count(self, account: str) -> int:
        """How many the account has."""
        return self._shelf.count(account)

    def change(self, account: str, identity: str, settings: Mapping[str, Any], **columns: Any) -> ProjectRow:  # noqa: ANN401 - columns
        """Change these settings and columns, and leave the others. Raises NotFound."""
        return self._shelf.merge(account, identity, {"settings": settings}, **columns)

    def remove(self, account: str, identity: str) -> None:
        """Take it out of the account; the row stays, so that its stream is nobody else's."""
        self._shelf.set(account, identity, deleted_at=datetime.now(UTC))


class Predictions:
    """Finished runs, and clusters that would have been better."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TABLES["predictions"], PredictionRow)

    def add(
        self,
        account: str,
        *,
        product_code: str,
        report: Mapping[str, Any],
        project_id: str | None = None,
        event_log_url: str | None = None,
    ) -> PredictionRow:
        """A new one, to be worked on."""
        return self._shelf.put(
            account,
            product_code=product_code,
            report=dict(report),
            project_id=project_id,
            event_log_url=event_log_url,
            state=WAITING,
        )

    def get(self, account: str, identity: str) -> PredictionRow | None:
        """One of the account."""
        return self._shelf.get(account, identity)

    def list(
        self,
        account: str,
        *,
        project_id: str | None = None,
        product_codes: Sequence[str] | None = None,
        page: int = 0,
        per_page: int = MOST,
    ) -> list[PredictionRow]:
        """Those of the account, newest first."""
        table, wanted = self._shelf.table, []
        if project_id is not None:
            wanted.append(table.c.project_id == project_id)
        if product_codes:
            wanted.append(table.c.product_code.in_(product_codes))
        return self._shelf.page(account, page, per_page, *wanted)


class Submissions:
    """Finished runs of projects."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TABLES["submissions"], SubmissionRow)

    def add(
        self,
        account: str,
        project_id: str,
        *,
        product_code: str,
        report: Mapping[str, Any],
        event_log_url: str | None = None,
        identity: str | None = None,
    ) -> SubmissionRow:
        """A new one, to be worked on. Raises Conflict where one has that id already."""
        return self._shelf.put(
            account,
            identity,
            project_id=project_id,
            product_code=product_code,
            report=dict(report),
            event_log_url=event_log_url,
            state=WAITING,
        )

    def get(self, account: str, project_id: str, identity: str) -> SubmissionRow | None:
        """One of a project of the account."""
        table = self._shelf.table
        return self._shelf.one(account, table.c.project_id == project_id, table.c.id == identity)

    def find(self, account: str, identity: str) -> SubmissionRow | None:
        """One of the account, whatever its project."""
        return self._shelf.get(account, identity)

    def list(self, account: str, project_id: str, *, page: int = 0, per_page: int = MOST) -> list[SubmissionRow]:
        """Those of a project, newest first."""
        return self._shelf.page(account, page, per_page, self._shelf.table.c.project_id == project_id)

    def accept(
        self,
        account: str,
        identity: str,
        run_id: str,
        ran_at: datetime,
        is_same: Callable[[SubmissionRow], bool] = lambda _other: False,
    ) -> None:
        """It can be read: from now on it counts as this run of its project.

        Where one that counts already is the same run it counts as that one. Two at once are told apart one after the
        other. Raises NotFound.
        """
        table, projects = self._shelf.table, TABLES["projects"]
        with self._shelf.database.writing() as connection:
            mine = (table.c.account_id == account, table.c.id == identity)
            row = connection.execute(sa.select(table).where(*mine)).mappings().first()
            if row is None:
                raise NotFound("There is no such thing in this account.")
            project = projects.c.id == row["project_id"]
            connection.execute(sa.select(projects.c.id).where(project).with_for_update())
            counting = (
                table.c.account_id == account,
                table.c.project_id == row["project_id"],
                table.c.id != identity,
                table.c.run_id.is_not(None),
                table.c.run_id != run_id,
                table.c.ran_at.between(ran_at - _SAME_DAYS, ran_at + _SAME_DAYS),
            )
            others = connection.execute(sa.select(table).where(*counting).order_by(table.c.seq)).mappings()
            same = next((other.run_id for other in map(self._shelf.row, others) if is_same(other)), None)
            values = {"run_id": same or run_id, "ran_at": ran_at, "state": AT_WORK, "updated_at": datetime.now(UTC)}
            connection.execute(table.update().where(*mine).values(**values))

    def accepted(self, account: str, project_id: str) -> Sequence[AcceptedRow]:
        """Those that count as runs, the one that began first first; of a run that was submitted twice the first."""
        table = self._shelf.table
        columns = [table.c[each.name] for each in fields(AcceptedRow)]
        query = (
            sa.select(*columns)
            .where(table.c.account_id == account, table.c.project_id == project_id, table.c.run_id.is_not(None))
            .order_by(table.c.ran_at, table.c.seq)
        )
        with self._shelf.database.reading() as connection:
            rows = [AcceptedRow(**found) for found in connection.execute(query).mappings()]
        first: dict[str, AcceptedRow] = {}
        for row in rows:
            first.setdefault(row.run_id, row)
        return tuple(first.values())

    def newest(self, account: str, project_id: str) -> SubmissionRow | None:
        """Of those that count as runs the one that began last."""
        table = self._shelf.table
        mine = (table.c.account_id == account, table.c.project_id == project_id, table.c.run_id.is_not(None))
        query = sa.select(table.c.id).where(*mine).order_by(table.c.ran_at.desc(), table.c.seq.desc()).limit(1)
        with self._shelf.database.reading() as connection:
            identity = connection.scalar(query)
        return None if identity is None else self.get(account, project_id, identity)

    def is_awaited(self, account: str, project_id: str, before: datetime) -> bool:
        """Whether one that came before then, and whose log is here or to be fetched, has yet to be worked on."""
        table, uploads = self._shelf.table, TABLES["uploads"]
        is_here = sa.or_(
            table.c.event_log_url.is_not(None),
            sa.exists().where(uploads.c.id == table.c.id, uploads.c.account_id == account),
        )
        query = sa.select(table.c.id).where(
            table.c.account_id == account,
            table.c.project_id == project_id,
            table.c.state.in_((WAITING, AT_WORK)),
            table.c.created_at <= before,
            is_here,
        )
        with self._shelf.database.reading() as connection:
            return connection.execute(query.limit(1)).first() is not None


class Recommendations:
    """Clusters for next runs."""

    def __init__(self, database: Database) -> None:
        self._shelf = Shelf(database, TABLES["recommendations"], RecommendationRow)

    def add(self, account: str, project_id: str, *, options: Mapping[str, Any]) -> RecommendationRow:
        """A new one, to be worked on."""
        return self._shelf.put(account, project_id=project_id, options=dict(options), state=WAITING)

    def get(self, account: str, project_id: str, identity: str) -> RecommendationRow | None:
        """One of a project of the account."""
        table = self._shelf.table
        return self._shelf.one(account, table.c.project_id == project_id, table.c.id == identity)

    def find(self, account: str, identity: str) -> RecommendationRow | None:
        """One of the account, whatever its project."""
        return self._shelf.get(account, identity)

    def list(self, account: str, project_id: str, *, page: int = 0, per_page: int = MOST) -> list[RecommendationRow]:
        """Those of a project, newest first."""
        return self._shelf.page(account, page, per_page, self._shelf.table.c.project_id == project_id)
