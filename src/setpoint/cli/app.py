"""The program `setpoint`: its commands, and the one place where errors become a sentence and an exit code."""

import io
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path

import typer

from setpoint.cli import (
    approve,
    breakeven,
    calibration,
    cost,
    demo,
    describe,
    engines,
    explain,
    forecast,
    goals,
    logs,
    mode,
    policies,
    prices,
    prior,
    reconcile,
    replay,
    restrict,
    savings,
    serve,
    simulate,
    study,
    submit,
)
from setpoint.cli.console import say
from setpoint.errors import LedgerError, SetpointError

__all__ = ["app", "main"]

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 + SIGINT."""

app = typer.Typer(
    name="setpoint",
    help="Closed-loop control for recurring Spark pipelines.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the program."""
    _mend_streams()
    app()


def _mend_streams() -> None:
    """Give closed standard streams a place to go, and let no letter that a terminal lacks end a command."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as we live
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def speaking_plainly(command: Callable[..., None]) -> Callable[..., None]:
    """The command, whose every failure ends in one clear sentence on stderr."""

    @wraps(command)
    def run(*arguments: object, **options: object) -> None:
        try:
            command(*arguments, **options)
        except (typer.Exit, BrokenPipeError):
            # Typer knows what to do with these.
            raise
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - no traceback reaches the user
            sentence, exit_code = _last_words(error)
            with suppress(OSError, ValueError):
                say(sentence)
            raise typer.Exit(exit_code) from None

    return run


def _last_words(error: BaseException) -> tuple[str, int]:
    match error:
        case KeyboardInterrupt():
            return "stopped; what was recorded is kept.", INTERRUPTED
        case SetpointError():
            return str(error), error.exit_code
        case OSError():
            return f"The operating system refused: {error}.", LedgerError.exit_code
        case _:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(frame.filename).name}:{frame.lineno}"
            said = f"{type(error).__name__}: {error} (at {where}; this is a defect of Setpoint, please report it)"
            return said, SetpointError.exit_code


MODULES = (
    demo,
    submit,
    goals,
    policies,
    mode,
    approve,
    restrict,
    describe,
    explain,
    logs,
    serve,
    savings,
    forecast,
    calibration,
    cost,
    reconcile,
    engines,
    breakeven,
    study,
    replay,
    simulate,
    prices,
    prior,
)
for module in MODULES:
    module.add_to(app)
for spoken in (app, *(group.typer_instance for group in app.registered_groups)):
    for registered in spoken.registered_commands if spoken is not None else ():
        if registered.callback is not None:
            registered.callback = speaking_plainly(registered.callback)
