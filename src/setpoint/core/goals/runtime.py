"""The metric `runtime`: seconds per run; a limit on it is a deadline."""

import re

from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.pricebook import PriceBook
from setpoint.core.words import duration

_PART = re.compile(
    r"(\d+(?:\.\d+)?)\s*(hours?|h|minutes?|min|m|seconds?|sec|s)(?![a-z])",
    re.IGNORECASE,
)
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0}


class RuntimeMetric:
    """Seconds from the start of the run to its end, start-up included."""

    name = "runtime"
    bound_example = "1h 30m"

    def parse_bound(self, text: str) -> float | None:
        """Seconds; None where the text is no duration.

        >>> RuntimeMetric().parse_bound("1h 30m"), RuntimeMetric().parse_bound("20s"), RuntimeMetric().parse_bound("7")
        (5400.0, 20.0, None)
        """
        parts = _PART.findall(text)
        if not parts or _PART.sub("", text).strip():
            return None
        return sum(float(number) * _SECONDS[unit[0].lower()] for number, unit in parts)

    def of_run(self, run: Run) -> float:
        """Seconds the run took."""
        return run.seconds

    def at(self, spec: ClusterSpec, seconds: float, prices: PriceBook) -> float:  # noqa: ARG002 - the metric's verb
        """The runtime itself."""
        return seconds

    def seconds_within(self, bound: float, spec: ClusterSpec, prices: PriceBook) -> float:  # noqa: ARG002 - the metric's verb
        """The bound itself."""
        return bound

    def show(self, amount: float) -> str:
        """The amount in words."""
        return duration(amount)
