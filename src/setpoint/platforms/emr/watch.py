"""A list of AWS that is kept up to date with little asking: what has ended does not change any more."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from threading import RLock

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
        list_living: Callable[[], Iterable[Seen]],
        is_over: Callable[[Seen], bool],
    ) -> None:
        """Watch a list; may be used by several threads.

        Args:
            clock: the time there.
            list_since: asks AWS for what was created since a time.
            list_living: asks AWS for all that have not ended.
            is_over: whether one has ended.
        """
        self._clock, self._list_since, self._list_living, self._is_over = clock, list_since, list_living, is_over
        self._lock = RLock()
        self._seen: dict[str, Seen] = {}
        self._named: dict[str, set[str]] = {}
        self._asked_at: datetime | None = None

    def look(self) -> Mapping[str, Seen]:
        """All of the last two months and all that live, by id, at most `FRESH` old.

        Raises PlatformError where AWS does not answer.
        """
        with self._lock:
            now = self._clock()
            if self._asked_at is None or not timedelta(0) <= now - self._asked_at < FRESH:
                found = self._listed(now)
                kept = {name: it for name, it in self._seen.items() if it.created >= now - LOOKBACK}
                self._index(self._seen, kept | found)
                self._seen, self._asked_at = kept | found, now
            return self._seen

    def _listed(self, now: datetime) -> dict[str, Seen]:
        """What may have changed since the last look, and little else: some clusters live for months."""
        lived = {each.id: each for each in self._seen.values() if not self._is_over(each)}
        living = {} if self._asked_at and not lived else {each.id: each for each in self._list_living()}
        since = self._asked_at or now - LOOKBACK
        # What was alive and is not has ended; lists tell of an end by the time of the beginning only.
        since = min([since, *(each.created for name, each in lived.items() if name not in living)])
        # What had ended before the last look is known for good; clocks may differ a little.
        return living | {each.id: each for each in self._list_since(since - FRESH)}

    def named(self, name: str) -> list[Seen]:
        """Those with a name, or with one that comes to it without what tells one run from another.

        Hundreds of projects ask for theirs, of tens of thousands. Raises as `look`.
        """
        with self._lock:
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
