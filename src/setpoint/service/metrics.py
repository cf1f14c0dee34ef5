"""Numbers for Prometheus: requests by route, seconds, tasks. Ids are no labels: there are too many of them."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

Counted = Callable[[], Mapping[str, int]]


class Metrics:
    """Of one service; each has its own registry, so that several may live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "setpoint_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "setpoint_request_seconds", "Time to answer.", ["method", "route"], buckets=_SECONDS, registry=self.registry
        )
        self._hinted = Counter(
            "setpoint_hints", "Calls of platforms when a run had ended.", ["source", "outcome"], registry=self.registry
        )
        self._signed_in = Counter("setpoint_sign_ins", "Tries to sign in.", ["outcome"], registry=self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        known = method if method in {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"} else "other"
        self._requests.labels(known, route, str(status)).inc()
        self._seconds.labels(known, route).observe(seconds)

    def signed_in(self, outcome: str) -> None:
        """Somebody tried to sign in: `ok`, `refused` or `too many`."""
        self._signed_in.labels(outcome).inc()

    def hinted(self, source: str, outcome: str) -> None:
        """A platform called: `taken`, `not watched`, `refused` or `too many`."""
        self._hinted.labels(source, outcome).inc()

    def watch(self, name: str, words: str, label: str, count: Counted) -> None:
        """Show numbers that are counted when they are asked for."""
        self.registry.register(_Watched(name, words, label, count))

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)


class _Watched(Collector):
    def __init__(self, name: str, words: str, label: str, count: Counted) -> None:
        self._words = (name, words, label)
        self._count = count

    def collect(self) -> list[GaugeMetricFamily]:
        name, words, label = self._words
        family = GaugeMetricFamily(name, words, labels=[label])
        for value, number in self._count().items():
            family.add_metric([value], number)
        return [family]

    def describe(self) -> list[GaugeMetricFamily]:
        # Registering must not ask the database yet.
        return [GaugeMetricFamily(*self._words[:2], labels=[self._words[2]])]
