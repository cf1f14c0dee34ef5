"""One log in, an answer out: `setpoint profile` and `setpoint recommend`."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.conftest import Said
from tests.cli.logs import PLAN, a_log
from tests.core.made import waiting_profile

from setpoint.core.advice import caution
from setpoint.core.goals import parse_goal
from setpoint.core.profile import Completeness, Failure

Setpoint = Callable[..., Said]
COMMANDS = ["profile", "recommend"]


def test_profile_says_where_the_time_went(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("profile", str(a_log(tmp_path)))
    assert (said.exit_code, said.err) == (0, "")
    assert said.out.startswith("[bold]nightly")
    for words in ("Wall time", "Slot time", "Stages by slot time", "8 slots", "20 tasks", "scan at [job].py:1"):
        assert words in said.out


def test_profile_as_json(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("profile", str(a_log(tmp_path)), "--json")
    answer = json.loads(said.out)
    assert said.exit_code == 0
    assert answer["application"]["name"] == "[bold]nightly"
    assert answer["completeness"] == {"state": "complete", "lines_skipped": 0, "reasons": []}
    assert (answer["platform"], answer["engine"], answer["time"]["slot_count"]) == ("plain", "spark", 8)
    assert sum(answer["time"]["wall"].values()) == pytest.approx(answer["wall_seconds"])


def test_recommend_says_what_would_have_been_better_and_why(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("recommend", str(a_log(tmp_path)))
    assert (said.exit_code, said.err) == (0, "")
    for words in ("As it ran", "8 slots · 8 GiB", "Advice", "risk of a miss", "Prices", "us-east-1"):
        assert words in said.out
    assert "(modelled)" in said.out
    assert re.search(r"^ {12}cores +[0-9.]+ vCPU-hours at \$[0-9.]+ +\$[0-9.]+ +listed, ", said.out, re.MULTILINE)
    assert "Costs       modelled: from a model, not measured. Not counted: disks," in said.out
    assert "Caution" not in said.out


def test_recommend_as_json_keeps_goal_and_space(setpoint: Setpoint, tmp_path: Path) -> None:
    goal = "minimise cost; runtime <= 2m"
    words = ("recommend", str(a_log(tmp_path)), "--goal", goal, "--slots", "2,4", "--memory", "4g", "--json")
    said = setpoint(*words)
    answer = json.loads(said.out)
    assert said.exit_code == 0
    assert answer["goal"] == goal
    assert answer["measured_spec"]["driver_cores"] == 8
    assert (answer["completeness"]["state"], answer["failures"]) == ("complete", [])
    chosen = answer["decision"]["assessment"]["chosen"]
    assert answer["action"] == "recommendation"
    assert answer["costs"]["chosen"]["parts"] == chosen["cost"]["parts"]
    assert answer["costs"]["chosen"]["total_dollars"] < answer["costs"]["current"]["total_dollars"]
    assert answer["prices"].keys() == {"source", "cloud", "region", "cores"}
    assert chosen["spec"]["driver_cores"] in {2, 4}
    assert chosen["spec"]["driver_memory_mib"] == 4096


def test_without_a_goal_it_may_be_a_quarter_slower(setpoint: Setpoint, tmp_path: Path) -> None:
    answer = json.loads(setpoint("recommend", str(a_log(tmp_path)), "--json").out)
    measured = json.loads(setpoint("profile", str(a_log(tmp_path)), "--json").out)["wall_seconds"]
    assert parse_goal(answer["goal"]).limits[0].bound == pytest.approx(1.25 * measured, abs=0.1)


@pytest.mark.parametrize("cut", [{"lines": -1}, {"cut_bytes": 100}], ids=["no end", "cut in a line"])
def test_a_cut_off_log_is_used_and_said_to_be_cut_off(setpoint: Setpoint, tmp_path: Path, cut: dict[str, int]) -> None:
    path = str(a_log(tmp_path, **cut))
    said = setpoint("profile", path)
    assert said.exit_code == 0
    assert "The log is cut off" in said.out
    advised = setpoint("recommend", path)
    assert advised.exit_code == 0
    assert re.search(r"^Caution +(the log is cut off|parts of the log are missing)", advised.out, re.MULTILINE)
    assert json.loads(setpoint("recommend", path, "--json").out)["completeness"]["state"] != "complete"


def test_failures_in_a_log_are_cautioned_of() -> None:
    read = waiting_profile(4)
    failures = (Failure("job 3", "out of memory", "memory"), Failure("executor 2", "", "infrastructure"))
    assert caution(read) is None
    assert caution(replace(read, failures=failures)) == (
        "job 3 failed: out of memory (and 1 more). The numbers cover only what the log shows."
    )
    torn = replace(read, failures=failures[1:], completeness=Completeness("partial", 2))
    assert caution(torn) == (
        "parts of the log are missing; executor 2 failed. The numbers cover only what the log shows."
    )


def zero_bytes(folder: Path) -> Path:
    (folder / "zero").touch()
    return folder / "zero"


def garbage(folder: Path) -> Path:
    (folder / "garbage").write_bytes(bytes(range(256)) * 40)
    return folder / "garbage"


def other_text(folder: Path) -> Path:
    (folder / "notes.json").write_text('{"a": 1}\n[2]\n', encoding="utf-8")
    return folder / "notes.json"


def empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def torn_zstd(folder: Path) -> Path:
    (folder / "torn.zstd").write_bytes(b"\x28\xb5\x2f\xfd" + b"\x00" * 20)
    return folder / "torn.zstd"


def two_applications(folder: Path) -> Path:
    a_log(folder / "logs" / "one")
    other = a_log(folder / "logs" / "two")
    other.write_bytes(other.read_bytes().replace(PLAN.id.encode(), b"app-2"))
    return folder / "logs"


def nothing(folder: Path) -> Path:
    return folder / "nothing"


def a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


NO_LOGS = [zero_bytes, garbage, other_text, empty_folder, torn_zstd, nothing, a_pipe]


@pytest.mark.parametrize(
    ("command", "source"),
    [*((command, source) for command in COMMANDS for source in NO_LOGS), ("recommend", two_applications)],
)
def test_what_is_no_log_gets_one_clear_sentence(
    setpoint: Setpoint, tmp_path: Path, command: str, source: Callable[[Path], Path]
) -> None:
    said = setpoint(command, str(source(tmp_path)))
    assert (said.exit_code, said.out) == (65, "")
    assert said.err.startswith("setpoint: ")
    assert said.err.rstrip().endswith((".", "two"))
    assert len(said.err.splitlines()) == 1
    assert "Traceback" not in said.err


def test_a_log_without_tasks_has_a_profile_and_no_recommendation(setpoint: Setpoint, tmp_path: Path) -> None:
    path = str(a_log(tmp_path, lines=4))
    assert setpoint("profile", path).exit_code == 0
    said = setpoint("recommend", path)
    assert said.exit_code == 65
    assert "no finished tasks" in said.err


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("--goal", "minimise love"), "“love”"),
        (("--slots", "0-3"), "'0-3'"),
        (("--slots", "4-2"), "'4-2'"),
        (("--slots", "1-9999"), "'1-9999'"),
        (("--slots", "many"), "'many'"),
        (("--memory", "2"), "'2'"),
        (("--memory", "1g,,2g"), "''"),
        (("--memory", "0g"), "'0g'"),
    ],
)
def test_what_does_not_parse_is_pointed_at(
    setpoint: Setpoint, tmp_path: Path, words: tuple[str, ...], wrong: str
) -> None:
    said = setpoint("recommend", str(a_log(tmp_path)), *words)
    assert said.exit_code == 65
    assert wrong in said.err
