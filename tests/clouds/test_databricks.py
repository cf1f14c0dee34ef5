"""What commands do in a workspace, through the vendor's client against the emulator."""

from collections.abc import Mapping
from typing import Any

import pytest
from tests.clouds.world import BLOCK, PROJECT, Databricks, job, names_in

from setpoint.client.clouds import RunQuery, Started
from setpoint.clouds.databricks_site import DatabricksSite
from setpoint.clouds.machines import Watch
from setpoint.clouds.waiting import Waiter
from setpoint.errors import Conflict, EventLogError, PlatformError
from setpoint.platforms.databricks import CallFiles, Calls

Json = dict[str, Any]
LARGER: Json = {
    "node_type_id": "m5.2xlarge",
    "driver_node_type_id": "m5.xlarge",
    "num_workers": 3,
    "runtime_engine": "STANDARD",
    "aws_attributes": {"availability": "ON_DEMAND", "first_on_demand": 1},
    "custom_tags": {"sync:project-id": PROJECT},
}


def test_a_run_is_collected_with_its_machines_and_its_whole_log(databricks: Databricks) -> None:
    run = databricks.ran(databricks.job(job()))
    found = databricks.collect(run)
    report: Json = dict(found.report)
    assert (report["plan_type"], report["compute_type"]) == ("Premium", "Jobs Compute")
    assert report["instances"][0]["InstanceId"] == "i-1"
    assert [task["task_key"] for task in report["tasks"]] == ["task0"]
    times = [event["timestamp"] for event in report["cluster_events"]["events"]]
    assert times == sorted(times, reverse=True)
    assert "eventlog" in names_in(found.log)
    assert any(words.startswith("Waiting for the event log") for words in databricks.said)


def test_no_secret_of_a_cluster_leaves_the_workspace(databricks: Databricks) -> None:
    found = databricks.collect(databricks.ran(databricks.job(job())))
    assert "hidden" not in str(found.report)
    assert found.report["cluster"]["spark_conf"]["spark.speculation"] == "true"  # type: ignore[index]


def test_without_machines_only_who_allows_it_gets_a_report(databricks: Databricks) -> None:
    run = databricks.ran(databricks.job(job()), noted=False)
    with pytest.raises(PlatformError, match="--allow-incomplete-cluster-report"):
        databricks.collect(run)
    found = databricks.collect(run, allow_incomplete=True)
    assert "instances" not in found.report
    assert any("uncertain" in words for words in databricks.said)


def test_a_run_that_goes_on_is_not_collected(databricks: Databricks) -> None:
    run = databricks.emulator.workspace.start(job(), 0)
    with pytest.raises(PlatformError, match="can be collected once it has ended"):
        databricks.collect(str(run.id))
    with pytest.raises(PlatformError, match="does not exist"):
        databricks.collect("77")


def test_a_cluster_without_logs_has_none(databricks: Databricks) -> None:
    block = {key: value for key, value in BLOCK.items() if key != "cluster_log_conf"}
    run = databricks.ran(databricks.job(job(block)), noted=False)
    with pytest.raises(EventLogError, match="cluster_log_conf"):
        databricks.collect(run, allow_incomplete=True)
    query = RunQuery(run, "Premium", "Jobs Compute", allow_incomplete=True)
    assert databricks.site.collect(query, with_log=False).report["cluster"]


def test_of_several_clusters_the_projects_is_taken(databricks: Databricks) -> None:
    settings = job(tasks=2)
    other = BLOCK | {"num_workers": 2, "custom_tags": {"sync:project-id": PROJECT}}
    settings["job_clusters"].append({"job_cluster_key": "other", "new_cluster": other})
    settings["tasks"][1]["job_cluster_key"] = "other"
    run = databricks.ran(databricks.job(settings))
    with pytest.raises(PlatformError, match="several clusters"):
        databricks.collect(run)
    more = {"allow_incomplete": True}
    assert databricks.collect(run, project_id=PROJECT, **more).report["cluster"]["num_workers"] == 2  # type: ignore[index]
    by_path = databricks.collect(run, project_id="another", cluster_path="job_clusters/main", **more)
    assert by_path.report["cluster"]["num_workers"] == 4  # type: ignore[index]
    left = databricks.collect(run, excluded_tasks=["task0"], **more)
    assert left.report["cluster"]["num_workers"] == 2  # type: ignore[index]
    with pytest.raises(PlatformError, match="no task nobody"):
        databricks.collect(run, excluded_tasks=["nobody"])


def test_a_job_is_run_and_waited_for(databricks: Databricks) -> None:
    job_id = databricks.job(job())
    started = databricks.site.run(job_id, None, wait=True)
    run = databricks.emulator.workspace.run(started.run_id)
    assert (run.job_id, run.ended <= databricks.now()) == (int(job_id), True)
    assert any(f"Run {started.run_id} is RUNNING" in words for words in databricks.said)


def test_a_copy_runs_on_the_cluster_of_a_prediction_and_the_job_stays(databricks: Databricks) -> None:
    job_id = databricks.job(job())
    before = databricks.block(job_id)
    started = databricks.site.run(job_id, LARGER, wait=False)
    cluster = databricks.emulator.workspace.run(started.run_id).tasks[0].own.asked
    assert (cluster["num_workers"], cluster["node_type_id"]) == (3, "m5.2xlarge")
    assert cluster["init_scripts"] == BLOCK["init_scripts"]
    assert databricks.block(job_id) == before


def test_a_recommendation_is_applied_whole_and_again_changes_nothing(databricks: Databricks) -> None:
    job_id = databricks.job(job())
    databricks.site.apply(job_id, PROJECT, LARGER)
    applied = databricks.block(job_id)
    assert (applied["num_workers"], applied["node_type_id"]) == (3, "m5.2xlarge")
    assert applied["init_scripts"] == BLOCK["init_scripts"]
    assert applied["aws_attributes"]["zone_id"] == "auto"
    assert applied["custom_tags"] == {"sync:project-id": PROJECT}
    updates = databricks.emulator.calls["POST", "jobs/update"]
    databricks.site.apply(job_id, PROJECT, LARGER)
    assert (databricks.block(job_id), databricks.emulator.calls["POST", "jobs/update"]) == (applied, updates)


def test_an_edit_in_between_is_not_written_over(databricks: Databricks) -> None:
    job_id = databricks.job(job())

    def edit(_: object) -> None:
        databricks.block(job_id)["num_workers"] = 17

    databricks.emulator.humans["GET", "jobs/get", 1] = edit
    with pytest.raises(Conflict, match="changed by somebody else"):
        databricks.site.apply(job_id, PROJECT, LARGER)
    assert databricks.block(job_id)["num_workers"] == 17


def test_what_a_bundle_owns_is_left_alone(databricks: Databricks) -> None:
    job_id = databricks.job(job(deployment={"kind": "BUNDLE"}))
    with pytest.raises(PlatformError, match="Asset Bundle"):
        databricks.site.apply(job_id, PROJECT, LARGER)
    assert databricks.block(job_id)["num_workers"] == 4


def test_access_is_told_line_by_line(databricks: Databricks) -> None:
    databricks.ran(databricks.job(job()))
    told = {line.name: line for line in databricks.site.access("dbfs:/logs")}
    assert told["Databricks"].message == "Signed in as owner@example.com"
    assert [told[name].status for name in ("Databricks jobs", "Event logs")] == ["OK", "OK"]
    assert told["Machines"].status == "Action recommended"
    assert "DATABRICKS_AWS_REGION" in told["Machines"].message


def test_a_cluster_that_was_made_for_a_run_ends_with_it() -> None:
    settings, asked = job(tasks=2), list[tuple[str, Json]]()
    answers: Json = {
        "jobs/get": {"settings": settings},
        "clusters/create": {"cluster_id": "0101-made"},
        "jobs/runs/submit": {"run_id": 75},
        "jobs/runs/get": {"run_id": 75, "state": {"life_cycle_state": "TERMINATED"}},
        "clusters/delete": {},
    }

    def do(method: str, path: str, query: Mapping[str, Any], body: Mapping[str, Any]) -> Json:  # noqa: ARG001
        name = path.partition("/2.")[2][2:]
        asked.append((name, dict(body)))
        return dict(answers[name])

    calls = Calls(do)
    watch = Watch("aws-databricks", "http://x", "t", None)
    site = DatabricksSite("aws-databricks", calls, CallFiles(calls), Waiter(lambda _: None), watch)
    assert site.run("7", {"num_workers": 3}, wait=True) == Started("75", "0101-made")
    assert asked[-1] == ("clusters/delete", {"cluster_id": "0101-made"})
    asked.clear()
    site.run("7", {"num_workers": 3}, wait=False)
    assert "clusters/delete" not in dict(asked)
