"""Which of the assessed specs is best for the goal, and which tempting one was refused."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from setpoint.core.domain import Candidate, ClusterSpec, Refusal
from setpoint.core.goals import Goal
from setpoint.core.guards import is_within_step
from setpoint.core.optimisers import OPTIMISERS, Pick, Prospect
from setpoint.core.optimisers.exhaustive import gain_of
from setpoint.core.pricebook import PriceBook

__all__ = ["Found", "Search"]

OUT_OF_REACH = 0.5
"""A goal is out of reach where every spec is likelier to miss it than not. Below that it is doubt about a spec that has
not run yet which breaks the limit, and only a run can lift it: staying on a spec that always misses teaches nothing."""
MATERIAL = 0.3
"""Share of the miss risk by which a spec that does not keep the goal either must be better than the current one."""
MEMORY_TO_ENTER = 0.7
"""Share of the failure risk at which one may stay, up to which a spec is entered: the input grows a little every day,
and what is entered at the limit is beyond it tomorrow."""
_HOPELESS = 0.5
"""Miss risk above which a refused spec is not worth naming while there is another."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to."""

    pick: Pick | None
    is_feasible: bool
    """Whether some allowed spec reaches the goal, or may well: if not in one step, or not beyond doubt."""
    refused: Refusal | None
    """The most tempting spec that was not taken."""


@dataclass(frozen=True, slots=True)
class Search:
    """What makes one spec better than another."""

    goal: Goal
    prices: PriceBook
    is_stepwise: bool
    """Whether no axis may fall far in one change."""
    optimiser: str
    """Of the registry."""

    def is_reachable(self, spec: ClusterSpec, now: ClusterSpec) -> bool:
        """Whether one change may lead there."""
        return not self.is_stepwise or is_within_step(spec, now)

    def among(
        self, allowed: Sequence[Candidate], excluded: Sequence[Refusal], current: Candidate, prospect: Prospect
    ) -> Found:
        """The best of the allowed candidates; the excluded ones are only looked at for what they would have given."""
        late_now = self.goal.late_risk(current.spec, current.prediction, self.prices)
        return _Among(self, current, prospect, late_now).found(allowed, excluded)


@dataclass(frozen=True, slots=True)
class _Among:
    """One search, from where the project stands."""

    search: Search
    current: Candidate
    prospect: Prospect
    late_now: float
    """Of the current spec; asked for every other."""

    @property
    def goal(self) -> Goal:
        return self.search.goal

    def found(self, allowed: Sequence[Candidate], excluded: Sequence[Refusal]) -> Found:
        pick, is_feasible = self._choose(allowed)
        refused = self._most_tempting(pick.candidate if pick else None, allowed, excluded)
        return Found(pick, is_feasible, refused)

    def _choose(self, allowed: Sequence[Candidate]) -> tuple[Pick | None, bool]:
        """The best admissible candidate within one step; else a step towards the goal; else the nearest to it."""
        optimiser = OPTIMISERS[self.search.optimiser]
        reachable = [candidate for candidate in allowed if self._is_reachable(candidate.spec)]
        for is_fit in (self._is_safe_to_enter, self.goal.admits):
            best = optimiser((candidate for candidate in reachable if is_fit(candidate)), self.prospect)
            if best is not None:
                return best, True
        is_feasible = any(self.goal.admits(each) or each.miss_risk <= OUT_OF_REACH for each in allowed)
        pool = reachable if is_feasible else allowed
        sound = [candidate for candidate in pool if candidate.failing <= self.goal.most_failing]
        nearest = min(sound or pool, key=self._distance, default=None)
        if nearest is not None and is_feasible and not self._is_nearer(nearest):
            nearest = next((each for each in allowed if each.spec == self.current.spec), nearest)
        pick = Pick(nearest, gain_of(nearest.loss, self.current.loss)) if nearest else None
        return pick, is_feasible

    def _is_nearer(self, candidate: Candidate) -> bool:
        """Whether it misses so much less often than the current spec that it is worth a change, and its price.

        From a spec that is sure to miss every step towards the goal is.
        """
        now = self.current.miss_risk
        return now > OUT_OF_REACH or candidate.miss_risk <= (1 - MATERIAL) * now

    def _is_reachable(self, spec: ClusterSpec) -> bool:
        return self.search.is_reachable(spec, self.current.spec)

    def _is_safe_to_enter(self, candidate: Candidate) -> bool:
        """Whether a change may lead there: half the lateness risk at which one may stay, so that noise moves nobody.

        What is odd is no noise, and does not move with the spec: it is left out of the halving, up to half of the risk.
        What is not later, nor likelier to fail, than the present spec may be entered all the same.
        """
        odd = min(candidate.prediction.odd_share, self.goal.risk / 2)
        most = max((self.goal.risk + odd) / 2, self.late_now)
        most_failing = max(MEMORY_TO_ENTER * self.goal.most_failing, self.current.failing)
        is_safe = self._late_risk(candidate) <= most and candidate.failing <= most_failing
        return is_safe and self.goal.admits(candidate)

    def _late_risk(self, candidate: Candidate) -> float:
        return self.goal.late_risk(candidate.spec, candidate.prediction, self.search.prices)

    def _distance(self, candidate: Candidate) -> tuple[bool, float, float]:
        """How far from the goal, then how dear. What may well keep it is nearer than what is sure to miss it.

        Risks that hardly differ are as good as the same: the largest cluster is the surest, and not worth its price.
        """
        if candidate.miss_risk <= OUT_OF_REACH:
            times = max(1.0, candidate.miss_risk / self.goal.risk)
            return False, round(math.log(times) / math.log1p(MATERIAL)), candidate.loss
        excess = self.goal.excess(candidate.spec, candidate.prediction, self.search.prices)
        return True, excess + candidate.prediction.failure_risk, candidate.loss

    def _most_tempting(
        self, best: Candidate | None, allowed: Sequence[Candidate], excluded: Sequence[Refusal]
    ) -> Refusal | None:
        refused = [refusal for refusal in excluded if self.goal.admits(refusal.candidate)]
        refused += [Refusal(candidate, reason) for candidate in allowed if (reason := self._why_not(candidate))]
        cheaper = [refusal for refusal in refused if best is None or refusal.candidate.loss < best.loss]
        return min(cheaper, key=lambda r: (r.candidate.miss_risk > _HOPELESS, r.candidate.loss), default=None)

    def _why_not(self, candidate: Candidate) -> str | None:
        if candidate.prediction.failure_risk > self.goal.most_failing:
            return f"it would run out of memory with a probability of {candidate.prediction.failure_risk:.0%}"
        if candidate.failing > self.goal.most_failing:
            return f"it would be lost, or late, with its spot workers with a probability of {candidate.spot_risk:.1%}"
        if not self.goal.admits(candidate):
            return f"it would miss the goal in {candidate.miss_risk:.0%} of the runs, {self.goal.risk:.0%} are allowed"
        if not self._is_reachable(candidate.spec):
            return "it is more than one step down from the current spec"
        if not self._is_safe_to_enter(candidate):
            return (
                f"it would be late in {self._late_risk(candidate):.1%} of the runs, too near to the limit to go there"
            )
        return None
