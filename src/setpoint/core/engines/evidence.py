"""What a profile says about how much of a run an engine or a processor can shorten."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from setpoint.core.diagnosis import Diagnosis, diagnose
from setpoint.core.engines.operators import SHORT_QUERY_SECONDS, class_of
from setpoint.core.profile import Operator, Profile, SqlExecution

__all__ = ["Coverage", "WorkSplit", "coverage_of", "split_of"]

_EXPRESSIONS = 0.9
"""Of what the operators would allow: expressions and types that Photon lacks send work back, and no log shows them."""
_LEAST_EVIDENCE, _FULL_EVIDENCE = 2.0, 20.0
"""Weight of the share in pseudo-observations (a beta distribution): operators unseen, and seen for all of the work."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class WorkSplit:
    """Shares of the wall time by what may become shorter."""

    wall_seconds: float
    fixed_share: float
    """Driver alone, start-up, waiting for slots: no engine shortens it (Amdahl)."""
    driver_share: float
    """Of it, the driver at work: before the first stage and between stages."""
    stage_share: float
    computing: float
    """Of the slot time of tasks: CPU, garbage collection, shuffle writes, the part that an engine may take over."""
    overhead: float
    """Of the slot time of tasks: starting them, results."""
    has_cpu_times: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """Share of the computing that an engine takes over, as a beta distribution."""

    mean: float
    evidence: float
    """Pseudo-observations behind it: the more, the narrower."""
    left_out: tuple[str, ...] = ()
    """What stays with Spark, heaviest first."""
    doubt: str | None = None
    """Why the log cannot tell; then the mean is no more than a place to start."""


def split_of(profile: Profile, diagnosis: Diagnosis | None = None) -> WorkSplit:
    """Split the wall time of a run."""
    found = diagnose(profile) if diagnosis is None else diagnosis
    wall, tasks = found.wall, found.slots.tasks
    whole, busy = max(wall.total_seconds, 1e-9), tasks.total_seconds
    computing = tasks.cpu_seconds + tasks.gc_seconds + tasks.shuffle_write_seconds
    return WorkSplit(
        wall_seconds=profile.wall_seconds,
        fixed_share=min(1.0, max(0.0, 1.0 - wall.stage_seconds / whole)),
        driver_share=min(1.0, (wall.startup_seconds + wall.driver_seconds) / whole),
        stage_share=min(1.0, max(0.0, wall.stage_seconds / whole)),
        computing=computing / busy if busy > 0 else 0.0,
        overhead=tasks.overhead_seconds / busy if busy > 0 else 0.0,
        has_cpu_times=found.has_cpu_times,
    )


def coverage_of(profile: Profile) -> Coverage:
    """Share of the computing that Photon takes over, or took over where it ran."""
    seen = [execution for execution in profile.sql if execution.operators and execution.error is None]
    if profile.engine not in ("spark", "photon"):
        return Coverage(
            0.4, 1.0, doubt=f"the log is of {profile.engine}, and what Spark's own code would take is not in it"
        )
    if not profile.sql and not profile.counts.sql_executions:
        return Coverage(0.5, 1.0, doubt="the log shows no SQL: Photon takes over DataFrame and SQL work only")
    if not seen:
        return Coverage(0.5, 1.0, doubt="the log has no plans of its SQL, so what Photon would take over is not known")
    covered, whole = map(sum, zip(*(_covered(each) for each in seen), strict=True))
    in_sql = _share_in_sql(profile)
    mean = in_sql * (covered / whole if whole > 0 else 0.0)
    if profile.engine == "spark":
        mean *= _EXPRESSIONS
    every = math.fsum(max(0.0, each.ended - each.started) for each in profile.sql)
    known = math.fsum(max(0.0, each.ended - each.started) for each in seen) / every if every > 0 else 1.0
    evidence = _LEAST_EVIDENCE + (_FULL_EVIDENCE - _LEAST_EVIDENCE) * known
    return Coverage(mean, evidence, _left_out(each for execution in seen for each in execution.operators))


def _covered(execution: SqlExecution) -> tuple[float, float]:
    """Time of an execution that is covered, and all of it; operators share the time by their weights."""
    seconds = max(1e-3, execution.ended - execution.started)
    classes = [(class_of(operator), operator.nodes) for operator in execution.operators]
    weights = math.fsum(each.weight * nodes for each, nodes in classes)
    if seconds < SHORT_QUERY_SECONDS or weights <= 0:
        return 0.0, seconds
    return seconds * math.fsum(each.covered * each.weight * nodes for each, nodes in classes) / weights, seconds


def _share_in_sql(profile: Profile) -> float:
    """Share of the task time that belongs to SQL executions; all, where the log ties no stage to a job."""
    of_sql = {number for job in profile.jobs if job.sql_execution_id is not None for number in job.stage_ids}
    of_jobs = {number for job in profile.jobs for number in job.stage_ids}
    tied = [stage for stage in profile.stages if stage.id in of_jobs]
    whole = math.fsum(stage.totals.run_seconds for stage in tied)
    return math.fsum(s.totals.run_seconds for s in tied if s.id in of_sql) / whole if whole > 0 else 1.0


def _left_out(operators: Iterable[Operator]) -> tuple[str, ...]:
    heavy: Counter[str] = Counter()
    for operator in operators:
        kind = class_of(operator)
        if kind.covered < 1.0 and kind.weight > 0:
            heavy[operator.name.strip()] += round(100 * (1 - kind.covered) * kind.weight * operator.nodes)
    return tuple(name for name, _ in heavy.most_common(_NAMED))
