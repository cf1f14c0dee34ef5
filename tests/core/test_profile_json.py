"""Profiles as plain data: small, complete where clients count on it, and nothing but JSON."""

import json
from dataclasses import fields

import msgspec
import pytest
from hypothesis import given
from tests.core.runs import any_run, even_stage, healthy

from setpoint.core.diagnosis import diagnose
from setpoint.core.diagnosis.answer import answer
from setpoint.core.profile import Application, Completeness, Counts, Operator, Profile, SqlExecution
from setpoint.core.profile_json import as_data


@given(any_run())
def test_every_run_is_json(run: Profile) -> None:
    line = msgspec.json.encode(answer(run, diagnose(run)))
    back = json.loads(line)

    assert b"\n" not in line
    assert json.dumps(back, allow_nan=False)
    assert {each.name for each in fields(Profile)} <= back.keys()
    assert back["application"].keys() == {each.name for each in fields(Application)}
    assert back["counts"].keys() == {each.name for each in fields(Counts)}
    assert {"state", "lines_skipped", "reasons"} <= back["completeness"].keys()
    assert all({"rule", "evidence", "gain_seconds"} <= finding.keys() for finding in back["findings"])


@given(any_run())
def test_the_splits_add_up_in_json_too(run: Profile) -> None:
    found = diagnose(run)
    time = json.loads(msgspec.json.encode(answer(run, found)))["time"]

    assert sum(time["wall"].values()) == pytest.approx(run.wall_seconds, abs=1e-4)
    assert sum(time["slots"].values()) == pytest.approx(found.slots.total_seconds, abs=1e-4)


def test_what_is_at_its_default_below_the_top_is_left_out() -> None:
    (stage,) = json.loads(msgspec.json.encode(as_data(healthy(even_stage()))))["stages"]

    assert {"id", "attempt", "task_seconds", "totals", "first_launch"} <= stage.keys()
    assert not {"failure", "killed_tasks", "spreads"} & stage.keys()
    assert stage["totals"].keys() == {"run_seconds", "cpu_seconds", "overhead_seconds"}


def test_pairs_are_objects_and_times_are_milliseconds() -> None:
    operator = Operator("Sort", "spark", 1, (("sort time", 1.23456),))
    sql = SqlExecution(1, "q", 0.1234567, 2.0, "hash", operators=(operator,))
    data = as_data(healthy(sql=(sql,), properties=(("spark.master", "yarn"),)))

    assert data["properties"] == {"spark.master": "yarn"}
    assert data["sql"] == [
        {
            "id": 1,
            "description": "q",
            "started": 0.123,
            "ended": 2.0,
            "plan_hash": "hash",
            "operators": [{"name": "Sort", "engine": "spark", "nodes": 1, "metrics": {"sort time": 1.235}}],
        }
    ]


def test_what_is_no_number_is_null() -> None:
    assert as_data(healthy(wall_seconds=float("inf")))["wall_seconds"] is None


def test_completeness_says_what_clients_count_on() -> None:
    assert as_data(healthy())["completeness"] == {"state": "complete", "lines_skipped": 0, "reasons": []}
    torn = as_data(healthy(completeness=Completeness("partial", 2, 7, ("not JSON",), 100)))["completeness"]
    assert torn == {
        "state": "partial",
        "lines_skipped": 2,
        "first_skipped_line": 7,
        "reasons": ["not JSON"],
        "first_skipped_offset": 100,
    }


def test_platform_and_engine_are_words_with_the_evidence_beside_them() -> None:
    said = answer(run := healthy(platform="emr", engine="gluten", evidence=("a path",)), diagnose(run))

    assert (said["platform"], said["engine"], said["evidence"]) == ("emr", "gluten", ["a path"])
