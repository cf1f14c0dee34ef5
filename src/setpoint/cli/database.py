"""`setpoint database`: the database of the service, its version, its copies."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import err, out
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.settings import Settings

__all__ = ["add_to"]

Copy = Annotated[Path, typer.Argument(metavar="FILE", help="The copy.")]
Force = Annotated[
    bool, typer.Option("--force", help="Replace the database that there is; it is kept under another name.")
]

database = typer.Typer(help="The database of the service: its version, and copies of it.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(database, name="database")


@database.command("status")
def status(json: JsonOption = False) -> None:
    """Say where the database is, and whether its tables are up to date. Changes nothing."""
    from setpoint.store.backup import sqlite_file
    from setpoint.store.database import open_database
    from setpoint.store.schema import NEWEST

    settings = _settings()
    file = sqlite_file(settings.service_url)
    if file is not None and not file.is_file():
        raise InputError(f"There is no database {file} yet: setpoint database upgrade makes it.")
    opened = open_database(settings.service_url)
    found = opened.standing()
    if json:
        from setpoint.cli.logs import print_json

        print_json({"database": opened.place, "version": found.version, "newest": NEWEST, "is_newest": found.is_newest})
        return
    said = "up to date" if found.is_newest else "to be brought up to date: setpoint database upgrade"
    version = "no tables of the service yet" if found.version is None else f"version {found.version}"
    out().print(f"{opened.place}: {version}, {said}", highlight=False, markup=False)


@database.command("upgrade")
def upgrade() -> None:
    """Bring the tables up to date, as whatever opens the database does at its start."""
    from setpoint.ledger import open_ledger
    from setpoint.store import open_store

    settings = _settings()
    open_ledger(settings.service_url)
    store = open_store(settings.service_url)
    out().print(f"{store.database.place}: version {store.database.standing().version}", highlight=False, markup=False)


@database.command("backup")
def backup(file: Copy) -> None:
    """Copy a database in SQLite to a file, as it is at one moment; the service goes on."""
    from rich.progress import Progress

    from setpoint.store.backup import back_up

    with Progress(console=err(), transient=True) as bar:
        task = bar.add_task("Copying", total=None)
        back_up(
            _file("pg_dump --format=custom --file=FILE"),
            file,
            lambda done, pages: bar.update(task, completed=done, total=pages),
        )
    out().print(
        f"Copied to {file}. Event logs are not in it: copy the artefacts, and the key file, as well.", highlight=False
    )


@database.command("restore")
def restore(file: Copy, force: Force = False) -> None:
    """Put a copy in the place of the database. The service has to be stopped."""
    from datetime import UTC, datetime

    from setpoint.store.backup import restore as put_back

    replaced = put_back(
        file, _file("pg_restore --clean --if-exists --dbname=NAME FILE"), datetime.now(UTC), force=force
    )
    kept = "" if replaced is None else f" What was there is {replaced} now."
    out().print(f"Restored from {file}.{kept}", highlight=False, markup=False)


def _settings() -> "Settings":
    from setpoint.settings import load_settings

    return load_settings()


def _file(instead: str) -> Path:
    from setpoint.store.backup import sqlite_file
    from setpoint.store.database import open_database

    settings = _settings()
    found = sqlite_file(settings.service_url)
    if found is None:
        place = open_database(settings.service_url).place
        raise InputError(f"The database is {place}: use PostgreSQL's own program, {instead}")
    return found
