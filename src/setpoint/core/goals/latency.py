"""The metric `latency`: how long the batches of a streaming query take."""

import math

from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.goals.amounts import seconds_of, written_duration
from setpoint.core.goals.conditions import NOTHING_SEEN, Batches, Conditions, batches_of
from setpoint.core.goals.metric import Metric
from setpoint.core.pricebook import PriceBook
from setpoint.core.words import duration

_LEAST = 0.02
"""Of the batch time that was seen: no cluster is faster than fifty times that."""


class LatencyMetric(Metric):
    """The p95 of a run's batch processing times, of the query where it is highest."""

    name = "latency"
    about = "p95 of a streaming run's batch times, of its slowest query"
    bound_example = "10s"
    unit = "s"
    needs = "event logs of a streaming query"

    def parse_bound(self, text: str) -> float | None:
        """Seconds; None where the text is no duration."""
        return seconds_of(text)

    def written(self, amount: float) -> str:
        """As in `10s`."""
        return written_duration(amount)

    def show(self, amount: float) -> str:
        """The amount in words."""
        return duration(amount)

    def of_run(self, run: Run) -> float | None:
        """None where its log tells of no batches."""
        found = batches_of(run) if run.succeeded else None
        return None if found is None else found.p95_seconds

    def untold(self, prices: PriceBook, seen: Conditions) -> str | None:
        """Where no run streams."""
        if seen.batches is not None:
            return None
        return (
            "latency: no recent run's log tells of the batches of a streaming query; take that clause out of the goal, "
            "or limit runtime"
        )

    def at(
        self,
        spec: ClusterSpec,
        seconds: float,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """Batches take longer as the time in which the run is busy does; waiting for triggers is no part of it."""
        found = seen.batches or Batches(seconds, seconds, None)
        return found.p95_seconds * max(_LEAST, (seconds - seen.idle_seconds) / found.busy_seconds)

    def seconds_within(
        self,
        bound: float,
        spec: ClusterSpec,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """The time in which batches are that fast."""
        if seen.batches is None:
            return math.inf
        times = bound / seen.batches.p95_seconds
        return seen.idle_seconds + times * seen.batches.busy_seconds if times >= _LEAST else 0.0
