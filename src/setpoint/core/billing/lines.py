"""Lines of bills in one form, whoever sent the bill, and what one reading of a bill covers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["BillLine", "Reading", "Span", "merged"]

Span = tuple[datetime, datetime]
"""From a time on, and until before another."""
SLACK = timedelta(hours=1)
"""By which a run's usage may lie outside the run: lines are of whole hours, and machines are there before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One line of a bill. Negative dollars take back what another line said."""

    id: str
    """Two lines of one reading with the same id are the same line."""
    began: datetime
    """When what it charges was used."""
    ended: datetime
    sku: str
    dollars: float | None
    """None where nobody said what the usage costs."""
    quantity: float = 0.0
    unit: str = ""
    cluster_id: str = ""
    run_id: str = ""
    resource_id: str = ""
    """A machine or a disk."""
    price_origin: str = "the bill"
    is_paid: bool = True
    """Whether the dollars are what is paid; False where metered usage is at list prices."""

    @property
    def is_charge(self) -> bool:
        """Whether it changes anything."""
        return bool(self.quantity or self.dollars)


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a source knows now of what was used within some times."""

    source: str
    """Whose bill: `databricks`, `aws`, `azure`."""
    spans: tuple[Span, ...]
    """Times of which it tells everything. What was used too lately for the bill to have it is in none of them."""
    lines: tuple[BillLine, ...]

    def covers(self, began: datetime, ended: datetime) -> bool:
        """Whether it tells everything of a run of these times."""
        # Lines are of whole hours; what is charged of the last one may begin after the run, as its machines go.
        hour = began.replace(minute=0, second=0, microsecond=0)
        return any(first <= hour and ended + SLACK <= last for first, last in merged(self.spans))


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same times in as few spans as may be, in order.

    >>> first, second = datetime(2026, 5, 1), datetime(2026, 6, 1)
    >>> [len(merged([(second, second + timedelta(1)), (first, second + gap)])) for gap in (timedelta(0), -SLACK)]
    [1, 2]
    """
    found: list[Span] = []
    for began, ended in sorted(spans):
        if found and began <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], ended))
        else:
            found.append((began, ended))
    return tuple(found)
