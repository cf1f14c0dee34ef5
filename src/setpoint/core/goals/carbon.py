"""The metric `carbon`: grams of CO2 equivalents per run, from the electricity it takes."""

import math
import re

from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.goals.amounts import decimal
from setpoint.core.goals.conditions import NOTHING_SEEN, Conditions
from setpoint.core.goals.energy import kwh_of, kwh_within
from setpoint.core.goals.metric import Metric
from setpoint.core.pricebook import PriceBook
from setpoint.core.words import amount as in_digits
from setpoint.errors import InputError

_GRAMS = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(kg|g)\s*(?:co2e?)?", re.IGNORECASE)


class CarbonMetric(Metric):
    """Energy times what a kWh of the region's grid emits; making the machines is not in it."""

    name = "carbon"
    about = "gCO2e per run: its energy times what the region's grid emits"
    bound_example = "200 g"
    unit = "gCO2e"
    needs = "a region whose grid is known"

    def parse_bound(self, text: str) -> float | None:
        """Grams; None where the text is no amount.

        >>> [CarbonMetric().parse_bound(text) for text in ("200 g", "1.5kgCO2e", "3")]
        [200.0, 1500.0, None]
        """
        match = _GRAMS.fullmatch(text)
        return None if match is None else float(match[1]) * (1000 if match[2].lower() == "kg" else 1)

    def written(self, amount: float) -> str:
        """As in `200g`."""
        return f"{decimal(amount)}g"

    def show(self, amount: float) -> str:
        """The amount in words."""
        return f"{in_digits(amount)} gCO2e"

    def of_run(self, run: Run) -> float | None:
        """As it was reckoned when the run was recorded; None where nobody did."""
        return run.gco2e

    def untold(self, prices: PriceBook, seen: Conditions) -> str | None:
        """Where there are no coefficients, or none of the grid."""
        if prices.power is not None and prices.power.grams_per_kwh is not None:
            return None
        where = f"{prices.cloud} {prices.region}".strip()
        return f"carbon: what a kWh emits in {where} is not known; set `region`, or take that clause out of the goal"

    def at(
        self,
        spec: ClusterSpec,
        seconds: float,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """Grams of a runtime on a spec. Raises InputError where the grid is not known."""
        kwh = kwh_of(spec, seconds, prices, seen)
        grams = None if prices.power is None else prices.power.grams_per_kwh
        if grams is None:
            raise InputError(f"Carbon cannot be told: what a kWh emits in {prices.cloud} {prices.region} is not known.")
        return kwh * grams

    def seconds_within(
        self,
        bound: float,
        spec: ClusterSpec,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """The longest runtime that emits no more."""
        grams = None if prices.power is None else prices.power.grams_per_kwh
        return kwh_within(bound / grams, spec, prices, seen) if grams else math.inf
