"""Why the loop changes a spec or leaves it, in sentences for the owner of the job."""

from dataclasses import replace

from setpoint.core.domain import Candidate, Decision
from setpoint.core.goals import Goal
from setpoint.core.optimisers import HORIZON_RUNS, Pick
from setpoint.core.pricebook import PriceBook

__all__ = ["why_change", "why_memory", "why_nearest", "why_stay", "with_untold"]


def why_stay(current: Candidate, considered: int, *, is_missing: bool) -> str:
    """Nothing better was found."""
    if is_missing:
        risk = f"{current.miss_risk:.0%} risk of a miss"
        return f"stays on {current.spec}: no allowed spec is nearer to the goal ({risk})"
    found = f"of {considered} specs none promises more over the runs to come than trying it would cost"
    return f"stays on {current.spec}: {found}; risk of a miss {current.miss_risk:.1%}"


def why_nearest(best: Candidate, goal: Goal) -> str:
    """The goal is out of reach."""
    limits = "; ".join(map(str, goal.limits))
    return (
        f"no allowed spec reaches the goal ({limits}); {best.spec} comes nearest with {best.miss_risk:.0%} risk of a "
        "miss and is not applied by itself"
    )


def why_memory(current: Candidate, best: Candidate, goal: Goal) -> str:
    """No spec reaches the goal, but the current one would not even end."""
    limits = "; ".join(map(str, goal.limits))
    risk = f"{current.prediction.failure_risk:.0%}"
    return (
        f"{current.spec} would run out of memory with a probability of {risk}, {best.spec} has more; no allowed spec "
        f"reaches the goal ({limits})"
    )


def why_change(current: Candidate, found: Pick, goal: Goal, prices: PriceBook, *, is_rescue: bool) -> str:
    """What a change is expected to bring."""
    best, metric = found.candidate, goal.aim
    now, then = (metric.show(_amount(candidate, goal, prices)) for candidate in (current, best))
    low, high = best.prediction.interval()
    label = f" ({best.cost.label})" if metric.name == "cost" else ""
    numbers = (
        f"{metric.name} {now} → {then}{label}, runtime {low:.1f}–{high:.1f} s, risk of a miss {best.miss_risk:.1%}"
    )
    if is_rescue:
        return f"{current.spec} would miss the goal in {current.miss_risk:.0%} of the runs; {best.spec}: {numbers}"
    if found.trying is not None:
        price = "is expected to be worse" if metric.is_high_better else f"costs {metric.show(found.trying)} more"
        numbers += f"; tried for what it may tell: the run {price} than on the current "
        numbers += f"spec, and over {HORIZON_RUNS} runs {found.gain:.0%} are expected to be saved"
    return f"{best.spec} instead of {current.spec}: {numbers}"


def _amount(candidate: Candidate, goal: Goal, prices: PriceBook) -> float:
    prediction = candidate.prediction
    return goal.aim.at(candidate.spec, prediction.median_seconds, prices, goal.seen, prediction.failure_risk)


def with_untold(decision: Decision, goal: Goal) -> Decision:
    """With what the goal asks for and nothing tells of this project."""
    if not goal.untold:
        return decision
    return replace(decision, reason=f"{decision.reason}. Not looked at: {'; '.join(goal.untold)}")
