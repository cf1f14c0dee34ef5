"""Search of the allowed specs: one function per optimiser, and their registry."""

from collections.abc import Callable, Iterable

from setpoint.core.domain import Candidate, ClusterSpec
from setpoint.core.optimisers.exhaustive import cheapest_of_all

__all__ = ["DEFAULT_OPTIMISER", "OPTIMISERS", "Optimiser"]

Optimiser = Callable[[Iterable[Candidate], ClusterSpec], Candidate | None]
"""Admissible candidates and the current spec → the best candidate; None where there is no candidate."""

OPTIMISERS: dict[str, Optimiser] = {"exhaustive": cheapest_of_all}
DEFAULT_OPTIMISER = "exhaustive"
