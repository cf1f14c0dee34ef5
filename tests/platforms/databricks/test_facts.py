"""Facts of Databricks that show in a workspace only; others are tested where they are computed, by the same names."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.core.rented import book
from tests.platforms.databricks.emulated import CLUSTER, DENIED, calls_of, emulator, home_of, job

from setpoint.core.domain import ClusterSpec
from setpoint.errors import Conflict, PlatformError
from setpoint.platforms.databricks import Calls
from setpoint.platforms.databricks.edits import edited, spec_of
from setpoint.platforms.databricks.home import DatabricksHome
from setpoint.platforms.databricks.project import DatabricksProject
from setpoint.testing.databricks import DatabricksEmulator, Workspace
from setpoint.testing.platform_contract import PROJECT

BOOK = book("aws", "us-east-1")
Json = dict[str, Any]


@pytest.fixture(scope="module")
def workspace() -> Iterator[tuple[DatabricksEmulator, Calls]]:
    with emulator() as made:
        yield made, calls_of(made)


def platform_over(
    workspace: tuple[DatabricksEmulator, Calls], home: Path, settings: Json
) -> tuple[DatabricksHome, int]:
    made, calls = workspace
    made.calls.clear()
    job_id = made.workspace.add(settings).id
    platform = home_of(made, calls, home)
    platform.register(PROJECT, DatabricksProject(host="https://x", job_id=str(job_id), region="us-east-1"))
    return platform, job_id


def resized(spec: ClusterSpec, workers: int) -> ClusterSpec:
    assert spec.cloud is not None
    return spec.with_size(workers * (spec.slots // spec.cloud.cluster.workers), 1)


def test_fact_02_a_job_is_never_reset(workspace: tuple[DatabricksEmulator, Calls], tmp_path: Path) -> None:
    platform, job_id = platform_over(workspace, tmp_path, job("nightly", tags={"team": "sales"}, timeout_seconds=600))
    now = platform.current_spec(PROJECT)
    platform.apply(PROJECT, resized(now, 2), expect=now)
    made, _ = workspace
    assert made.calls["POST", "jobs/update"] == 1
    assert made.calls["POST", "jobs/reset"] == 0
    kept = made.workspace.job(job_id).settings
    assert (kept["tags"], kept["timeout_seconds"]) == ({"team": "sales"}, 600)


def test_fact_05_no_run_is_started_to_try_a_cluster(
    workspace: tuple[DatabricksEmulator, Calls], tmp_path: Path
) -> None:
    """A run cannot be given a cluster of its own: a change is tried by the job's own next run."""
    platform, _ = platform_over(workspace, tmp_path, job("nightly"))
    now = platform.current_spec(PROJECT)
    platform.apply(PROJECT, resized(now, 8), expect=now)
    made, _ = workspace
    assert not {path for _, path in made.calls} & {"jobs/run-now", "jobs/runs/submit", "jobs/create"}


def test_fact_06_of_a_job_with_more_tasks_than_a_page_all_stay(
    workspace: tuple[DatabricksEmulator, Calls], tmp_path: Path
) -> None:
    settings = job("wide")
    settings["tasks"] = [settings["tasks"][0] | {"task_key": f"task {number}"} for number in range(230)]
    platform, job_id = platform_over(workspace, tmp_path, settings)
    now = platform.current_spec(PROJECT)
    platform.apply(PROJECT, resized(now, 2), expect=now)
    kept = workspace[0].workspace.job(job_id).settings
    assert len(kept["tasks"]) == 230
    assert kept["job_clusters"][0]["new_cluster"]["num_workers"] == 2


@pytest.mark.parametrize("first_on_demand", [1, 3])
def test_fact_10_on_demand_nodes_count_the_driver_first_and_attributes_stay_as_they_are(first_on_demand: int) -> None:
    attributes = {
        "availability": "SPOT_WITH_FALLBACK",
        "first_on_demand": first_on_demand,
        "zone_id": "auto",
        "spot_bid_price_percent": 80,
        "ebs_volume_type": "GENERAL_PURPOSE_SSD",
        "ebs_volume_count": 1,
        "ebs_volume_size": 100,
    }
    block = CLUSTER | {"aws_attributes": attributes, "num_workers": 8}
    spec = spec_of(block, "aws-databricks", BOOK)
    assert spec.cloud is not None
    assert spec.cloud.cluster.first_on_demand == first_on_demand
    changed = edited(block, resized(spec, 4), "aws-databricks", PROJECT)
    assert changed["aws_attributes"] == attributes
    assert changed["num_workers"] == 4


@pytest.mark.parametrize("is_silent", [False, True])
def test_fact_14_what_a_policy_forbids_after_all_is_put_back(
    workspace: tuple[DatabricksEmulator, Calls], tmp_path: Path, *, is_silent: bool
) -> None:
    made, _ = workspace
    made.workspace.policies["p"] = {"name": "small", "definition": "{}"}
    platform, job_id = platform_over(workspace, tmp_path, job("nightly", {"policy_id": "p"}))
    made.workspace.violations[job_id] = {"job_clusters[0].new_cluster.num_workers": "must be at least 4"}
    before = dict(made.workspace.job(job_id).settings["job_clusters"][0]["new_cluster"])
    now = platform.current_spec(PROJECT)
    if is_silent:
        made.faults |= {("GET", "policies/jobs/get-compliance", 1): DENIED}
        platform.apply(PROJECT, resized(now, 2), expect=now)
        made.faults.clear()
        return
    with pytest.raises(PlatformError, match="must be at least 4"):
        platform.apply(PROJECT, resized(now, 2), expect=now)
    assert made.workspace.job(job_id).settings["job_clusters"][0]["new_cluster"] == before
    del made.workspace.violations[job_id]
    platform.apply(PROJECT, resized(now, 2), expect=now)
    assert platform.current_spec(PROJECT) == resized(now, 2)


def test_fact_21_who_may_only_view_a_job_reads_all_and_is_told_what_writing_takes(
    workspace: tuple[DatabricksEmulator, Calls], tmp_path: Path
) -> None:
    platform, job_id = platform_over(workspace, tmp_path, job("nightly"))
    made, _ = workspace
    made.workspace.start(made.workspace.job(job_id).settings, job_id)
    made.advance(86_400)
    made.faults |= {("POST", "jobs/update", number): DENIED for number in range(1, 9)}
    try:
        (run,) = platform.finished_runs(PROJECT)
        assert platform.cluster_report(PROJECT, run).exit_code == 0
        assert b"".join(b"".join(part) for part in platform.event_log(PROJECT, run))
        now = platform.current_spec(PROJECT)
        with pytest.raises(PlatformError, match="permission"):
            platform.apply(PROJECT, resized(now, 2), expect=now)
    finally:
        made.faults.clear()
    assert platform.current_spec(PROJECT) == now


def test_fact_04_a_thousand_people_who_edit_before_a_change_is_made_are_never_overwritten(
    workspace: tuple[DatabricksEmulator, Calls], tmp_path: Path
) -> None:
    """Over HTTP, through the vendor's client: between what the decision was based on and our look before the write."""
    made, _ = workspace
    platform, job_id = platform_over(workspace, tmp_path, job("nightly"))
    first, chance, block = platform.current_spec(PROJECT), Random(4), {}
    members = ("num_workers", "spark_conf", "node_type_id", "custom_tags", "init_scripts")
    for number in range(1000):
        block = made.workspace.job(job_id).settings["job_clusters"][0]["new_cluster"]
        block.clear()
        block |= CLUSTER | {"enable_elastic_disk": False}
        name = chance.choice(members)
        value: object = {"num_workers": 9, "node_type_id": "r5.xlarge"}.get(name, {"by": f"hand {number}"})
        value = [value] if name == "init_scripts" else value
        made.calls.clear()
        made.humans.clear()
        made.humans["GET", "jobs/get", 1] = partial(_edit, job_id=job_id, name=name, value=value)
        wanted = resized(first, chance.choice((2, 8)))
        with pytest.raises(Conflict):
            platform.apply(PROJECT, wanted, expect=first)
        assert made.workspace.job(job_id).settings["job_clusters"][0]["new_cluster"][name] == value
        assert made.calls["POST", "jobs/update"] == 0
    made.humans.clear()


def _edit(space: Workspace, job_id: int, name: str, value: object) -> None:
    space.job(job_id).settings["job_clusters"][0]["new_cluster"][name] = value
