"""What is told to those who run the service is true: files, commands, settings, numbers and fields that there are."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from setpoint.cli.app import app
from setpoint.service.metrics import Metrics
from setpoint.settings import Settings

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
UNITS = sorted(DEPLOY.glob("*.service"))
NOT_SETTINGS = {"SETPOINT_MASTER_KEY", "SETPOINT_DATABASE_PASSWORD"}


def compose() -> Any:  # noqa: ANN401 - YAML
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def check(words: list[str]) -> None:
    """That the program has this command with these options."""
    command: Any = typer.main.get_command(app)
    while words and hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert [word for word in words if word.startswith("--") and word not in options] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_units_start_commands_that_there_are(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    program, *words = shlex.split(re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)[0])
    assert program.endswith("/setpoint")
    check(words)
    assert re.search(r"^User=setpoint$", text, re.MULTILINE)


def test_the_image_starts_a_command_that_there_is_and_is_nobody() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    check([word.strip(' "') for word in re.findall(r"^CMD \[(.*)\]$", text, re.MULTILINE)[0].split(",")])
    assert re.search(r"^USER setpoint$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text
    assert all((ROOT / name).exists() for name in re.findall(r"^COPY ([^-].*) \S+$", text, re.MULTILINE)[0].split())


def test_the_services_start_and_hold_no_secret() -> None:
    services = compose()["services"]
    check(list(services["worker"]["command"]))
    for service in services.values():
        for name, value in service["environment"].items():
            if "PASSWORD" in name or "KEY" in name:
                assert re.fullmatch(r"\$\{SETPOINT_[A-Z_]+:\?[^}]+\}", value), name
    address = services["serve"]["ports"][0]
    assert address.startswith("127.0.0.1:")


def test_every_variable_is_a_setting() -> None:
    text = PAGE + "".join(path.read_text(encoding="utf-8") for path in DEPLOY.iterdir())
    named = set(re.findall(r"\bSETPOINT_[A-Z][A-Z_]*[A-Z]", text)) - NOT_SETTINGS
    assert named
    assert [name for name in named if name.removeprefix("SETPOINT_").lower() not in Settings.__struct_fields__] == []


def test_every_command_on_the_page_is_there() -> None:
    told = re.findall(r"(?:^|`|exec serve )setpoint ([a-z][^`\n#]*)", PAGE, re.MULTILINE)
    assert len(told) > 5
    for words in told:
        plain = [word.partition("|")[0] for word in shlex.split(words)]
        check(plain)


def test_every_number_on_the_page_is_there() -> None:
    metrics = Metrics()
    metrics.watch("setpoint_tasks", "Work in the queue.", "state", lambda: {"dead": 1})
    metrics.watch("setpoint_polling", "Looks at places.", "what", lambda: {"polls": 1})
    metrics.hinted("databricks", "taken")
    metrics.answered("GET", "/", 200, 0.1)
    metrics.signed_in("ok")
    shown = metrics.text().decode()
    told = set(re.findall(r"\bsetpoint_[a-z_]+", PAGE))
    assert len(told) > 3
    assert [name for name in told if f"\n{name}{{" not in shown] == []
