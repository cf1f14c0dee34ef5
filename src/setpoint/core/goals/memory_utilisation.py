"""The metric `memory_utilisation`: how full the heap of a task process gets."""

import math

from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.goals.amounts import share_of_text, written_share
from setpoint.core.goals.conditions import NOTHING_SEEN, Conditions, peak_mib
from setpoint.core.goals.metric import Metric
from setpoint.core.pricebook import PriceBook
from setpoint.core.words import percent


class MemoryUtilisationMetric(Metric):
    """Highest heap in use over the heap, garbage counted in, of the process in which it is highest."""

    name = "memory_utilisation"
    about = "highest heap in use over the heap, garbage counted in; to be maximised, or limited from below"
    bound_example = "50%"
    unit = "%"
    needs = "event logs with the heap in use (spark.eventLog.logStageExecutorMetrics)"
    is_high_better = True
    is_timed = False

    def parse_bound(self, text: str) -> float | None:
        """A share up to one; None where the text is none."""
        share = share_of_text(text)
        return share if share is not None and share <= 1 else None

    def written(self, amount: float) -> str:
        """As in `50%`."""
        return written_share(amount)

    def show(self, amount: float) -> str:
        """The amount in words."""
        return percent(amount)

    def of_run(self, run: Run) -> float | None:
        """None where the log has no heap sizes."""
        peak = peak_mib(run) if run.succeeded else None
        return None if peak is None else min(1.0, peak / run.spec.task_memory_mib)

    def untold(self, prices: PriceBook, seen: Conditions) -> str | None:
        """Where no log has heap sizes."""
        if seen.heap is not None:
            return None
        return (
            "memory_utilisation: no recent run's log has the heap in use; set spark.eventLog.logStageExecutorMetrics "
            "to true, or take that clause out of the goal"
        )

    def at(
        self,
        spec: ClusterSpec,
        seconds: float,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """What is kept alive is the same in any heap; garbage fills as large a share of it as before."""
        return seen.heap.at(spec.task_memory_mib) if seen.heap is not None else 0.0

    def seconds_within(
        self,
        bound: float,
        spec: ClusterSpec,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """Any, or none."""
        if seen.heap is None:
            return math.inf
        return math.inf if seen.heap.at(spec.task_memory_mib) >= bound else 0.0
