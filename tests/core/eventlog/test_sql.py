"""SQL executions: what their plans do and read, what operators measured, and which of them keep their operators."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.eventlog.written import END, START, START_MS, event, folded, read, sql_event

from setpoint.core.profile import InputSource, Operator, SqlExecution

Node = dict[str, object]
PLANS_KEPT = 64


def metric(name: str, accumulator: int, kind: str = "sum") -> Node:
    return {"name": name, "accumulatorId": accumulator, "metricType": kind}


def node(name: str, *children: Node, metrics: tuple[Node, ...] = (), **metadata: str) -> Node:
    return {
        "nodeName": name, "simpleString": name, "children": list(children), "metrics": list(metrics),
        "metadata": metadata,
    }  # fmt: skip


def began(execution: int, plan: Node | None = None, seconds: float = 0.0, **fields: object) -> bytes:
    moment = START_MS + round(seconds * 1000)
    return sql_event("SQLExecutionStart", executionId=execution, time=moment, sparkPlanInfo=plan, **fields)


def ended(execution: int, seconds: float, error: str | None = None) -> bytes:
    moment = START_MS + round(seconds * 1000)
    return sql_event("SQLExecutionEnd", executionId=execution, time=moment, errorMessage=error)


def updated(execution: int, plan: Node | None = None) -> bytes:
    return sql_event("SQLAdaptiveExecutionUpdate", executionId=execution, sparkPlanInfo=plan)


def measured(**values: object) -> bytes:
    """A stage is over; `_7=5` says that accumulator 7 is at 5."""
    added = [{"ID": int(key[1:]), "Value": value, "Metadata": "sql"} for key, value in values.items()]
    internal = {"ID": 99, "Value": 1, "Metadata": "internal"}
    info = {"Stage ID": 0, "Completion Time": START_MS + 1000, "Accumulables": [*added, internal]}
    return event("StageCompleted", Stage_Info=info)


def driver(execution: int, *updates: tuple[int, int]) -> bytes:
    return sql_event("DriverAccumUpdates", executionId=execution, accumUpdates=updates)


def only(*lines: bytes) -> SqlExecution:
    (execution,) = read(START, *lines, END).sql
    return execution


def operators(*lines: bytes) -> tuple[Operator, ...]:
    return only(*lines).operators


def test_when_what_and_how_it_ended() -> None:
    found = only(began(3, node("Project"), 1.0, description=" save\n at job.py:4 "), ended(3, 5.0, "Boom\n at x"))

    assert (found.id, found.description, found.started, found.ended) == (3, "save at job.py:4", 1.0, 5.0)
    assert found.error == "Boom"
    assert len(found.plan_hash) == 16


def test_one_without_end_lasts_until_the_last_event() -> None:
    assert only(began(1, seconds=2.0)).ended == 60.0
    assert only(began(1), ended(1, 4.0, "")).error is None
    assert only(began(1)).plan_hash == ""


def test_the_hash_is_that_of_the_first_plan() -> None:
    plan, other = node("Project", node("Scan parquet a")), node("Filter", node("Scan parquet a"))
    first = only(began(1, plan)).plan_hash

    assert only(began(1, plan), updated(1, other)).plan_hash == first
    assert only(began(1, other)).plan_hash != first


def test_operators_are_those_of_the_last_plan() -> None:
    found = only(began(1, node("Project")), updated(1, node("Filter")), updated(1), ended(1, 2.0))

    assert [operator.name for operator in found.operators] == ["Filter"]
    assert found.adaptive_updates == 2
    profile = read(START, updated(9, node("Filter")), END)
    assert (profile.sql, profile.counts.sql_executions, profile.counts.adaptive_updates) == ((), 0, 1)


def test_operators_measure_in_seconds_and_bytes() -> None:
    metrics = (
        metric("time", 1, "timing"), metric("build", 2, "nsTiming"), metric("spill", 3, "size"), metric("rows", 4),
        metric("mean", 5, "average"), metric("never", 6), metric("custom", 8, "v2Custom_sum"),
    )  # fmt: skip
    values = measured(_1=1500, _2=2_000_000_000, _3="4096", _4=7, _5=3, _8=2)

    (found,) = operators(began(1, node("Sort", metrics=metrics)), values, ended(1, 2.0))
    assert dict(found.metrics) == {"time": 1.5, "build": 2.0, "spill": 4096.0, "rows": 7.0, "custom": 2.0}


def test_nodes_of_one_name_are_taken_together() -> None:
    plan = node(
        "Join", node("Sort", metrics=(metric("rows", 1),)), node("Sort", metrics=(metric("rows", 2), metric("x", 3)))
    )
    assert operators(began(1, plan), measured(_1=5, _2=6)) == (
        Operator("Join", "spark", 1),
        Operator("Sort", "spark", 2, (("rows", 11.0),)),
    )


def test_the_driver_adds_to_what_tasks_measured() -> None:
    plan = node("Scan parquet t", metrics=(metric("rows", 1),))
    found = operators(began(1, plan), driver(1, (1, 5)), measured(_1=10), driver(1, (1, 2), (4, -9)), measured(_1=20))

    assert found == (Operator("Scan parquet", "spark", 1, (("rows", 27.0),)),)


@pytest.mark.parametrize("value", ['"x"', "-4", "1.5", "null", "[]", '"99999999999999999999"', "{}"])
def test_values_that_are_no_count_are_passed_over(value: str) -> None:
    plan = node("Sort", metrics=(metric("rows", 1),))
    odd = measured(_1=0).replace(b'"Value":0', b'"Value":' + value.encode())

    assert operators(began(1, plan), odd) == (Operator("Sort", "spark", 1),)


def test_wrappers_that_do_no_work_are_dropped() -> None:
    names = ["AdaptiveSparkPlan", "WholeStageCodegen (3)", "InputAdapter", "ShuffleQueryStage", "ReusedExchange",
             "ReusedSubquery", "Project (2)"]  # fmt: skip
    plan = node("Sort")
    for name in reversed(names):
        plan = node(name, plan)
    assert [(operator.name, operator.nodes) for operator in operators(began(1, plan))] == [("Project", 1), ("Sort", 1)]
    assert operators(began(1, node(" ", node("")))) == (Operator("", "spark", 2),) or not operators(began(1, node(" ")))


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("PhotonGroupingAgg", "photon"), ("GpuFilter", "rapids"), ("GPUSort", "rapids"), ("CometScan", "comet"),
        ("VeloxColumnarToRowExec", "gluten"), ("CHNativeBlockTransformer", "gluten"),
        ("FilterExecTransformer", "gluten"), ("CHeckpoint", "spark"), ("HashAggregate", "spark"),
    ],
)  # fmt: skip
def test_engines_are_told_by_their_operators(name: str, engine: str) -> None:
    profile = read(START, began(1, node(name)), END)

    assert profile.sql[0].operators[0].engine == profile.engine == engine
    assert profile.evidence == (() if engine == "spark" else (f"operator {name}",))


def scan(name: str, accumulator: int = 1, **metadata: str) -> Node:
    names = ("size of files read", "number of output rows", "number of files read")
    return node(name, metrics=tuple(metric(n, accumulator + i) for i, n in enumerate(names)), **metadata)


@pytest.mark.parametrize(
    ("plan", "name", "kind"),
    [
        (scan("Scan parquet db.orders", Format="Parquet"), "db.orders", "parquet"),
        (scan("Scan csv ", Location="InMemoryFileIndex(1 paths)[s3://lake/in, …]"), "s3://lake/in, …", "csv"),
        (scan("Scan json", Location="InMemoryFileIndex[s3a://key:secret@lake/in]"), "s3a://lake/in", "json"),
        (scan("BatchScan jdbc://me:pw@host/db"), "jdbc://host/db", "batchscan"),
        (scan("GpuScan orc t"), "t", "orc"),
        (scan("GpuBatchScan lake.t", Format="Iceberg"), "lake.t", "iceberg"),
        (scan("BatchScan lake.db.t"), "lake.db.t", "batchscan"),
        (scan("BatchScan parquet file:/in"), "file:/in", "parquet"),
        (scan("PhotonScan parquet c.t", Location=""), "c.t", "parquet"),
    ],
)
def test_what_is_read_is_named_without_credentials(plan: Node, name: str, kind: str) -> None:
    profile = read(START, began(1, node("Project", plan)), measured(_1=100, _2=7, _3=2), END)

    assert profile.inputs == (InputSource(name, kind, 100, 7, 2),)


@pytest.mark.parametrize("name", ["Scan ExistingRDD", "InMemoryTableScan", "LocalTableScan", "Filter", ""])
def test_what_lies_within_spark_is_no_source(name: str) -> None:
    assert read(START, began(1, scan(name)), measured(_1=100), END).inputs == ()


def test_one_source_is_summed_over_executions_and_counted_once_in_each() -> None:
    same = scan("Scan parquet t", 1)
    lines = [began(1, node("Union", same, same)), began(2, scan("Scan parquet t", 4)), began(3, scan("Scan csv u", 7))]
    profile = read(START, *lines, measured(_1=100, _2=1, _3=1, _4=10, _7=500), END)

    assert profile.inputs == (InputSource("u", "csv", 500), InputSource("t", "parquet", 110, 1, 1))


def test_what_was_read_is_known_although_the_last_plan_does_not_show_it() -> None:
    profile = read(START, began(1, scan("Scan parquet t")), updated(1, node("Project")), measured(_1=9), END)
    assert [source.bytes for source in profile.inputs] == [9]


@given(st.permutations(list(range(PLANS_KEPT + 20))), st.integers(0, 3 * (PLANS_KEPT + 20)))
def test_the_longest_keep_their_operators(lengths: list[int], split: int) -> None:
    starts = [began(number, node("Project")) for number in range(len(lengths))]
    ends = [ended(number, 1.0 + length / 10) for number, length in enumerate(lengths)]
    lines = [START, *starts, *ends]
    fold, later = folded(*lines[:split]), folded(*lines[split:])
    fold.merge(later)
    (profile,) = fold.profiles() if split else later.profiles()

    kept = {execution.id for execution in profile.sql if execution.operators}
    longest = sorted(range(len(lengths)), key=lambda number: -lengths[number])
    # A Profile keeps fewer operators than the fold; those of the longest in any case.
    assert kept == set(longest[: len(kept)])
    assert 0 < len(kept) <= PLANS_KEPT
    assert len(profile.sql) == len(lengths)


def test_of_executions_that_took_as_long_the_first_keep_their_operators() -> None:
    lines = [each for number in range(100) for each in (began(number, node("Sort")), ended(number, 9.0))]
    kept = [execution.id for execution in read(START, *lines, END).sql if execution.operators]

    assert kept == list(range(len(kept)))


def test_names_without_end_are_cut() -> None:
    found = only(began(1, scan("Scan parquet " + "x" * 10**5), description="d" * 10**5))
    profile = read(START, began(1, scan("Scan parquet " + "x" * 10**5)), END)

    assert len(found.description) <= 200
    assert len(profile.inputs[0].name) <= 200
    assert json.dumps(found.operators[0].name) == '"Scan parquet"'
