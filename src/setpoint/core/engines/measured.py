"""Measured pairs: runs of the same or of like work with and without Photon."""

import math
from collections.abc import Iterable, Sequence
from statistics import median

from setpoint.core.engines.evidence import coverage_of, split_of
from setpoint.core.engines.speedup import MeasuredPair
from setpoint.core.profile import Profile

__all__ = ["measured_pairs", "pair_of", "pairs_of_others", "similarity"]

_SAME_INPUT = 1.25
"""Ratio of input up to which two runs did the same work."""
_LENGTH = 0.3
"""Difference of shares at which two projects are alike by 1 / e."""


def pair_of(now: Profile, other: Profile, source: str) -> MeasuredPair | None:
    """What two runs say of the speed-up from the first to the other; None where they do not compare.

    They must have run on different engines, with as many slots and about as much input.
    """
    if now.engine == other.engine or now.slots != other.slots or min(now.wall_seconds, other.wall_seconds) <= 0:
        return None
    sizes = sorted((now.input_bytes, other.input_bytes))
    if sizes[1] > _SAME_INPUT * sizes[0]:
        return None
    return MeasuredPair(now.wall_seconds / other.wall_seconds, 1.0, source)


def measured_pairs(now: Profile, runs: Sequence[Profile], source: str) -> tuple[MeasuredPair, ...]:
    """Pairs of one project's runs: each group on the other engine by the median of its ratios."""
    found = [pair for run in runs if (pair := pair_of(now, run, source)) is not None]
    if not found:
        return ()
    middle = math.exp(median(math.log(pair.speed_up) for pair in found))
    return (MeasuredPair(middle, 1.0, f"{source}, {len(found)} run(s)"),)


def pairs_of_others(now: Profile, projects: Iterable[tuple[str, Sequence[Profile]]]) -> tuple[MeasuredPair, ...]:
    """What other projects that ran on both engines say, each counted by how alike it is."""
    found = []
    for name, runs in projects:
        same = [run for run in runs if run.engine == now.engine]
        if not same:
            continue
        for pair in measured_pairs(same[-1], runs, f"project {name}"):
            alike = similarity(now, same[-1])
            found.append(MeasuredPair(pair.speed_up, min(0.999, alike), f"{pair.source}, {alike:.0%} alike"))
    return tuple(found)


def similarity(one: Profile, other: Profile) -> float:
    """From 0 to 1, by the shares that decide on the speed-up: computing, coverage, time of the driver alone."""
    pairs = zip(_shares(one), _shares(other), strict=True)
    return math.exp(-math.sqrt(math.fsum((a - b) ** 2 for a, b in pairs)) / _LENGTH)


def _shares(profile: Profile) -> tuple[float, float, float]:
    split = split_of(profile)
    return split.computing, coverage_of(profile).mean, split.fixed_share
