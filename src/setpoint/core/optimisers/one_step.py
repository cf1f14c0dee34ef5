"""One recommendation with no run to learn from afterwards: the spec that most surely is cheaper.

Taking the lowest expected charge instead improves a random parent about half the time and fails in a fifth of the runs;
the rule matters more than the model (docs/method.md has both measured). One run cannot tell which explanation of a
workload is right, so the rule is meant for a belief with the weights of `belief.ADVICE`: laws, other workloads' curves
and their common pattern in equal shares, a vote among them.
"""

import numpy as np

from setpoint.core.belief import Outlook
from setpoint.core.optimisers.horizon import Stakes, Verdict, odds_of

__all__ = ["improve"]

WORTH_A_CHANGE = 0.01
"""A reduction below this is none."""
MOST_FAILING = 0.5
"""P(fail) from which a spec is no advice, however cheap it would be."""
SIZE_COUNTS = 0.1
"""What an expected reduction of 100 % is worth beside certainty."""


def improve(outlook: Outlook, stakes: Stakes) -> Verdict:
    """The spec with the highest P(cheaper than the best known one and no miss), the size of the reduction beside.

    The known spec where nothing has a chance to be cheaper.
    """
    odds = odds_of(outlook, stakes)
    reductions = 1 - odds.plans / odds.known_plan if odds.known_plan > 0 else np.zeros_like(odds.plans)
    sure = (reductions > WORTH_A_CHANGE).mean(axis=0)
    scores = (sure + SIZE_COUNTS * np.maximum(reductions, 0.0).mean(axis=0)) * (1 - odds.miss)
    hopeful = odds.may_try[odds.failure[odds.may_try] < MOST_FAILING]
    best = max(hopeful.tolist(), key=lambda row: float(scores[row]), default=odds.known)
    row = best if sure[best] * (1 - odds.miss[best]) > 0 else odds.known
    trial_cost = float(odds.first[best]) - odds.known_charge if best != odds.known else 0.0
    return Verdict(
        row=row,
        known=odds.known,
        charge=float(odds.first[row]),
        known_charge=odds.known_charge,
        saving=-trial_cost if row != odds.known else 0.0,
        miss_risk=float(odds.miss[row]),
        best_unknown=None if best in outlook.measured else best,
        trial_cost=trial_cost,
        unknown_saving=-trial_cost,
    )
