"""A prior from many workloads' runs: which few curves explain the others, and what all have in common.

Curves are chosen one after the other (greedy, as for any submodular gain: Nemhauser, Wolsey & Fisher, Mathematical
Programming 14, 1978): the next one is that which raises the evidence of the *other* workloads' runs most, beyond what
the physical laws and the curves chosen so far explain. Duplicates then add nothing, what fits badly adds nothing, and a
workload never speaks for itself (leave-one-out).
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from setpoint.core.belief.belief import Trust
from setpoint.core.belief.evidence import evidence_among
from setpoint.core.belief.known import LEAST_SPECS, KnownWorkload
from setpoint.core.belief.points import Floats, Place
from setpoint.core.belief.prior import (
    GROWTH_NOISE,
    GROWTH_SPREAD,
    MOST_KNOWN,
    USUAL_GROWTH,
    USUAL_NOISE,
    USUAL_NOISE_REPEATS,
    Prior,
    Representative,
    believable_noise,
)

__all__ = ["Fitted", "Lesson", "PastRun", "Sums", "WorkloadRuns", "fit"]

FEW = 8
"""Workloads below which all are kept: so few cannot tell what fits nobody."""
LEAST_GAIN = 0.1
"""Log evidence that a curve must add, over all other workloads."""
ENOUGH = 6.0
"""Log evidence of one workload beyond which nothing more is gained: it is well explained."""
OTHERS_WEIGHT = Trust().others
"""Of a curve against that of what can be said without one, as in the belief."""
FARTHEST = 0.3
"""Log runtime from the middle of a spec's runs beyond which a run counts as no farther: something else happened."""
LEAST_STEP = 0.05
"""Difference of log input from which two runs tell of growth."""


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run, as far as other projects may learn from it."""

    place: Place
    log_seconds: float
    failed: bool = False
    """Whether it failed and the spec may be the cause."""
    log_input: float | None = None
    """Logarithm of what it read; None where not known."""


@dataclass(frozen=True, slots=True)
class WorkloadRuns:
    """Runs of one workload that can be compared with one another."""

    runs: tuple[PastRun, ...]
    scale: float = 1.0
    """Factor that the intervals of its predictions needed."""
    graded: int = 0
    """How many predictions that rests on."""
    origin: str = ""
    """Whose runs they are: in no prior, only to leave them out for their owner."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What one workload adds to the pooled numbers."""

    origin: str
    runs: int
    squares: float
    """Squared deviations of log runtime on one spec."""
    repeats: int
    steps: int
    step_products: float
    """Sum over pairs of runs: step of log input times step of log runtime."""
    step_squares: float
    scale: float
    graded: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """A curve that was chosen, and the one that replaces it for its owner."""

    origin: str
    workload: KnownWorkload
    share: float
    stand_in: KnownWorkload | None = None
    """The other workload that explains this one best; None where none does."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was learned from many workloads, still with their origins. It stays at home; a prior may leave."""

    lessons: tuple[Lesson, ...] = ()
    sums: tuple[Sums, ...] = ()

    def prior(self, without: str | None = None) -> Prior:
        """The prior for everybody, or for the owner of one workload, of which nothing is in it then."""
        sums = [each for each in self.sums if each.origin != without]
        noise = USUAL_NOISE_REPEATS * USUAL_NOISE**2 + math.fsum(each.squares for each in sums)
        repeats, graded = sum(each.repeats for each in sums), sum(each.graded for each in sums)
        scales = math.fsum(each.graded * math.log(each.scale) for each in sums)
        return Prior(
            known=self._known(without),
            workloads=len(sums),
            runs=sum(each.runs for each in sums),
            noise=believable_noise(math.sqrt(noise / (USUAL_NOISE_REPEATS + repeats))),
            repeats=repeats,
            growth=_growth(sums),
            steps=sum(each.steps for each in sums),
            scale=math.exp(scales / graded) if graded else 1.0,
            graded=graded,
        )

    def _known(self, without: str | None) -> tuple[Representative, ...]:
        left = [each for each in self.lessons if each.origin != without or each.stand_in]
        total, kept = math.fsum(each.share for each in self.lessons), math.fsum(each.share for each in left)
        return tuple(_for(each, without, each.share * total / kept) for each in left)


def fit(workloads: Sequence[WorkloadRuns]) -> Fitted:
    """What these workloads teach, for everybody and for each of their owners."""
    growth = _growth([_sums(each, USUAL_GROWTH) for each in workloads])
    sums = tuple(_sums(each, growth) for each in workloads)
    curves = [found for each in workloads if (found := _curve(each, growth)) is not None]
    groups: dict[tuple[int, int], list[tuple[str, KnownWorkload]]] = {}
    for each in curves:
        place = each[1].places[0]
        groups.setdefault((len(place.kinds), len(place.axes)), []).append(each)
    lessons = [lesson for group in groups.values() for lesson in _lessons(group, len(curves))]
    lessons.sort(key=lambda lesson: -lesson.share)
    return Fitted(tuple(lessons[:MOST_KNOWN]), sums)


def _for(lesson: Lesson, owner: str | None, share: float) -> Representative:
    is_own = owner is not None and lesson.origin == owner
    return Representative(lesson.stand_in if is_own and lesson.stand_in else lesson.workload, share)


def _sums(workload: WorkloadRuns, growth: float) -> Sums:
    squares, repeats, used = 0.0, 0, _used(growth, workload)
    inputs: list[tuple[float, float]] = []
    for runs in _by_place(workload).values():
        logs = sorted(_level(run, used) for run in runs)
        middle = logs[len(logs) // 2]
        near = [min(max(each, middle - FARTHEST), middle + FARTHEST) for each in logs]
        mean = math.fsum(near) / len(near)
        squares += math.fsum((each - mean) ** 2 for each in near)
        repeats += len(near) - 1
        sized = [(run.log_input, run.log_seconds) for run in runs if run.log_input is not None]
        inputs += [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(sized)]
    steps = [(size, time) for size, time in inputs if abs(size) >= LEAST_STEP]
    return Sums(
        origin=workload.origin,
        runs=len(workload.runs),
        squares=squares,
        repeats=repeats,
        steps=len(steps),
        step_products=math.fsum(size * time for size, time in steps),
        step_squares=math.fsum(size**2 for size, _ in steps),
        scale=workload.scale,
        graded=workload.graded,
    )


def _by_place(workload: WorkloadRuns) -> dict[Place, list[PastRun]]:
    found: dict[Place, list[PastRun]] = {}
    for run in workload.runs:
        if not run.failed:
            found.setdefault(run.place, []).append(run)
    return found


def _growth(sums: Sequence[Sums]) -> float:
    """A line through the origin with a normal prior on its slope."""
    precision, variance = GROWTH_SPREAD**-2, 2 * GROWTH_NOISE**2
    products, squares = math.fsum(s.step_products for s in sums), math.fsum(s.step_squares for s in sums)
    return (USUAL_GROWTH * precision + products / variance) / (precision + squares / variance)


def _used(growth: float, workload: WorkloadRuns) -> float:
    """The growth that brings the workload's runs to one input; none where one of them does not tell its own."""
    is_sized = all(run.log_input is not None for run in workload.runs if not run.failed)
    return growth if is_sized else 0.0


def _level(run: PastRun, growth: float) -> float:
    """Log runtime per input, so that runs on different inputs compare."""
    return run.log_seconds - growth * (run.log_input or 0.0)


def _curve(workload: WorkloadRuns, growth: float) -> tuple[str, KnownWorkload] | None:
    """Runtimes by spec, up to their level; None where it ran on too few specs for a shape."""
    used = _used(growth, workload)
    logs = {place: [_level(run, used) for run in runs] for place, runs in _by_place(workload).items()}
    means = {place: math.fsum(each) / len(each) for place, each in logs.items()}
    if not means:
        return None
    # How long it took to run out of memory says nothing; it is taken for slower than what did its work.
    slowest = max(means.values())
    failed = {run.place for run in workload.runs if run.failed} - set(means)
    if len(means) + len(failed) < LEAST_SPECS:
        return None
    level = math.fsum(means.values()) / len(means)
    every = {**means, **dict.fromkeys(failed, slowest)}
    places = tuple(every)
    values = tuple(value - level for value in every.values())
    return workload.origin, KnownWorkload(places, values, tuple(place in failed for place in places))


def _lessons(curves: Sequence[tuple[str, KnownWorkload]], total: int) -> list[Lesson]:
    if len(curves) < FEW:
        return [Lesson(origin, curve, 1 / total) for origin, curve in curves]
    gains = evidence_among([curve for _, curve in curves])
    chosen = _chosen(gains)
    if not chosen:
        return []
    owners = gains[:, chosen].argmax(axis=1)
    spoken = Counter(int(owner) for row, owner in enumerate(owners) if gains[row, chosen[owner]] > 0)
    found = []
    for column, row in enumerate(chosen):
        origin, curve = curves[row]
        best = int(gains[row].argmax())
        stand_in = curves[best][1] if gains[row, best] > 0 else None
        found.append(Lesson(origin, curve, (1 + spoken[column]) / total, stand_in))
    shares = math.fsum(lesson.share for lesson in found)
    return [replace(lesson, share=lesson.share * min(1.0, len(curves) / total / shares)) for lesson in found]


def _chosen(gains: Floats) -> list[int]:
    """Rows of the curves that explain the others best, in the order of what each adds."""
    weighted = np.log1p(OTHERS_WEIGHT * np.exp(np.minimum(gains, 2 * ENOUGH))) - np.log1p(OTHERS_WEIGHT)
    values = np.clip(weighted, 0.0, ENOUGH)
    reached = np.zeros(len(values))
    chosen: list[int] = []
    while len(chosen) < MOST_KNOWN:
        added: Floats = np.maximum(values - reached[:, None], 0.0).sum(axis=0)
        best = int(added.argmax())
        if added[best] < LEAST_GAIN:
            break
        chosen.append(best)
        reached = np.maximum(reached, values[:, best])
    return chosen
