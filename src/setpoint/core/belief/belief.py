"""What is believed of one workload's runtime on a set of specs, before it ran and after each run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from setpoint.core.belief.bringing import brought_all
from setpoint.core.belief.explanations import (
    LEVEL_VARIANCE,
    Explanation,
    GivenShapes,
    LawShapes,
    explained,
    of_laws,
    of_others,
)
from setpoint.core.belief.failing import failure_risks
from setpoint.core.belief.geometry import MOST_KEPT, Geometry
from setpoint.core.belief.known import KnownWorkload, risks_at
from setpoint.core.belief.laws import draw_laws
from setpoint.core.belief.mixture import Posterior, condition
from setpoint.core.belief.outlook import Outlook
from setpoint.core.belief.points import Floats, Integers, Place, Points, points_of
from setpoint.core.belief.prior import USUAL_NOISE
from setpoint.core.belief.repeats import noise_of, observed, repeats

__all__ = ["ADVICE", "MOST_JOINT", "Belief", "Ended", "Explain", "Learned", "Simulated", "Trust", "believe"]

SIMULATION = 20.0
"""Weight of a simulated log beside the laws' 1."""
LAWS = 2000
"""Laws that are drawn: with fewer than about 500 the best of them fits noticeably worse."""
MEMORY_BESIDE_A_LOG = 0.25
"""What memory still counts for where spilling and collecting were simulated: most logs show that it hardly matters."""
FEWER_BESIDE_A_LOG = 4
"""Divides them where a simulated log has most of the weight."""
DRAWS = 256
"""Joint draws of the runtimes that decisions are made on."""
MOST_JOINT, MARGINAL_DRAWS = 160, 48
"""Specs up to which draws are joint (their cost is cubic in it), and how many draws each spec gets beyond."""
MORE_TO_CHOOSE_FROM = 4
"""So many times the draws are made where runs that were cut short leave only some of them likely."""
_SOFTNESS = 0.1
"""Standard deviation of log runtime, beside the noise, by which a run that ended early may have been odd before."""
_TIMEOUT_SHARE = 0.9
"""Share of the failures beyond the longest success that are taken to be time-outs."""
_FLOOR = 0.03
"""Share of the weight that failed runs leave where they were, so that one odd time-out cannot empty the draws."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Weights beside the laws' 1. The defaults are for many runs, which tell a wrong explanation from a right one."""

    others: float = 0.2
    """Other workloads' curves."""
    hierarchy: float = 0.1
    """Their common pattern."""
    open: float = 0.5
    """What fits anything."""
    pseudo_workloads: float = 0.0
    """So many workloads halve the weight of what is known of others: fewer are little to go by."""
    level_variance: float = LEVEL_VARIANCE
    """Of the level of every curve, in log runtime."""

    def of(self, workloads: int) -> float:
        """Factor on the weights of what so many other workloads say."""
        return workloads / (workloads + self.pseudo_workloads)


ADVICE = Trust(others=1.0, hierarchy=1.0, open=0.0, pseudo_workloads=3.0, level_variance=1e4)
"""For one recommendation: one run cannot tell the explanations apart, and what fits anything recommends nothing. The
level is left so open that how long the run took moves no weight."""
_LEARNING = Trust()


@dataclass(frozen=True, slots=True)
class Ended:
    """One run that is over."""

    row: int
    """Which of the belief's specs."""
    seconds: float
    completed: bool
    """False: it would have taken at least so long."""
    is_failure: bool = True
    """Of one that was not completed: whether the spec may be the cause. False: it was stopped from outside."""
    doubt: float = 0.0
    """Standard deviation of log runtime with which it stands for a run now, beside the noise: it was long ago, or read
    another input."""


@dataclass(frozen=True)
class Simulated:
    """What simulations of event logs say."""

    log_seconds: Floats
    """Hypotheses × places; no rows where there is no log."""
    deviation: float
    """Standard deviation of log(actual / simulated)."""
    risks: Floats
    """P(a run fails) per place, from what the project's runs say about memory."""


@dataclass(frozen=True)
class Belief:
    """Explanations of a workload over specs, and how likely each spec fails."""

    points: Points
    explanations: tuple[Explanation, ...]
    risks: Floats
    """P(fail) per spec before anything ran."""
    has_told_risks: bool = False
    """Whether the risks are from what logs say of memory, failed runs included, and nothing is to be added."""
    usual_noise: float = USUAL_NOISE
    """Standard deviation of log runtime between runs on one spec, before any was repeated."""

    def learn(self, runs: Sequence[Ended]) -> "Learned":
        """The belief after these runs, of which at least one was completed."""
        completed = tuple(run for run in runs if run.completed)
        logs = repeats([(run.row, run.seconds) for run in completed], self.usual_noise)
        noise = noise_of(logs, self.usual_noise)
        doubts: dict[int, list[float]] = {}
        for run in completed:
            doubts.setdefault(run.row, []).append(run.doubt)
        posterior = condition(self.explanations, observed(logs, noise, doubts))
        return Learned(self, posterior, noise, completed, tuple(run for run in runs if not run.completed))

    def after(self, runs: Sequence[Ended], chance: np.random.Generator, draws: int = DRAWS) -> Outlook:
        """What to expect of every spec after these runs, of which at least one was completed."""
        return self.learn(runs).outlook(np.arange(len(self.points)), chance, draws)


@dataclass(frozen=True)
class Learned:
    """A belief after some runs."""

    belief: Belief
    posterior: Posterior
    noise: float
    completed: tuple[Ended, ...]
    cut_short: tuple[Ended, ...]
    """Runs that failed or were stopped: they would have taken longer."""

    def outlook(self, rows: Integers, chance: np.random.Generator, draws: int = DRAWS) -> Outlook:
        """What to expect of these specs; of more than MOST_JOINT each by itself, not what one tells of another."""
        is_joint = len(rows) <= MOST_JOINT
        asked = np.concatenate([rows, [run.row for run in self.cut_short]]).astype(np.int64)
        draw = self.posterior.sample if is_joint else self.posterior.sample_each
        count = draws if is_joint else MARGINAL_DRAWS
        drawn = draw(asked, count * (MORE_TO_CHOOSE_FROM if self.cut_short else 1), chance)
        if self.cut_short:
            drawn = drawn[_surviving(drawn[:, len(rows) :], self.cut_short, self.noise, count, chance)]
        drawn = drawn[:, : len(rows)]
        measured = self.posterior.observed.rows
        timeout = None if self.belief.has_told_risks else _timeout(self.completed, self._failed)
        risks = self._failure_risks[rows]
        if timeout is not None:
            late = _TIMEOUT_SHARE * (drawn > math.log(timeout)).mean(axis=0)
            risks = np.maximum(risks, np.where(np.isin(rows, measured), 0.0, late))
        known = np.flatnonzero(np.isin(rows, measured))
        return Outlook(drawn, self.noise, risks, timeout, tuple(known.tolist()), len(self.completed))

    @cached_property
    def _failure_risks(self) -> Floats:
        belief = self.belief
        if belief.has_told_risks:
            return belief.risks
        completed, failed = [run.row for run in self.completed], [run.row for run in self._failed]
        return failure_risks(belief.points, belief.risks, completed, failed)

    @property
    def _failed(self) -> tuple[Ended, ...]:
        return tuple(run for run in self.cut_short if run.is_failure)


@dataclass(frozen=True, slots=True)
class Explain:
    """Which explanations a belief averages."""

    laws: int = LAWS
    """How many random physical laws, beside straight lines that fit anything; 0: neither."""
    others: bool = True
    """Other workloads' curves."""
    simulation: bool = True
    """Simulated curves, where there are some."""
    residual: bool = True
    """Whether simulated curves may be wrong by more than the simulation says itself."""


EVERYTHING = Explain()


def believe(
    places: Sequence[Place],
    known: Sequence[KnownWorkload] = (),
    simulated: Simulated | None = None,
    *,
    explain: Explain = EVERYTHING,
    trust: Trust = _LEARNING,
    seed: int = 0,
    noise: float = USUAL_NOISE,
) -> Belief:
    """The belief before any run. `simulated` comes first, where there is one; `known` workloads are brought here."""
    points = points_of(places)
    geometry = Geometry(points)
    found: list[Explanation] = []
    if simulated is not None and explain.simulation:
        found += _of_simulation(Geometry(points, MEMORY_BESIDE_A_LOG), simulated, has_residual=explain.residual)
    if explain.others:
        brought = zip(brought_all(places, known), known, strict=True)
        curves = [(curve, each.is_kin) for curve, each in brought if curve is not None]
        found += _of_others(geometry, np.array([curve for curve, is_kin in curves if not is_kin]), trust)
        found += _of_kin(geometry, np.array([curve for curve, is_kin in curves if is_kin]))
    if explain.laws or not found:
        is_beside_a_log = simulated is not None and len(simulated.log_seconds) > 0
        count = (explain.laws or LAWS) // (FEWER_BESIDE_A_LOG if is_beside_a_log else 1)
        shapes = _law_shapes(tuple(places), count, seed) if len(points) <= MOST_KEPT else _drawn(points, count, seed)
        found += of_laws(shapes, geometry, trust.open)
    explanations = tuple(replace(each, level_variance=trust.level_variance) for each in found)
    if simulated is not None:
        return Belief(points, explanations, simulated.risks, has_told_risks=True, usual_noise=noise)
    return Belief(points, explanations, risks_at(places, known), usual_noise=noise)


@lru_cache(maxsize=8)
def _law_shapes(places: tuple[Place, ...], count: int, seed: int) -> LawShapes:
    """The laws of a space are the same after every run of a project: drawn and spread over it once."""
    return _drawn(points_of(places), count, seed)


def _drawn(points: Points, count: int, seed: int) -> LawShapes:
    return LawShapes(draw_laws(points, count, seed), points)


def _of_simulation(geometry: Geometry, simulated: Simulated, *, has_residual: bool) -> list[Explanation]:
    """A log holds every task: where one was simulated, that is by far the likeliest shape."""
    if not len(simulated.log_seconds):
        return []
    shares = {0.25: 0.3, 0.5: 0.4, 1.0: 0.3} if has_residual else {0.5: 1.0}
    amplitudes = {simulated.deviation * factor: share for factor, share in shares.items()}
    shapes = GivenShapes(simulated.log_seconds)
    found = explained(shapes, geometry, SIMULATION, amplitudes)
    return found + (explained(shapes, geometry, SIMULATION / 10, {0.4: 1.0}) if has_residual else [])


def _of_others(geometry: Geometry, curves: Floats, trust: Trust) -> list[Explanation]:
    if not len(curves):
        return []
    factor = trust.of(len(curves))
    found = of_others(curves, geometry, trust.others * factor)
    if len(curves) > 2:  # noqa: PLR2004 - of two curves no covariance can be told
        found += _hierarchy(geometry, curves, trust.hierarchy * factor, {0.12: (1.0, 0.5), 0.3: (1.5, 0.5)})
    return found


def _of_kin(geometry: Geometry, curves: Floats) -> list[Explanation]:
    """The same job at another time or size: by far the likeliest guess, and still only one."""
    if not len(curves):
        return []
    found = explained(GivenShapes(curves), geometry, 30.0, {0.05: 0.3, 0.12: 0.4, 0.3: 0.3})
    if len(curves) > 2:  # noqa: PLR2004 - as above
        found += _hierarchy(geometry, curves, 30.0, {0.08: (1.0, 1.0)})
    return found


def _hierarchy(
    geometry: Geometry, curves: Floats, weight: float, amplitudes: dict[float, tuple[float, float]]
) -> list[Explanation]:
    """The curves' mean, and how they differ from it as covariance (a hierarchical Gaussian process)."""
    mean = GivenShapes(curves.mean(axis=0)[None])
    differences = (curves - curves.mean(axis=0)) / math.sqrt(len(curves))
    return [
        Explanation(mean, geometry, np.log([weight * share]), amplitude, deviations=differences * math.sqrt(stretch))
        for amplitude, (stretch, share) in amplitudes.items()
    ]


def _surviving(
    drawn: Floats, cut_short: Sequence[Ended], noise: float, count: int, chance: np.random.Generator
) -> Integers:
    """So many of the draws (× runs), by how well they agree that these runs would have taken longer than they ran."""
    from scipy.special import log_ndtr

    least = np.log([run.seconds for run in cut_short])
    logs = log_ndtr((drawn - least) / math.hypot(noise, _SOFTNESS)).sum(axis=1)
    weights = np.exp(np.maximum(logs - logs.max(), -12.0))
    weights = (1 - _FLOOR) * weights / weights.sum() + _FLOOR / len(drawn)
    return np.asarray(chance.choice(len(drawn), count, p=weights))


def _timeout(completed: Sequence[Ended], failed: Sequence[Ended]) -> float | None:
    """Seconds after which runs seem to be killed; None where failures came sooner than successes."""
    if not failed:
        return None
    shortest = min(run.seconds for run in failed)
    return shortest if shortest > max(run.seconds for run in completed) else None
