"""Recording a run, and starting a cluster once."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.platforms.emr.world import BOOK, FLEETS, GROUPS

from setpoint.core.configurations import reported_cluster
from setpoint.core.eventlog import read_profile
from setpoint.errors import EventLogError, InputError, PlatformError
from setpoint.platforms.emr.calls import Calls
from setpoint.platforms.emr.logs import Place, listed, logs_among, opened
from setpoint.platforms.emr.records import Started, project_job_flow, record_run, start_cluster
from setpoint.testing.emr import FAULT_KINDS, EmrEmulator, FaultKind, Ordered, SimulatedRunner

NOW = datetime.fromisoformat("2026-01-01T02:00:00Z")
REGION = "us-east-1"


@pytest.fixture(scope="module")
def serving() -> Iterator[EmrEmulator]:
    with EmrEmulator(BOOK) as cloud:
        yield cloud


@pytest.fixture
def cloud(serving: EmrEmulator) -> EmrEmulator:
    serving.forget()
    serving.put("s3://home/projects/.keep", b"", serving.clock())
    return serving


def calls_to(cloud: EmrEmulator) -> Calls:
    return Calls(cloud.client, cloud.clock.wait)


def start(cloud: EmrEmulator, arguments: dict[str, Any] = GROUPS, **more: str) -> Started:
    numbers = count(len(cloud.emr.clusters))
    given = {"now": cloud.clock(), "new_run_id": lambda: f"run-{next(numbers)}"}
    return start_cluster(calls_to(cloud), REGION, arguments, **given, **more)  # type: ignore[arg-type]


def record(cloud: EmrEmulator, cluster: str, project: str = "p-1", location: str = "s3://home/projects") -> Any:  # noqa: ANN401
    return record_run(calls_to(cloud), REGION, cluster, project, location=location, new_run_id=lambda: "new-run")


def test_a_started_run_is_recorded_where_it_was_started(cloud: EmrEmulator) -> None:
    begun = cloud.clock()
    started = start(cloud, FLEETS, project_id="p-1", location="s3://home/projects/")
    cloud.clock.move(3600)
    recorded = record(cloud, started.cluster_id)
    folder = f"projects/p-1/{begun:%Y-%m-%dT%H:%M:%S}Z/{started.run_id}/"
    assert recorded.folder == started.folder == f"s3://home/{folder}"
    keys = cloud.storage.keys("home")
    names = {key.removeprefix(folder) for key in keys if key.startswith(folder)}
    assert {"job-flow.json", "emr-cluster-report.json", "eventlog/"} < names
    assert recorded.event_log.startswith(f"s3://home/{folder}eventlog/application_")
    report = json.loads(cloud.storage.content("home", f"{folder}emr-cluster-report.json"))
    assert report == json.loads(json.dumps(recorded.report))
    assert reported_cluster(report, "aws-emr", BOOK).run.project == "p-1"  # type: ignore[union-attr]


def test_a_log_from_elsewhere_is_copied(cloud: EmrEmulator) -> None:
    runner = cloud.runner
    assert isinstance(runner, SimulatedRunner)
    runner.orders.append(Ordered(rolled=True))
    started = start(cloud)
    cloud.clock.move(3600)
    recorded = record(cloud, started.cluster_id)
    assert recorded.event_log.startswith(f"{recorded.folder}eventlog/eventlog_v2_application_")
    place = Place("home", recorded.folder.removeprefix("s3://home/") + "eventlog/")
    calls = calls_to(cloud)
    (log,) = logs_among(listed(calls, REGION, place))
    assert read_profile(opened(calls, REGION, place, log)).completeness.state == "complete"


def test_without_a_location_nothing_is_copied(cloud: EmrEmulator) -> None:
    started = start(cloud)
    cloud.clock.move(3600)
    recorded = record(cloud, started.cluster_id, location="")
    assert recorded.folder == ""
    assert recorded.event_log.startswith("s3://logs/events/application_")


def test_what_cannot_be_recorded_is_said(cloud: EmrEmulator) -> None:
    started = start(cloud, project_id="p-1", location="s3://home/projects")
    with pytest.raises(PlatformError, match="STARTING"):
        record(cloud, started.cluster_id)
    cloud.clock.move(3600)
    with pytest.raises(PlatformError, match="p-1"):
        record(cloud, started.cluster_id, "p-2")
    with pytest.raises(PlatformError, match="j-NONE"):
        record(cloud, "j-NONE")
    silent = start(cloud, GROUPS | {"Configurations": []})
    cloud.clock.move(3600)
    with pytest.raises(EventLogError, match=r"spark\.eventLog\.dir"):
        record(cloud, silent.cluster_id)
    with pytest.raises(InputError, match="Instances"):
        start(cloud, {"Name": "x"})


@pytest.mark.parametrize("fault", FAULT_KINDS)
def test_a_cluster_is_started_once_whatever_goes_wrong(cloud: EmrEmulator, fault: FaultKind) -> None:
    before = len(cloud.faults.calls)
    start(cloud, project_id="p-1", location="s3://home/projects")
    calls = len(cloud.faults.calls) - before
    for at in range(calls):
        cloud.emr.clusters.clear()
        cloud.faults.strike(fault, at)
        try:
            started = [start(cloud, project_id="p-1", location="s3://home/projects").cluster_id]
        except PlatformError:
            started = []
        assert list(cloud.emr.clusters) == started, f"call {at}"
    cloud.faults.clear()


def test_what_nobody_can_tell_is_said(cloud: EmrEmulator) -> None:
    cloud.faults.strike_next("emr:RunJobFlow", "internal")
    with pytest.raises(PlatformError, match="not known"):
        start(cloud)
    assert cloud.emr.clusters == {}


TAGS = st.lists(st.fixed_dictionaries({"Key": st.text("abc", min_size=1), "Value": st.text("xyz")}), max_size=4)


@given(tags=TAGS, properties=st.dictionaries(st.text("spark.", min_size=1), st.text("0123"), max_size=3))
def test_a_projects_job_flow_keeps_all_else(tags: list[dict[str, str]], properties: dict[str, str]) -> None:
    own = {
        "Name": "x",
        "Tags": tags,
        "Configurations": [{"Classification": "spark-defaults", "Properties": properties}],
    }
    once = project_job_flow(own, "p", "r", NOW, "s3://home/a")
    assert project_job_flow(once, "p", "r", NOW, "s3://home/a") == once
    assert once["Tags"][: len(tags)] == tags
    (defaults,) = once["Configurations"]
    assert properties.items() <= defaults["Properties"].items()
    assert defaults["Properties"]["spark.eventLog.dir"] == "s3a://home/a/p/2026-01-01T02:00:00Z/r/eventlog/"
