"""By which ids bills may call a run that was reported."""

import json

from tests.core.rented import book
from tests.core.reports.made import cluster, life, report
from tests.core.reports.test_emr import emr, one

from setpoint.core.configurations import Reported, reported_cluster
from setpoint.core.reports import Terms, read_report
from setpoint.platforms.databricks.jobs import OurCluster, Place
from setpoint.platforms.databricks.report import clusters_of
from setpoint.platforms.reported import cluster_report_of, names_on_bills
from setpoint.testing.cloud_reports import PushedLife, databricks_report
from setpoint.testing.pushed_plant import START


def reported(document: dict[str, object], product: str = "aws-databricks") -> Reported:
    found = reported_cluster(document, product, book("aws", "us-east-1"))
    assert isinstance(found, Reported)
    return found


def test_emr_names_its_cluster_its_machines_and_their_disks() -> None:
    instances = [
        one("a", 20, 3600, "if-main", EbsVolumes=[{"VolumeId": "vol-1"}]),
        one("b", 30, 3600, "if-core"),
        one("b", 30, 3600, "if-core"),
    ]
    assert read_report(emr(instances), Terms()).resources == ("i-a", "i-b", "vol-1")


def test_databricks_names_what_the_agent_saw() -> None:
    machine = {"InstanceId": "i-1", "InstanceType": "m5.xlarge", "Placement": {"AvailabilityZone": "us-east-1a"}}
    volumes = [{"VolumeId": "vol-1", "Size": 100, "Attachments": [{"InstanceId": "i-1"}]}]
    read = report(life(2), instances=[machine], volumes=volumes)
    assert read_report(read, Terms()).resources == ("i-1", "vol-1")


def test_a_run_is_billed_as_its_cluster_and_runs_of_its_tasks() -> None:
    document = databricks_report(cluster(), PushedLife(START, 600.0))
    found = reported(json.loads(json.dumps(document)))
    names = names_on_bills(found)
    assert names[0] == found.run.cluster_id
    assert set(found.run.run_ids) <= set(names)
    assert cluster_report_of(found, None).billed_as == names


def test_all_clusters_of_attempts_are_a_runs_and_those_of_other_tasks_are_not() -> None:
    ours = OurCluster(Place("job_clusters", "main"), {}, ("main",))
    tasks = [
        {"task_key": "main", "cluster_instance": {"cluster_id": "c-1"}, "attempt_number": 0},
        {"task_key": "main", "cluster_instance": {"cluster_id": "c-2"}, "attempt_number": 1},
        {"task_key": "other", "cluster_instance": {"cluster_id": "c-3"}},
        {"task_key": "main"},
    ]
    assert clusters_of({"run_id": 1, "tasks": tasks}, ours) == ("c-1", "c-2")
