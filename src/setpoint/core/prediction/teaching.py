"""What the history of one project teaches others, and what a prior says about the specs of one."""

import math
from collections.abc import Sequence
from dataclasses import replace

from setpoint.core.belief.calibration import calibration_of
from setpoint.core.belief.fitting import PastRun, WorkloadRuns
from setpoint.core.belief.prior import Prior
from setpoint.core.domain import Outcome
from setpoint.core.history import History
from setpoint.core.prediction import Lessons
from setpoint.core.prediction.contention import UNKNOWN, ContentionBelief
from setpoint.core.prediction.places import places_of, usual_partitions
from setpoint.core.space import specs
from setpoint.core.workload import Measured, identify

__all__ = ["lessons_for", "past_runs"]


def past_runs(project: str, history: History) -> WorkloadRuns | None:
    """What others may learn from: the regime in which most specs ran. None before the first successful run."""
    workload = identify(history)
    if workload is None:
        return None
    # Of regimes with as many specs the latest.
    regimes = (workload.measured, *reversed(workload.earlier))
    runs = max(regimes, key=lambda each: len({run.spec for run in each if run.outcome is Outcome.SUCCEEDED}))
    calibration = calibration_of(history)
    return WorkloadRuns(_past(runs), calibration.factor, calibration.predictions, project)


def lessons_for(history: History, prior: Prior, contention: ContentionBelief = UNKNOWN) -> Lessons:
    """What the prior says about the specs that this project may run on, or has run on."""
    numbers = Lessons((), contention, prior.noise, prior.scale, prior.growth)
    if not prior.known:
        return numbers
    every = tuple(dict.fromkeys((*specs(history.space, history.spec), *(run.spec for run in history.runs))))
    return replace(numbers, known=prior.known_for(places_of(every, usual_partitions(every))))


def _past(runs: Sequence[Measured]) -> tuple[PastRun, ...]:
    """Those that came to their end, and those that failed for want of memory."""
    told = [run for run in runs if run.outcome is Outcome.SUCCEEDED or run.is_spec_fault]
    every = [run.spec for run in told]
    places = places_of(every, usual_partitions(every))
    return tuple(
        PastRun(
            place=place,
            log_seconds=math.log(run.seconds),
            failed=run.outcome is not Outcome.SUCCEEDED,
            log_input=math.log(run.input_bytes) if run.input_bytes else None,
        )
        for place, run in zip(places, told, strict=True)
    )
