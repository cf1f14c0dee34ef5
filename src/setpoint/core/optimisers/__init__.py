"""Search of the allowed specs: one function per optimiser, and their registry."""

from collections.abc import Callable, Iterable

from setpoint.core.domain import Candidate
from setpoint.core.optimisers.deciding import for_the_horizon, surely_better
from setpoint.core.optimisers.exhaustive import cheapest_of_all
from setpoint.core.optimisers.prospect import HORIZON_RUNS, Pick, Prospect

__all__ = ["AT_ONCE", "DEFAULT_OPTIMISER", "HORIZON_RUNS", "OPTIMISERS", "Optimiser", "Pick", "Prospect"]

Optimiser = Callable[[Iterable[Candidate], Prospect], Pick | None]
"""Admissible candidates → the one to run next; None where there is no candidate."""

OPTIMISERS: dict[str, Optimiser] = {
    "exhaustive": cheapest_of_all,
    "horizon": for_the_horizon,
    "one-step": surely_better,
}
"""The lowest expected loss; the best over the runs to come, trying included; the surest gain where nothing follows."""
DEFAULT_OPTIMISER = "horizon"
AT_ONCE = "one-step"
"""Where nothing may be tried for what it may tell."""
