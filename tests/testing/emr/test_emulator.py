"""The emulated account, asked by the unmodified boto3."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from tests.core.rented import EMR_FLEETS, EMR_GROUPS, book
from tests.platforms.emr.world import TELLS_OF_APPLICATIONS

from setpoint.testing.emr import FAULT_KINDS, EmrEmulator, FaultKind, Ordered, SimulatedRunner
from setpoint.testing.emr.server import AwsClient

Json = Any

LOGGED = [{"Classification": "spark-defaults", "Properties": {"spark.eventLog.dir": "s3://logs/events/"}}]
GROUPS = EMR_GROUPS | {"Configurations": LOGGED}
FLEETS = EMR_FLEETS | {"Configurations": LOGGED}


@pytest.fixture(scope="module")
def serving() -> Iterator[EmrEmulator]:
    with EmrEmulator(book("aws", "us-east-1")) as running:
        yield running


@pytest.fixture
def cloud(serving: EmrEmulator) -> EmrEmulator:
    serving.forget()
    serving.runner = SimulatedRunner()
    return serving


def runner_of(cloud: EmrEmulator) -> SimulatedRunner:
    assert isinstance(cloud.runner, SimulatedRunner)
    return cloud.runner


def state_of(emr: AwsClient, name: str) -> str:
    return str(emr.describe_cluster(ClusterId=name)["Cluster"]["Status"]["State"])


@pytest.mark.parametrize("arguments", [GROUPS, FLEETS], ids=["groups", "fleets"])
def test_a_transient_cluster_lives_and_goes(cloud: EmrEmulator, arguments: dict[str, Any]) -> None:
    emr = cloud.client("emr")
    name = emr.run_job_flow(**arguments)["JobFlowId"]
    seen = [state_of(emr, name)]
    for _ in range(60):
        cloud.clock.move(20)
        seen.append(state_of(emr, name))
    assert list(dict.fromkeys(seen)) == ["STARTING", "BOOTSTRAPPING", "RUNNING", "TERMINATING", "TERMINATED"]
    cluster = emr.describe_cluster(ClusterId=name)["Cluster"]
    assert cluster["Status"]["StateChangeReason"]["Code"] == "ALL_STEPS_COMPLETED"
    assert cluster["AutoTerminate"]
    steps = emr.list_steps(ClusterId=name)["Steps"]
    assert [step["Name"] for step in steps] == ["count", "copy"]
    assert {step["Status"]["State"] for step in steps} == {"COMPLETED"}
    keys = cloud.storage.keys("logs")
    written = [key.removeprefix("events/") for key in keys if key.startswith("events/")]
    assert len(written) == len(steps)
    if TELLS_OF_APPLICATIONS:
        told = [step["AdditionalInfo"]["ResourceManagerApplicationIds"][0] for step in reversed(steps)]
        assert written == told


def test_groups_and_fleets_are_told_as_what_they_are(cloud: EmrEmulator) -> None:
    emr = cloud.client("emr")
    name = emr.run_job_flow(**FLEETS)["JobFlowId"]
    cloud.clock.move(200)
    fleets = emr.list_instance_fleets(ClusterId=name)["InstanceFleets"]
    assert [(each["InstanceFleetType"], each["ProvisionedSpotCapacity"]) for each in fleets] == [
        ("MASTER", 0),
        ("CORE", 6),
    ]
    with pytest.raises(ClientError, match="mutually exclusive"):
        emr.list_instance_groups(ClusterId=name)
    instances = emr.list_instances(ClusterId=name)["Instances"]
    assert len(instances) == 9
    assert {len(each["EbsVolumes"]) for each in instances} == {0, 2}


def test_lists_come_in_pages(cloud: EmrEmulator) -> None:
    emr = cloud.client("emr")
    cloud.emr.page_size = 2
    names = {emr.run_job_flow(**GROUPS)["JobFlowId"] for _ in range(5)}
    pages = list(emr.get_paginator("list_clusters").paginate())
    assert [len(page["Clusters"]) for page in pages] == [2, 2, 1]
    assert {each["Id"] for page in pages for each in page["Clusters"]} == names


def test_a_failed_step_ends_the_cluster_and_is_explained(cloud: EmrEmulator) -> None:
    emr = cloud.client("emr")
    runner_of(cloud).orders.append(Ordered(exit_code=3))
    name = emr.run_job_flow(**GROUPS)["JobFlowId"]
    cloud.clock.move(3600)
    assert state_of(emr, name) == "TERMINATED_WITH_ERRORS"
    steps = emr.list_steps(ClusterId=name)["Steps"]
    assert [step["Status"]["State"] for step in steps] == ["CANCELLED", "FAILED"]
    log = steps[1]["Status"]["FailureDetails"]["LogFile"].removeprefix("s3://logs/")
    assert log in cloud.storage.keys("logs")


def test_machines_that_are_not_to_be_had_are_no_failure_of_a_step(cloud: EmrEmulator) -> None:
    emr = cloud.client("emr")
    cloud.lacking.add("r5.xlarge")
    name = emr.run_job_flow(**GROUPS)["JobFlowId"]
    cloud.clock.move(3600)
    status = emr.describe_cluster(ClusterId=name)["Cluster"]["Status"]
    assert status["State"] == "TERMINATED_WITH_ERRORS"
    assert status["ErrorDetails"][0]["ErrorCode"] == "EC2_INSUFFICIENT_CAPACITY"


def test_a_cluster_that_is_kept_waits_for_steps(cloud: EmrEmulator) -> None:
    emr = cloud.client("emr")
    kept = GROUPS | {"Instances": GROUPS["Instances"] | {"KeepJobFlowAliveWhenNoSteps": True}, "Steps": []}
    name = emr.run_job_flow(**kept)["JobFlowId"]
    cloud.clock.move(1000)
    assert state_of(emr, name) == "WAITING"
    emr.add_job_flow_steps(JobFlowId=name, Steps=GROUPS["Steps"][:1])
    assert state_of(emr, name) == "RUNNING"
    cloud.clock.move(1000)
    assert state_of(emr, name) == "WAITING"
    emr.terminate_job_flows(JobFlowIds=[name])
    cloud.clock.move(100)
    assert state_of(emr, name) == "TERMINATED"


def test_managed_scaling_jumps_to_its_maximum(cloud: EmrEmulator) -> None:
    emr = cloud.client("emr")
    limits = {"UnitType": "Instances", "MinimumCapacityUnits": 2, "MaximumCapacityUnits": 7}
    name = emr.run_job_flow(**GROUPS, ManagedScalingPolicy={"ComputeLimits": limits})["JobFlowId"]
    cloud.clock.move(250)
    groups = emr.list_instance_groups(ClusterId=name)["InstanceGroups"]
    assert groups[1]["RequestedInstanceCount"] == 7
    assert emr.get_managed_scaling_policy(ClusterId=name)["ManagedScalingPolicy"]["ComputeLimits"] == limits


def test_a_job_run_is_billed_for_its_workers(cloud: EmrEmulator) -> None:
    serverless = cloud.client("emr-serverless")
    name = serverless.create_application(name="etl", releaseLabel="emr-7.1.0", type="SPARK")["applicationId"]
    logs = {"monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": "s3://logs/serverless/"}}}
    words = "--conf spark.dynamicAllocation.maxExecutors=4"
    wanted = {
        "applicationId": name,
        "clientToken": "once",
        "executionRoleArn": "arn:aws:iam::123456789012:role/job",
        "jobDriver": {"sparkSubmit": {"entryPoint": "s3://code/nightly.py", "sparkSubmitParameters": words}},
        "configurationOverrides": logs,
    }
    runs = {serverless.start_job_run(**wanted)["jobRunId"] for _ in range(2)}
    assert len(runs) == 1
    (run_id,) = runs
    cloud.clock.move(3600)
    run = serverless.get_job_run(applicationId=name, jobRunId=run_id)["jobRun"]
    assert run["state"] == "SUCCESS"
    hours = (run["endedAt"] - run["startedAt"]).total_seconds() / 3600
    assert run["billedResourceUtilization"]["vCPUHour"] == pytest.approx(hours * 20, rel=0.01)
    assert run["billedResourceUtilization"]["memoryGBHour"] == pytest.approx(hours * 80, rel=0.01)
    assert [each["id"] for each in serverless.list_job_runs(applicationId=name)["jobRuns"]] == [run_id]
    assert f"serverless/applications/{name}/jobs/{run_id}/sparklogs/{run_id}" in cloud.storage.keys("logs")


def test_workers_that_do_not_exist_are_refused(cloud: EmrEmulator) -> None:
    serverless = cloud.client("emr-serverless")
    name = serverless.create_application(name="etl", releaseLabel="emr-7.1.0", type="SPARK")["applicationId"]
    words = "--conf spark.executor.cores=3 --conf spark.dynamicAllocation.maxExecutors=4"
    with pytest.raises(ClientError, match="3 vCPUs"):
        serverless.start_job_run(
            applicationId=name,
            executionRoleArn="arn:aws:iam::123456789012:role/job",
            jobDriver={"sparkSubmit": {"entryPoint": "s3://code/x.py", "sparkSubmitParameters": words}},
        )


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_faults_come_as_the_client_knows_them(cloud: EmrEmulator, kind: FaultKind) -> None:
    emr, s3 = cloud.client("emr"), cloud.client("s3")
    cloud.put("s3://logs/a", b"a" * 100_000, cloud.clock())
    emr.run_job_flow(**GROUPS)
    cloud.faults.strike(kind, 0)
    if kind == "half":  # botocore takes half an answer for an empty one
        assert "Clusters" not in emr.list_clusters()
    else:
        with pytest.raises((ClientError, BotoCoreError)):
            emr.list_clusters()
    cloud.faults.strike(kind, 0)
    with pytest.raises((ClientError, BotoCoreError)):
        s3.list_objects_v2(Bucket="logs")
    cloud.faults.strike(kind, 0)
    with pytest.raises((ClientError, BotoCoreError)):
        s3.get_object(Bucket="logs", Key="a")["Body"].read()
    assert len(emr.list_clusters()["Clusters"]) == 1
    assert s3.get_object(Bucket="logs", Key="a")["Body"].read() == b"a" * 100_000


def test_what_is_lost_was_done(cloud: EmrEmulator) -> None:
    emr = cloud.client("emr")
    cloud.faults.strike_next("emr:RunJobFlow", "lost")
    with pytest.raises(BotoCoreError):
        emr.run_job_flow(**GROUPS)
    assert len(emr.list_clusters()["Clusters"]) == 1


def test_every_answer_has_only_fields_that_the_model_of_boto3_knows(cloud: EmrEmulator) -> None:
    emr = cloud.client("emr")
    name = emr.run_job_flow(**FLEETS)["JobFlowId"]
    cloud.clock.move(3600)
    for operation, given in {
        "DescribeCluster": {"ClusterId": name},
        "ListClusters": {},
        "ListInstances": {"ClusterId": name},
        "ListInstanceFleets": {"ClusterId": name},
        "ListSteps": {"ClusterId": name},
        "ListBootstrapActions": {"ClusterId": name},
    }.items():
        shape = emr.meta.service_model.operation_model(operation).output_shape
        found = unknown(cloud.emr.call(operation, given), shape)
        assert [each for each in found if TELLS_OF_APPLICATIONS or not each.endswith(".AdditionalInfo")] == []


def unknown(value: Json, shape: Json, path: str = "") -> list[str]:
    if shape.type_name == "list":
        return [each for at, it in enumerate(value) for each in unknown(it, shape.member, f"{path}[{at}]")]
    if shape.type_name != "structure":
        return []
    found = [f"{path}.{key}" for key in value if key not in shape.members]
    known = ((key, it) for key, it in value.items() if key in shape.members)
    return found + [each for key, it in known for each in unknown(it, shape.members[key], f"{path}.{key}")]
