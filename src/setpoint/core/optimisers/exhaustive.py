"""Exhaustive search: every allowed spec is looked at. Right for spaces of up to some thousand specs."""

import math
from collections.abc import Iterable

from setpoint.core.domain import Candidate, ClusterSpec
from setpoint.core.optimisers.prospect import Pick, Prospect

__all__ = ["NEAR_TIE", "change", "cheapest_of_all", "gain_of"]

NEAR_TIE = 0.02
"""Candidates within this share of the lowest loss count as equal: the one which is less of a change wins."""


def cheapest_of_all(candidates: Iterable[Candidate], prospect: Prospect) -> Pick | None:
    """The candidate with the lowest loss; of near-ties the one nearest to the current spec, then the cheapest."""
    pool, current = list(candidates), prospect.current
    if not pool:
        return None
    lowest = min(candidate.loss for candidate in pool)
    near = [candidate for candidate in pool if candidate.loss <= lowest * (1 + NEAR_TIE)]
    best = min(near, key=lambda candidate: (change(candidate.spec, current), candidate.loss))
    now = next((candidate.loss for candidate in pool if candidate.spec == current), math.inf)
    return Pick(best, gain_of(best.loss, now))


def gain_of(loss: float, now: float) -> float:
    """Share of the present loss that is saved; everything where there is no present one, nothing where it is free."""
    if math.isinf(now):
        return 1.0
    return 1 - loss / now if now > 0 else 0.0


def change(spec: ClusterSpec, current: ClusterSpec) -> float:
    """How much of a change a spec is: the sum over the axes of the absolute log ratio to the current value.

    >>> change(ClusterSpec.local(4, 2048), ClusterSpec.local(4, 2048))
    0.0
    """
    axes = [(spec.slots, current.slots), (spec.task_memory_mib, current.task_memory_mib)]
    axes.append((spec.shuffle_partitions or 1, current.shuffle_partitions or 1))
    return sum(abs(math.log(max(1, new) / max(1, old))) for new, old in axes)
