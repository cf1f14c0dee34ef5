"""The metric `energy`: kWh per run, at the data centre's meter."""

import math
import re

from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.energy import USUAL_UTILISATION
from setpoint.core.goals.amounts import decimal
from setpoint.core.goals.conditions import NOTHING_SEEN, Conditions
from setpoint.core.goals.metric import Metric
from setpoint.core.pricebook import CorePower, PriceBook
from setpoint.core.profile import Profile
from setpoint.core.words import amount as in_digits
from setpoint.errors import InputError

__all__ = ["EnergyMetric", "kwh_of", "kwh_within", "measured_energy"]

_KWH = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(kwh|wh)", re.IGNORECASE)
_UNKNOWN = "what a core and a GiB draw is not known to these prices"


class EnergyMetric(Metric):
    """Energy of all cores and memory asked for: what they draw idle, and what the tasks' work adds."""

    name = "energy"
    about = "kWh per run at the data centre's meter, modelled from cores, memory and CPU time"
    bound_example = "0.5 kWh"
    unit = "kWh"
    needs = "what a core and a GiB draw, which comes along"

    def parse_bound(self, text: str) -> float | None:
        """KWh; None where the text is no amount.

        >>> EnergyMetric().parse_bound("0.5 kWh"), EnergyMetric().parse_bound("80Wh"), EnergyMetric().parse_bound("1")
        (0.5, 0.08, None)
        """
        match = _KWH.fullmatch(text)
        return None if match is None else float(match[1]) / (1 if match[2].lower() == "kwh" else 1000)

    def written(self, amount: float) -> str:
        """As in `0.5kWh`."""
        return f"{decimal(amount)}kWh"

    def show(self, amount: float) -> str:
        """The amount in words."""
        return f"{in_digits(amount)} kWh"

    def of_run(self, run: Run) -> float | None:
        """As it was reckoned when the run was recorded; None where nobody did."""
        return run.kwh

    def untold(self, prices: PriceBook, seen: Conditions) -> str | None:
        """Where there are no coefficients."""
        return None if prices.power is not None else f"energy: {_UNKNOWN}; take that clause out of the goal"

    def at(
        self,
        spec: ClusterSpec,
        seconds: float,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """KWh of a runtime on a spec."""
        return kwh_of(spec, seconds, prices, seen)

    def seconds_within(
        self,
        bound: float,
        spec: ClusterSpec,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """The longest runtime that takes no more."""
        return kwh_within(bound, spec, prices, seen)


def kwh_of(spec: ClusterSpec, seconds: float, prices: PriceBook, seen: Conditions) -> float:
    """Energy of a runtime on a spec; cores whose work nothing tells are taken to be half busy. Raises InputError."""
    return _kwh(_power(prices), spec, seconds, seen.core_seconds)


def kwh_within(kwh: float, spec: ClusterSpec, prices: PriceBook, seen: Conditions) -> float:
    """The other way round: how long a run on a spec may take. Unknown coefficients limit nothing."""
    power = prices.power
    if power is None:
        return math.inf
    if seen.core_seconds is None:
        each = _kwh(power, spec, 1.0, None)
        return kwh / each if each > 0 else math.inf
    return power.seconds_within(kwh, spec.vcpus, spec.memory_gib, seen.core_seconds)


def measured_energy(
    spec: ClusterSpec, seconds: float, profile: Profile | None, prices: PriceBook
) -> tuple[float | None, float | None]:
    """What a run took, as (kWh, gCO2e), from its spec, its time and the CPU time in its log; None where not known."""
    if prices.power is None:
        return None, None
    kwh = _kwh(prices.power, spec, seconds, profile.core_seconds if profile is not None else None)
    grams = prices.power.grams_per_kwh
    return kwh, None if grams is None else kwh * grams


def _kwh(power: CorePower, spec: ClusterSpec, seconds: float, core_seconds: float | None) -> float:
    work = USUAL_UTILISATION * spec.vcpus * seconds if core_seconds is None else core_seconds
    return power.kwh(spec.vcpus, spec.memory_gib, seconds, work)


def _power(prices: PriceBook) -> CorePower:
    if prices.power is None:
        raise InputError(f"Energy cannot be told: {_UNKNOWN}.")
    return prices.power
