"""Fields of exported rows: amounts, times and tags, out of text or out of Parquet's own types."""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from setpoint.bills.files import Row, column_name
from setpoint.core.billing import Span
from setpoint.errors import InputError

__all__ = ["Fields", "spans_of"]

_MOST = 1e12
_YEARS = range(2000, 2200)
_WHOLE_TO = timedelta(hours=1)
"""A period whose last usage is so near its end is over."""
SETTLES_AFTER = timedelta(hours=24)
"""Exports lag behind by up to a day; what is younger in them is not taken for all."""


class Fields:
    """One row; whatever cannot be understood raises InputError with the name of the file and the column."""

    def __init__(self, row: Row, where: str) -> None:
        self.row, self.where = row, where

    def text(self, *names: str) -> str:
        """The first of these columns that holds anything."""
        for name in names:
            value = self.row.get(name)
            if value is not None and value != "":
                return str(value).strip()
        return ""

    def number(self, *names: str) -> float | None:
        """An amount; None where none of the columns holds one."""
        text = self.text(*names)
        if not text:
            return None
        try:
            found = float(text)
        except ValueError:
            found = math.nan
        if not abs(found) <= _MOST:
            raise InputError(f"{self.where}: {text[:40]!r} in {names[0]} is no amount.")
        return found

    def moment(self, *names: str) -> datetime | None:
        """A time, in UTC where no zone is said; None where none of the columns holds one."""
        value = next((found for name in names if (found := self.row.get(name)) not in (None, "")), None)
        if value is None:
            return None
        found = value if isinstance(value, datetime) else _moment(str(value).strip())
        if found is not None and found.year in _YEARS:
            return _aware(found)
        raise InputError(f"{self.where}: {str(value)[:40]!r} in {names[0]} is no time.")

    def tags(self, column: str) -> dict[str, str]:
        """Tags by their name in one spelling: columns of their own, a map, or JSON, with or without braces."""
        found = {
            name.removeprefix(f"{column}_"): str(value)
            for name, value in self.row.items()
            if name.startswith(f"{column}_") and value
        }
        return {**found, **{column_name(name): value for name, value in _pairs(self.row.get(column)) if value}}


@lru_cache(maxsize=10_000)
def _moment(text: str) -> datetime | None:
    """Kept, since an export says each hour of a month many thousand times."""
    for read in (datetime.fromisoformat, lambda it: datetime.strptime(it, "%m/%d/%Y").replace(tzinfo=UTC)):
        try:
            return read(text)
        except ValueError:
            continue
    return None


def _aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _pairs(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value.strip():
        text = value.strip()
        try:
            said = msgspec.json.decode(text if text.startswith("{") else f"{{{text}}}", type=dict[str, object])
        except (msgspec.MsgspecError, RecursionError):
            return
        yield from ((name, str(each)) for name, each in said.items() if each is not None)
    elif isinstance(value, Mapping):
        yield from ((str(name), str(each)) for name, each in value.items() if each is not None)
    elif isinstance(value, list):
        yield from ((str(each[0]), str(each[1])) for each in value if isinstance(each, tuple) and each[1] is not None)


def spans_of(periods: Mapping[Span, datetime]) -> tuple[Span, ...]:
    """Times of which an export tells everything, from (period → end of its last usage): less a day where it goes on."""
    found = []
    for (began, ended), last in sorted(periods.items()):
        whole_to = ended if last >= ended - _WHOLE_TO else last - SETTLES_AFTER
        if whole_to > began:
            found.append((began, whole_to))
    return tuple(found)
