"""The ledger as one account sees it: its own projects, by the names that people gave them."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from setpoint.core.history import FLEET, Entry, is_reserved
from setpoint.ledger import VersionedLedger
from setpoint.store.rows import ProjectRow

__all__ = ["AccountLedger", "ProjectRows"]

_SHORT = 8
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AMONG_OTHERS = re.compile(r"(?P<name>.+) \([0-9a-f]{8}\)")
_AT_ONCE = 1_000


class ProjectRows(Protocol):
    """Where the rows of projects are."""

    def list(self, account: str, *, app_id: str | None = None, page: int = 0, per_page: int = 0) -> list[ProjectRow]:
        """A page of the account's projects."""
        ...

    def by_name(self, account: str, *, page: int, per_page: int) -> Sequence[ProjectRow]:
        """A page of the account's projects, by their names."""
        ...

    def named(self, account: str, *names: str) -> Sequence[ProjectRow]:
        """Those of the account's projects that have one of these names."""
        ...

    def count(self, account: str) -> int:
        """How many projects the account has."""
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

    def versions(self) -> dict[str, tuple[str, int]]:
        """Name → stream and version, of the projects that have a history, by name."""
        found = self.ledger.versions()
        return {
            name: (row.stream, found[row.stream]) for name, row in sorted(self._named.items()) if row.stream in found
        }

    def page(self, page: int, per_page: int) -> list[tuple[str, ProjectRow]]:
        """A page of the projects with their names, by name; also of those without a history."""
        rows = self.rows.by_name(self.account, page=page, per_page=per_page)
        same = Counter(row.name for row in self.rows.named(self.account, *{row.name for row in rows}))
        return [(_label(row, is_unique=same[row.name] == 1), row) for row in rows]

    def count(self) -> int:
        """How many projects there are, also those without a history."""
        return self.rows.count(self.account)

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
        found = self.rows.get(self.account, name) if _ID.fullmatch(name) else None
        if found is not None:
            return found
        # Where all were read for another reason; else one is looked for alone.
        return self._named.get(name) if "_named" in vars(self) else self._found(name)

    def name_of(self, project: ProjectRow) -> str | None:
        """By what name it is here; None where it is not the account's."""
        same = self.rows.named(self.account, project.name)
        is_here = any(row.id == project.id for row in same)
        return _label(project, is_unique=len(same) == 1) if is_here else None

    def version(self, project: str) -> int:
        """Of a project's entries; 0 where the account has none of that name."""
        stream = self._stream(project)
        return 0 if stream is None else self.ledger.version(stream)

    def _found(self, name: str) -> ProjectRow | None:
        """The row whose label this is."""
        parts = _AMONG_OTHERS.fullmatch(name)
        candidates = self.rows.named(self.account, name, *([] if parts is None else [parts["name"]]))
        same = Counter(row.name for row in candidates)
        return next((row for row in candidates if _label(row, is_unique=same[row.name] == 1) == name), None)

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
