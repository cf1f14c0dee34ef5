"""The metric `cost`: dollars per run."""

import math
import re

from setpoint.core.cost import dollars_per_second
from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.goals.amounts import decimal
from setpoint.core.goals.conditions import NOTHING_SEEN, Conditions
from setpoint.core.goals.metric import Metric
from setpoint.core.pricebook import PriceBook
from setpoint.core.words import dollars

_DOLLARS = re.compile(r"\$?\s*(\d+(?:\.\d*)?(?:e-?\d+)?|\.\d+)\s*(?:\$|usd|dollars?)?", re.IGNORECASE)


class CostMetric(Metric):
    """Dollars per run: grows with the runtime and with what the spec asks for."""

    name = "cost"
    about = "dollars per run"
    bound_example = "0.30$"
    unit = "$"
    is_proportional = True

    def parse_bound(self, text: str) -> float | None:
        """Dollars; None where the text is no amount."""
        match = _DOLLARS.fullmatch(text)
        return float(match[1]) if match else None

    def written(self, amount: float) -> str:
        """As in `30$`."""
        return f"{decimal(amount)}$"

    def show(self, amount: float) -> str:
        """The amount in words."""
        return dollars(amount)

    def of_run(self, run: Run) -> float:
        """Dollars the run cost."""
        return run.cost.dollars

    def at(
        self,
        spec: ClusterSpec,
        seconds: float,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """Dollars of a runtime on a spec."""
        return seconds * dollars_per_second(spec, prices)

    def seconds_within(
        self,
        bound: float,
        spec: ClusterSpec,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """Longest runtime on the spec that stays within the bound."""
        rate = dollars_per_second(spec, prices)
        return bound / rate if rate > 0 else math.inf
