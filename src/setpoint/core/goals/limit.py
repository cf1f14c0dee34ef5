"""One limit of a goal: a metric, a bound, and the share of the runs that may break it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from setpoint.core.domain import ClusterSpec, Prediction, Run
from setpoint.core.goals.amounts import decimal
from setpoint.core.goals.conditions import NOTHING_SEEN, Conditions
from setpoint.core.goals.metric import Metric
from setpoint.core.goals.ready import ReadyMetric
from setpoint.core.goals.registry import METRICS
from setpoint.core.pricebook import PriceBook

if TYPE_CHECKING:
    from setpoint.core.belief import Floats, Outlook

__all__ = ["DEFAULT_RISK", "Limit"]

DEFAULT_RISK = 0.05
"""Share of runs that may break a limit whose `pNN` is not given."""
_AGES = 1e18
"""Seconds; longer than any run."""
_INSTANT = 1e-9
"""Seconds; shorter than any run."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A metric must stay within a bound, except in a share `risk` of the runs."""

    metric: str
    bound: float
    """In the unit of the metric: the most, or the least where high is better."""
    risk: float = DEFAULT_RISK
    scale: float = 1.0
    """Times the input at which it must hold; beyond 1 the run must survive there as well."""
    zone: str = ""
    """Of a time of day; empty for UTC."""
    is_set_point: bool = False
    """Whether it was written with `=`: what lies nearest within it is wanted."""

    @property
    def measure(self) -> Metric:
        """The metric itself."""
        return ReadyMetric(self.zone) if self.zone else METRICS[self.metric]

    @property
    def name(self) -> str:
        """What is limited: `runtime`, `scale 10x: runtime`."""
        return self.metric if self.scale == 1 else f"scale {decimal(self.scale)}x: {self.metric}"

    @property
    def is_of_failure(self) -> bool:
        """Whether it is on how likely a run is lost, and not on what runs come to that are not."""
        return self.metric == "failure_risk" and self.scale == 1

    @property
    def text(self) -> str:
        """As it is written in a goal."""
        metric = self.measure
        sure = "" if math.isclose(self.risk, DEFAULT_RISK) else f" p{decimal(round(100 * (1 - self.risk), 6))}"
        sign = "by" if self.metric == "ready" else "=" if self.is_set_point else ">=" if metric.is_high_better else "<="
        return f"{self.name}{sure} {sign} {metric.written(self.bound)}"

    def __str__(self) -> str:
        """Words for people."""
        metric = self.measure
        if self.metric == "ready":
            return f"{self.name} by {metric.show(self.bound)}"
        return f"{self.name} {'≥' if metric.is_high_better else '≤'} {metric.show(self.bound)}"

    def kept_by(self, run: Run) -> bool:
        """Whether a run stayed within it; one that does not tell did not break it, nor did one at a smaller input."""
        return self.scale != 1 or self.measure.kept_by(run, self.bound)

    def untold(self, prices: PriceBook, seen: Conditions) -> str | None:
        """Why it cannot be told of this project; None where it can."""
        if self.scale != 1 and seen.input_bytes is None:
            return f"{self.name}: no run's log tells what it read; take that clause out of the goal"
        return self.measure.untold(prices, seen)

    def allowed_seconds(
        self, spec: ClusterSpec, prices: PriceBook, seen: Conditions = NOTHING_SEEN, failing: float = 0.0
    ) -> float:
        """The longest runtime on a spec, at the input that is expected, that keeps it."""
        if self.scale == 1:
            return self.measure.seconds_within(self.bound, spec, prices, seen, failing)
        then = seen.at_scale(self.scale)
        return self.measure.seconds_within(self.bound, spec, prices, then, failing) / math.exp(then.log_growth)

    def miss_risk(
        self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook, seen: Conditions = NOTHING_SEEN
    ) -> float:
        """Probability that a run which does not fail breaks it; of a limit on failures, whether it is broken."""
        if self.is_of_failure:
            return float(self.at(spec, prediction, prices, seen) > self.bound)
        late = self._widened(prediction, seen).probability_above(
            self.allowed_seconds(spec, prices, seen, prediction.failure_risk)
        )
        if self.scale == 1:
            return late
        return 1 - (1 - late) * (1 - seen.at_scale(self.scale).memory_risks((spec,))[0])

    def excess(
        self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook, seen: Conditions = NOTHING_SEEN
    ) -> float:
        """How far it is broken, as a logarithm: of the runtime quantile at its risk over the runtime allowed.

        Where the spec alone decides, of the amount over the bound.
        """
        if not self.measure.is_timed:
            amount = self.at(spec, prediction, prices, seen)
            return 0.0 if self.measure.keeps(amount, self.bound) else abs(math.log(max(amount, _INSTANT) / self.bound))
        allowed = max(_INSTANT, self.allowed_seconds(spec, prices, seen, prediction.failure_risk))
        quantile = self._widened(prediction, seen).quantile(1 - self.risk)
        return math.log(quantile / allowed) if quantile > allowed else 0.0

    def at(
        self,
        spec: ClusterSpec,
        prediction: Prediction,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        probability: float = 0.5,
    ) -> float:
        """What the metric stays within with this probability, at the limit's scale."""
        seconds = self._widened(prediction, seen).quantile(probability)
        failing = prediction.failure_risk
        if self.scale == 1:
            return self.measure.at(spec, seconds, prices, seen, failing)
        then = seen.at_scale(self.scale)
        if self.metric == "failure_risk":
            failing = then.memory_risks((spec,))[0]
        return self.measure.at(spec, seconds * math.exp(then.log_growth), prices, then, failing)

    def odds(
        self, specs: Sequence[ClusterSpec], outlook: "Outlook", prices: PriceBook, seen: Conditions = NOTHING_SEEN
    ) -> "tuple[Floats, Floats]":
        """For all specs at once: P(it is broken), and how far the medians break it."""
        import numpy as np

        failing, within, bound = outlook.failure.tolist(), self.measure.seconds_within, self.bound
        then = seen.at_scale(self.scale)
        most = [within(bound, spec, prices, then, risk) for spec, risk in zip(specs, failing, strict=True)]
        grown = 1.0 if self.scale == 1 else math.exp(then.log_growth)
        allowed = np.clip(np.array(most) / grown, _INSTANT, _AGES)
        doubt = self._log_doubt(seen)
        late = (replace(outlook, noise=math.hypot(outlook.noise, doubt)) if doubt else outlook).late(allowed)
        excess = np.maximum(0.0, np.log(outlook.median / allowed))
        if not self.measure.is_timed:
            whole = [Prediction(float(s), 0.1, 4.0, risk) for s, risk in zip(outlook.median, failing, strict=True)]
            excess = np.array([self.excess(spec, each, prices, seen) for spec, each in zip(specs, whole, strict=True)])
        if self.scale != 1:
            late = 1 - (1 - late) * (1 - np.array(seen.at_scale(self.scale).memory_risks(specs)))
        return late, excess

    def _widened(self, prediction: Prediction, seen: Conditions) -> Prediction:
        """With what is not known of growth, or of when runs start, on top of the doubt about the runtime."""
        doubt = self._log_doubt(seen)
        return prediction if doubt == 0 else replace(prediction, log_scale=math.hypot(prediction.log_scale, doubt))

    def _log_doubt(self, seen: Conditions) -> float:
        doubt = 0.0 if self.scale == 1 else seen.at_scale(self.scale).log_doubt
        if self.metric == "ready":
            found = seen.until(self.bound, self.zone or "UTC")
            doubt = math.hypot(doubt, found[1] if found is not None else 0.0)
        return doubt
