"""`setpoint emr`, against the emulated account and through the unmodified boto3."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.platforms.emr.world import BOOK, GROUPS, World, apply, sized, world_of

from setpoint.testing.emr import EmrEmulator
from setpoint.testing.platform_contract import PROJECT

Setpoint = Callable[..., Said]


@pytest.fixture(scope="module")
def serving() -> Iterator[EmrEmulator]:
    with EmrEmulator(BOOK) as cloud:
        yield cloud


@pytest.fixture
def world(home: Path, serving: EmrEmulator, monkeypatch: pytest.MonkeyPatch) -> World:
    """A project that ran last night, known by the name of its clusters."""
    serving.forget()
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", serving.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    made = world_of("groups", serving, home, template=None)
    serving.clock.move(max(0.0, (datetime.now(UTC) - serving.clock()).total_seconds() - 2 * 86_400))
    made.run()
    return made


def test_a_launcher_is_named_and_taken_back(setpoint: Setpoint, world: World, tmp_path: Path) -> None:
    launcher = tmp_path / "launcher.json"
    launcher.write_text(json.dumps(GROUPS))
    said = setpoint("emr", "project", PROJECT, "--template", str(launcher), "--branch", "setpoint/x", "--json")
    assert said.exit_code == 0, said.err
    shown = json.loads(said.out)
    assert (shown["template"], shown["branch"], shown["name"]) == (str(launcher), "setpoint/x", PROJECT)
    assert world.open().store.project(PROJECT).template == str(launcher)
    assert "template" in setpoint("emr", "project", PROJECT).out
    setpoint("emr", "project", PROJECT, "--template", "", "--branch", "", "--history-server")
    now = world.open().store.project(PROJECT)
    assert (now.template, now.branch, now.history_server) == (None, None, True)


def test_what_cannot_be_is_said_and_not_kept(setpoint: Setpoint, world: World, tmp_path: Path) -> None:
    before = world.open().store.project(PROJECT)
    for words in (
        ("--branch", "x"),
        ("--template", str(tmp_path / "none.json")),
        ("--event-logs", "hdfs:///logs"),
    ):
        said = setpoint("emr", "project", PROJECT, *words)
        assert said.exit_code != 0
        assert "Traceback" not in said.err
    assert world.open().store.project(PROJECT) == before
    assert setpoint("emr", "project", "nobody").exit_code != 0


def test_a_launcher_fetches_what_was_decided(setpoint: Setpoint, world: World, tmp_path: Path) -> None:
    own = json.loads(setpoint("emr", "arguments", PROJECT).out)
    assert [group["InstanceCount"] for group in own["Instances"]["InstanceGroups"]] == [1, 4]
    decided = apply(world, 3)
    assert json.loads(setpoint("emr", "arguments", PROJECT).out) == decided
    file = tmp_path / "next.json"
    setpoint("emr", "arguments", PROJECT, "-o", str(file))
    world.cloud.client("emr").run_job_flow(**json.loads(file.read_text()))
    world.cloud.clock.move(86_400)
    assert world.spec == sized(world.spec, 3)


def test_of_a_cluster_that_is_resized_nothing_is_launched(setpoint: Setpoint, world: World) -> None:  # noqa: ARG001
    assert setpoint("emr", "project", PROJECT, "--resize").exit_code == 0
    said = setpoint("emr", "arguments", PROJECT)
    assert said.exit_code != 0
    assert "kept alive" in said.err


def test_the_launchers_own_arguments_go_through_until_something_is_decided(
    setpoint: Setpoint, world: World, tmp_path: Path
) -> None:
    launcher = tmp_path / "launcher.json"
    launcher.write_text(json.dumps({"States": {"Run": {"Parameters": GROUPS}}}))
    setpoint("emr", "project", PROJECT, "--template", str(launcher))
    assert json.loads(setpoint("emr", "arguments", PROJECT).out) == GROUPS
    assert world.open().fetched(PROJECT) is None
