"""The metric `runtime`: seconds per run; a limit on it is a deadline."""

from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.goals.amounts import seconds_of, written_duration
from setpoint.core.goals.conditions import NOTHING_SEEN, Conditions
from setpoint.core.goals.metric import Metric
from setpoint.core.pricebook import PriceBook
from setpoint.core.words import duration


class RuntimeMetric(Metric):
    """Seconds from the start of the run to its end, start-up included."""

    name = "runtime"
    about = "time from the start of the run to its end; a limit is a deadline"
    bound_example = "1h 30m"
    unit = "s"
    is_proportional = True

    def parse_bound(self, text: str) -> float | None:
        """Seconds; None where the text is no duration.

        >>> RuntimeMetric().parse_bound("1h 30m"), RuntimeMetric().parse_bound("20s"), RuntimeMetric().parse_bound("7")
        (5400.0, 20.0, None)
        """
        return seconds_of(text)

    def written(self, amount: float) -> str:
        """As in `1h 30m`."""
        return written_duration(amount)

    def show(self, amount: float) -> str:
        """The amount in words."""
        return duration(amount)

    def of_run(self, run: Run) -> float:
        """Seconds the run took."""
        return run.seconds

    def at(
        self,
        spec: ClusterSpec,
        seconds: float,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """The runtime itself."""
        return seconds

    def seconds_within(
        self,
        bound: float,
        spec: ClusterSpec,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """The bound itself."""
        return bound
