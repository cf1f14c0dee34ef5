"""Machines that no agent noted: EC2 is asked, or a cluster is watched from here."""

import json
from collections.abc import Iterator

import pytest
from tests.clouds.world import Databricks, job
from tests.platforms.emr.world import BOOK

from setpoint.clouds import machines
from setpoint.clouds.machines import Watch
from setpoint.errors import PlatformError
from setpoint.testing.emr import EmrEmulator


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmrEmulator]:
    with EmrEmulator(BOOK) as emulator:
        monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
        yield emulator


def start(cloud: EmrEmulator, cluster_id: str) -> list[str]:
    client = cloud.client("ec2")
    image = client.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    tags = [{"Key": "Vendor", "Value": "Databricks"}, {"Key": "ClusterId", "Value": cluster_id}]
    given = {"ResourceType": "instance", "Tags": tags}
    made = client.run_instances(
        ImageId=image, MinCount=2, MaxCount=2, TagSpecifications=[given], InstanceType="m5.xlarge"
    )
    return [each["InstanceId"] for each in made["Instances"]]


def watch_of(world: Databricks) -> Watch:
    found = world.site.watch
    return Watch("aws-databricks", found.host, found.token, "us-east-1")


def test_ec2_knows_machines_that_no_agent_noted(cloud: EmrEmulator, databricks: Databricks) -> None:
    run = databricks.ran(databricks.job(job()), noted=False)
    cluster = databricks.emulator.workspace.run(run).tasks[0].own
    names = start(cloud, cluster.id)
    start(cloud, "another")
    databricks.site.watch = watch_of(databricks)
    report = databricks.collect(run).report
    assert [each["InstanceId"] for each in report["instances"]] == names  # type: ignore[attr-defined]
    assert json.dumps(dict(report))


def test_a_cluster_that_is_watched_leaves_notes_where_its_agent_would(
    cloud: EmrEmulator, databricks: Databricks
) -> None:
    space = databricks.emulator.workspace
    cluster = space.start(job(), 0).tasks[0].own
    names = start(cloud, cluster.id)
    databricks.emulator.advance((cluster.ready - space.now).total_seconds() + 1)
    databricks.site.watch = watch_of(databricks)
    databricks.site.monitor(cluster.id)
    assert space.now >= cluster.ended
    path = f"/logs/{cluster.id}/sync_data/{cluster.context}/aws_cluster_info.json"
    assert path in str(space.files.list({"path": path}, space.now))
    noted = machines.seen(watch_of(databricks), cluster.id)
    assert [each["InstanceId"] for each in noted["instances"]] == names


@pytest.mark.parametrize(
    ("product", "region", "words"),
    [("aws-databricks", None, "DATABRICKS_AWS_REGION"), ("azure-databricks", None, "AZURE_TENANT_ID")],
)
def test_what_is_missing_is_named(product: str, region: str | None, words: str) -> None:
    watch = Watch(product, "http://127.0.0.1:9", "secret", region)
    with pytest.raises(PlatformError, match=words):
        watch.cloud()
    assert "secret" not in repr(watch)
    with pytest.raises(PlatformError):
        machines.seen(watch, "0101-1")


def test_a_cluster_that_is_not_there_is_not_watched(cloud: EmrEmulator, databricks: Databricks) -> None:  # noqa: ARG001
    databricks.site.watch = watch_of(databricks)
    with pytest.raises(PlatformError, match="cannot be monitored"):
        databricks.site.monitor("0101-nobody")
