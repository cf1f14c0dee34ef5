"""A Profile kept small: the heaviest stages, jobs, executors and SQL executions one by one, the others as sums."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from itertools import groupby, pairwise
from typing import TypeVar

import msgspec

from setpoint.core.profile import (
    Application,
    Executor,
    Failure,
    LightStages,
    Profile,
    SqlExecution,
    Stage,
    TaskTotals,
)
from setpoint.core.profile_json import as_data

__all__ = ["MOST_BYTES", "condense"]

MOST_BYTES = 190_000
"""A Profile as JSON is never longer; with what a diagnosis adds it stays below 200 kB."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Budget:
    """How much of each is kept one by one."""

    stages: int = 320
    detailed_stages: int = 32
    """With spreads and longest tasks."""
    points: int = 5000
    """Task times of all stages together."""
    jobs: int = 320
    stage_ids: int = 400
    """Of one job; of what is more, the ids of stages that are kept."""
    parents: int = 400
    """Of one stage."""
    executors: int = 160
    sql: int = 160
    detailed_sql: int = 24
    """With operators."""
    inputs: int = 60
    streaming: int = 60
    failures: int = 40
    properties: int = 120
    text: int = 160
    """Characters of names and reasons."""

    def halved(self) -> "_Budget":
        return _Budget(**{field.name: max(2, getattr(self, field.name) // 2) for field in fields(self)})


def condense(profile: Profile) -> Profile:
    """Keep a profile within `MOST_BYTES` of JSON."""
    budget = _Budget()
    small = _within(profile, budget)
    while _size(small) > MOST_BYTES and budget.stages > 2:  # noqa: PLR2004 - below that nothing is left
        budget = budget.halved()
        small = _within(profile, budget)
    return small


def _size(profile: Profile) -> int:
    """Bytes of JSON; the exact figure takes longer and is worked out only where it matters."""
    at_most = len(msgspec.json.encode(profile))
    return at_most if at_most <= MOST_BYTES else len(msgspec.json.encode(as_data(profile)))


def _within(profile: Profile, budget: _Budget) -> Profile:
    kept = _heaviest(profile.stages, budget.stages, _weight)
    detailed = {(s.id, s.attempt) for s in _heaviest(kept, budget.detailed_stages, _weight)}
    kept_ids = {stage.id for stage in kept}
    shares = _share_points(kept, budget.points)
    stages = tuple(_slim(s, shares[s.id, s.attempt], budget, keep=(s.id, s.attempt) in detailed) for s in kept)
    left_out = set(map(id, profile.stages)) - set(map(id, kept))
    sql = _heaviest(profile.sql, budget.sql, _length)
    with_operators = {e.id for e in _heaviest([e for e in sql if e.operators], budget.detailed_sql, _length)}
    return replace(
        profile,
        application=_slim_application(profile.application, budget),
        evidence=tuple(text[: budget.text] for text in profile.evidence[: budget.text]),
        completeness=replace(
            profile.completeness, reasons=tuple(text[: budget.text * 2] for text in profile.completeness.reasons)
        ),
        stages=stages,
        light_stages=_sum(stage for stage in profile.stages if id(stage) in left_out),
        jobs=tuple(
            replace(job, stage_ids=_few_ids(job.stage_ids, kept_ids, budget))
            for job in _heaviest(profile.jobs, budget.jobs, lambda job: job.ended - job.started)
        ),
        executors=_few_executors(profile.executors, budget),
        sql=tuple(_slim_sql(execution, budget, keep=execution.id in with_operators) for execution in sql),
        inputs=tuple(
            replace(source, name=source.name[: budget.text], format=source.format[: budget.text])
            for source in profile.inputs[: budget.inputs]
        ),
        streaming=tuple(
            replace(query, id=query.id[: budget.text], name=query.name[: budget.text])
            for query in _heaviest(profile.streaming, budget.streaming, lambda query: query.batches)
        ),
        failures=tuple(
            Failure(f.where[: budget.text], f.reason[: budget.text * 2], f.fault)
            for f in profile.failures[: budget.failures]
        ),
        properties=tuple((n, v) for n, v in profile.properties[: budget.properties] if len(v) <= budget.text * 4),
    )


def _slim_application(application: Application, budget: _Budget) -> Application:
    return replace(
        application,
        id=application.id[: budget.text],
        name=application.name[: budget.text],
        attempt=None if application.attempt is None else application.attempt[: budget.text],
        spark_version=application.spark_version[: budget.text],
    )


def _heaviest(items: Iterable[_T], most: int, weight: Callable[[_T], float]) -> list[_T]:
    """The heaviest, in the order they came in."""
    numbered = list(enumerate(items))
    chosen = sorted(numbered, key=lambda pair: (-weight(pair[1]), pair[0]))[:most]
    return [item for _, item in sorted(chosen, key=lambda pair: pair[0])]


def _weight(stage: Stage) -> float:
    """Slot time, and what a stage of few tasks holds up the others."""
    busy = stage.totals.run_seconds + stage.totals.overhead_seconds + stage.lost_seconds
    return busy + stage.completed - stage.submitted


def _few_ids(stage_ids: tuple[int, ...], kept: set[int], budget: _Budget) -> tuple[int, ...]:
    """All stages of a job, or where they are very many those of them that are kept."""
    if len(stage_ids) <= budget.stage_ids:
        return stage_ids
    return tuple(stage_id for stage_id in stage_ids if stage_id in kept)


def _length(execution: SqlExecution) -> float:
    return execution.ended - execution.started


def _share_points(stages: list[Stage], most: int) -> dict[tuple[int, int], int]:
    """How many task times each stage may keep: all may have a few, the heavier ones more."""
    wanted = {(s.id, s.attempt): len(s.task_seconds) for s in stages}
    if sum(wanted.values()) <= most:
        return wanted
    fair = max(4, most // (2 * max(1, len(stages))))
    shares = {key: min(count, fair) for key, count in wanted.items()}
    left = most - sum(shares.values())
    for stage in sorted(stages, key=lambda stage: (-_weight(stage), stage.id, stage.attempt)):
        more = min(left, wanted[stage.id, stage.attempt] - shares[stage.id, stage.attempt])
        if more > 0:
            shares[stage.id, stage.attempt] += more
            left -= more
    return shares


def _slim(stage: Stage, points: int, budget: _Budget, *, keep: bool) -> Stage:
    return replace(
        stage,
        name=stage.name[: budget.text],
        parents=stage.parents[: budget.parents],
        failure=None if stage.failure is None else stage.failure[: budget.text * 2],
        task_seconds=fewer_points(stage.task_seconds, points),
        spreads=stage.spreads if keep else (),
        longest=tuple(replace(t, executor_id=t.executor_id[: budget.text]) for t in stage.longest) if keep else (),
    )


def fewer_points(points: tuple[float, ...], most: int) -> tuple[float, ...]:
    """Means of groups of ascending task times, the longest kept exactly as the last."""
    if len(points) <= most:
        return points
    rest, longest = points[:-1], points[-1]
    groups = max(1, most - 1)
    bounds = [round(place * len(rest) / groups) for place in range(groups + 1)]
    means = (sum(rest[a:b]) / (b - a) for a, b in pairwise(bounds) if b > a)
    return (*means, longest)


def _sum(stages: Iterable[Stage]) -> LightStages:
    light = list(stages)
    if not light:
        return LightStages()
    totals = {field.name: sum(getattr(s.totals, field.name) for s in light) for field in fields(TaskTotals)}
    return LightStages(
        stages=len(light),
        tasks=sum(stage.tasks for stage in light),
        failed_tasks=sum(stage.failed_tasks for stage in light),
        totals=TaskTotals(**totals),
        lost_seconds=sum(stage.lost_seconds for stage in light),
    )


def _slim_sql(execution: SqlExecution, budget: _Budget, *, keep: bool) -> SqlExecution:
    return replace(
        execution,
        description=execution.description[: budget.text],
        error=None if execution.error is None else execution.error[: budget.text],
        operators=execution.operators[: budget.text] if keep else (),
    )


def _few_executors(executors: tuple[Executor, ...], budget: _Budget) -> tuple[Executor, ...]:
    """All of them, or those that are alike and came and went at about the same time taken together."""
    short = tuple(_slim_executor(executor, budget) for executor in executors)
    step = 1.0
    while len(short) > budget.executors:
        groups = groupby(sorted(short, key=lambda e: _likeness(e, step)), key=lambda e: _likeness(e, step))
        together = tuple(_together(list(group)) for _, group in groups)
        if len(together) <= budget.executors or step > 1e9:  # noqa: PLR2004 - longer than any application
            return tuple(sorted(together, key=lambda e: (e.added, e.id)))
        step *= 2
    return short


def _slim_executor(executor: Executor, budget: _Budget) -> Executor:
    return replace(
        executor,
        id=executor.id[: budget.text],
        host=executor.host[: budget.text],
        removed_reason=None if executor.removed_reason is None else executor.removed_reason[: budget.text],
    )


def _likeness(executor: Executor, step: float) -> tuple[str, int, str, int, int]:
    removed = -1 if executor.removed is None else int(executor.removed / step)
    kind = "driver" if executor.id == "driver" else ""
    return kind, executor.cores, executor.removal or "", int(executor.added / step), removed


def _together(alike: list[Executor]) -> Executor:
    first = alike[0]
    count = sum(executor.count for executor in alike)
    gone = [(executor.removed, executor.count) for executor in alike if executor.removed is not None]
    return replace(
        first,
        added=sum(e.added * e.count for e in alike) / count,
        removed=sum(removed * n for removed, n in gone) / sum(n for _, n in gone) if gone else None,
        peak_heap_bytes=max(executor.peak_heap_bytes for executor in alike),
        peak_off_heap_bytes=max(executor.peak_off_heap_bytes for executor in alike),
        peak_python_bytes=max(executor.peak_python_bytes for executor in alike),
        tasks=sum(executor.tasks for executor in alike),
        count=count,
    )
