"""Tags of clusters, which lists do not tell: each cluster is looked at once, since they are set before it starts."""

from collections.abc import Iterable, Mapping
from threading import RLock

from setpoint.platforms.emr.calls import Calls
from setpoint.platforms.emr.clusters import Seen, tags_of
from setpoint.platforms.emr.project import PROJECT_TAGS

__all__ = ["Tags"]


class Tags:
    """Which clusters of a region carry which value of a project's tag; may be used by several threads."""

    def __init__(self, calls: Calls, region: str) -> None:
        self._calls, self._region = calls, region
        self._values: dict[str, frozenset[str]] = {}
        self._carriers: dict[str, set[str]] = {}
        self._looked_at: Mapping[str, Seen] | None = None
        self._lock = RLock()

    def among(self, every: Mapping[str, Seen], value: str) -> list[Seen]:
        """Those of a region that carry a value. Raises PlatformError."""
        with self._lock:
            if self._looked_at is not every:
                self._learn(every[name] for name in every.keys() - self._values.keys())
                self._forget(self._values.keys() - every.keys())
                self._looked_at = every
            return [every[name] for name in self._carriers.get(value, ())]

    def carries(self, cluster: Seen, value: str) -> bool:
        """Whether one carries a value. Raises PlatformError."""
        with self._lock:
            if cluster.id not in self._values:
                self._learn([cluster])
            return value in self._values[cluster.id]

    def _learn(self, clusters: Iterable[Seen]) -> None:
        for each in sorted(clusters):
            found = self._calls.ask("emr", self._region, "describe_cluster", "Cluster", ClusterId=each.id)["Cluster"]
            tags = tags_of(found.get("Tags"))
            self._values[each.id] = frozenset(tags[key] for key in PROJECT_TAGS if key in tags)
            for value in self._values[each.id]:
                self._carriers.setdefault(value, set()).add(each.id)

    def _forget(self, gone: Iterable[str]) -> None:
        for name in tuple(gone):
            for value in self._values.pop(name):
                self._carriers[value].discard(name)
