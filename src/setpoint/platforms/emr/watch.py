"""A list of AWS that is kept up to date with little asking: what has ended does not change any more."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from setpoint.core.reports.project import project_of_name
from setpoint.platforms.emr.clusters import Seen

__all__ = ["FRESH", "LOOKBACK", "Watch"]

LOOKBACK = timedelta(days=60)
"""EMR forgets clusters after two months."""
FRESH = timedelta(seconds=10)
"""For so long a list serves all projects, so that hundreds do not ask for it one by one."""


class Watch:
    """The clusters of a region, or the job runs of an application, as far as they were seen."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        list_since: Callable[[datetime], Iterable[Seen]],
        is_over: Callable[[Seen], bool],
    ) -> None:
        """Watch a list.

        Args:
            clock: the time there.
            list_since: asks AWS for what was created since a time.
            is_over: whether one has ended.
        """
        self._clock, self._list_since, self._is_over = clock, list_since, is_over
        self._seen: dict[str, Seen] = {}
        self._named: dict[str, set[str]] = {}
        self._asked_at: datetime | None = None

    def look(self) -> Mapping[str, Seen]:
        """All of the last two months by id, at most `FRESH` old. Raises PlatformError where AWS does not answer."""
        now, asked_at = self._clock(), self._asked_at
        if asked_at is not None and timedelta(0) <= now - asked_at < FRESH:
            return self._seen
        living = [each.created for each in self._seen.values() if not self._is_over(each)]
        # What had ended before the last look is known for good; clocks may differ a little.
        since = now - LOOKBACK if asked_at is None else min([asked_at, *living])
        found = {each.id: each for each in self._list_since(since - FRESH)}
        kept = {name: each for name, each in self._seen.items() if each.created >= now - LOOKBACK}
        self._index(self._seen, kept | found)
        self._seen = kept | found
        self._asked_at = now
        return self._seen

    def named(self, name: str) -> list[Seen]:
        """Those with a name, or with one that comes to it without what tells one run from another.

        Hundreds of projects ask for theirs, of tens of thousands. Raises as `look`.
        """
        every = self.look()
        return [every[each] for each in self._named.get(name, ())]

    def _index(self, before: Mapping[str, Seen], after: Mapping[str, Seen]) -> None:
        for gone in before.keys() - after.keys():
            for name in _names(before[gone]):
                self._named[name].discard(gone)
                if not self._named[name]:
                    del self._named[name]
        for new in after.keys() - before.keys():
            for name in _names(after[new]):
                self._named.setdefault(name, set()).add(new)


def _names(each: Seen) -> set[str]:
    return {each.name, project_of_name(each.name)}
