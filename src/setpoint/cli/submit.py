"""`setpoint submit`: one run under control."""

import sys
from contextlib import suppress
from typing import Annotated

import typer

from setpoint.cli.console import say
from setpoint.cli.options import (
    GoalOption,
    MemoryOption,
    ModeOption,
    PartitionsOption,
    SlotsOption,
    parse_memory,
    parse_slots,
)
from setpoint.errors import SettingsError

Project = Annotated[
    str, typer.Argument(help="Name of the project: a recurring pipeline; any name, the same every time.")
]
Words = Annotated[
    list[str], typer.Argument(metavar="-- SPARK_SUBMIT_ARGUMENTS APPLICATION …", help="What you give to spark-submit.")
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("submit")(submit)


def submit(
    project: Project,
    words: Words,
    goal: GoalOption = None,
    mode: ModeOption = None,
    slots: SlotsOption = None,
    memory: MemoryOption = None,
    partitions: PartitionsOption = None,
) -> None:
    """Run an application through spark-submit on the spec that the loop chose, then learn from it.

    The exit code is the application's. Goal, mode and search space are remembered; say them again to change them.
    """
    from setpoint.settings import load_settings
    from setpoint.submission import Order, submit_unsettled
    from setpoint.submission import submit as run_under_control

    order = Order(goal, mode, parse_slots(slots), parse_memory(memory), parse_slots(partitions, "--partitions"))
    try:
        settings = load_settings()
    except SettingsError as error:
        raise typer.Exit(submit_unsettled(words, error, _say).exit_code) from None
    submitted = run_under_control(settings, project, words, order, _say)
    if submitted.decision is not None:
        _say(f"next run: {submitted.decision.reason}")
    raise typer.Exit(submitted.exit_code)


def _say(sentence: str) -> None:
    # A stderr that nobody reads any more must not stop the application, nor change its exit code.
    with suppress(OSError, ValueError):
        say(sentence)
        sys.stderr.flush()
