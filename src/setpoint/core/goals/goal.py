"""What the owner of a project wants: one metric as good as it can be, within limits on others."""

import math
from dataclasses import dataclass, field, replace

from setpoint.core.domain import Candidate, ClusterSpec, Foreseen, Prediction, Run
from setpoint.core.goals.conditions import NOTHING_SEEN, Conditions
from setpoint.core.goals.limit import DEFAULT_RISK, Limit
from setpoint.core.goals.metric import Metric
from setpoint.core.goals.registry import METRICS
from setpoint.core.pricebook import PriceBook

__all__ = ["FAILURE_RISK", "Goal", "foreseen_words"]

FAILURE_RISK = 0.05
"""Share of the runs on a spec that may fail because of it, where the goal does not say."""
_ROUNDING = 1e-12
_SHOWN_ANYHOW = ("cost", "runtime")
_ENDS = (0.05, 0.95)
_NUDGE = 1.05
"""Times the runtime, to see how much the aim moves with it."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What the owner of a project wants."""

    minimise: str
    """The metric that is to be as good as it can be: as low, or as high where high is better."""
    limits: tuple[Limit, ...]
    text: str
    seen: Conditions = field(default=NOTHING_SEEN, compare=False, repr=False)
    untold: tuple[str, ...] = field(default=(), compare=False)
    """Why some of what was asked for cannot be told of this project; it is left out of the rest."""

    def __str__(self) -> str:
        """As it is written, whole and in order."""
        verb = "maximise" if self.aim.is_high_better else "minimise"
        return "; ".join([f"{verb} {self.minimise}", *(limit.text for limit in self.limits)])

    @property
    def aim(self) -> Metric:
        """The metric that is to be as good as it can be."""
        return METRICS[self.minimise]

    @property
    def risk(self) -> float:
        """The strictest share of runs that may miss."""
        return min((limit.risk for limit in self.limits if not limit.is_of_failure), default=DEFAULT_RISK)

    @property
    def most_failing(self) -> float:
        """Share of the runs on a spec that may fail because of it."""
        return min((limit.bound for limit in self.limits if limit.is_of_failure), default=FAILURE_RISK)

    def given(self, seen: Conditions, prices: PriceBook) -> "Goal":
        """The same for one project: with what its metrics need to know, and without what nothing tells."""
        reasons = {limit: limit.untold(prices, seen) for limit in self.limits}
        without_aim = self.aim.untold(prices, seen)
        told = tuple(limit for limit in self.limits if reasons[limit] is None)
        untold = dict.fromkeys(reason for reason in (without_aim, *reasons.values()) if reason is not None)
        return replace(
            self, minimise="cost" if without_aim else self.minimise, limits=told, seen=seen, untold=tuple(untold)
        )

    def value(self, spec: ClusterSpec, seconds: float, prices: PriceBook, failing: float = 0.0) -> float:
        """What is minimised, of a runtime on a spec: the metric, or one over it where high is better."""
        amount = self.aim.at(spec, seconds, prices, self.seen, failing)
        return 1 / max(amount, _ROUNDING) if self.aim.is_high_better else amount

    def log_value_ratio(self, one: Candidate, other: Candidate, prices: PriceBook) -> tuple[float, float] | None:
        """Log of how much worse `other` is at the median runtimes, and how much a log runtime moves that.

        None where one of the two comes to nothing. What is proportional to the runtime moves as it does, by 1.
        """
        amounts = [self._at_median(each, prices) for each in (one, other)]
        if min(amounts) <= 0:
            return None
        moved = 1.0
        if not self.aim.is_proportional:
            longer = [self._at_median(each, prices, _NUDGE) for each in (one, other)]
            steps = (math.log(b / a) / math.log(_NUDGE) for a, b in zip(amounts, longer, strict=True))
            moved = max(0.0, *steps)
        return math.log(amounts[1] / amounts[0]), moved

    def _at_median(self, candidate: Candidate, prices: PriceBook, times: float = 1.0) -> float:
        prediction = candidate.prediction
        return self.value(candidate.spec, prediction.median_seconds * times, prices, prediction.failure_risk)

    def late_risk(self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook) -> float:
        """Probability that a run on the spec which does not fail breaks a limit."""
        return self.at_stake(spec, prediction, prices)[0]

    def strain(self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook) -> float:
        """The largest share that a limit takes up of the misses it allows: up to 1 all are kept."""
        return self.at_stake(spec, prediction, prices)[1]

    def at_stake(self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook) -> tuple[float, float]:
        """The late risk and the strain at once."""
        late = strain = 0.0
        for limit in self.limits:
            if not limit.is_of_failure:
                risk = limit.miss_risk(spec, prediction, prices, self.seen)
                late, strain = max(late, risk), max(strain, risk / limit.risk)
        return late, strain

    def spot_risk(self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook) -> float:
        """Probability that the workers which spot takes away cost a run on the spec its success, or a limit.

        By losing the run with them, or by what has to be computed again. 0 where the goal does not limit failures.
        """
        if not any(limit.is_of_failure for limit in self.limits):
            return 0.0
        losses = self.seen.losses
        hit = losses.risk(spec, prediction.median_seconds)
        if hit == 0:
            return 0.0
        longer = replace(prediction, median_seconds=prediction.median_seconds * losses.longer(spec))
        missed = self.late_risk(spec, longer, prices) - self.late_risk(spec, prediction, prices)
        return hit * (losses.fatal_share + (1 - losses.fatal_share) * max(0.0, missed))

    def failing(self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook) -> float:
        """Probability that a run on the spec fails because of it: memory, and spot where the goal limits that."""
        return 1 - (1 - prediction.failure_risk) * (1 - self.spot_risk(spec, prediction, prices))

    def miss_risk(self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook) -> float:
        """Probability that a run on the spec fails because of it, or breaks a limit."""
        failing = self.failing(spec, prediction, prices)
        return 1 - (1 - self.late_risk(spec, prediction, prices)) * (1 - failing)

    def excess(self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook) -> float:
        """How far the limits are broken: the sum of log(what is stayed within at their risk / what is allowed)."""
        return sum(limit.excess(spec, prediction, prices, self.seen) for limit in self._of_runs)

    def foreseen(self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook) -> tuple[Foreseen, ...]:
        """Of each metric that it names beside cost and runtime: the median, and the ends that hold nine of ten runs."""
        aims = () if self.aim.role == "limit" else (Limit(self.minimise, 1.0),)
        named = {limit.name: limit for limit in (*aims, *self.limits) if limit.name not in _SHOWN_ANYHOW}
        found = []
        for name, limit in named.items():
            if limit.is_of_failure:
                amount = self.failing(spec, prediction, prices)
                found.append(Foreseen(name, amount, amount, amount))
                continue
            ends = sorted(limit.at(spec, prediction, prices, self.seen, probability) for probability in _ENDS)
            found.append(Foreseen(name, limit.at(spec, prediction, prices, self.seen), *ends))
        return tuple(found)

    def admits(self, candidate: Candidate) -> bool:
        """Whether the candidate keeps all limits at their risk, and hardly fails because of its spec.

        The two are apart: a limit is at stake in every run, memory at the first run with less of it, which settles it.
        """
        failing = candidate.failing
        if candidate.strain is not None:
            strain = candidate.strain
        else:
            late = 1 - (1 - candidate.miss_risk) / (1 - failing) if failing < 1 else 1.0
            strain = late / self.risk
        return strain <= 1 + _ROUNDING and failing <= self.most_failing + _ROUNDING

    def broken_by(self, run: Run) -> tuple[Limit, ...]:
        """The limits that a run broke."""
        return tuple(limit for limit in self.limits if not limit.kept_by(run))

    @property
    def _of_runs(self) -> tuple[Limit, ...]:
        """Limits on what a run comes to that does not fail."""
        return tuple(limit for limit in self.limits if not limit.is_of_failure)


def foreseen_words(each: Foreseen) -> str:
    """What a metric is predicted to come to.

    >>> foreseen_words(Foreseen("energy", 0.5, 0.4, 0.6))
    'energy 0.5 kWh (90 %: 0.4 kWh – 0.6 kWh)'
    """
    show = METRICS[each.name.rpartition(": ")[2]].show
    if each.low == each.high:
        return f"{each.name} {show(each.median)}"
    return f"{each.name} {show(each.median)} (90 %: {show(each.low)} – {show(each.high)})"
