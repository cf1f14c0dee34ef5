"""`setpoint databricks`: what is needed on that platform."""

from pathlib import Path
from typing import Annotated

import typer

from setpoint.cli.console import out

__all__ = ["add_to"]

Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there, not to standard output.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(no_args_is_help=True, help="What is needed on Databricks.")
    group.command("init-script")(init_script)
    app.add_typer(group, name="databricks")


def init_script(output: Output = None) -> None:
    """Print the init script that notes which machines a cluster had.

    It runs on the driver, writes beside the cluster's event log, and holds no secret: give the cluster DATABRICKS_HOST
    and DATABRICKS_TOKEN as environment variables out of a secret scope.
    """
    from setpoint.agent import init_script as text_of
    from setpoint.files import write_whole

    if output is None:
        typer.echo(text_of(), nl=False)
        return
    write_whole(output, text_of().encode())
    out().print(f"Written: {output}", highlight=False)
