"""The program `sync-cli`: the commands of the product that our service stands in for."""

import sys
from typing import Annotated

import typer

from setpoint.cli.program import all_speak_plainly, mend_streams
from setpoint.cli.sync.commands import add_to

__all__ = ["app", "main"]

app = typer.Typer(
    name="sync-cli",
    help="Projects, predictions and recommendations of a Setpoint service, in the commands of the Sync CLI.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the program."""
    mend_streams()
    sys.argv[0] = "sync-cli"  # also where it was started as `python -m sync`: errors say who speaks
    app()


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version as version_of

        typer.echo(f"sync-cli, version {version_of('setpoint')} (Setpoint)")
        raise typer.Exit


DebugOption = Annotated[bool, typer.Option("--debug", help="Say on stderr what is sent and what comes back.")]
VersionOption = Annotated[
    bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
]


@app.callback()
def program(debug: DebugOption = False, version: VersionOption = False) -> None:  # noqa: ARG001 - the callback has it
    """Projects, predictions and recommendations of a Setpoint service, in the commands of the Sync CLI."""
    if debug:
        import logging

        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s [%(name)s] %(message)s")


add_to(app)
all_speak_plainly(app)
