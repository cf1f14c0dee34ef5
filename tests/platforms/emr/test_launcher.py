"""Launchers' files: found in whatever holds them, patched so that `git apply` takes it, and never written."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.platforms.emr.world import BOOK, FLEETS, GROUPS, World, apply, changed, sized

from setpoint.core.domain import SearchSpace
from setpoint.core.history import Applied, Disturbed
from setpoint.errors import Conflict, InputError, LeftToOwner, PlatformError
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.platforms.emr.launcher import check_unchanged, patch_of, read_template
from setpoint.testing.platform_contract import PROJECT

Json = dict[str, Any]
SERVERLESS: Json = {
    "ApplicationId": "00abc",
    "ExecutionRoleArn": "arn:aws:iam::123456789012:role/job",
    "Name": PROJECT,
    "JobDriver": {"SparkSubmit": {"EntryPoint": "s3://c/x.py", "SparkSubmitParameters": "--num-executors 3"}},
    "ConfigurationOverrides": {
        "ApplicationConfiguration": [
            {
                "Classification": "spark-defaults",
                "Properties": {"Spark.x": "1", "spark.dynamicAllocation.enabled": "false"},
            }
        ]
    },
    "Tags": {"Team": "sales"},
}
LAUNCHERS: dict[str, Callable[[Json], object]] = {
    "bare": lambda it: it,
    "step functions": lambda it: {"StartAt": "R", "States": {"R": {"Type": "Task", "Parameters": it, "End": True}}},
    "airflow": lambda it: {"dag_id": "etl", "JOB_FLOW_OVERRIDES": it},
    "lambda": lambda it: [{"detail": {"run": it, "note": "–"}}],
}


def write(path: Path, value: object, **style: Any) -> Path:  # noqa: ANN401 - of json
    path.write_text(json.dumps(value, **style), encoding="utf-8")
    return path


@pytest.mark.parametrize("launcher", LAUNCHERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=8)
@given(
    indent=st.sampled_from([None, 1, 2, 4]),
    ascii_only=st.booleans(),
    machines=st.sampled_from([FLEETS["Instances"], GROUPS["Instances"]]),
)
def test_a_patch_changes_the_arguments_and_nothing_else(
    launcher: str,
    indent: int | None,
    *,
    ascii_only: bool,
    machines: Json,
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "x.json", LAUNCHERS[launcher](GROUPS), indent=indent, ensure_ascii=ascii_only)
    template = read_template(path, is_serverless=False)
    assert template.arguments == GROUPS
    wanted = GROUPS | {"Instances": machines}
    patch = patch_of(template, wanted)
    if not patch:
        assert wanted == GROUPS
        return
    (tmp_path / "x.patch").write_text(patch, encoding="utf-8")
    subprocess.run(["git", "apply", "x.patch"], cwd=tmp_path, check=True)
    assert json.loads(path.read_text(encoding="utf-8")) == LAUNCHERS[launcher](wanted)


def test_capitals_of_step_functions_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "x.json", LAUNCHERS["step functions"](SERVERLESS), indent=2)
    template = read_template(path, is_serverless=True)
    assert template.arguments["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"] == "--num-executors 3"
    overrides = template.arguments["configurationOverrides"]["applicationConfiguration"]
    assert overrides[0]["properties"]["Spark.x"] == "1"
    assert template.arguments["tags"] == {"Team": "sales"}
    assert patch_of(template, template.arguments) == ""
    template.arguments["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"] = "--num-executors 5"
    changed = [line for line in patch_of(template, template.arguments).splitlines() if line.startswith("+ ")]
    assert len(changed) == 1
    assert changed[0].strip("+ ") == '"SparkSubmitParameters": "--num-executors 5"'


def test_what_is_no_launchers_file_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    with pytest.raises(PlatformError, match="cannot be read"):
        read_template(path, is_serverless=False)
    for text, words in (("{", "no JSON"), ("[1]", "holds no arguments"), (json.dumps([GROUPS, FLEETS]), "2 clusters")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=words):
            read_template(path, is_serverless=False)
    write(path, GROUPS)
    template = read_template(path, is_serverless=False)
    write(path, FLEETS)
    with pytest.raises(Conflict, match="Somebody changed"):
        check_unchanged(template)


def test_a_persons_edit_of_the_file_stands(make: Callable[..., World]) -> None:
    world = make("groups")
    first = world.spec
    path = Path(str(world.project.template))
    apply(world, 3)
    own = json.loads(path.read_text())
    own["Instances"]["InstanceGroups"][1]["InstanceCount"] = 9
    write(path, own)
    assert world.spec == sized(first, 9)
    with pytest.raises(Conflict):
        world.platform.apply(PROJECT, sized(first, 5), expect=sized(first, 3))
    assert json.loads(path.read_text()) == own
    own["LogUri"] = "s3://other/"
    own["Instances"]["InstanceGroups"][1]["InstanceCount"] = 3
    write(path, own)
    assert world.spec == sized(first, 3)


def test_a_run_that_did_not_take_what_was_left_tells_so(make: Callable[..., World]) -> None:
    world = make("groups")
    world.fetches = False
    first = world.spec
    apply(world, 3)
    assert world.spec == sized(first, 3)
    world.run()
    assert world.spec == first
    assert world.platform.fetched(PROJECT) is None


def test_the_change_of_a_launchers_file_is_committed_on_a_branch(make: Callable[..., World], tmp_path: Path) -> None:
    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(tmp_path), *words], capture_output=True, text=True, check=True)
        return done.stdout

    world = make("groups", branch="setpoint/nightly")
    path = Path(str(world.project.template))
    text, first = path.read_text(), world.spec
    with pytest.raises(PlatformError, match="git rev-parse failed"):
        world.platform.apply(PROJECT, sized(first, 3), expect=first)
    git("init", "-q", "-b", "main")
    git("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "-q", "--allow-empty", "-m", "begin")
    for nodes in (3, 5, 5):
        with pytest.raises(LeftToOwner, match="its owner is to take"):
            world.platform.apply(PROJECT, sized(first, nodes), expect=first)
    name = path.relative_to(tmp_path).as_posix()
    committed = json.loads(git("show", f"setpoint/nightly:{name}"))
    assert committed["Instances"]["InstanceGroups"][1]["InstanceCount"] == 5
    assert git("log", "--format=%s", "setpoint/nightly").count("Run ") == 2
    assert (path.read_text(), world.spec) == (text, first)
    assert world.platform.fetched(PROJECT) is None
    assert world.platform.next_arguments(PROJECT) == json.loads(text)
    told = world.platform.with_owner(PROJECT, sized(first, 5))
    assert told is not None
    assert "setpoint/nightly" in told
    assert world.platform.with_owner(PROJECT, sized(first, 3)) is None


def test_the_loop_goes_on_once_the_owner_has_taken_the_change(make: Callable[..., World], tmp_path: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), "-c", "user.name=A", "-c", "user.email=a@b.c", *words], check=True)

    large = [GROUPS["Instances"]["InstanceGroups"][0], GROUPS["Instances"]["InstanceGroups"][1] | {"InstanceCount": 16}]
    world = make("groups", changed(GROUPS, InstanceGroups=large), branch="setpoint/nightly")
    world.fetches = False
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-q", "-m", "begin")
    loop = Loop(world.platform, MemoryLedger(), BOOK, world.cloud.clock)
    first = world.spec
    slots = tuple(sized(first, nodes).slots for nodes in (2, 4, 8, 16))
    loop.register(PROJECT, "emr", first, SearchSpace(node_counts=(2, 4, 8, 16), slots=slots))
    loop.set_goal(PROJECT, "minimise cost; runtime <= 2h")
    for _ in range(2):
        world.run()
        loop.tick(PROJECT)
        assert "setpoint/nightly" in (loop.waits(PROJECT) or "")
        assert not [entry for entry in loop.ledger.read(PROJECT) if isinstance(entry, Applied | Disturbed)]
    git("merge", "-q", "setpoint/nightly")
    world.asked = json.loads(Path(str(world.project.template)).read_text())
    world.run()
    loop.tick(PROJECT)
    applied = [entry.spec for entry in loop.ledger.read(PROJECT) if isinstance(entry, Applied)]
    assert applied
    assert loop.state(PROJECT).history.runs[-1].spec == applied[0] != first
    assert not [entry for entry in loop.ledger.read(PROJECT) if isinstance(entry, Disturbed)]
