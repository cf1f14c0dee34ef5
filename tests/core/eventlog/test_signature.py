"""The signature follows the code, and nothing else."""

import json

from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.eventlog.events import JobProperties, JobStart, PlanNode, SqlExecutionStart, StageInfo
from setpoint.core.eventlog.signature import CodeSignature, call_site


def node(name: str, *children: PlanNode, text: str = "") -> PlanNode:
    return PlanNode(name, text, list(children))


def signature(*plans: PlanNode, site: str = "collect at /jobs/nightly.py:14") -> str:
    collected = CodeSignature()
    for i, plan in enumerate(plans):
        collected.add_sql(SqlExecutionStart(i, site, None, plan))
    return collected.digest()


def of_jobs(*jobs: JobStart) -> str:
    collected = CodeSignature()
    for job in jobs:
        collected.add_job(job)
    return collected.digest()


def job(site: str, **properties: str) -> JobStart:
    return JobStart(0, None, [StageInfo(0, name=site)], [0], JobProperties(**properties))


SCAN = node("Scan parquet ")
SMALL = node(
    "AdaptiveSparkPlan", node("HashAggregate", node("BroadcastHashJoin", SCAN, node("BroadcastExchange", SCAN)))
)
LARGE = node(
    "HashAggregate",
    node("SortMergeJoin", node("Sort", node("Exchange", SCAN)), node("Sort", node("Exchange", SCAN))),
)


def test_how_a_join_is_carried_out_does_not_matter() -> None:
    assert signature(SMALL) == signature(LARGE)


def test_what_adaptive_execution_and_code_generation_wrap_round_does_not_matter() -> None:
    wrapped = node("WholeStageCodegen (3)", node("InputAdapter", node("AQEShuffleRead", LARGE)))
    assert signature(wrapped) == signature(LARGE)


def test_operators_and_their_order_matter() -> None:
    assert signature(node("Filter", node("Project", SCAN))) != signature(node("Project", node("Filter", SCAN)))
    assert signature(node("Sort", SCAN)) != signature(SCAN)


def test_a_repartition_that_the_code_asks_for_matters() -> None:
    asked = node("Exchange", SCAN, text="Exchange hashpartitioning(a#1, 8), REPARTITION_BY_NUM, [plan_id=5]")
    needed = node("Exchange", SCAN, text="Exchange hashpartitioning(a#1, 200), ENSURE_REQUIREMENTS, [plan_id=5]")
    assert signature(asked) != signature(SCAN)
    assert signature(needed) == signature(SCAN)


def test_the_line_of_the_call_matters_and_its_folder_does_not() -> None:
    here = signature(SCAN, site="collect at /tmp/spark-81ab/nightly.py:14")
    assert here == signature(SCAN, site="collect at /opt/jobs/nightly.py:14")
    assert here != signature(SCAN, site="collect at /opt/jobs/nightly.py:15")


@given(st.lists(st.sampled_from([SMALL, SCAN, node("Project", SCAN)]), min_size=1, max_size=6))
def test_order_and_repetition_do_not_matter(plans: list[PlanNode]) -> None:
    assert signature(*plans) == signature(*reversed(plans), *plans)


def test_jobs_of_sql_executions_and_listings_of_files_add_nothing() -> None:
    assert of_jobs(job("count at a.py:1")) == of_jobs(
        job("count at a.py:1"),
        job("parquet at b.py:2", description="Listing leaf files and directories for 99 paths:<br/>…"),
        job("collect at c.py:3", sql_execution_id="5"),
    )
    assert of_jobs(job("count at a.py:1")) != of_jobs(job("count at a.py:2"))


def test_random_ids_and_dates_in_descriptions_do_not_matter() -> None:
    assert call_site("id = 369555b6-2ff3-4bdf-bf09-b98ac2571e4d batch = 7") == "id = # batch = #"
    assert json.dumps(call_site("load 2026-11-22")) == '"load #-#-#"'
