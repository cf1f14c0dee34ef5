"""What every program of ours does around its commands: whole streams, and one sentence for every failure."""

import io
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path

import typer

from setpoint.cli.console import say
from setpoint.errors import LedgerError, SetpointError

__all__ = ["all_speak_plainly", "mend_streams", "speaking_plainly"]

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 + SIGINT."""


def mend_streams() -> None:
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
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
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


def all_speak_plainly(app: typer.Typer) -> None:
    """Make all commands of a program, and of its groups, speak plainly."""
    for registered in app.registered_commands:
        if registered.callback is not None and not hasattr(registered.callback, "__wrapped__"):
            registered.callback = speaking_plainly(registered.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            all_speak_plainly(group.typer_instance)
            before = group.typer_instance.registered_callback
            if before is not None and before.callback is not None and not hasattr(before.callback, "__wrapped__"):
                before.callback = speaking_plainly(before.callback)
