import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.cli.conftest import Said
from tests.replays.files import example, grid_file, rows, write

from setpoint.cli.replay_bar import ReplayBar

Setpoint = Callable[..., Said]
ROOT = Path(__file__).parents[2]
METHODS = ("--method", "stay", "--method", "random", "--parents", "3")


def answers(said: Said) -> list[dict[str, Any]]:
    assert said.exit_code == 0, said.err
    return [json.loads(line) for line in said.out.splitlines()]


def test_the_table_has_a_line_for_each_method_and_the_oracle(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("replay", str(grid_file(tmp_path)), *METHODS)
    assert said.exit_code == 0
    heads, *lines = said.out.splitlines()
    assert heads.split()[:3] == ["dataset", "method", "episodes"]
    assert [line.split()[:2] for line in lines[:3]] == [["made", "stay"], ["made", "random"], ["made", "oracle"]]
    assert "25 runs" in said.out
    assert said.err == ""


def test_the_oracle_alone_and_two_datasets(setpoint: Setpoint, tmp_path: Path) -> None:
    other = write(tmp_path / "other.csv", [{**row, "dataset": "other"} for row in rows(("grep",))])
    said = setpoint("replay", str(grid_file(tmp_path)), str(other), "--method", "oracle", "--parents", "1")
    assert [line.split()[:2] for line in said.out.splitlines()[1:3]] == [["made", "oracle"], ["other", "oracle"]]
    assert "other: for some of its workloads nothing may be known" in said.err


def test_json_is_one_object_for_each_dataset_and_method(setpoint: Setpoint, tmp_path: Path) -> None:
    said = setpoint("replay", str(grid_file(tmp_path)), *METHODS, "--method", "oracle", "--json")
    figures = answers(said)
    assert [each["method"] for each in figures] == ["stay", "random", "oracle"]
    assert {(each["dataset"], each["workloads"], each["episodes"], each["horizon"]) for each in figures} == {
        ("made", 4, 12, 25)
    }
    stay, _, oracle = figures
    assert stay["one_step"] == {"improved": 0.0, "median": 0.0, "p10": 0.0, "p90": 0.0, "failed": 0.0}
    assert stay["oracle"] == {key: oracle[key] for key in ("one_step", "online")}
    assert oracle["oracle"]["online"]["best10_median"] == 1.0


def test_a_deadline_gives_misses(setpoint: Setpoint, tmp_path: Path) -> None:
    words = ("--goal", "cost-under-deadline", "--deadline-factor", "1.25", "--json")
    (stay, _) = answers(setpoint("replay", str(grid_file(tmp_path)), *METHODS, *words))
    assert stay["goal"] == "cost-under-deadline"
    assert stay["online"]["misses"] > stay["oracle"]["online"]["misses"]


def test_seeds_noise_and_processes(setpoint: Setpoint, tmp_path: Path) -> None:
    words = ("replay", str(grid_file(tmp_path)), *METHODS, "--noise", "0.1", "--seeds", "2", "--json", "--processes")
    assert answers(setpoint(*words, "1")) == answers(setpoint(*words, "2"))


def test_known_workloads_may_be_given_or_nothing_at_all(setpoint: Setpoint, tmp_path: Path) -> None:
    path = str(grid_file(tmp_path))
    other = str(write(tmp_path / "known.csv", rows(("grep",))))
    assert "nothing may be known" in setpoint("replay", path, *METHODS, "--known", other).err
    assert setpoint("replay", path, *METHODS, "--known", other, "--leave-out", "workload").exit_code == 0
    assert setpoint("replay", path, *METHODS, "--no-prior").err == ""
    said = setpoint("replay", path, *METHODS, "--no-prior", "--known", other)
    assert (said.exit_code, said.err) == (65, "setpoint: --no-prior means that nothing is known: leave out --known.\n")


def test_what_is_wrong_is_said_in_one_sentence(setpoint: Setpoint, tmp_path: Path) -> None:
    path = grid_file(tmp_path)
    for words, sentence in (
        ((str(path), "--method", "magic"), "--method: there is no method 'magic'; there are "),
        ((str(path), "--method", "stay", "--deadline-factor", "0.9"), "--deadline-factor: write 1 or more"),
        ((str(path), "--method", "stay", "--deadline-factor", "nan"), "--deadline-factor: write 1 or more"),
        ((str(tmp_path / "absent.csv"), "--method", "stay"), f"{tmp_path / 'absent.csv'} cannot be read"),
    ):
        said = setpoint("replay", *words)
        assert said.exit_code == 65
        assert said.err.startswith(f"setpoint: {sentence}")
        assert said.err.count("\n") == 1
    assert setpoint("replay", str(path), "--noise", "nan", "--method", "stay").exit_code != 0


def test_a_single_configuration_is_left_out_with_a_word(setpoint: Setpoint, tmp_path: Path) -> None:
    path = write(tmp_path / "grid.csv", [*rows(("grep", "sort")), rows(("sgd",))[0]])
    said = setpoint("replay", str(path), *METHODS)
    assert said.err == "setpoint: left out: sgd-spark was measured on one configuration only\n"


def test_the_example_of_the_docs_runs(setpoint: Setpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (ROOT / "examples" / "replay" / "grid.csv").read_text() == example(tmp_path / "grid.csv").read_text()
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs" / "replay.md").read_text()
    commands = [line.split()[1:] for line in page.splitlines() if line.startswith("setpoint replay ")]
    assert commands
    said = [setpoint(*command) for command in commands]
    assert [each.exit_code for each in said] == [0] * len(commands)
    assert said[0].out.splitlines()[0] in page


def test_every_key_of_the_answer_is_documented(setpoint: Setpoint, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "replay.md").read_text()
    (figures,) = answers(setpoint("replay", str(grid_file(tmp_path)), "--method", "stay", "--parents", "1", "--json"))
    keys = [key for key in {**figures, **figures["online"], **figures["one_step"]} if key not in {"dataset", "method"}]
    assert [key for key in keys if re.sub("^cum25", "", key) not in page] == []


def test_a_bar_shows_itself_where_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    monkeypatch.setattr("setpoint.cli.replay_bar.err", lambda: console)
    for is_terminal in (False, True):
        monkeypatch.setattr("sys.stderr", io.StringIO())
        monkeypatch.setattr("sys.stderr.isatty", lambda is_terminal=is_terminal: is_terminal)
        with ReplayBar() as bar:
            bar.show(1, 2)
            bar.show(2, 2)
        said = console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO
        assert ("2/2" in said) == is_terminal
