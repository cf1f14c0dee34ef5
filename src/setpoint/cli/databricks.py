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
    group.command("project")(project)
    app.add_typer(group, name="databricks")


Checkout = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="A Git checkout of what deploys the job; without it a file is left."),
]
Branch = Annotated[str | None, typer.Option(metavar="NAME", help="Which commits are for; usually setpoint/PROJECT.")]
Key = Annotated[str | None, typer.Option(metavar="NAME", help="What the bundle calls the job; usually its name.")]


def project(
    name: Annotated[str, typer.Argument(help="Name of a project on Databricks.")],
    *,
    checkout: Checkout = None,
    branch: Branch = None,
    key: Key = None,
    json: JsonOption = False,
) -> None:
    """Show which job a project is, and say where changes go that the job's owner is to take.

    Of a job that a bundle, Terraform or Airflow owns: what is decided, and may be done, is committed there on a branch.
    Nothing is pushed, and what is checked out stays as it is. An empty value takes back what was said.
    """
    from dataclasses import asdict, replace

    from setpoint.cli.logs import print_json
    from setpoint.platforms.databricks.project import Store
    from setpoint.settings import load_settings

    store = Store(load_settings().home)
    before = store.project(name)
    folder = _checkout(checkout)
    now = replace(
        before,
        checkout=before.checkout if folder is None else folder,
        branch=before.branch if branch is None else branch,
        key=before.key if key is None else key,
    )
    if now != before:
        store.register(name, now)
    left = store.handed_over(name)
    told = asdict(now) | {"handed_over": "" if left is None else f"{left.spec}: {left.place}"}
    if json:
        print_json(told)
        return
    for word, value in told.items():
        if value:
            out().print(f"{word.replace('_', ' ')}: {value}", highlight=False, markup=False)


def _checkout(given: Path | None) -> str | None:
    """Absolute, since nobody knows from where the next command is given; empty stays empty."""
    if given is None:
        return None
    if str(given) in ("", "."):
        return ""
    folder = given.expanduser().absolute()
    if not (folder / ".git").exists():
        raise InputError(f"{folder} is no Git checkout: name the folder that .git is in.")
    return str(folder)


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
