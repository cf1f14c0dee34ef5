"""What commands do with EMR, through boto3 against the emulated account."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from tests.clouds.world import PROJECT, names_in
from tests.platforms.emr.world import BOOK, GROUPS

from setpoint.client.logs import LogFile
from setpoint.clouds.emr_site import EmrSite
from setpoint.clouds.waiting import Waiter
from setpoint.errors import EventLogError, InputError, PlatformError
from setpoint.platforms.emr.calls import Calls
from setpoint.testing.emr import EmrEmulator, Ordered, SimulatedRunner

Json = dict[str, Any]
STORED: Json = {"id": PROJECT, "s3_url": "s3://home/projects"}


@pytest.fixture(scope="module")
def serving() -> Iterator[EmrEmulator]:
    with EmrEmulator(BOOK) as cloud:
        yield cloud


@pytest.fixture
def cloud(serving: EmrEmulator) -> EmrEmulator:
    serving.forget()
    serving.put("s3://home/projects/.keep", b"", serving.clock())
    return serving


def site_of(cloud: EmrEmulator, said: list[str] | None = None) -> EmrSite:
    words = [] if said is None else said
    numbers = count(len(cloud.emr.clusters))
    waiter = Waiter(words.append, cloud.clock.wait, lambda: cloud.clock().timestamp())
    calls = Calls(cloud.client, cloud.clock.wait)
    return EmrSite(calls, "us-east-1", waiter, cloud.clock, lambda: f"run-{next(numbers)}")


def test_a_cluster_is_started_waited_for_and_collected(cloud: EmrEmulator) -> None:
    said: list[str] = []
    site = site_of(cloud, said)
    cluster = site.run(GROUPS, STORED, wait=True)
    assert any(f"Cluster {cluster} is RUNNING" in words for words in said)
    found = site.collect(cluster, project=STORED)
    report: Json = dict(found.report)
    assert {"Cluster", "Instances", "Steps", "Region"} <= set(report)
    assert isinstance(found.log, LogFile)
    assert found.log.name.startswith("application_")
    with found.log.open() as file:
        assert b"SparkListenerLogStart" in file.read(200)
    kept = cloud.storage.keys("home")
    assert any(key.endswith("emr-cluster-report.json") for key in kept)
    assert any(key.endswith("job-flow.json") for key in kept)
    assert site.cluster_of(PROJECT, None) == site.cluster_of(PROJECT, "run-0") == cluster


def test_a_rolled_log_is_packed_with_its_folder(cloud: EmrEmulator) -> None:
    assert isinstance(cloud.runner, SimulatedRunner)
    cloud.runner.orders.append(Ordered(rolled=True))
    site = site_of(cloud)
    found = site.collect(site.run(GROUPS, STORED, wait=True))
    names = names_in(found.log)
    assert len(names) >= 2
    assert all(name.startswith("eventlog_v2_application_") for name in names)


def test_a_cluster_that_lives_is_not_collected(cloud: EmrEmulator) -> None:
    site = site_of(cloud)
    cluster = site.run(GROUPS, None, wait=False)
    cloud.clock.move(300)
    with pytest.raises(PlatformError, match="can be collected once it has ended"):
        site.collect(cluster)
    with pytest.raises(PlatformError, match="j-NOBODY"):
        site.collect("j-NOBODY")


def test_a_cluster_that_stays_alive_is_not_waited_for(cloud: EmrEmulator) -> None:
    kept: Json = GROUPS | {"Instances": GROUPS["Instances"] | {"KeepJobFlowAliveWhenNoSteps": True}}
    with pytest.raises(PlatformError, match="stays alive"):
        site_of(cloud).run(kept, None, wait=True)


def test_a_run_of_another_project_is_not_recorded(cloud: EmrEmulator) -> None:
    site = site_of(cloud)
    cluster = site.run(GROUPS, STORED, wait=True)
    with pytest.raises(PlatformError, match="and not of another"):
        site.collect(cluster, project={"id": "another"})
    with pytest.raises(InputError, match="bears the tag of project another in run r"):
        site.cluster_of("another", "r")


def test_a_cluster_without_a_log_has_a_report_all_the_same(cloud: EmrEmulator) -> None:
    assert isinstance(cloud.runner, SimulatedRunner)
    cloud.runner.orders.append(Ordered(with_log=False))
    site = site_of(cloud)
    cluster = site.run(GROUPS, None, wait=True)
    with pytest.raises(EventLogError):
        site.collect(cluster)
    assert site.collect(cluster, with_log=False).report["Cluster"]


def test_access_is_told_line_by_line(cloud: EmrEmulator) -> None:
    site = site_of(cloud)
    cluster = site.run(GROUPS, None, wait=True)
    told = {line.name: line.status for line in site.access(cluster, "s3://home/projects")}
    assert told == dict.fromkeys(("AWS", "EMR", "EMR cluster", "Event logs"), "OK")
    refused = {line.name: line for line in site.access("j-NOBODY", "dbfs:/logs")}
    assert refused["EMR cluster"].status == refused["Event logs"].status == "Action required"
    assert "s3://bucket/folder" in refused["Event logs"].message
