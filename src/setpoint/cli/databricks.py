"""`setpoint databricks`: what is needed on that platform."""

from pathlib import Path
from typing import Annotated

import typer

from setpoint.cli.console import out
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError

__all__ = ["add_to"]

Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there, not to standard output.")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(no_args_is_help=True, help="What is needed on Databricks.")
    group.command("init-script")(init_script)
    group.command("hand-over")(hand_over)
    app.add_typer(group, name="databricks")


Checkout = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="A Git checkout of what deploys the job; without it a file is left.", file_okay=False
    ),
]
Branch = Annotated[str, typer.Option(metavar="NAME", help="Which commits are for; usually setpoint/PROJECT.")]
Key = Annotated[str, typer.Option(metavar="NAME", help="What the bundle calls the job; usually its name.")]


def hand_over(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project.")],
    checkout: Checkout = None,
    branch: Branch = "",
    key: Key = "",
    json: JsonOption = False,
) -> None:
    """Say where changes go of a job that a bundle, Terraform or Airflow owns, and what lies there now.

    Whatever is decided and may be done is committed there, on a branch of its own: nothing is pushed, and neither the
    files nor the branch that is checked out change.
    """
    from dataclasses import replace

    from setpoint.cli.logs import print_json
    from setpoint.platforms.databricks.project import Store
    from setpoint.settings import load_settings

    store = Store(load_settings().home)
    found = store.project(project)
    if checkout is not None:
        if not (checkout / ".git").exists():
            raise InputError(f"{checkout} is no Git checkout: name the folder in which .git is.")
        found = replace(found, checkout=str(checkout.absolute()))
    found = replace(found, branch=branch or found.branch, key=key or found.key)
    store.register(project, found)
    left = store.handed_over(project)
    if json:
        handed = None if left is None else {"spec": left.spec, "place": left.place}
        print_json({"project": project, "checkout": found.checkout, "branch": found.branch, "handed_over": handed})
        return
    where = f"committed in {found.checkout}" if found.checkout else "left as a file in the project's folder"
    out().print(f"Changes that the owner of {project} is to take are {where}.", highlight=False, markup=False)
    if left is not None:
        out().print(f"The last one, {left.spec}: {left.place}", highlight=False, markup=False)


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
