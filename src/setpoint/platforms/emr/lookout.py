"""Which clusters of a region have ended since it was last looked at: for all projects together, from a mark."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from setpoint.platforms.emr.calls import Calls
from setpoint.platforms.emr.clusters import Seen, seen

__all__ = ["Mark", "look"]

_OVERLAP = timedelta(minutes=1)
"""Clocks may differ; a cluster that is named twice is taken once."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the clusters of a region were looked for."""

    looked: datetime | None = None
    living: Mapping[str, datetime] = field(default_factory=dict)
    """Clusters that had not ended then, and when they were created."""


def look(calls: Calls, region: str, mark: Mark, now: datetime, first_days: float = 1.0) -> tuple[list[Seen], Mark]:
    """Clusters that have ended since, the one that was created first first, and the next mark.

    Lists name the newest first and have no filter by end, so they go back to the oldest cluster that still lived.
    Raises PlatformError, and then nothing was missed: the mark stays.
    """
    since = now - timedelta(days=first_days) if mark.looked is None else mark.looked - _OVERLAP
    after = min([since, *mark.living.values()])
    listed = map(seen, calls.pages("emr", region, "list_clusters", "Clusters", CreatedAfter=after - _OVERLAP))
    found = {each.id: each for each in listed}
    ended = [each for each in found.values() if each.is_over and (each.id in mark.living or each.created >= since)]
    living = {each.id: each.created for each in found.values() if not each.is_over}
    return sorted(ended), Mark(now, living)
