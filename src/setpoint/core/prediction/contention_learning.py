"""Contention learned from pairs of runs of one job at different sizes, whichever jobs they are of.

One run of a pair, simulated at the size of the other under some contention, gives a residual log(actual / simulated).
Over a grid of stretches, reliefs and noises the posterior is the prior times the likelihoods of the residuals,
Student-t with few degrees of freedom: a shared machine is now and then busy with something else (Gelman et al.,
Bayesian Data Analysis, ch. 17). Pairs that share a run count as many as there are runs beyond the first.

How busy others kept the machine is seen in each run itself: computing tasks that wait for a core take longer than
their CPU time, and the driver takes longer to start. What is usual is the median over the runs.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from setpoint.core.prediction.contention import UNKNOWN, Contention, ContentionBelief
from setpoint.core.prediction.simulation import Simulation
from setpoint.core.workload import Experience

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Pair", "learn_contention"]

_STRETCHES = tuple(number / 25 for number in range(41))
_RELIEFS = tuple(number / 4 for number in range(7))
_RELIEF, _RELIEF_SPREAD = 1.1, 0.3
"""Before anything was seen: a load that was there in one run is gone in the next as a rule, and it slowed more than the
queueing shows, since neighbours lengthen CPU time as well."""
_NOISES = (0.02, 0.03, 0.04, 0.06, 0.08, 0.11, 0.15, 0.2, 0.27)
_NOISE, _NOISE_SPREAD = 0.08, 0.5
"""Of log(actual / simulated) once both runs' loads are known; and how far log noise may be off."""
_LOAD, _LOAD_RUNS = 0.1, 4.0
"""Standard deviation of the load before anything was seen, and how many runs that is worth."""
_DEGREES = 4.0
_NORMAL = 1.3
"""Deviation of the normal distribution which has the same 90 % interval as that Student-t of scale 1."""
_LEAST_EFFECT = 0.05
"""Of the whole range of stretches on the log runtime: where it is smaller, the pair says nothing of contention."""

Pair = tuple[Experience, Experience]


@dataclass(frozen=True, slots=True)
class _Seen:
    """One pair: what is left by stretch without relief, and what each unit of relief takes from it."""

    residuals: "np.ndarray"
    base_load: float
    other_load: float


def learn_contention(pairs: Iterable[Pair], prior: ContentionBelief = UNKNOWN) -> ContentionBelief:
    """The belief after these pairs of runs on one kind of machine; the prior's where none tells anything."""
    chosen = [pair for pair in pairs if pair[0].spec.slots != pair[1].spec.slots]
    # Ids of runs are those of their projects: two projects may have the same.
    simulations = {id(run): Simulation(run) for pair in chosen for run in pair}
    usual = _usual_queueing(list(simulations.values()), prior)
    seen, runs = _residuals(chosen, simulations, usual)
    if not seen:
        return prior
    loads = [simulations[run].queueing_beyond(usual.expected) for run in sorted(runs)]
    return _posterior(seen, loads, usual, max(1.0, len(runs) / 2))


def _usual_queueing(simulations: Sequence[Simulation], prior: ContentionBelief) -> ContentionBelief:
    """The prior with the queueing and the start of the driver that are usual on the machine."""
    alone = [s.queueing for s in simulations if s.queueing is not None and s.fullness == 0]
    first = median([*alone, prior.queue_alone])
    full = [(s.queueing - first) / s.fullness for s in simulations if s.queueing is not None and s.fullness > 0]
    starts = [s.startup_seconds for s in simulations if s.startup_seconds > 0]
    return replace(
        prior,
        queue_alone=first,
        queue_full=max(0.0, median([*full, prior.queue_full])),
        startup_seconds=median(starts) if starts else prior.startup_seconds,
    )


def _residuals(
    pairs: Sequence[Pair], simulations: dict[int, Simulation], usual: ContentionBelief
) -> tuple[list[_Seen], set[int]]:
    """log(actual / simulated) of the pairs that contention matters for, and the runs in them."""
    hypotheses = [replace(usual.expected, log_stretch=stretch, relief=0.0) for stretch in _STRETCHES]
    relieved = replace(usual.expected, relief=1.0)
    plain = replace(relieved, relief=0.0)
    seen: list[_Seen] = []
    runs: set[int] = set()
    for one, other in pairs:
        if one.seconds <= 0 or other.seconds <= 0:
            continue
        curve = _towards(one, other, simulations).log_seconds((other.spec,), hypotheses)[:, 0]
        if abs(float(curve[-1] - curve[0])) <= _LEAST_EFFECT:
            continue
        loads = [_effect(simulations[id(run)], run, plain, relieved) for run in (one, other)]
        seen.append(_Seen(math.log(other.seconds) - curve, *loads))
        runs |= {id(one), id(other)}
    return seen, runs


def _towards(one: Experience, other: Experience, simulations: dict[int, Simulation]) -> Simulation:
    """The simulation of the one run on the machine of the other."""
    cores = other.host_cores
    if cores is None or cores == one.host_cores:
        return simulations[id(one)]
    return Simulation(one, cores_of=lambda _: cores)


def _effect(simulation: Simulation, run: Experience, plain: Contention, relieved: Contention) -> float:
    """By how much others' load made a run longer, in log seconds, if none of it was to be there again."""
    with_load, without = simulation.log_seconds((run.spec,), (plain, relieved))[:, 0]
    return float(with_load - without)


def _posterior(
    seen: Sequence[_Seen], loads: Sequence[float], prior: ContentionBelief, independent: float
) -> ContentionBelief:
    import numpy as np

    stretches, reliefs, noises = np.array(_STRETCHES), np.array(_RELIEFS), np.array(_NOISES)
    base_loads = np.array([each.base_load for each in seen])
    other_loads = np.array([each.other_load for each in seen])
    left = np.array([each.residuals for each in seen])[:, :, None]
    left = left + (base_loads - other_loads)[:, None, None] * reliefs
    scaled = left[..., None] / noises
    likelihood = -(_DEGREES + 1) / 2 * np.log1p(scaled**2 / _DEGREES) - np.log(noises)
    log_weights = likelihood.sum(axis=0) * min(1.0, independent / len(seen))
    log_weights -= (((stretches - prior.mean) / prior.deviation) ** 2 / 2)[:, None, None]
    log_weights -= (((reliefs - _RELIEF) / _RELIEF_SPREAD) ** 2 / 2)[:, None]
    log_weights -= (np.log(noises / _NOISE) / _NOISE_SPREAD) ** 2 / 2
    weights = np.exp(log_weights - log_weights.max())
    weights /= weights.sum()
    of_stretch = weights.sum(axis=(1, 2))
    mean = float(of_stretch @ stretches)
    relief = float(weights.sum(axis=(0, 2)) @ reliefs)
    noise = _NORMAL * float(weights.sum(axis=(0, 1)) @ noises)
    load = math.sqrt((_LOAD_RUNS * _LOAD**2 + sum(each**2 for each in loads)) / (_LOAD_RUNS + len(loads)))
    return replace(
        prior,
        mean=mean,
        deviation=math.sqrt(float(of_stretch @ (stretches - mean) ** 2)),
        noise=math.hypot(noise, relief * load),
        pairs=prior.pairs + independent,
        relief=relief,
    )
