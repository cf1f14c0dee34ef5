"""Contention of each kind of machine, learned from all projects; each project is told what the others' runs say.

A project weighs the hypotheses by its own runs anyway: what those taught must not be told to it a second time. So
projects are dealt into FOLDS, and a belief is learned without each fold.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, pairwise
from zlib import crc32

from setpoint.core.prediction.contention import UNKNOWN, ContentionBelief
from setpoint.core.prediction.contention_learning import Pair, learn_contention
from setpoint.core.workload import Experience, Workload

__all__ = ["SharedContention", "contention_for", "learn_shared", "pairs_of"]

FOLDS = 5
PAIRS_OF_PROJECT = 4
"""The newest of each: more say the same, and each is simulated some forty times."""
MOST_PAIRS = 400
"""Of one kind of machine."""

SharedContention = dict[int, tuple[ContentionBelief, ...]]
"""Cores of the machine → what is believed of it without the projects of each fold."""


def pairs_of(workload: Workload) -> tuple[Pair, ...]:
    """Runs of one regime that follow each other in size, newest regimes first."""
    found: list[Pair] = []
    for group in reversed(workload.comparable):
        newest = {run.spec.slots: run for run in group if run.host_cores is not None}
        found += pairwise(newest[slots] for slots in sorted(newest))
    return tuple(found[:PAIRS_OF_PROJECT])


def learn_shared(pairs: Mapping[str, Sequence[Pair]]) -> SharedContention:
    """From the pairs of every project, by name."""
    by_cores: dict[int, dict[str, list[Pair]]] = {}
    for project, each in pairs.items():
        for pair in each:
            by_cores.setdefault(_cores(pair[0]), {}).setdefault(project, []).append(pair)
    return {
        cores: tuple(learn_contention(islice(_without(fold, projects), MOST_PAIRS)) for fold in range(FOLDS))
        for cores, projects in by_cores.items()
    }


def contention_for(project: str, workload: Workload | None, shared: SharedContention) -> ContentionBelief:
    """What others' runs say of the machine that this project ran on last; UNKNOWN where they say nothing."""
    if workload is None or not workload.bases or workload.bases[-1].host_cores is None:
        return UNKNOWN
    folds = shared.get(workload.bases[-1].host_cores, ())
    return folds[_fold(project) % len(folds)] if folds else UNKNOWN


def _without(fold: int, projects: Mapping[str, Sequence[Pair]]) -> Iterable[Pair]:
    return (pair for project, pairs in projects.items() if _fold(project) != fold for pair in pairs)


def _fold(project: str) -> int:
    return crc32(project.encode()) % FOLDS


def _cores(run: Experience) -> int:
    return run.host_cores or 0
