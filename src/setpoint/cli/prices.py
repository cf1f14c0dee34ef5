"""`setpoint prices`: what is in the price book, where each price is from, and how to renew it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import err, out, say
from setpoint.cli.options import JsonOption
from setpoint.core.pricebook import Cloud
from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.core.pricebook import PriceBook
    from setpoint.settings import Settings

__all__ = ["add_to"]

MOST_SHOWN = 40

CloudOption = Annotated[
    str | None, typer.Option("--cloud", help="aws, azure or gcp; default: told by the region or node type.")
]
RegionOption = Annotated[str | None, typer.Option("--region", help="Region or zone; default: the setting `region`.")]
TypesOption = Annotated[
    list[str] | None, typer.Option("--node-type", help="Instance type, or a pattern such as 'm5.*'; may be repeated.")
]
AgainstOption = Annotated[str | None, typer.Option("--with", help="Compare with this region of the same cloud.")]
BeforeOption = Annotated[str | None, typer.Option("--before", metavar="DAY", help="Refreshed up to then; default: no.")]
AfterOption = Annotated[str | None, typer.Option("--after", metavar="DAY", help="Refreshed up to then; default: now.")]
AllOption = Annotated[bool, typer.Option("--all", help=f"More than the {MOST_SHOWN} largest changes.")]
SourceOption = Annotated[str | None, typer.Option("--source", help="aws, azure or databricks; default: by the cloud.")]
FromOption = Annotated[Path | None, typer.Option("--from", metavar="FILE.csv", help="Export of Databricks' table.")]
WarehouseOption = Annotated[str | None, typer.Option("--warehouse", metavar="ID", help="SQL warehouse to ask.")]
TableOption = Annotated[str, typer.Option("--table", help="list_prices, or account_prices: what your account pays.")]
RegionsOption = Annotated[list[str] | None, typer.Option("--region", help="Region to refresh; may be repeated.")]

prices = typer.Typer(help="Show, compare and refresh the prices that costs are made of.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(prices, name="prices")


@prices.command("show")
def show(
    cloud: CloudOption = None, region: RegionOption = None, node_type: TypesOption = None, json: JsonOption = False
) -> None:
    """Show prices with their origin: ≈ marks those that nobody lists."""
    from setpoint.cli.price_lines import answer, lines
    from setpoint.core.discounts import discount_notes
    from setpoint.prices import load_book
    from setpoint.settings import load_settings
    from setpoint.wiring import PRICES_FOLDER, cloud_book

    settings = load_settings()
    where, place = _place(settings, cloud, region, next(iter(node_type or ()), None))
    book = cloud_book(settings, where, place)
    names = _named(book, node_type or [])
    if settings.discounts:
        for note in discount_notes(load_book(where, place, settings.home / PRICES_FOLDER), settings.discounts):
            say(note)
    if json:
        from setpoint.cli.logs import print_json

        print_json(answer(book, names))
        return
    for line in lines(book, names):
        out().print(line, highlight=False, markup=False)


@prices.command("diff")
def diff(
    cloud: CloudOption = None,
    region: RegionOption = None,
    against: AgainstOption = None,
    before: BeforeOption = None,
    after: AfterOption = None,
    everything: AllOption = False,
    json: JsonOption = False,
) -> None:
    """What changed from the prices that come with Setpoint to the refreshed ones, between days or regions."""
    from setpoint.cli.price_lines import change_answer, change_lines
    from setpoint.prices import load_book
    from setpoint.prices.difference import changes
    from setpoint.settings import load_settings
    from setpoint.wiring import PRICES_FOLDER

    settings = load_settings()
    where, place = _place(settings, cloud, region)
    folder = settings.home / PRICES_FOLDER
    days = (_day(before, "--before"), _day(after, "--after"))
    # A comparison of regions takes both as they are now; one of days begins with what comes with the package.
    first = load_book(where, place, folder if before or against else None, days[0] or days[1])
    second = load_book(where, against or place, folder, days[1])
    found = changes(first, second)
    if json:
        from setpoint.cli.logs import print_json

        print_json(change_answer(first, second, found))
        return
    for line in change_lines(first, second, found, len(found) if everything else MOST_SHOWN):
        out().print(line, highlight=False, markup=False)


@prices.command("refresh")
def refresh(
    source: SourceOption = None,
    cloud: CloudOption = None,
    region: RegionsOption = None,
    file: FromOption = None,
    warehouse: WarehouseOption = None,
    table: TableOption = "list_prices",
) -> None:
    """Read prices from a live source, and keep them beside the ledger with today's date."""
    from setpoint.cli.refresh_progress import RefreshProgress
    from setpoint.prices.refreshed import store
    from setpoint.settings import load_settings
    from setpoint.wiring import PRICES_FOLDER, build_price_source

    settings = load_settings()
    asked: list[str | None] = [*(region or [])] or [None]
    places = [_place(settings, cloud, name) for name in asked]
    for where, place in places:
        name = source or ("databricks" if file else where)
        live = build_price_source(settings, name, table=table, file=file, warehouse=warehouse)
        with RefreshProgress() as progress:
            found = live.refresh(where, place, progress.tell)
        path = store(settings.home / PRICES_FOLDER, found)
        said = f"{where} {found.region}: {found.words}, {found.as_of}, {len(found.quotes)} in number, kept in {path}"
        err().print(said, highlight=False, markup=False)


def _place(
    settings: "Settings", cloud: str | None, region: str | None, node_type: str | None = None
) -> tuple[Cloud, str]:
    """Cloud and region, each told by the other, by a node type or by the settings."""
    from setpoint.core.places import CLOUDS, region_of, usual_region
    from setpoint.prices.embedded import known_regions
    from setpoint.prices.regions import cloud_told

    named = next((known for known in CLOUDS if known == (cloud or "").strip().lower()), None)
    if cloud is not None and named is None:
        raise InputError(f"--cloud {cloud}: it is one of {', '.join(CLOUDS)}.")
    chosen = named or cloud_told(region, node_type)
    place = region_of(chosen, region or usual_region(chosen, settings.region))
    known = known_regions(chosen)
    if place not in known:
        raise InputError(f"No prices are known for {chosen} region “{place}”; known: {', '.join(known)}.")
    return chosen, place


def _named(book: "PriceBook", patterns: list[str]) -> list[str]:
    """Types that were asked for. Raises InputError for one that is not there, naming those that look like it."""
    from difflib import get_close_matches
    from fnmatch import fnmatchcase

    found: dict[str, None] = {}
    for pattern in patterns:
        names = [name for name in book.machines if fnmatchcase(name, pattern)]
        # Azure's names are often said without their beginning.
        names = names or [name for name in book.machines if fnmatchcase(name, f"Standard_{pattern}")]
        if not names:
            close = get_close_matches(pattern, book.machines, 3)
            hint = f"; there are {', '.join(close)}" if close else ""
            raise InputError(f"There is no price of {pattern} in {book.cloud} {book.region}{hint}.")
        found |= dict.fromkeys(names)
    return list(found)


def _day(text: str | None, option: str) -> str:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError:
        raise InputError(f"{option} {text}: write the day as 2026-10-27.") from None
