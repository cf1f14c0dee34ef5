"""The metric `failure_risk`: how likely a run is to be lost to its spec, by memory or by spot."""

import math

from setpoint.core.domain import ClusterSpec, Run
from setpoint.core.goals.amounts import share_of_text, written_share
from setpoint.core.goals.conditions import NOTHING_SEEN, Conditions
from setpoint.core.goals.metric import Metric
from setpoint.core.pricebook import PriceBook

__all__ = ["FailureRiskMetric"]

LEAST, MOST = 0.001, 0.5
"""Rarer failures than one in a thousand no number of runs could tell; from one half on it is no limit."""
_OURS = {"memory", "infrastructure"}


class FailureRiskMetric(Metric):
    """P(a run fails for want of memory, or because the cloud took a worker away)."""

    name = "failure_risk"
    about = "probability that a run fails for want of memory or by the loss of a spot worker"
    bound_example = "1%"
    unit = "%"
    needs = "event logs, for the part of spot"
    is_timed = False

    def parse_bound(self, text: str) -> float | None:
        """A probability from 0.1 % to 50 %; None where the text is none."""
        share = share_of_text(text)
        return share if share is not None and LEAST <= share <= MOST else None

    def written(self, amount: float) -> str:
        """As in `1%`."""
        return written_share(amount)

    def show(self, amount: float) -> str:
        """The amount in words."""
        return f"{amount * 100:.2g} %" if amount < 0.1 else f"{amount:.0%}".replace("%", " %")  # noqa: PLR2004

    def of_run(self, run: Run) -> float | None:
        """1 where it failed so, 0 where it did its work; None where something else ended it."""
        if run.succeeded:
            return 0.0
        return 1.0 if run.fault in _OURS else None

    def at(
        self,
        spec: ClusterSpec,
        seconds: float,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """Of memory, and of the spot workers that a run of this time loses."""
        lost = seen.losses.risk(spec, seconds) * seen.losses.fatal_share
        return 1 - (1 - failing) * (1 - lost)

    def seconds_within(
        self,
        bound: float,
        spec: ClusterSpec,
        prices: PriceBook,
        seen: Conditions = NOTHING_SEEN,
        failing: float = 0.0,
    ) -> float:
        """Any or none, but where workers are lost: the more, the longer a run takes."""
        if failing > bound:
            return 0.0
        share = (1 - (1 - bound) / (1 - failing)) / seen.losses.fatal_share if seen.losses.fatal_share else 1.0
        if share >= 1:
            return math.inf
        return -math.log1p(-share) * 3600 / (seen.losses.per_worker_hour * max(1, spec.workers))
