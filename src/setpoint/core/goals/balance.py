"""The metric `balance`: what one saves in cost may be lost in runtime, per cent for per cent."""

import math
from typing import ClassVar

from setpoint.core.cost import dollars_per_second
from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.goals.conditions import NOTHING_SEEN, Conditions
from setpoint.core.goals.metric import Metric, Role
from setpoint.core.pricebook import PriceBook
from setpoint.core.words import amount as in_digits


class BalanceMetric(Metric):
    """Geometric mean of the dollars and the hours of a run: 10 % less of the one is worth 10 % more of the other."""

    name = "balance"
    about = "geometric mean of cost and runtime; only to be minimised"
    bound_example = ""
    unit = "√($·h)"
    role: ClassVar[Role] = "aim"
    is_proportional = True

    def parse_bound(self, text: str) -> float | None:
        """It has none."""
        return None

    def written(self, amount: float) -> str:
        """As it is shown."""
        return self.show(amount)

    def show(self, amount: float) -> str:
        """The amount in words."""
        return f"{in_digits(amount)} √($·h)"

    def of_run(self, run: Run) -> float:
        """Of what the run cost and took."""
        return math.sqrt(max(0.0, run.cost.dollars) * run.seconds / 3600)

    def at(
        self,
        spec: ClusterSpec,
        seconds: float,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """Grows with the runtime: the cost does, too."""
        return seconds * math.sqrt(dollars_per_second(spec, prices) / 3600)

    def seconds_within(
        self,
        bound: float,
        spec: ClusterSpec,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """The longest runtime that comes to no more."""
        rate = math.sqrt(dollars_per_second(spec, prices) / 3600)
        return bound / rate if rate > 0 else math.inf
