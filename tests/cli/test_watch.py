"""`setpoint watch` over an emulated AWS: the unmodified boto3, a ledger of this machine, one look."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.platforms.emr.world import BOOK, World, world_of

from setpoint.core.cloud_space import cloud_space
from setpoint.core.wishes import NO_WISHES
from setpoint.ledger import open_ledger
from setpoint.loop import Loop
from setpoint.testing.emr import EmrEmulator, EmulatedClock
from setpoint.testing.platform_contract import PROJECT

pytest.importorskip("boto3", reason="the extra aws is not installed")
Setpoint = Callable[..., Said]


@pytest.fixture(scope="module")
def cloud() -> Iterator[EmrEmulator]:
    # Within the two months for which EMR remembers clusters.
    with EmrEmulator(BOOK, clock=EmulatedClock(datetime.now(UTC).replace(microsecond=0))) as serving:
        yield serving


@pytest.fixture(params=["groups", "serverless"])
def controlled(
    request: pytest.FixtureRequest, cloud: EmrEmulator, home: Path, monkeypatch: pytest.MonkeyPatch
) -> World:
    """A project on EMR, under control, that has not run yet."""
    cloud.forget()
    for name, value in {"URL": cloud.url, "ID": "testing", "KEY": "testing"}.items():
        variable = {"URL": "AWS_ENDPOINT_URL", "ID": "AWS_ACCESS_KEY_ID", "KEY": "AWS_SECRET_ACCESS_KEY"}[name]
        monkeypatch.setenv(variable, value)
    world = world_of(request.param, cloud, home)
    ledger = open_ledger(f"sqlite:///{home / 'ledger.db'}")
    loop = Loop(world.platform, ledger, BOOK, cloud.clock)
    loop.register(PROJECT, "emr", world.spec, cloud_space(world.spec, BOOK, NO_WISHES))
    loop.set_goal(PROJECT, "minimise cost")
    return world


def test_a_run_that_has_ended_is_recorded_once(controlled: World, setpoint: Setpoint) -> None:
    assert setpoint("watch", "--once").out == ""
    run = controlled.run()
    told = setpoint("watch", "--once", "--json")
    assert (told.exit_code, told.err) == (0, "")
    said = json.loads(told.out)
    assert (said["project"], said["outcome"], said["runs"]) == (PROJECT, "recorded", [run])
    assert said["reason"]
    assert setpoint("watch", PROJECT, "--once").out == ""


def test_a_project_that_is_not_there_is_said(setpoint: Setpoint, home: Path) -> None:
    said = setpoint("watch", "nothing", "--once")
    assert said.exit_code == 66
    assert "nothing is no project that runs elsewhere" in said.err
    assert home.is_dir()
