"""The horizon rule: try a spec where what it may save in the runs to come is worth more than what trying it may cost.

    value(x) = E[charge of a run on x] + (runs left - 1) · E over its outcome [ cheapest expected charge afterwards ]

against staying, runs left · E[charge of the best known spec]: a knowledge gradient with the cost of trying counted in
(Frazier, Powell & Dayanik, SIAM J. Control Optim. 47(5), 2008). What a run's outcome would tell of the other specs is
read off the joint draws: each draw's runtime on x is taken as the outcome once, and the draws near it are averaged.

Under a deadline a miss is charged, in units of the cheapest measured charge: TRIAL_PRICE for one that trying brings,
PLAN_PRICE for each that a plan for all later runs brings, so that a plan is in time or none. Where a measured spec is
in time, nothing is tried that will more likely than MOST_LATE miss; where none is, the same charges make the spec
most likely in time the best to try. A spec that was measured late is not run again, and
none is tried that is cheaper in no draw: it could only tell of others.
"""

import math
from dataclasses import dataclass

import numpy as np

from setpoint.core.belief import Floats, Integers, Outlook

__all__ = ["Odds", "Stakes", "Verdict", "odds_of", "weigh"]

MOST_WEIGHED = 14
"""Specs whose information is weighed, after a coarser look at all."""
SCENARIOS = 64
"""Outcomes of a run that are looked at, the same of every spec."""
NEAR_TIE = 0.02
"""Share of one run's charge below which a saving over all runs left is none: the known spec stays. Of each run left it
would cut exploring where that pays (on published grids by 0.03 of the optimum's cost per run)."""
TRIAL_PRICE, PLAN_PRICE = 2.0, 5.0
"""What one miss counts for beside its charge: while trying, and in a plan. Only where there is a deadline."""
USUAL_RISK = 0.05
"""Accepted share of late runs for which TRIAL_PRICE is meant: half of it doubles the price."""
MOST_LATE = 0.9
"""P(miss) from which nothing is tried while a measured spec is in time."""
IN_TIME = 0.5
"""P(late) up to which a measured spec counts as in time."""
_LEAST = 1e-12
"""Charge of a run: a straight line may fall below nothing where no run lies."""
_BLUR = 0.02
"""Added to the noise when draws are compared with an outcome, so that some are near it (log runtime)."""
_WORST = 0.97
"""Quantile of a spec's charge at which draws are cut: the tail of a lognormal is belief, not measurement."""
_RETRIES = 4.0
"""Runs over which the failure of a spec not tried yet is spread when it is a plan for later."""
_SETTLED = 0.7
"""P(fail) from which it is no chance that one run settles: specs that failed themselves have it."""


@dataclass(frozen=True)
class Stakes:
    """What a run costs beside its runtime."""

    rates: Floats
    """Dollars (or whatever is minimised) per second, for each spec."""
    runs_left: int
    """The run to be decided on included."""
    deadline_seconds: float | None = None
    risk: float = USUAL_RISK
    """Share of the runs that may be late."""
    bases: Floats | None = None
    """What a run comes to beside its runtime's share, for each spec; None: nothing."""

    def charged(self, seconds: Floats | float) -> Floats:
        """What runs of these seconds come to, for each spec."""
        proportional = np.asarray(seconds * self.rates)
        return proportional if self.bases is None else np.maximum(_LEAST, proportional + self.bases)


@dataclass(frozen=True)
class Verdict:
    """What to run next, what it is worth, and why nothing else is tried."""

    row: int
    known: int
    """The best spec among those measured."""
    charge: float
    """Expected charge of the next run, a failure and its repeat counted in."""
    known_charge: float
    """The same of the known spec."""
    saving: float
    """Expected over all runs left against staying on the known spec, misses of a deadline priced in; 0 where that is
    the verdict."""
    miss_risk: float
    """P(the next run fails or is late)."""
    best_unknown: int | None = None
    """The unmeasured spec that was the best to try; None: no unmeasured spec may be tried."""
    trial_cost: float = 0.0
    """What a run on it is expected to be charged more than one on the known spec; negative: less."""
    unknown_saving: float = 0.0
    """What trying it is expected to save over all runs left; not positive where the verdict is to stay."""


@dataclass(frozen=True)
class Odds:
    """Charges as draws, risks, and the best known spec."""

    charges: Floats
    """Draws × specs, of a run that does not fail."""
    plans: Floats
    """The same with the price of planned misses."""
    first: Floats
    """Expected charge of the next run per spec, failures counted in."""
    prices: Floats
    """Of the misses that the next run may bring, per spec."""
    failure: Floats
    miss: Floats
    """P(a run fails or is late) per spec."""
    may_try: Integers
    """Specs that may be run next, beside the known one."""
    known: int

    @property
    def known_charge(self) -> float:
        """Expected charge of a run on the known spec."""
        return float(self.charges[:, self.known].mean())

    @property
    def known_plan(self) -> float:
        """The same with the price of its misses."""
        return float(self.plans[:, self.known].mean())


def weigh(outlook: Outlook, stakes: Stakes, chance: np.random.Generator) -> Verdict:
    """The spec for the next run."""
    odds = odds_of(outlook, stakes)
    left = stakes.runs_left
    scenarios = chance.choice(len(odds.charges), min(SCENARIOS, len(odds.charges)), replace=False)
    savings: dict[int, float] = {}
    for row in _promising(odds, left):
        sure = 1 - odds.failure[row]
        afterwards = sure * _afterwards(int(row), outlook, odds, left, scenarios) + (1 - sure) * odds.known_plan
        value = odds.first[row] + odds.prices[row] + (left - 1) * afterwards
        savings[int(row)] = left * odds.known_plan - float(value)
    return _verdict(odds, savings, set(outlook.measured), NEAR_TIE * odds.known_plan)


def _verdict(odds: Odds, savings: dict[int, float], measured: set[int], least: float) -> Verdict:
    best = max(savings, key=savings.__getitem__, default=odds.known)
    saving = savings.get(best, 0.0)
    if saving <= max(least, 1e-9 * odds.known_plan):
        best, saving = odds.known, 0.0
    unknown = max(savings.keys() - measured, key=savings.__getitem__, default=None)
    return Verdict(
        row=best,
        known=odds.known,
        charge=float(odds.first[best]),
        known_charge=odds.known_charge,
        saving=saving,
        miss_risk=float(odds.miss[best]),
        best_unknown=unknown,
        trial_cost=0.0 if unknown is None else float(odds.first[unknown]) - odds.known_charge,
        unknown_saving=0.0 if unknown is None else savings[unknown],
    )


def odds_of(outlook: Outlook, stakes: Stakes) -> Odds:
    """Charges and risks of all specs."""
    cut = np.minimum(outlook.log_seconds, np.quantile(outlook.log_seconds, _WORST, axis=0))
    charges = stakes.charged(np.exp(cut))
    late = _late(outlook, stakes)
    measured = np.array(outlook.measured)
    mean = charges.mean(axis=0)
    unit = float(mean[measured].min())
    plans = charges + PLAN_PRICE * unit * late
    known = int(measured[np.argmin(plans[:, measured].mean(axis=0))])
    risk = late.mean(axis=0)
    miss = 1 - (1 - outlook.failure) * (1 - risk)
    has_deadline = stakes.deadline_seconds is not None
    price = TRIAL_PRICE * USUAL_RISK / max(stakes.risk, 1e-3) * unit if has_deadline else 0.0
    may_try = (plans < plans[:, known].mean()).any(axis=0)
    may_try[measured] &= risk[measured] <= IN_TIME
    if has_deadline and risk[known] <= IN_TIME:
        may_try &= miss <= MOST_LATE
    may_try[known] = False
    first = _next_charges(outlook, stakes, mean, float(mean[known]))
    return Odds(charges, plans, first, price * miss, outlook.failure, miss, np.flatnonzero(may_try), known)


def _next_charges(outlook: Outlook, stakes: Stakes, mean: Floats, again: float) -> Floats:
    """Expected charge of the next run per spec: one that fails is repeated on the known spec."""
    if outlook.timeout_seconds is None:
        return np.asarray(mean + outlook.failure * again)
    until = stakes.charged(outlook.timeout_seconds)
    return np.asarray((1 - outlook.failure) * np.minimum(mean, until) + outlook.failure * (until + again))


def _late(outlook: Outlook, stakes: Stakes) -> Floats:
    """Draws × specs: P(a run that does not fail takes longer than allowed), a single run's noise counted in."""
    from scipy.special import ndtr

    if stakes.deadline_seconds is None:
        return np.zeros_like(outlook.log_seconds)
    return np.asarray(ndtr((outlook.log_seconds - math.log(stakes.deadline_seconds)) / outlook.noise))


def _promising(odds: Odds, left: int) -> Integers:
    gain = np.maximum(0.0, odds.known_plan - odds.plans).mean(axis=0) * (1 - odds.failure)
    value = odds.first + odds.prices + (left - 1) * (odds.known_plan - gain)
    order = np.argsort(value[odds.may_try], kind="stable")
    return np.asarray(odds.may_try[order[:MOST_WEIGHED]])


def _afterwards(row: int, outlook: Outlook, odds: Odds, left: int, scenarios: Integers) -> float:
    """Expected charge per run once a run on this spec has told its runtime."""
    drawn = outlook.log_seconds[:, row]
    width = 2 * outlook.noise**2 + _BLUR**2
    logs = -0.5 * (drawn[scenarios][:, None] - drawn[None, :]) ** 2 / width
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    then: Integers = np.union1d(odds.may_try, [row, odds.known])
    expected = (weights / weights.sum(axis=1, keepdims=True)) @ odds.plans[:, then]
    failing = odds.failure[then] * odds.known_plan
    # One that failed fails again; of one that never ran the first run tells.
    failing = np.where(odds.failure[then] >= _SETTLED, failing, failing / max(1.0, min(left - 1, _RETRIES)))
    failing[then == row] = 0.0
    return float(np.minimum((expected + failing).min(axis=1), odds.known_plan).mean())
