"""What is worth changing: each rule fires on what it is about, says so in numbers, and leaves healthy runs alone."""

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.made import stage
from tests.core.runs import WORKERS, even_stage, healthy, totals

from setpoint.core.diagnosis import RULES, Finding, diagnose
from setpoint.core.profile import (
    BusySlots,
    Completeness,
    Counts,
    Executor,
    Failure,
    InputSource,
    LightStages,
    LongTask,
    Operator,
    Profile,
    SqlExecution,
    Stage,
    StreamingQuery,
    TaskTotals,
)

PAGE = Path(__file__).parents[2] / "docs" / "profile.md"


def found(run: Profile) -> dict[str, Finding]:
    return {finding.rule: finding for finding in diagnose(run).findings}


def computing(number: int, times: tuple[float, ...], ends: float, **others: float) -> Stage:
    of = totals(sum(times), len(times), overhead_seconds=0.0, **others)
    return replace(stage(number, times, begins=1.0, ends=ends, totals=of), first_launch=1.0)


def skewed(**others: float) -> Stage:
    return computing(3, (1.0,) * 47 + (16.0,), 17.0, **others)


def sql(engine: str, *operators: Operator) -> Profile:
    execution = SqlExecution(0, "q", 1.0, 21.0, "hash", operators=operators)
    return healthy(engine=engine, sql=(execution,))


def operator(name: str, engine: str = "spark", nodes: int = 1) -> Operator:
    return Operator(name, engine, nodes)  # type: ignore[arg-type]  # one of Engine


def query(**others: float) -> StreamingQuery:
    usual = StreamingQuery("id", "clicks", 100, 10**6, 2.0, 4.0, 9.0, 10.0)
    return replace(usual, **others)  # type: ignore[arg-type]  # fields of a StreamingQuery


def gone(removal: str, at: float = 10.0) -> tuple[Executor, ...]:
    return (WORKERS[0], replace(WORKERS[1], removed=at, removal=removal))  # type: ignore[arg-type]  # one of Removal


def python_of(mib: int, *properties: tuple[str, str]) -> Profile:
    workers = (WORKERS[0], replace(WORKERS[1], peak_python_bytes=mib * 2**20))
    return healthy(executors=workers, properties=(("spark.executor.memory", "8g"), *properties))


def read_files(files: int, mib: float) -> Profile:
    source = InputSource("s3://bucket/clicks", "json", int(files * mib * 2**20), 10**6, files)
    return healthy(even_stage(cpu_seconds=60.0, input_bytes=10**9), inputs=(source,))


def adaptive(setting: str, version: str = "4.0.1", **others: float) -> Profile:
    run = healthy(skewed(shuffle_read_bytes=10**9, **others), properties=(("spark.sql.adaptive.enabled", setting),))
    return replace(run, application=replace(run.application, spark_version=version))


def located(far: int, near: int, input_bytes: int = 0) -> Profile:
    made = even_stage(cpu_seconds=40.0, input_bytes=input_bytes)
    return healthy(replace(made, locality=(("ANY", far), ("NODE_LOCAL", near))))


TWINNED = replace(even_stage(), speculative_tasks=12, killed_tasks=12, lost_seconds=24.0)
TORN = Completeness("partial", 3, reasons=("not JSON",))
CUT = Completeness("cut_off", reasons=("no application end",))
JOB_FAILED = (Failure("job 7", "ValueError: no such day\n\tat line 3", "application"),)

SICK: dict[str, list[tuple[Profile, tuple[str, ...]]]] = {
    "failures": [(healthy(failures=JOB_FAILED), ("job 7 failed", "through the code", "ValueError: no such day"))],
    "lost-executors": [
        (healthy(executors=gone("spot")), ("1 executor", "1 reclaimed")),
        (healthy(executors=gone("memory")), ("1 out of memory",)),
        (
            healthy(even_stage(), replace(even_stage(), attempt=1), executors=gone("lost")),
            ("1 stage had to run again",),
        ),
    ],
    "failed-tasks": [
        (healthy(replace(even_stage(), failed_tasks=3, lost_seconds=6.0)), ("3 task attempts", "6.0 slot-seconds")),
        (healthy(light_stages=LightStages(1, 8, 2, lost_seconds=1.0)), ("2 task attempts",)),
    ],
    "slow-start": [(healthy(even_stage(begins=40.0)), ("40 s", "66 % of the run", "first executor came after 0.5 s"))],
    "driver-bound": [
        (
            healthy(even_stage(0), even_stage(1, begins=41.1)),
            ("20.5 of 61.7 s", "between stage 0 of job 0 and stage 1"),
        ),
        (healthy(wall_seconds=60.0), ("at the end, after stage 0 of job 0",)),
    ],
    "driver-gap": [(healthy(even_stage(0), even_stage(1, begins=28.1)), ("7.0 s", "between stage 0 of job 0"))],
    "waiting-for-slots": [(healthy(replace(even_stage(begins=9.0), submitted=1.0)), ("8.0 s", "no task had begun"))],
    "idle-slots": [(healthy(computing(0, (3.0,) * 9, 8.0)), ("52 %", "29 of 56 slot-seconds"))],
    "skew": [
        (healthy(skewed()), ("48 tasks of stage 3", "16.0 s", "median 1.0 s")),
        (healthy(replace(skewed(), longest=(LongTask(9, 0, "2", 16.0),))), ("partition 9, executor 2",)),
    ],
    "few-partitions": [(healthy(computing(0, (20.0,) * 2, 21.0)), ("2 tasks on 8 slots", "took 20 s"))],
    "many-tiny-tasks": [
        (healthy(even_stage(tasks=4000, seconds=0.01)), ("4,000 tasks of under 100 ms",)),
        (healthy(light_stages=LightStages(10, 4000, 0, TaskTotals(40.0, 40.0, overhead_seconds=40.0))), ("4,000",)),
    ],
    "speculation": [
        (healthy(TWINNED), ("12 twins", "24 slot-seconds", "no straggler was left")),
        (healthy(replace(skewed(), speculative_tasks=1, lost_seconds=15.0)), ("still 1 stage of 1 had stragglers",)),
    ],
    "waiting-on-source": [(healthy(even_stage(cpu_seconds=16.0)), ("90 %", "144 of 160"))],
    "fetch-wait": [(healthy(even_stage(cpu_seconds=100.0, fetch_wait_seconds=40.0)), ("25 %", "40 slot-seconds"))],
    "poor-locality": [(located(72, 8, input_bytes=10**9), ("90 % of 80 tasks",))],
    "small-files": [(read_files(20_000, 0.1), ("20,000 files of 102 KiB",))],
    "gc-pressure": [(healthy(even_stage(cpu_seconds=110.0, gc_seconds=48.0)), ("30 %", "48 slot-seconds"))],
    "spill": [
        (healthy(even_stage(disk_spilled_bytes=2**30)), ("1 GiB", "stage 0")),
        (healthy(light_stages=LightStages(1, 1, totals=TaskTotals(disk_spilled_bytes=2**20))), ("1 MiB",)),
    ],
    "python-memory": [
        (python_of(900), ("900 MiB", "819 MiB")),
        (python_of(900, ("spark.executor.memoryOverhead", "1g")), ("room for 1 GiB",)),
    ],
    "adaptive-off": [(adaptive("false"), ("1 were skewed",)), (adaptive("false", "3.1.2"), ("1 stage",))],
    "engine-fallback": [
        (
            sql("photon", operator("PhotonScan", "photon", 6), operator("BatchEvalPython", nodes=3)),
            ("3 of 9", "photon"),
        ),
    ],
    "slow-batches": [(healthy(streaming=(query(p95_seconds=14.0),)), ("5 % of the 100 batches of clicks", "14 s"))],
    "incomplete-log": [
        (healthy(completeness=TORN), ("partial", "3 lines skipped", "not JSON")),
        (healthy(completeness=CUT), ("cut off", "no application end")),
    ],
}

CASES = [(rule, run, words) for rule, cases in SICK.items() for run, words in cases]

WELL: dict[str, Profile] = {
    "one even stage": healthy(),
    "two that follow each other": healthy(even_stage(0), even_stage(1, begins=21.2)),
    "executors that went when all was done": healthy(executors=gone("lost", at=21.1)),
    "an executor that had nothing to do": healthy(executors=gone("idle", at=20.0)),
    "killed twins that cost little": healthy(replace(TWINNED, lost_seconds=2.0)),
    "files of a good size": read_files(5_000, 100),
    "a few small files": read_files(100, 0.1),
    "Python within its room": python_of(300),
    "Python with more room": python_of(900, ("spark.executor.memoryOverhead", "4g")),
    "a size that does not parse": python_of(900, ("spark.executor.memoryOverhead", "much")),
    "tasks near their data": located(8, 72, input_bytes=10**9),
    "tasks far from shuffled data": located(80, 0),
    "an engine that did nearly all": sql(
        "photon", operator("PhotonScan", "photon", 20), operator("Sort"), operator("AdaptiveSparkPlan", nodes=9)
    ),
    "no engine": sql("spark", operator("Sort", nodes=9)),
    "an engine without plans": healthy(engine="rapids"),
    "batches that keep their rhythm": healthy(streaming=(query(),)),
    "batches without a pause": healthy(streaming=(query(median_seconds=9.9, p95_seconds=15.0),)),
    "hardly any batches": healthy(streaming=(query(batches=2, p95_seconds=30.0),)),
    "a Databricks log without an end": healthy(completeness=CUT, platform="databricks"),
    "a failed executor beside": healthy(failures=(Failure("executor 3", "exit 143", "infrastructure"),)),
}
# These wait by nature, which is another rule's.
ALLOWED = {
    "tasks near their data": {"waiting-on-source"},
    "tasks far from shuffled data": {"waiting-on-source"},
    "a few small files": {"waiting-on-source"},
    "files of a good size": {"waiting-on-source"},
}


@pytest.mark.parametrize(("rule", "run", "words"), CASES, ids=[f"{rule}: {words[0]}" for rule, _, words in CASES])
def test_a_sick_run_is_told_so_in_numbers(rule: str, run: Profile, words: tuple[str, ...]) -> None:
    said = found(run)

    assert rule in said
    assert [word for word in words if word not in said[rule].evidence] == []
    assert 0 <= said[rule].gain_seconds <= run.wall_seconds
    assert said[rule].advice


@pytest.mark.parametrize("name", WELL)
def test_healthy_runs_are_left_alone(name: str) -> None:
    assert found(WELL[name]).keys() <= ALLOWED.get(name, set())


@pytest.mark.parametrize(
    ("rule", "run", "gain"),
    [
        ("failures", healthy(replace(even_stage(), failure="x"), failures=JOB_FAILED), 160.8 / 8),
        ("lost-executors", SICK["lost-executors"][2][0], 160.8 / 8),
        ("driver-gap", SICK["driver-gap"][0][0], 7.0),
        ("waiting-for-slots", SICK["waiting-for-slots"][0][0], 8.0),
        ("few-partitions", SICK["few-partitions"][0][0], 15.0),
        ("speculation", SICK["speculation"][0][0], 3.0),
        ("fetch-wait", SICK["fetch-wait"][0][0], 5.0),
        ("waiting-on-source", SICK["waiting-on-source"][0][0], 9.0),
        ("gc-pressure", SICK["gc-pressure"][0][0], 5.0),
        ("skew", SICK["skew"][0][0], 16.0 - 63.0 / 8),
        ("adaptive-off", SICK["adaptive-off"][0][0], 16.0 - 63.0 / 8),
        ("small-files", SICK["small-files"][0][0], 100.0 / 8),
        ("poor-locality", SICK["poor-locality"][0][0], 120.0 * 0.9 / 8 / 2),
        ("python-memory", SICK["python-memory"][0][0], 0.0),
        ("slow-batches", SICK["slow-batches"][0][0], 5 * 4.0),
    ],
)
def test_what_would_be_gained(rule: str, run: Profile, gain: float) -> None:
    assert found(run)[rule].gain_seconds == pytest.approx(gain, rel=1e-3)


GPU = replace(SICK["waiting-on-source"][0][0], engine="rapids")
PYTHON_WORKERS = replace(SICK["waiting-on-source"][0][0], executors=(replace(WORKERS[0], peak_python_bytes=1),))
PYTHON_PLAN = replace(
    SICK["waiting-on-source"][0][0],
    sql=(SqlExecution(0, "q", 1.0, 21.0, "hash", operators=(operator("BatchEvalPython"),)),),
)
PI = healthy(replace(even_stage(cpu_seconds=16.0), name="reduce at /opt/pi.py:44"))


@pytest.mark.parametrize("run", [GPU, PYTHON_WORKERS, PYTHON_PLAN, PI], ids=["GPU", "workers", "plan", "call site"])
def test_computing_beside_the_jvm_is_no_waiting(run: Profile) -> None:
    assert "waiting-on-source" not in found(run)


def test_operators_that_a_failed_query_never_came_to_are_not_blamed_on_the_engine() -> None:
    run = SICK["engine-fallback"][0][0]
    assert "engine-fallback" not in found(replace(run, sql=(replace(run.sql[0], error="out of memory"),)))


def test_data_on_the_only_machine_there_is_is_not_far() -> None:
    run = SICK["poor-locality"][0][0]
    assert "poor-locality" not in found(replace(run, executors=tuple(replace(e, host="one") for e in run.executors)))


def test_a_single_long_stage_on_one_slot_lacks_no_partitions() -> None:
    alone = (replace(WORKERS[0], id="driver", cores=1),)
    assert "few-partitions" not in found(healthy(computing(0, (20.0,), 21.0), executors=alone))


@pytest.mark.parametrize(
    ("busy_from", "words"),
    [
        (24, "lay after stage 0 of job 0"),
        (42, "lay between smaller stages"),
        (55, "lay before stage 1 of job 1"),
    ],
)
def test_a_gap_beside_light_stages_is_placed_by_what_is_known(busy_from: int, words: str) -> None:
    light = LightStages(9, 90, 0, totals(9.0, 90), 0.0)
    busy = BusySlots(0.0, 1.0, tuple(4.0 if n in GAPS[busy_from] else 0.0 for n in range(70)))
    run = healthy(even_stage(0), even_stage(1, begins=61.1), light_stages=light, busy=busy)
    assert words in found(run)["driver-bound"].evidence


GAPS = {
    24: {*range(45, 61)},
    42: {*range(22, 30), *range(50, 61)},
    55: {*range(22, 38)},
}
"""Seconds in which light stages were at work, by a second in the gap that they leave."""


def test_a_driver_that_is_bound_is_not_told_of_its_gap_twice() -> None:
    assert "driver-gap" not in found(SICK["driver-bound"][0][0])


@pytest.mark.parametrize(
    ("setting", "version", "is_off"),
    [
        ("true", "3.1.2", False),
        ("false", "2.4.8", False),
        ("false", "unknown", False),
        ("FALSE", "3.5.1", True),
    ],
)
def test_adaptive_execution_is_known_by_setting_and_version(setting: str, version: str, is_off: bool) -> None:  # noqa: FBT001 - the row of a table
    assert ("adaptive-off" in found(adaptive(setting, version))) == is_off


@pytest.mark.parametrize(("version", "is_off"), [("3.1.2", True), ("3.2.0", False)])
def test_adaptive_execution_without_a_setting(version: str, is_off: bool) -> None:  # noqa: FBT001 - the row of a table
    run = replace(adaptive("false", version), properties=())
    assert ("adaptive-off" in found(run)) == is_off
    assert "adaptive-off" not in found(replace(run, platform="databricks"))
    assert "adaptive-off" not in found(replace(run, counts=replace(run.counts, adaptive_updates=1)))
    assert "adaptive-off" not in found(replace(run, counts=Counts()))


def test_far_too_many_shuffle_partitions_are_for_adaptive_execution_too() -> None:
    many = healthy(
        even_stage(tasks=4000, seconds=0.01, shuffle_read_bytes=1),
        properties=(("spark.sql.adaptive.enabled", "false"),),
    )
    assert "1 had far more partitions" in found(many)["adaptive-off"].evidence


@given(st.sampled_from([run for _, run, _ in CASES]), st.floats(0.01, 1000))
def test_a_gain_never_exceeds_the_run(run: Profile, wall_seconds: float) -> None:
    shorter = replace(run, wall_seconds=wall_seconds)
    assert all(0 <= finding.gain_seconds <= wall_seconds for finding in diagnose(shorter).findings)


def test_every_rule_has_a_sick_run() -> None:
    assert SICK.keys() == RULES.keys()


def test_every_rule_is_documented() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [rule for rule in RULES if f"| `{rule}` |" not in page] == []
    assert [field.name for field in fields(Finding) if f"`{field.name}`" not in page] == []


def test_only_rules_that_exist_are_documented() -> None:
    rows = PAGE.read_text(encoding="utf-8").partition("## Findings")[2].splitlines()
    named = [row.split("`")[1] for row in rows if row.startswith("| `")]

    assert sorted(named) == sorted(RULES)
