"""What is known of one run's savings: a row of the export, from which every total can be computed again."""

import math
from dataclasses import dataclass, replace
from datetime import datetime

from setpoint.core.domain import CostLabel, Outcome

__all__ = ["Account", "RunSaving"]


@dataclass(frozen=True, slots=True)
class RunSaving:
    """One run beside what it would have cost on the spec that its owner would have run it on."""

    project: str
    run_id: str
    at: datetime
    """When it began."""
    regime: int
    spec: str
    owner_spec: str
    """The original spec, or what somebody else put in place since."""
    decision_id: str
    """The decision that put its spec in place; empty where none of ours did."""
    outcome: Outcome
    retry: bool
    actual_dollars: float
    actual_label: CostLabel
    counterfactual_dollars: float | None
    """On the owner's spec; None where nothing can be said."""
    counterfactual_label: CostLabel
    """As the actual dollars where it ran on the owner's spec, else `modelled`."""
    common_low_dollars: float = 0.0
    """From the counterfactual down to the end of its 90 % interval, for what the model may have wrong: an error that
    all runs of the project share."""
    common_high_dollars: float = 0.0
    own_dollars: float = 0.0
    """Half of the 90 % interval for the chance of this run and the one that did not happen: each run has its own."""
    exploration_dollars: float = 0.0
    """What it cost more than the known-good spec would have, being on trial; contained in the actual dollars."""
    is_our_failure: bool = False
    """Whether it failed for want of memory that the owner's spec has: a loss, nothing was saved by it."""
    billed_dollars: float = 0.0
    """Of the actual dollars what bills say; the rest is estimated."""

    @property
    def saved_dollars(self) -> float | None:
        """Counterfactual less actual; below zero where it cost more than it would have."""
        return None if self.counterfactual_dollars is None else self.counterfactual_dollars - self.actual_dollars

    @property
    def low_dollars(self) -> float | None:
        """Lower end of the 90 % interval of the counterfactual."""
        if self.counterfactual_dollars is None:
            return None
        return max(0.0, self.counterfactual_dollars - math.hypot(self.common_low_dollars, self.own_dollars))

    @property
    def high_dollars(self) -> float | None:
        """Upper end of it."""
        if self.counterfactual_dollars is None:
            return None
        return self.counterfactual_dollars + math.hypot(self.common_high_dollars, self.own_dollars)


@dataclass(frozen=True, slots=True)
class Account:
    """The savings of one project, run by run, oldest first."""

    project: str
    owner: str
    tags: tuple[tuple[str, str], ...]
    policy: str
    """Names of the policies its goal is from; empty where its owner set it."""
    runs: tuple[RunSaving, ...]

    def since(self, at: datetime) -> "Account":
        """The same from a time on."""
        return replace(self, runs=tuple(row for row in self.runs if row.at >= at))
