"""The program as a whole: help, settings, the ledger's troubles, and the last words of every failure."""

import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
import typer.main
from tests.cli.conftest import Said

from setpoint.cli.app import app, speaking_plainly
from setpoint.errors import PlatformError

Setpoint = Callable[..., Said]
COMMANDS = sorted(getattr(typer.main.get_command(app), "commands", {}))
READERS = [("projects",), ("explain", "orders"), ("goals", "orders"), ("serve", "--port", "0")]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(setpoint: Setpoint, command: str) -> None:
    said = setpoint(command, "--help")
    assert (said.exit_code, said.err) == (0, "")
    assert f"setpoint {command}" in said.out


def test_the_program_has_help(setpoint: Setpoint) -> None:
    said = setpoint("--help")
    assert said.exit_code == 0
    assert [command for command in COMMANDS if command not in said.out] == []


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("profile",),
        ("explain", "orders", "first"),
        ("goals", "orders", "--mode", "manual"),
        ("demo", "--runs", "5"),
        ("serve", "--port", "65536"),
        ("submit", "nightly"),
    ],
)
def test_wrong_usage_is_exit_code_2(setpoint: Setpoint, words: tuple[str, ...]) -> None:
    said = setpoint(*words)
    assert said.exit_code == 2
    assert "Traceback" not in said.err


@pytest.mark.parametrize("words", READERS)
def test_a_setting_that_does_not_parse(
    setpoint: Setpoint, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("SETPOINT_PORT", "many")
    said = setpoint(*words)
    assert (said.exit_code, said.out) == (78, "")
    assert "SETPOINT_PORT" in said.err


def test_a_settings_file_that_is_no_toml(setpoint: Setpoint, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home.parent / "settings.toml"
    file.write_text("region = ", encoding="utf-8")
    monkeypatch.setenv("SETPOINT_SETTINGS", str(file))
    said = setpoint("projects")
    assert said.exit_code == 78
    assert str(file) in said.err


@pytest.mark.parametrize("words", READERS)
def test_a_ledger_that_is_no_database(setpoint: Setpoint, home: Path, words: tuple[str, ...]) -> None:
    home.mkdir()
    (home / "ledger.db").write_bytes(b"this is a shopping list, not a database " * 200)
    said = setpoint(*words)
    assert (said.exit_code, said.out) == (74, "")
    assert str(home / "ledger.db") in said.err
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize("words", READERS)
def test_a_home_that_is_a_file(setpoint: Setpoint, home: Path, words: tuple[str, ...]) -> None:
    home.write_text("in the way", encoding="utf-8")
    said = setpoint(*words)
    assert (said.exit_code, said.out) == (74, "")
    assert str(home) in said.err
    assert len(said.err.splitlines()) == 1


def test_a_ledger_address_of_no_known_kind(setpoint: Setpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SETPOINT_LEDGER", "carrier-pigeon:here")
    assert setpoint("projects").exit_code == 78


@pytest.mark.parametrize("host", ["192.0.2.7", "dashboard.invalid"])
def test_serve_listens_on_addresses_of_this_machine_only(setpoint: Setpoint, host: str) -> None:
    said = setpoint("serve", "--host", host, "--port", "0")
    assert said.exit_code == 65
    assert f"on {host} cannot be opened" in said.err


@pytest.mark.parametrize(
    ("error", "exit_code", "words"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (PlatformError("There is no Spark."), 69, "There is no Spark."),
        (OSError(28, "No space left on device", "/x"), 74, "No space left on device: '/x'"),
        (ZeroDivisionError("odd"), 70, "ZeroDivisionError: odd (at test_program.py:"),
    ],
)
def test_every_failure_has_one_sentence_and_its_exit_code(
    error: BaseException, exit_code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(typer.Exit) as ended:
        speaking_plainly(fail)()
    assert ended.value.exit_code == exit_code
    said = capsys.readouterr().err
    assert said.startswith("setpoint: ")
    assert words in said
    assert len(said.splitlines()) == 1


def test_every_command_speaks_plainly() -> None:
    assert [c.name for c in app.registered_commands if not hasattr(c.callback, "__wrapped__")] == []


def test_a_reader_who_leaves_is_no_failure_to_talk_about(home: Path) -> None:
    program = f"import sys; sys.argv = ['setpoint', '--help']; from setpoint.cli.app import main; main()  # {home}"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


def test_the_home_is_made_and_nothing_else_is_touched(setpoint: Setpoint, home: Path) -> None:
    assert setpoint("projects").exit_code == 0
    assert stat.S_ISDIR(home.stat().st_mode)
    assert [path.name for path in home.parent.iterdir()] == ["home"]
