"""Set points and constraints: minimise one metric subject to limits on others.

A goal is written as clauses between semicolons: `minimise cost; runtime p95 <= 1h; cost <= 30$`.
`pNN` says how sure the limit must hold (p95: in 95 of 100 runs); without it the limit holds with `DEFAULT_RISK`.
"""

import math
import re
from dataclasses import dataclass
from typing import Protocol

from setpoint.core.domain import Candidate, ClusterSpec, Prediction, Run
from setpoint.core.goals.cost import CostMetric
from setpoint.core.goals.runtime import RuntimeMetric
from setpoint.core.pricebook import PriceBook
from setpoint.errors import GoalError

__all__ = ["DEFAULT_RISK", "FAILURE_RISK", "METRICS", "Goal", "Limit", "Metric", "parse_goal"]

FAILURE_RISK = 0.05
"""Share of the runs on a spec that may fail for want of memory."""
_ROUNDING = 1e-12
DEFAULT_RISK = 0.05
"""Share of runs that may break a limit whose `pNN` is not given."""


class Metric(Protocol):
    """Something a goal may minimise or limit. It must not fall as the runtime grows."""

    @property
    def name(self) -> str:
        """The word for it in a goal."""
        ...

    @property
    def bound_example(self) -> str:
        """A bound as somebody would write it."""
        ...

    def parse_bound(self, text: str) -> float | None:
        """The bound in the metric's unit; None where the text is none."""
        ...

    def of_run(self, run: Run) -> float:
        """What a run measured."""
        ...

    def at(self, spec: ClusterSpec, seconds: float, prices: PriceBook) -> float:
        """What a runtime on a spec comes to."""
        ...

    def seconds_within(self, bound: float, spec: ClusterSpec, prices: PriceBook) -> float:
        """The longest runtime on a spec that keeps the bound."""
        ...

    def show(self, amount: float) -> str:
        """The amount in words."""
        ...


METRICS: dict[str, Metric] = {metric.name: metric for metric in (CostMetric(), RuntimeMetric())}


@dataclass(frozen=True, slots=True)
class Limit:
    """A metric must stay at or below a bound, except in a share `risk` of the runs."""

    metric: str
    bound: float
    """Dollars or seconds, by the metric."""
    risk: float = DEFAULT_RISK

    def miss_risk(self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook) -> float:
        """Probability that a run which does not fail breaks it."""
        return prediction.probability_above(METRICS[self.metric].seconds_within(self.bound, spec, prices))

    def kept_by(self, run: Run) -> bool:
        """Whether a run stayed within it."""
        return METRICS[self.metric].of_run(run) <= self.bound

    def __str__(self) -> str:
        """Words for people."""
        return f"{self.metric} ≤ {METRICS[self.metric].show(self.bound)}"


@dataclass(frozen=True, slots=True)
class Goal:
    """What the owner of a project wants."""

    minimise: str
    limits: tuple[Limit, ...]
    text: str

    @property
    def risk(self) -> float:
        """The strictest share of runs that may miss."""
        return min((limit.risk for limit in self.limits), default=DEFAULT_RISK)

    def late_risk(self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook) -> float:
        """Probability that a run on the spec which does not fail breaks a limit."""
        return max((limit.miss_risk(spec, prediction, prices) for limit in self.limits), default=0.0)

    def miss_risk(self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook) -> float:
        """Probability that a run on the spec fails because of it, or breaks a limit."""
        return 1 - (1 - self.late_risk(spec, prediction, prices)) * (1 - prediction.failure_risk)

    def excess(self, spec: ClusterSpec, prediction: Prediction, prices: PriceBook) -> float:
        """How far the limits are broken: the sum of log(runtime quantile at their risk / runtime allowed)."""
        allowed = [(limit, METRICS[limit.metric].seconds_within(limit.bound, spec, prices)) for limit in self.limits]
        quantiles = [(prediction.quantile(1 - limit.risk), seconds) for limit, seconds in allowed]
        return sum(math.log(quantile / seconds) for quantile, seconds in quantiles if quantile > seconds)

    def admits(self, candidate: Candidate) -> bool:
        """Whether the candidate keeps all limits at their risk, and hardly fails for want of memory.

        The two are apart: a limit is at stake in every run, memory at the first run with less of it, which settles it.
        """
        failing = candidate.prediction.failure_risk
        late = 1 - (1 - candidate.miss_risk) / (1 - failing) if failing < 1 else 1.0
        return late <= self.risk + _ROUNDING and failing <= FAILURE_RISK

    def broken_by(self, run: Run) -> tuple[Limit, ...]:
        """The limits that a run broke."""
        return tuple(limit for limit in self.limits if not limit.kept_by(run))


def parse_goal(text: str) -> Goal:
    """Read a goal; raises GoalError that points at the word.

    >>> goal = parse_goal("minimise cost; runtime p90 <= 1h")
    >>> goal.minimise, goal.limits[0].bound, round(goal.limits[0].risk, 2)
    ('cost', 3600.0, 0.1)
    """
    minimise: str | None = None
    limits: list[Limit] = []
    position = 0
    for clause in text.split(";"):
        words = clause.strip()
        start = position + len(clause) - len(clause.lstrip())
        position += len(clause) + 1
        if not words:
            continue
        verb, *rest = words.split(maxsplit=1)
        if verb.lower() in {"minimise", "minimize"}:
            if minimise is not None:
                raise _error(text, start, verb, "a goal minimises one metric")
            word = "".join(rest)
            minimise = _metric(text, start + len(words) - len(word) if word else start + len(verb) + 1, word)
        else:
            limits.append(_limit(text, start, words))
    if minimise is None and not limits:
        raise GoalError("The goal is empty; write for example: minimise cost; runtime <= 1h")
    return Goal(minimise or "cost", tuple(limits), text.strip())


_LIMIT = re.compile(r"(?P<metric>\w+)\s*(?:(?P<sure>p\d+(?:\.\d+)?)\s*)?(?:<=|≤|<)\s*(?P<bound>.*)", re.IGNORECASE)


def _limit(text: str, start: int, words: str) -> Limit:
    match = _LIMIT.fullmatch(words)
    if match is None:
        raise _error(text, start, words, "expected `minimise METRIC` or `METRIC [p95] <= BOUND`")
    metric = _metric(text, start, match["metric"])
    bound = METRICS[metric].parse_bound(match["bound"].strip())
    if bound is None or not 0 < bound < math.inf:
        problem = f"{metric} needs a bound such as {METRICS[metric].bound_example}, above zero and finite"
        raise _error(text, start + match.start("bound"), match["bound"], problem)
    if match["sure"] is None:
        return Limit(metric, bound)
    percent = float(match["sure"][1:])
    if not 50 <= percent <= 99.9:  # noqa: PLR2004 - below one half a limit would ask for missing it; more is beyond any data
        raise _error(text, start + match.start("sure"), match["sure"], "expected p50 to p99.9")
    return Limit(metric, bound, 1 - percent / 100)


def _metric(text: str, start: int, word: str) -> str:
    name = word.lower()
    if name not in METRICS:
        raise _error(text, start, word, f"unknown metric; known are {', '.join(sorted(METRICS))}")
    return name


def _error(text: str, start: int, word: str, problem: str) -> GoalError:
    pointer = " " * start + "^" * max(1, len(word))
    return GoalError(f"The goal does not parse at “{word}”: {problem}.\n  {text}\n  {pointer}")
