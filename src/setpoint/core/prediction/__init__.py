"""Workload × specs → Outlook: the port and the registry. Each predictor is a belief with explanations of its own."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import numpy as np

from setpoint.core.belief import Belief, Ended, Explain, Integers, KnownWorkload, Outlook, Simulated, believe
from setpoint.core.belief.prior import USUAL_GROWTH, USUAL_NOISE
from setpoint.core.domain import ClusterSpec, Outcome
from setpoint.core.prediction.contention import UNKNOWN, ContentionBelief
from setpoint.core.prediction.growth import elasticity, growth_between, next_input
from setpoint.core.prediction.memory import memory_risks
from setpoint.core.prediction.places import places_of, usual_partitions
from setpoint.core.prediction.simulation import simulated_curves
from setpoint.core.workload import Measured, Workload

__all__ = ["DEFAULT_PREDICTOR", "NOTHING_KNOWN", "PREDICTORS", "Lessons", "Predictor", "fit"]

MOST_BASES = 2
"""Logs that are simulated: the newest, and others on specs of their own."""
AGEING = 0.005
"""Standard deviation, in log runtime, by which a job moves from run to run: over a hundred runs by 5 %."""
HYPOTHESES = 6
"""Of how tasks slow each other, for each log."""


@dataclass(frozen=True, slots=True)
class Lessons:
    """What other projects taught."""

    known: tuple[KnownWorkload, ...] = ()
    contention: ContentionBelief = UNKNOWN
    noise: float = USUAL_NOISE
    """Standard deviation of log runtime between runs on one spec, where a project has not repeated any."""
    scale: float = 1.0
    """Factor that would have made the intervals of other projects true."""
    growth: float = USUAL_GROWTH
    """By how much log runtime grows with log input, before the project's own runs say so."""


NOTHING_KNOWN = Lessons()


class Predictor(Protocol):
    """A fitted model of one workload over some specs."""

    def predict(self, specs: Sequence[ClusterSpec]) -> Outlook:
        """Runtime and failure risk of the next run on each of them; up to 160 as joint draws."""
        ...


class _Fitted:
    """The belief over all specs, after the workload's runs."""

    def __init__(self, workload: Workload, specs: Sequence[ClusterSpec], lessons: Lessons, explain: Explain) -> None:
        self._rows: dict[ClusterSpec, int] = {}
        for spec in (*specs, *(run.spec for run in workload.measured)):
            self._rows.setdefault(spec, len(self._rows))
        self._growing = elasticity(workload.measured, lessons.growth)
        self._next = next_input(workload.measured)
        belief = _belief(
            workload, tuple(self._rows), lessons, explain, None if self._next is None else self._next.in_a_week
        )
        self._learned = belief.learn(self._runs(workload.measured))

    def predict(self, specs: Sequence[ClusterSpec]) -> Outlook:
        """See Predictor."""
        rows: Integers = np.array([self._rows[spec] for spec in specs], dtype=np.int64)
        outlook = self._learned.outlook(rows, np.random.default_rng(len(self._learned.completed)))
        if self._next is None:
            return outlook
        unforeseen = self._growing.mean * self._next.log_doubt
        return replace(outlook, noise=math.hypot(outlook.noise, unforeseen), input_bytes=self._next.bytes)

    def _runs(self, runs: Sequence[Measured]) -> list[Ended]:
        """As if they had read what the next one will."""
        now = None if self._next is None else self._next.bytes
        count = len(runs)
        return [self._brought(run, now, count - place - 1) for place, run in enumerate(runs) if not run.is_odd]

    def _brought(self, run: Measured, now: float | None, later_runs: int) -> Ended:
        factor = growth_between(run.input_bytes, now, self._growing.mean)
        unsure = growth_between(run.input_bytes, now, self._growing.deviation)
        return Ended(
            self._rows[run.spec],
            run.seconds * math.exp(factor),
            completed=run.outcome is Outcome.SUCCEEDED,
            is_failure=run.is_spec_fault,
            doubt=math.hypot(unsure, AGEING * math.sqrt(later_runs)),
        )


def _belief(
    workload: Workload, specs: tuple[ClusterSpec, ...], lessons: Lessons, explain: Explain, most_bytes: float | None
) -> Belief:
    usual = usual_partitions(specs)
    risks = np.array(memory_risks(specs, workload.memory, most_bytes))
    curves = _curves(workload, specs, lessons.contention) if explain.simulation else np.empty((0, len(specs)))
    simulated = Simulated(curves, lessons.contention.noise, risks)
    known = (*lessons.known, *_earlier(workload, usual)) if explain.others else ()
    return believe(places_of(specs, usual), known, simulated, explain=explain, noise=lessons.noise)


def _curves(workload: Workload, specs: Sequence[ClusterSpec], contention: ContentionBelief) -> np.ndarray:
    """From the newest logs of different specs, under hypotheses of contention: curves × specs."""
    newest = {base.spec: base for base in workload.bases}
    bases = sorted(newest.values(), key=workload.bases.index)[-MOST_BASES:]
    hypotheses = contention.hypotheses(HYPOTHESES)
    return np.concatenate([np.empty((0, len(specs))), *(simulated_curves(base, specs, hypotheses) for base in bases)])


def _earlier(workload: Workload, usual: float | None) -> list[KnownWorkload]:
    """Earlier regimes of the same job: other levels, like shapes."""
    found = []
    for runs in workload.earlier:
        logs: dict[ClusterSpec, list[float]] = {}
        for run in runs:
            if run.outcome is Outcome.SUCCEEDED and not run.is_odd:
                logs.setdefault(run.spec, []).append(float(np.log(run.seconds)))
        means = tuple(sum(each) / len(each) for each in logs.values())
        found.append(KnownWorkload(places_of(tuple(logs), usual), means, (False,) * len(means), is_kin=True))
    return found


Fit = Callable[[Workload, Sequence[ClusterSpec], Lessons], Predictor]


def _fit(explain: Explain, workload: Workload, specs: Sequence[ClusterSpec], lessons: Lessons) -> _Fitted:
    return _Fitted(workload, specs, lessons, explain)


PREDICTORS: dict[str, Fit] = {
    "stage-simulation": partial(_fit, Explain(laws=0, others=False, residual=False)),
    "residual": partial(_fit, Explain(laws=0, others=False)),
    "scaling-laws": partial(_fit, Explain(simulation=False, others=False)),
    "averaged": partial(_fit, Explain()),
}
"""Stage simulation by itself; with a Gaussian process on what it gets wrong; what needs no log; all of them, and other
projects, averaged by their evidence."""
DEFAULT_PREDICTOR = "averaged"


def fit(workload: Workload, specs: Sequence[ClusterSpec], lessons: Lessons = NOTHING_KNOWN) -> Predictor:
    """The predictor that the loop uses."""
    return PREDICTORS[DEFAULT_PREDICTOR](workload, specs, lessons)
