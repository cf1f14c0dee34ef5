"""The platform as it is opened on a machine: boto3 with whatever credentials and endpoint are usual there."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.platforms.emr.world import World

from setpoint.core.eventlog import read_profile
from setpoint.errors import EventLogError, PlatformError
from setpoint.platforms import PLATFORMS
from setpoint.platforms.emr import EmrPlatform
from setpoint.platforms.emr.history_server import browse
from setpoint.testing.platform_contract import PROJECT


def test_the_registered_platform_reads_a_run_through_the_usual_endpoint(
    make: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make("groups")
    run = world.run()
    monkeypatch.setenv("AWS_ENDPOINT_URL", world.cloud.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    platform = PLATFORMS["emr"](world.home)
    assert isinstance(platform, EmrPlatform)
    platform.on_ec2._watched.clear()
    platform.on_ec2._clock = world.cloud.clock
    assert platform.finished_runs(PROJECT) == (run,)
    assert platform.cluster_report(PROJECT, run).spec == world.spec == platform.current_spec(PROJECT)
    assert read_profile(platform.event_log(PROJECT, run)).completeness.state == "complete"


def test_a_history_server_that_refuses_is_said_without_its_url(make: Callable[..., World], tmp_path: Path) -> None:
    world = make("groups")
    known = f"{world.cloud.url}/shs/p-x/"
    to = tmp_path / "log.zip"
    assert browse(f"{known}?authToken=once", [f"{known}api/v1/applications/a/logs"], to) is None
    with pytest.raises(PlatformError, match="HTTPStatusError") as said:
        browse(f"{known}?authToken=secret", [], to)
    assert "secret" not in str(said.value)
    world.run()
    (cluster,) = world.cloud.emr.clusters.values()
    cluster.on_hdfs["application_1_0001"] = b"x"
    world.cloud.emr.history_servers["p-x"] = [cluster.id, 0]
    url = f"{known}api/v1/applications/application_1_0001/logs"
    assert browse(f"{known}?authToken=once", [url], to) == url
    with pytest.raises(EventLogError, match="cannot be kept"):
        browse(f"{known}?authToken=once", [url], tmp_path / "none" / "log.zip")
