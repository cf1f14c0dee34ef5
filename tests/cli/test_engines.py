"""`setpoint engines`: a log or a project in, the odds out."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.cli.ledgers import fill
from tests.core.made import recorded, registered, run
from tests.core.runs import even_stage, healthy

from setpoint.core.profile import Operator, SqlExecution
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, SqlPlan, StagePlan, build, cluster

Setpoint = Callable[..., Said]
SCAN = StagePlan(task_seconds=(20.0,) * 64, name="scan at job.py:1", input_bytes=10**9, shuffle_write_bytes=10**8)
JOIN = StagePlan(task_seconds=(10.0,) * 64, parents=(0,), shuffle_read_bytes=10**8)
NODE = ("--node-type", "m5.xlarge", "--region", "us-east-1", "--workers", "2")
TAGS = tuple(
    (f"spark.databricks.clusterUsageTags.{name}", value)
    for name, value in (("clusterNodeType", "m5.xlarge"), ("clusterWorkers", "2"), ("cloudProvider", "AWS"))
)


def a_log(path: Path, *, speed: float = 1.0, **others: object) -> str:
    """The log of two workers of four cores; `speed` times as fast."""
    stages = tuple(
        replace(each, task_seconds=tuple(seconds / speed for seconds in each.task_seconds)) for each in (SCAN, JOIN)
    )
    plan = ApplicationPlan((JobPlan(stages, 1.5, SqlPlan()),), cluster(2, 4), name="[bold]nightly")
    path.write_bytes(b"".join(line + b"\n" for line in build(replace(plan, **others))))  # type: ignore[arg-type]
    return str(path)


def test_both_questions_are_answered_in_words(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("engines", a_log(tmp_path / "a.log"), *NODE, "--startup-seconds", "240")
    assert (said.exit_code, said.err) == (0, "")
    for words in ("[bold]nightly", "Photon ", "worth it", "to pay    1.66", "m6g.xlarge", "Energy", "gCO2e", "Prices"):
        assert words in said.out


def test_as_json(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("engines", a_log(tmp_path / "a.log"), *NODE, "--json")
    found = json.loads(said.out)
    assert (found["engine"], found["cluster"]["node_type"], found["cluster"]["workers"]) == ("spark", "m5.xlarge", 2)
    photon = found["photon"]
    assert photon["threshold"] == pytest.approx(1.6655, abs=1e-4)
    assert photon["threshold_with_disks"] < photon["threshold"]
    assert photon["speed_up"]["low"] < photon["speed_up"]["median"] < photon["speed_up"]["high"]
    assert 0 <= photon["pays"] <= 1
    assert photon["label"] == "modelled"
    assert found["arm"][0]["cluster"]["node_type"] == found["arm"][0]["name"]
    assert found["energy"]["kwh"]["low"] < found["energy"]["kwh"]["high"]


def test_threshold_and_breakeven_agree(setpoint: Setpoint, tmp_path: Path) -> None:
    terms = ("--plan", "enterprise", "--market", "spot", "--json")
    found = json.loads(setpoint("engines", a_log(tmp_path / "a.log"), *NODE, *terms).out)
    bare = json.loads(setpoint("breakeven", *NODE, *terms).out)
    assert found["photon"]["threshold"] == pytest.approx(bare["threshold"])


def test_a_databricks_log_says_where_it_ran(setpoint: Setpoint, tmp_path: Path) -> None:
    found = json.loads(setpoint("engines", a_log(tmp_path / "a.log", properties=TAGS), "--json").out)
    assert (found["cluster"]["node_type"], found["cluster"]["workers"]) == ("m5.xlarge", 2)
    assert found["photon"]["threshold"] == pytest.approx(1.6655, abs=1e-4)


def tags(**values: str) -> tuple[tuple[str, str], ...]:
    return (*TAGS, *((f"spark.databricks.clusterUsageTags.{name}", value) for name, value in values.items()))


def test_what_neither_log_nor_option_tells_is_said(setpoint: Setpoint, tmp_path: Path) -> None:
    log = a_log(tmp_path / "a.log", properties=TAGS)
    found = json.loads(setpoint("engines", log, "--json").out)
    options = ("--market", "--region", "--plan", "--compute")
    assert [[option for option in options if option in line] for line in found["assumptions"]] == [
        [it] for it in options
    ]
    said = setpoint("engines", log)
    assert all(line in said.out for line in found["assumptions"])
    given = ("--market", "on_demand", "--region", "us-east-1", "--plan", "premium", "--compute", "jobs")
    assert json.loads(setpoint("engines", log, *given, "--json").out)["assumptions"] == []


def test_market_region_compute_and_disks_of_the_log(setpoint: Setpoint, tmp_path: Path) -> None:
    told = tags(
        clusterAvailability="SPOT_WITH_FALLBACK",
        clusterFirstOnDemand="2",
        containerZoneId="us-west-2a",
        clusterCreator="Webapp",
        clusterEbsVolumeCount="1",
        clusterEbsVolumeSize="500",
    )
    log = a_log(tmp_path / "a.log", properties=told)
    found = json.loads(setpoint("engines", log, "--json").out)
    cluster = found["cluster"]
    assert (cluster["region"], cluster["first_on_demand"], cluster["compute"]) == ("us-west-2", 2, "all_purpose")
    assert [disk["gib"] for disk in cluster["disks"]] == [30, 150, 500]
    assert len(found["assumptions"]) == 1
    assert "--plan" in found["assumptions"][0]
    other = ("--market", "on-demand", "--region", "us-east-1", "--compute", "jobs", "--json")
    asked = json.loads(setpoint("engines", log, *other).out)["cluster"]
    assert (asked["region"], asked["first_on_demand"], asked["compute"]) == ("us-east-1", None, "jobs")


def test_on_azure_no_disks_are_spoken_of(setpoint: Setpoint, tmp_path: Path) -> None:
    words = ("--node-type", "E8ds_v4", "--region", "eastus", "--workers", "2")
    said = setpoint("engines", a_log(tmp_path / "a.log"), *words)
    assert "Standard_E8ds_v4 × 2" in said.out
    assert "the disks that come along" not in said.out
    assert "the disks that come along" in setpoint("engines", a_log(tmp_path / "a.log"), *NODE).out


def test_recommend_says_that_its_prices_are_of_cores(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("recommend", a_log(tmp_path / "a.log", properties=TAGS))
    assert "rates of cores, not the prices of a cluster of m5.xlarge" in said.out
    assert "setpoint engines" in said.out
    assert "rates of cores" not in setpoint("recommend", a_log(tmp_path / "b.log")).out


def test_another_log_does_not_and_asks(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("engines", a_log(tmp_path / "a.log"))
    assert (said.exit_code, said.out) == (65, "")
    assert "--node-type" in said.err


def test_a_run_on_photon_is_a_measurement_and_turns_the_question_round(setpoint: Setpoint, tmp_path: Path) -> None:
    engine = ((*TAGS, ("spark.databricks.clusterUsageTags.runtimeEngine", "PHOTON")),)
    plain = a_log(tmp_path / "plain.log", properties=TAGS)
    photon = a_log(tmp_path / "photon.log", speed=2.5, properties=engine[0])
    alone = json.loads(setpoint("engines", plain, "--json").out)["photon"]
    measured = json.loads(setpoint("engines", plain, "--measured", photon, "--measured", photon, "--json").out)[
        "photon"
    ]
    assert (
        measured["speed_up"]["high"] / measured["speed_up"]["low"]
        < alone["speed_up"]["high"] / alone["speed_up"]["low"]
    )
    assert measured["speed_up"]["median"] > alone["speed_up"]["median"]
    assert measured["answer"] == "worth it"
    back = json.loads(setpoint("engines", photon, "--json").out)
    assert (back["engine"], back["photon"]["name"]) == ("photon", "plain")
    assert back["photon"]["threshold"] < 1
    said = setpoint("engines", plain, "--measured", plain)
    assert said.exit_code == 65
    assert "does not compare" in said.err


def test_a_project_of_the_ledger(setpoint: Setpoint, home: Path) -> None:
    operators = (Operator("Scan parquet", "spark", 1), Operator("SortMergeJoin", "spark", 1))
    plain = healthy(even_stage(tasks=800), sql=(SqlExecution(0, "q", 1.0, 200.0, "h", operators=operators),))
    photon = replace(plain, engine="photon", wall_seconds=plain.wall_seconds / 3)
    fill(home, "nightly", [registered(), *recorded(run(0, made=photon), run(1, made=plain))])
    fill(home, "other", [registered(), *recorded(run(2, made=plain))])
    fill(home, "fresh", [registered()])
    own = json.loads(setpoint("engines", "nightly", *NODE, "--json").out)["photon"]
    assert any("runs of the project" in line for line in own["assumptions"])
    like = json.loads(setpoint("engines", "other", *NODE, "--json").out)["photon"]
    assert any("project nightly" in line for line in like["assumptions"])
    assert like["speed_up"]["median"] < own["speed_up"]["median"]
    empty = setpoint("engines", "fresh", *NODE)
    assert (empty.exit_code, "no successful run" in empty.err) == (65, True)


def test_neither_a_file_nor_a_project(setpoint: Setpoint) -> None:
    said = setpoint("engines", "nothing")
    assert (said.exit_code, said.out) == (66, "")
    assert "neither a file nor a project" in said.err


def test_types_that_are_not_in_the_book_have_no_answer(setpoint: Setpoint, tmp_path: Path) -> None:
    words = ("--node-type", "z9.huge", "--region", "us-east-1")
    said = setpoint("engines", a_log(tmp_path / "a.log"), *words)
    assert said.exit_code == 0
    assert "Photon      cannot be judged" in said.out
    assert "Energy      not known" in said.out
    found = json.loads(setpoint("engines", a_log(tmp_path / "a.log"), *words, "--json").out)
    assert found["photon"]["answer"] is None
    assert "z9.huge" in found["photon"]["reasons"][0]


def test_on_emr_there_is_no_photon_but_arm(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("engines", a_log(tmp_path / "a.log"), *NODE, "--service", "emr")
    assert said.exit_code == 0
    assert "Photon is an engine of Databricks" in said.out
    assert "m6g.xlarge" in said.out
    wrong = setpoint("engines", a_log(tmp_path / "a.log"), *NODE, "--service", "glue")
    assert (wrong.exit_code, "--service" in wrong.err) == (65, True)
