"""A group's budget over its projects: who gets how much, what it buys, and the ceiling that this sets for each."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from setpoint.core.domain import Candidate
from setpoint.core.goals import METRICS, Goal
from setpoint.core.history import History
from setpoint.core.policies.effect import RECENT_RUNS, Prospects
from setpoint.core.policies.policy import Budget
from setpoint.core.portfolio import Allocation, Offer, OutOfBudget, Rung, allocate
from setpoint.core.pricebook import PriceBook

__all__ = ["Claim", "Granted", "Group", "ceiling", "share_out"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A project that shares in a budget."""

    project: str
    history: History
    goal: Goal
    """Without any ceiling that the budget sets."""
    prospects: Prospects
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Granted:
    """What one project gets."""

    project: str
    candidate: Candidate
    amount_per_day: float
    """Of the metric that the budget is on."""
    value: float
    ceiling: float
    """Per run: what a run on the candidate stays below in all but the share of runs that the goal lets miss."""
    next: Rung | None
    """What further money would best buy for it; cost and value are per day."""
    next_spec: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A budget shared out."""

    policy: str
    budget: Budget
    granted: tuple[Granted, ...]
    """Empty where the budget is out of reach."""
    aside_per_day: float
    """Kept for projects of which nothing can be predicted yet: what they used lately."""
    spent_per_day: float
    value: float
    bound: float
    price: float
    """Value that a further unit a day would buy."""
    missing_per_day: float = 0.0
    """How much more a day the cheapest choice of all needs; 0 where the budget suffices."""
    unknown: tuple[str, ...] = ()
    """Projects for which money is kept aside."""

    @property
    def is_enough(self) -> bool:
        """Whether the cheapest choice fits in the budget."""
        return self.missing_per_day <= 0

    @property
    def unit_bought(self) -> str:
        """What value counts."""
        return "deadlines kept a day" if self.budget.spend_on == "deadlines" else "hours of waiting saved a day"


def share_out(policy: str, budget: Budget, claims: Sequence[Claim], prices: PriceBook) -> Group:
    """The best use of a budget over these projects: one optimisation over all their curves."""
    known = [claim for claim in claims if _choices(claim)]
    unknown = [claim for claim in claims if not _choices(claim)]
    aside = math.fsum(_used_per_day(claim, budget.metric) for claim in unknown)
    choices = [_choices(claim) for claim in known]
    offers = [
        [_offer(each, claim, budget, prices) for each in found] for claim, found in zip(known, choices, strict=True)
    ]
    names = tuple(claim.project for claim in unknown)
    match allocate(offers, budget.bound_per_day - aside):
        case OutOfBudget() as short:
            spent = short.cheapest + aside
            return Group(policy, budget, (), aside, spent, 0.0, 0.0, 0.0, short.missing, names)
        case Allocation() as found:
            granted = tuple(
                _granted(claim, of, offered, share.offer, share.next, budget, prices)
                for claim, of, offered, share in zip(known, choices, offers, found.shares, strict=True)
            )
            spent = found.cost + aside
            return Group(policy, budget, granted, aside, spent, found.value, found.bound, found.price, 0.0, names)


def _choices(claim: Claim) -> tuple[Candidate, ...]:
    """What may be chosen: without what may run out of memory, if anything else is left."""
    if claim.prospects.now is None or claim.prospects.runs_per_day <= 0:
        return ()
    every = claim.prospects.candidates or (claim.prospects.now,)
    return tuple(each for each in every if each.failing <= claim.goal.most_failing) or every


def _offer(candidate: Candidate, claim: Claim, budget: Budget, prices: PriceBook) -> Offer:
    rate, seconds = claim.prospects.runs_per_day, candidate.prediction.median_seconds
    amount = METRICS[budget.metric].at(candidate.spec, seconds, prices, claim.prospects.seen) * rate
    if budget.spend_on == "time":
        return Offer(amount, -claim.weight * rate * seconds / 3600)
    # Beyond what the goal asks for, more certainty is worth nothing.
    kept = 1.0 if claim.goal.admits(candidate) else min(1.0, (1 - candidate.miss_risk) / (1 - claim.goal.risk))
    return Offer(amount, claim.weight * rate * kept)


def _granted(
    claim: Claim,
    choices: Sequence[Candidate],
    offers: Sequence[Offer],
    row: int,
    further: Rung | None,
    budget: Budget,
    prices: PriceBook,
) -> Granted:
    chosen = choices[row]
    seconds = chosen.prediction.quantile(1 - claim.goal.risk)
    most = METRICS[budget.metric].at(chosen.spec, seconds, prices, claim.prospects.seen)
    spec = "" if further is None else str(choices[further.offer].spec)
    return Granted(claim.project, chosen, offers[row].cost, offers[row].value, most, further, spec)


def _used_per_day(claim: Claim, metric: str) -> float:
    runs = claim.history.runs[-RECENT_RUNS:]
    found = [amount for run in runs if (amount := METRICS[metric].of_run(run)) is not None]
    return fmean(found) * claim.prospects.runs_per_day if found else 0.0


KEPT_WITHIN = 0.05
"""A ceiling stays as it is while the new one differs by less: models move a little with every run."""


def ceiling(granted: Granted, metric: str, present: Mapping[str, float]) -> str:
    """The limit that a share sets, as a clause of a goal. `present`: ceilings that hold now, by project."""
    amount = granted.ceiling
    before = present.get(granted.project)
    if before is not None and abs(amount - before) <= KEPT_WITHIN * before:
        amount = before
    return f"{metric} <= {METRICS[metric].written(_rounded_up(amount))}"


def _rounded_up(amount: float) -> float:
    """To three significant digits; what is rounded already stays."""
    step = 10.0 ** (math.floor(math.log10(amount)) - 2)
    return math.ceil(amount / step - 1e-6) * step
