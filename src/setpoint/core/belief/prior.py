"""What a new project may start from: what other projects taught, without anything of the projects themselves."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from setpoint.core.belief.known import KnownWorkload
from setpoint.core.belief.points import Place

__all__ = [
    "EMPTY",
    "GROWTH_NOISE",
    "GROWTH_SPREAD",
    "IMPORT_COUNTS",
    "MOST_KNOWN",
    "NOISES",
    "USUAL_GROWTH",
    "USUAL_NOISE",
    "Prior",
    "Representative",
    "believable_noise",
    "besides",
    "merged",
]

MOST_KNOWN = 48
"""Curves that are kept; a decision brings each of them to its specs."""
USUAL_NOISE, USUAL_NOISE_REPEATS = 0.04, 4
"""Standard deviation of log runtime between identical runs (published medians: 3 to 4 %), and how many repeats the
guess counts for."""
USUAL_GROWTH = 0.8
"""By how much log runtime grows with log input before anything was seen."""
GROWTH_SPREAD, GROWTH_NOISE = 0.3, 0.06
"""Standard deviation of the growth between jobs, and of log runtime around it in one run."""
NOISES = (0.01, 0.5)
"""Bounds of the noise: below, decisions would be surer than any cluster is; above, nothing would ever be decided."""
IMPORT_COUNTS = 100
"""Observations that each number of an imported prior counts for at most: what was seen here prevails in the end."""
_SAME = 0.02
"""Difference of log runtime below which two curves over the same places are one."""
_GROWN = 0.05
"""The same for a curve and what it was when fewer runs were behind it."""


@dataclass(frozen=True, slots=True)
class Representative:
    """One workload that stands for those like it."""

    workload: KnownWorkload
    share: float
    """Of the workloads that were learned from: those which this curve explains best. It says which curves are kept
    where there are too many; in a decision all curves begin alike, and the project's own runs weigh them."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What many workloads have in common: curves up to their level, and a few numbers. No names, no times, no data."""

    known: tuple[Representative, ...] = ()
    """The most common first."""
    workloads: int = 0
    """How many it was learned from."""
    runs: int = 0
    """Runs of those."""
    noise: float = USUAL_NOISE
    """Standard deviation of log runtime between runs of one workload on one spec."""
    repeats: int = 0
    """How many further runs on the same spec that rests on."""
    growth: float = USUAL_GROWTH
    """By how much log runtime grows with log input."""
    steps: int = 0
    """How many pairs of runs on different inputs that rests on."""
    scale: float = 1.0
    """Factor that would have made the intervals predicted in the past true."""
    graded: int = 0
    """How many predictions that rests on."""

    @property
    def places(self) -> int:
        """Different specs on which something is known."""
        return len({place for each in self.known for place in each.workload.places})

    def known_for(self, places: Sequence[Place]) -> tuple[KnownWorkload, ...]:
        """The workloads in the terms of these places: machine kinds they share, and as many axes as these have.

        Axes that nobody asks about are dropped, those that a workload does not tell of take the usual value here.
        """
        if not places:
            return ()
        kinds = {place.kinds for place in places}
        usual = _middle(places)
        return tuple(
            _with_axes(each.workload, usual)
            for each in self.known
            if any(place.kinds in kinds for place in each.workload.places)
        )


EMPTY = Prior()
"""Nothing is known of any workload."""


def merged(own: Prior, imported: Prior) -> Prior:
    """Both: curves by how many workloads they stand for, the numbers by what they rest on.

    An import may claim to rest on anything. Its curves take half of the room at most where there are own ones, its
    numbers count for IMPORT_COUNTS observations at most.

    >>> merged(Prior(noise=0.02, repeats=30), Prior(noise=0.04, repeats=10)).repeats
    40
    >>> merged(Prior(noise=0.02, repeats=300), Prior(noise=0.04, repeats=10**9)).repeats
    400
    """
    if imported == EMPTY:
        return own
    repeats, steps, graded = (min(each, IMPORT_COUNTS) for each in (imported.repeats, imported.steps, imported.graded))
    noise = _mean((own.noise**2, own.repeats), (imported.noise**2, repeats), USUAL_NOISE**2)
    return Prior(
        known=_curves_of_both(own, imported),
        workloads=own.workloads + imported.workloads,
        runs=own.runs + imported.runs,
        noise=believable_noise(math.sqrt(noise)),
        repeats=own.repeats + repeats,
        growth=_mean((own.growth, own.steps), (imported.growth, steps), USUAL_GROWTH),
        steps=own.steps + steps,
        scale=math.exp(_mean((math.log(own.scale), own.graded), (math.log(imported.scale), graded), 0.0)),
        graded=own.graded + graded,
    )


def besides(imported: Prior, own: Sequence[KnownWorkload]) -> Prior:
    """What is not among these curves: an import may be what was exported here, at that time or long ago.

    Its numbers stay; they count for IMPORT_COUNTS at most.
    """
    points = [{(place, failed): log for place, log, failed in _points(curve)} for curve in own]
    left = tuple(each for each in imported.known if not any(_was(each.workload, now) for now in points))
    return replace(imported, known=left)


def _was(old: KnownWorkload, now: Mapping[tuple[Place, bool], float]) -> bool:
    """Whether the one may have become the other with more runs, also on further specs."""
    if not all((place, failed) in now for place, _, failed in _points(old)):
        return False
    steps = [now[place, failed] - log for place, log, failed in _points(old)]
    return max(steps) - min(steps) < 2 * _GROWN


def _points(workload: KnownWorkload) -> Iterable[tuple[Place, float, bool]]:
    return zip(workload.places, workload.log_seconds, workload.failed, strict=True)


def believable_noise(noise: float) -> float:
    """The noise within its bounds.

    >>> believable_noise(1e-200)
    0.01
    """
    return min(NOISES[1], max(NOISES[0], noise))


def _curves_of_both(own: Prior, imported: Prior) -> tuple[Representative, ...]:
    theirs = min(imported.workloads, own.workloads) if own.known else imported.workloads
    known: list[Representative] = []
    for prior, workloads in ((own, own.workloads), (imported, theirs)):
        for each in prior.known:
            _add(known, replace(each, share=each.share * workloads / max(1, own.workloads + theirs)))
    known.sort(key=lambda each: -each.share)
    return tuple(known[:MOST_KNOWN])


def _add(known: list[Representative], added: Representative) -> None:
    """One more curve, or more weight for one that is there already."""
    for row, there in enumerate(known):
        if _is_same(there.workload, added.workload):
            known[row] = replace(there, share=there.share + added.share)
            return
    known.append(added)


def _is_same(one: KnownWorkload, other: KnownWorkload) -> bool:
    if (one.places, one.failed) != (other.places, other.failed):
        return False
    return all(abs(a - b) < _SAME for a, b in zip(one.log_seconds, other.log_seconds, strict=True))


def _mean(first: tuple[float, int], second: tuple[float, int], otherwise: float) -> float:
    count = first[1] + second[1]
    return (first[0] * first[1] + second[0] * second[1]) / count if count else otherwise


def _middle(places: Sequence[Place]) -> tuple[float, ...]:
    """Median of each axis."""
    columns = zip(*(place.axes for place in places), strict=True)
    return tuple(sorted(column)[len(places) // 2] for column in columns)


def _with_axes(workload: KnownWorkload, usual: tuple[float, ...]) -> KnownWorkload:
    """The workload over places with as many axes; where several become one, their mean."""
    if all(len(place.axes) == len(usual) for place in workload.places):
        return workload
    moved = [replace(place, axes=(*place.axes, *usual[len(place.axes) :])[: len(usual)]) for place in workload.places]
    rows = sorted(range(len(moved)), key=lambda row: _sort_key(moved[row]))
    together = [(place, list(same)) for place, same in groupby(rows, key=lambda row: moved[row])]
    return replace(
        workload,
        places=tuple(place for place, _ in together),
        log_seconds=tuple(_mean_of(workload.log_seconds[row] for row in same) for _, same in together),
        failed=tuple(all(workload.failed[row] for row in same) for _, same in together),
    )


def _sort_key(place: Place) -> tuple[float, float, float, tuple[str, ...], tuple[float, ...]]:
    # A memory that is not known would be unequal to itself, and in no order.
    memory = -1.0 if math.isnan(place.memory_gib) else place.memory_gib
    return place.nodes, place.cores, memory, place.kinds, place.axes


def _mean_of(values: Iterable[float]) -> float:
    each = list(values)
    return math.fsum(each) / len(each)
