"""Which project a reported run is of."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.reports.made import T0, life, report

from setpoint.core.reports import read_report, write_report
from setpoint.core.reports.project import project_of_name
from setpoint.errors import InputError

TAG = "sync:project-id"


def databricks(**changes: object) -> str:
    return read_report(report(life(2), changes)).project


def emr(**changes: object) -> str:
    timeline = {"Timeline": {"CreationDateTime": T0, "EndDateTime": T0 + 600}}
    instance = {"Id": "ci-1", "Ec2InstanceId": "i-1", "InstanceType": "m5.xlarge", "Status": timeline}
    cluster = {"Id": "j-1", "Name": "nightly-2026-01-31", "Status": timeline, **changes}
    return read_report(json.dumps({"Cluster": cluster, "Instances": [instance]}).encode()).project


def test_the_tag_then_the_job_then_the_name() -> None:
    job = {"JobId": "7", "RunName": "nightly 2026-01-31"}
    assert databricks(custom_tags={TAG: "p-1"}, default_tags=job) == "p-1"
    assert databricks(custom_tags=[{"key": TAG, "value": "p-1"}], default_tags=job) == "p-1"
    assert databricks(custom_tags={"team": "x"}, default_tags=job) == "job 7"
    assert databricks(default_tags={"RunName": "nightly 2026-01-31"}) == "nightly"
    assert databricks() == "job 1"
    assert databricks(cluster_name="shared") == "shared"
    assert databricks(cluster_name=None) == ""


def test_emr_by_tag_then_name() -> None:
    assert emr(Tags=[{"Key": "Owner", "Value": "x"}, {"Key": TAG, "Value": "p-2"}]) == "p-2"
    assert emr(Tags=[{"Key": "Owner", "Value": "x"}]) == emr() == "nightly"
    used = {"vCPUHour": 1, "memoryGBHour": 4}
    run = {"applicationId": "a", "jobRunId": "r", "name": "load run 7", "billedResourceUtilization": used}
    assert read_report(json.dumps(run).encode()).project == "load"
    assert read_report(json.dumps({**run, "tags": {TAG: "p-3"}}).encode()).project == "p-3"


def test_our_own_format_has_a_field() -> None:
    run = {"setpoint_usage": 1, "cloud": "aws", "region": "us-east-1", "name": "nightly #12",
           "serverless": {"vcpu_hours": 1, "gib_hours": 4}}  # fmt: skip
    assert read_report(json.dumps(run).encode()).project == "nightly"
    told = read_report(json.dumps({**run, "project": "p-4"}).encode())
    assert told.project == "p-4"
    assert read_report(write_report(told)) == told


@pytest.mark.parametrize("tags", [7, "x", [7], {TAG: []}, [{"Key": TAG, "Value": {}}]])
def test_tags_that_are_none_are_named(tags: object) -> None:
    with pytest.raises(InputError, match="custom_tags"):
        databricks(custom_tags=tags)


@pytest.mark.parametrize(
    ("name", "project"),
    [
        ("nightly-20260131", "nightly"),
        ("nightly-20260131T0500Z", "nightly"),
        ("load 2026-01-31T05:00:00+00:00 eu", "load eu"),
        ("2f1c1a9e-0f5b-4c2d-9a55-3a1b2c3d4e5f_load", "load"),
        ("job-12-run-34-main", "job 12"),
        ("etl-2", "etl-2"),
        ("tpcds run-3", "tpcds"),
        ("dry-run", "dry-run"),
        ("rerun7", "rerun7"),
        ("1700000000000", "1700000000000"),
        ("", ""),
    ],
)
def test_names_without_run_numbers(name: str, project: str) -> None:
    assert project_of_name(name) == project


@given(st.text(max_size=60))
def test_any_name_has_a_project_of_no_more_letters(name: str) -> None:
    found = project_of_name(name)
    assert bool(found) == bool(name.strip())


@given(st.sampled_from(["nightly", "load orders", "a_b"]), st.integers(0, 10**6), st.dates())
def test_runs_of_one_name_are_of_one_project(name: str, number: int, day: object) -> None:
    assert project_of_name(f"{name} run {number} {day}") == project_of_name(f"{name}-run-{number + 1}") == name
