"""Statements over a time, a week each, with their parameters."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from setpoint.bills.statements import Statements
from setpoint.errors import PlatformError

__all__ = ["number", "rows_by_week", "timestamp"]

SLICE = timedelta(days=7)
"""Of one statement: an answer in line may have 25 MiB, which is a week of a thousand jobs that run hourly."""
Row = Mapping[str, str | None]


def rows_by_week(
    statements: Statements, text: str, since: datetime, until: datetime, workspace_id: str
) -> Iterator[tuple[str, Row]]:
    """The rows of a statement over `:since`, `:until` and `:workspace`, each with the week it is of."""
    first = since
    while first < until:
        last = min(first + SLICE, until)
        given = {
            "since": ("TIMESTAMP", timestamp(first)),
            "until": ("TIMESTAMP", timestamp(last)),
            "workspace": ("STRING", workspace_id),
        }
        for row in statements.rows(text, given):
            yield timestamp(first), row
        first = last


def timestamp(at: datetime) -> str:
    """A time as SQL takes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def number(row: Row, name: str) -> float:
    """A field as a number. Raises PlatformError."""
    try:
        return float(row[name] or "")
    except ValueError:
        raise PlatformError(f"Databricks' system tables gave {str(row[name])[:40]!r} for {name}.") from None
