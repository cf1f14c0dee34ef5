"""The horizon rule and the one-step rule on candidates that the goal admits."""

from collections.abc import Callable, Iterable

import numpy as np

from setpoint.core.belief import Outlook
from setpoint.core.domain import Candidate
from setpoint.core.optimisers.exhaustive import NEAR_TIE, change, cheapest_of_all, gain_of
from setpoint.core.optimisers.horizon import Stakes, Verdict, weigh
from setpoint.core.optimisers.one_step import improve
from setpoint.core.optimisers.prospect import Pick, Prospect

__all__ = ["for_the_horizon", "surely_better"]


def for_the_horizon(candidates: Iterable[Candidate], prospect: Prospect) -> Pick | None:
    """The candidate whose run pays best over the horizon, what it may tell of the others counted in."""

    def rule(outlook: Outlook, stakes: Stakes) -> Verdict:
        return weigh(outlook, stakes, np.random.default_rng(outlook.runs))

    return _picked(candidates, prospect, rule, prospect.runs_left)


def surely_better(candidates: Iterable[Candidate], prospect: Prospect) -> Pick | None:
    """The candidate that is most surely better: for an advice which no run of ours follows."""
    return _picked(candidates, prospect, improve, 1)


def _picked(
    candidates: Iterable[Candidate], prospect: Prospect, rule: Callable[[Outlook, Stakes], Verdict], runs: int
) -> Pick | None:
    pool = sorted(candidates, key=lambda candidate: prospect.rows[candidate.spec])
    now = next((candidate for candidate in pool if candidate.spec == prospect.current), None)
    outlook = prospect.outlook.at([prospect.rows[candidate.spec] for candidate in pool])
    if now is None or pool.index(now) not in outlook.measured:
        return cheapest_of_all(pool, prospect)
    rows = [prospect.rows[candidate.spec] for candidate in pool]
    bases = None if prospect.bases is None else prospect.bases[rows]
    verdict = rule(outlook, Stakes(prospect.rates[rows], runs, bases=bases))
    chosen = _lesser_change(pool, pool[verdict.row], now, prospect)
    at_once = gain_of(chosen.loss, now.loss)
    if chosen is not pool[verdict.row] or at_once >= 0:
        return Pick(chosen, at_once)
    if runs == 1:  # nothing follows that could repay a try
        return Pick(now, 0.0)
    known = runs * verdict.known_charge
    return Pick(chosen, verdict.saving / known if known > 0 else 0.0, trying=chosen.loss - now.loss)


def _lesser_change(pool: list[Candidate], best: Candidate, now: Candidate, prospect: Prospect) -> Candidate:
    """Of those as good as the best within NEAR_TIE, all of them expected to be, the one nearest to the current spec."""
    if best.loss > now.loss:  # it is tried for what it may tell
        return best
    near = [candidate for candidate in pool if candidate.loss <= best.loss * (1 + NEAR_TIE)]
    return min(near, key=lambda candidate: (change(candidate.spec, prospect.current), candidate.loss))
