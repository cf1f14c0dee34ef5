"""`setpoint artefacts`: the event logs that the service keeps, and how long."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import out
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError

if TYPE_CHECKING:
    from datetime import timedelta

    from setpoint.processing.retention import Pruned
    from setpoint.settings import Settings

__all__ = ["add_to"]

OlderThan = Annotated[
    str | None,
    typer.Option(metavar="DAYS", help="Logs that arrived before that: 90d or 12h; default: keep_artefacts_days."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")]
_AGE = re.compile(r"\s*(\d{1,6}(?:\.\d{1,3})?)\s*([dh])\s*", re.IGNORECASE)

artefacts = typer.Typer(help="Event logs that the service keeps, and how long.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(artefacts, name="artefacts")


@artefacts.callback()
def artefacts_of_the_service() -> None:
    """Event logs that the service keeps, and how long."""


@artefacts.command("prune")
def prune(older_than: OlderThan = None, dry_run: DryRun = False, json: JsonOption = False) -> None:
    """Remove event logs whose run was looked at long ago, and files that are nobody's. What came of the logs stays.

    Workers do the same every day. Logs that are still to be looked at are never removed.
    """
    from datetime import UTC, datetime

    from setpoint.artefacts import Artefacts
    from setpoint.processing.retention import prune as remove
    from setpoint.settings import load_settings
    from setpoint.store import open_store

    settings = load_settings()
    age = _age(older_than, settings)
    store, kept = open_store(settings.service_url), Artefacts(settings.artefacts_url)
    pruned = remove(store, kept, datetime.now(UTC), age, is_dry_run=dry_run)
    if json:
        from msgspec import to_builtins

        from setpoint.cli.logs import print_json

        print_json({**to_builtins(pruned), "is_dry_run": dry_run})
        return
    out().print(_sentence(pruned, is_dry_run=dry_run), highlight=False, markup=False)
    if age is None:
        out().print("No log was: they are kept for ever. Give --older-than, or set keep_artefacts_days.", markup=False)


def _age(text: str | None, settings: "Settings") -> "timedelta | None":
    from datetime import timedelta

    if text is None:
        return timedelta(days=settings.keep_artefacts_days) if settings.keep_artefacts_days else None
    found = _AGE.fullmatch(text)
    if found is None:
        raise InputError(f"--older-than {text[:40]}: write days or hours, for example 90d or 12h.")
    number, is_days = float(found[1]), found[2].lower() == "d"
    return timedelta(days=number) if is_days else timedelta(hours=number)


def _sentence(pruned: "Pruned", *, is_dry_run: bool) -> str:
    from setpoint.core.words import data_size

    logs, orphans = _counted(pruned.logs, "log"), _counted(pruned.orphans, "file")
    verb = "would be" if is_dry_run else "were"
    return (
        f"{logs} ({data_size(pruned.log_bytes)}) and {orphans} that {'is' if pruned.orphans == 1 else 'are'} nobody's "
        f"({data_size(pruned.orphan_bytes)}) {verb} removed."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
