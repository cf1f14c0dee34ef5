"""A Profile stays small however much there is of anything, and what it leaves out is still in the sums."""

from dataclasses import fields, replace
from itertools import pairwise
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.eventlog.written import END, START, read

from setpoint.core.eventlog.condense import MOST_BYTES, condense, fewer_points
from setpoint.core.profile import (
    Executor,
    Failure,
    InputSource,
    Job,
    LongTask,
    Operator,
    Profile,
    Spread,
    SqlExecution,
    Stage,
    StreamingQuery,
    TaskTotals,
)
from setpoint.core.profile_json import as_data

MANY = 10_000
LONG = "x" * 100_000
SMALL = read(START, END)


def stage(number: int, points: int = 3, name: str = "count at job.py:1") -> Stage:
    seconds = tuple(float(number % 97 + place) for place in range(points))
    totals = TaskTotals(*[number] * 16)
    spreads = (Spread("run_seconds", 0.0, 1.0, 2.0, 3.0),) * 10
    longest = tuple(LongTask(index, 0, "1", 9.0) for index in range(8))
    return Stage(
        number, 0, name, (number - 1,), 0.0, 1.0, points, 1, seconds, totals, lost_seconds=0.5, spreads=spreads,
        longest=longest,
    )  # fmt: skip


def executor(number: int, random: Random) -> Executor:
    added = random.uniform(0, 3600)
    removed = random.choice([None, added + random.uniform(1, 3600)])
    return Executor(f"{number}", "host", random.choice([2, 4]), added, removed, None, number, tasks=3, removal="idle")


def sql(number: int, text: str = "save") -> SqlExecution:
    plan = tuple(Operator(f"Op{i}", "spark", 1, (("number of output rows", 1e6),)) for i in range(30))
    return SqlExecution(number, text, 0.0, float(number), "0123456789abcdef", operators=plan)


def monsters() -> dict[str, Profile]:
    random = Random(7)
    fault = Failure("job", LONG, "application")
    stages = tuple(stage(i, 128) for i in range(MANY))
    application = replace(SMALL.application, id=LONG, name=LONG, attempt=LONG, spark_version=LONG)
    read_partly = replace(SMALL.completeness, reasons=(LONG,) * 20)
    return {
        "stages": replace(SMALL, stages=stages),
        "jobs": replace(SMALL, jobs=tuple(Job(i, 0.0, i / 7, (i, i + 1), succeeded=True) for i in range(MANY))),
        "job of many stages": replace(SMALL, jobs=(Job(0, 0.0, 1.0, tuple(range(MANY)), succeeded=True),) * 300),
        "executors": replace(SMALL, executors=tuple(executor(i, random) for i in range(MANY))),
        "sql": replace(SMALL, sql=tuple(sql(i) for i in range(MANY))),
        "inputs": replace(SMALL, inputs=tuple(InputSource(LONG, LONG, i) for i in range(200))),
        "streaming": replace(SMALL, streaming=(StreamingQuery(LONG, LONG, 3, 3, 1.0, 1.0, 1.0),) * MANY),
        "failures": replace(SMALL, failures=(fault,) * 100),
        "properties": replace(SMALL, properties=tuple((f"p{i}", "v" * 400) for i in range(MANY))),
        "texts": replace(
            SMALL,
            application=application,
            completeness=read_partly,
            evidence=(LONG,) * 5,
            stages=tuple(replace(stage(i, 3, LONG), failure=LONG) for i in range(300)),
            sql=tuple(sql(i, LONG) for i in range(100)),
        ),
        "everything": replace(
            SMALL,
            stages=stages,
            executors=tuple(executor(i, random) for i in range(1000)),
            sql=tuple(sql(i) for i in range(1000)),
            jobs=tuple(Job(i, 0.0, i / 7, (i, i + 1), succeeded=True) for i in range(1000)),
        ),
    }


MONSTERS = monsters()


@pytest.mark.parametrize("name", MONSTERS)
def test_no_profile_is_above_the_limit(name: str) -> None:
    assert len(msgspec.json.encode(as_data(condense(MONSTERS[name])))) <= MOST_BYTES


@pytest.mark.parametrize("name", ["stages", "everything", "texts"])
def test_sums_over_stages_are_kept(name: str) -> None:
    whole, small = MONSTERS[name], condense(MONSTERS[name])

    assert len(small.stages) + small.light_stages.stages == len(whole.stages)
    assert sum(s.tasks for s in small.stages) + small.light_stages.tasks == sum(s.tasks for s in whole.stages)
    assert sum(s.failed_tasks for s in small.stages) + small.light_stages.failed_tasks == len(whole.stages)
    lost = sum(s.lost_seconds for s in small.stages) + small.light_stages.lost_seconds
    assert lost == pytest.approx(0.5 * len(whole.stages))
    for field in fields(TaskTotals):
        kept = sum(getattr(s.totals, field.name) for s in small.stages)
        left = getattr(small.light_stages.totals, field.name)
        assert kept + left == pytest.approx(sum(getattr(s.totals, field.name) for s in whole.stages))
    assert small.input_bytes == whole.input_bytes


def test_the_heaviest_stages_are_kept_in_their_order() -> None:
    kept = condense(MONSTERS["stages"]).stages

    assert [s.id for s in kept] == list(range(MANY - len(kept), MANY))
    detailed = [s.id for s in kept if s.spreads]
    assert detailed == [s.id for s in kept if s.longest] == [s.id for s in kept][-len(detailed) :]
    assert all(len(s.task_seconds) >= 2 and list(s.task_seconds) == sorted(s.task_seconds) for s in kept)
    assert all(s.task_seconds[-1] == max(stage(s.id, 128).task_seconds) for s in kept)


def slots_at(profile: Profile, moment: float) -> int:
    there = [e for e in profile.executors if e.added <= moment and (e.removed is None or moment < e.removed)]
    return sum(e.cores * e.count for e in there)


def slot_seconds(profile: Profile) -> float:
    ends = (7200.0 if e.removed is None else e.removed for e in profile.executors)
    return sum(e.cores * e.count * (end - e.added) for e, end in zip(profile.executors, ends, strict=True))


@pytest.mark.parametrize("name", ["executors", "everything"])
def test_executors_that_are_alike_are_taken_together(name: str) -> None:
    whole, small = MONSTERS[name], condense(MONSTERS[name])

    assert len(small.executors) < 200
    assert sum(e.count for e in small.executors) == len(whole.executors)
    assert sum(e.cores * e.count for e in small.executors) == sum(e.cores for e in whole.executors)
    assert sum(e.tasks for e in small.executors) == 3 * len(whole.executors)
    assert max(e.peak_heap_bytes for e in small.executors) == len(whole.executors) - 1
    assert slot_seconds(small) == pytest.approx(slot_seconds(whole))


def test_slots_over_time_are_about_the_same() -> None:
    whole, small = MONSTERS["executors"], condense(MONSTERS["executors"])
    there = [slots_at(whole, 60.0 * minute) for minute in range(120)]

    assert [slots_at(small, 60.0 * minute) for minute in range(120)] == pytest.approx(there, abs=0.1 * max(there))


def test_what_is_small_is_not_touched() -> None:
    stages = tuple(stage(i) for i in range(20))
    small = replace(SMALL, stages=stages, sql=(sql(1),), jobs=(Job(0, 0.0, 1.0, (), succeeded=True),))

    assert condense(small) == small
    assert condense(condense(MONSTERS["stages"])).stages == condense(MONSTERS["stages"]).stages


def test_the_longest_keep_their_operators() -> None:
    kept = condense(MONSTERS["sql"]).sql

    assert [e.id for e in kept] == list(range(MANY - len(kept), MANY))
    with_operators = [e.id for e in kept if e.operators]
    assert with_operators == [e.id for e in kept][-len(with_operators) :]
    assert len(with_operators) >= 5


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=200).map(sorted), st.integers(1, 130))
def test_fewer_points_keep_order_longest_and_mean(seconds: list[float], most: int) -> None:
    found = fewer_points(tuple(seconds), most)

    assert len(found) <= max(2, most)
    assert found[-1] == seconds[-1]
    assert all(a <= b + 1e-6 for a, b in pairwise(found))
    assert seconds[0] - 1e-6 <= found[0]
    if most > 1 and (len(seconds) - 1) % (most - 1) == 0 and len(seconds) > most:
        assert sum(found[:-1]) / (most - 1) == pytest.approx(sum(seconds[:-1]) / (len(seconds) - 1), abs=1e-6)
