"""The program `setpoint`: its commands, and the one place where errors become a sentence and an exit code."""

import sys
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import typer

from setpoint.cli import demo, explain, goals, logs, serve, submit
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
    app()


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
            sys.stderr.write(f"setpoint: {sentence}\n")
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


for module in (demo, submit, goals, explain, logs, serve):
    module.add_to(app)
for registered in app.registered_commands:
    if registered.callback is not None:
        registered.callback = speaking_plainly(registered.callback)
