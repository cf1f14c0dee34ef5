"""How much longer tasks take in company: slots that share the cores of one machine.

A core computes one second of work per second. Up to as many busy threads as there are cores, a thread is still slowed
by its neighbours (memory bandwidth, caches, hyper-threads, the JVM's own threads): by exp(log_stretch) when every core
is busy, less when fewer are. Beyond, cores are shared out, the asymptotic bound of a closed queueing network (Denning &
Buzen, "The operational analysis of queueing network models", ACM Computing Surveys 10(3), 1978). Waiting for a source
is nobody's work and is not stretched.
"""

import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

__all__ = ["EXPECTED", "UNKNOWN", "Contention", "ContentionBelief", "fullness", "slowdown"]

_GOLDEN = 0.618034


@dataclass(frozen=True, slots=True)
class Contention:
    """One hypothesis of how tasks on one machine slow each other."""

    log_stretch: float
    """log(time of computing with all cores busy / alone)."""
    python_share: float
    """Of the time that tasks spend with Python workers, how much is computing: their CPU time is in no log."""
    queue_alone: float = 0.0
    """log(run time / CPU time) of computing tasks when one core is busy."""
    queue_full: float = 0.0
    """By how much more when all are."""
    relief: float = 0.0
    """How much of what a run queued beyond that another run will not: 0 takes every run's machine for as busy."""

    single_core: float = 0.6
    """log(driver's time on a machine of one core / on a larger one): compiling and collecting have no other core."""
    startup_seconds: float = 0.0
    """From the application's start to its driver's executor, on a machine as busy as usual; 0 where not known."""

    def usual_queueing(self, slots: int, cores: int) -> float:
        """log(run time / CPU time) of computing tasks on so many slots, with nobody else on the machine."""
        return self.queue_alone + self.queue_full * fullness(slots, cores) + math.log(max(1.0, slots / cores))


@dataclass(frozen=True, slots=True)
class ContentionBelief:
    """What is known of the contention of one kind of machine; no more than numbers, so that it can be handed on."""

    mean: float
    """Of `Contention.log_stretch`."""
    deviation: float
    """Of the same: how far it may be off."""
    noise: float
    """Standard deviation of log(actual / simulated) which remains when the contention is known."""
    pairs: float = 0.0
    """How many independent pairs of runs it was learned from."""
    queue_alone: float = 0.07
    """As in `Contention`, and so are those that follow."""
    queue_full: float = 0.2
    relief: float = 0.0
    startup_seconds: float = 0.0

    def hypotheses(self, count: int) -> tuple[Contention, ...]:
        """Equally likely ones, from the least to the most stretch.

        >>> [round(each.log_stretch, 2) for each in UNKNOWN.hypotheses(3)]
        [0.26, 0.45, 0.64]
        """
        normal = NormalDist()
        points = [(number + 0.5) / count for number in range(count)]
        return tuple(
            Contention(
                max(0.0, self.mean + self.deviation * normal.inv_cdf(point)),
                1.0 if count == 1 or (number + 1) * _GOLDEN % 1.0 >= _PYTHON_WAITS else 0.0,
                self.queue_alone,
                self.queue_full,
                self.relief,
                self.startup_seconds,
            )
            for number, point in enumerate(points)
        )

    @property
    def expected(self) -> Contention:
        """The hypothesis in the middle."""
        likely = Contention(max(0.0, self.mean), _PYTHON_COMPUTES, self.queue_alone, self.queue_full)
        return replace(likely, relief=self.relief, startup_seconds=self.startup_seconds)


_PYTHON_COMPUTES = 0.85
"""Of the time that tasks spend with Python workers, what is computing in the middle of all jobs."""
_PYTHON_WAITS = 0.6
"""Of the hypotheses, the share in which Python workers wait, for a service or a rate limit: too few would call a
deadline out of reach which more slots keep, and nothing would ever be tried that could tell."""

UNKNOWN = ContentionBelief(mean=0.45, deviation=0.2, noise=0.12)
"""Before any pair of runs was seen. Two hyper-threads of a core do 1.2 to 1.3 times the work of one, and memory-bound
code gains less: a full machine takes 1.2 to 2.1 times as long for a task as an empty one."""
EXPECTED = UNKNOWN.expected


def fullness(slots: int, cores: int) -> float:
    """How full busy slots make a machine: 0 with one core of several busy, 1 with all."""
    return 1.0 if cores == 1 else max(0.0, min(1.0, (slots - 1) / (cores - 1)))


def slowdown(
    busy: "np.ndarray", share: "np.ndarray", cores: "int | np.ndarray", contention: Contention
) -> "np.ndarray":
    """Time of a task of which `share` is computing, with so many busy slots on so many cores, over its time alone.

    >>> import numpy as np
    >>> slowdown(np.array([1, 2, 4]), np.array([1.0, 1.0, 1.0]), 2, Contention(0.405, 1.0)).round(2)
    array([1. , 1.5, 3. ])
    """
    import numpy as np

    threads = busy * share
    others = np.maximum(1, np.asarray(cores) - 1)
    # A core that is alone serves the JVM's own threads too: it is full with the first task.
    full = np.clip(np.where(np.asarray(cores) == 1, threads, (threads - 1) / others), 0.0, 1.0)
    stretch = np.exp(contention.log_stretch * full) * np.maximum(1.0, threads / cores)
    return np.asarray(1 - share + share * stretch)
