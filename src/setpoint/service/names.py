"""The ledger as one account sees it: its own projects, by the names that people gave them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from setpoint.core.history import FLEET, Entry, is_reserved
from setpoint.ledger import VersionedLedger
from setpoint.store.rows import ProjectRow

__all__ = ["AccountLedger", "ProjectRows"]

_SHORT = 8
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AT_ONCE = 1_000


class ProjectRows(Protocol):
    """Where the rows of projects are."""

    def list(self, account: str, *, app_id: str | None = None, page: int = 0, per_page: int = 0) -> list[ProjectRow]:
        """A page of the account's projects."""
        ...

    def get(self, account: str, identity: str) -> ProjectRow | None:
        """One of the account's projects."""
        ...


@dataclass(frozen=True)
class AccountLedger:
    """A ledger of one account for the time of one request. What is not the account's is not there."""

    ledger: VersionedLedger
    rows: ProjectRows
    account: str

    def projects(self) -> tuple[str, ...]:
        """Names of the projects that have a history, sorted."""
        written = set(self.ledger.projects())
        return tuple(sorted(name for name, row in self._named.items() if row.stream in written))

    def read(self, project: str) -> tuple[Entry, ...]:
        """All entries of a project; empty where the account has none of that name."""
        stream = self._stream(project)
        return () if stream is None else self.ledger.read(stream)

    def append(self, project: str, *entries: Entry) -> bool:
        """Write all of them at once, or none; nothing where the account has no project of that name."""
        stream = self._stream(project)
        return False if stream is None else self.ledger.append(stream, *entries)

    def newest(self, *kinds: type[Entry]) -> dict[str, Entry]:
        """Of each of the account's streams that has any entry of these kinds the one that was written last."""
        names = {row.stream: name for name, row in self._named.items()} | {f"{FLEET}:{self.account}": FLEET}
        found = self.ledger.newest(*kinds).items()
        return {names[stream]: entry for stream, entry in found if stream in names}

    def row(self, name: str) -> ProjectRow | None:
        """The project of that id, or of that name."""
        if _ID.fullmatch(name):
            return self.rows.get(self.account, name) or self._named.get(name)
        return self._named.get(name)

    def name_of(self, project: ProjectRow) -> str | None:
        """By what name it is here; None where it is not the account's."""
        return next((name for name, row in self._named.items() if row.id == project.id), None)

    def version(self, project: str) -> int:
        """Of a project's entries; 0 where the account has none of that name."""
        stream = self._stream(project)
        return 0 if stream is None else self.ledger.version(stream)

    def _stream(self, name: str) -> str | None:
        if name == FLEET:
            return f"{FLEET}:{self.account}"
        row = self.row(name)
        return None if row is None else row.stream

    @cached_property
    def _named(self) -> Mapping[str, ProjectRow]:
        rows = list(self._every())
        same = Counter(row.name for row in rows)
        return {_label(row, is_unique=same[row.name] == 1): row for row in rows}

    def _every(self) -> Iterator[ProjectRow]:
        page = 0
        while rows := self.rows.list(self.account, page=page, per_page=_AT_ONCE):
            yield from rows
            page += 1
            if len(rows) < _AT_ONCE:
                return


def _label(row: ProjectRow, *, is_unique: bool) -> str:
    """Its name; with the beginning of its id where another has the same name."""
    if is_reserved(row.name):
        return row.id
    return row.name if is_unique else f"{row.name} ({row.id[:_SHORT]})"
