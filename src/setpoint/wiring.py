"""Composition root: Settings → Loop. The only module that knows every room."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from setpoint.bills import BILLS, BillSource
from setpoint.core.discounts import with_discounts
from setpoint.core.energy import core_power
from setpoint.core.history import Registered
from setpoint.core.own_units import with_own_units
from setpoint.core.places import region_of
from setpoint.core.pricebook import Cloud, CoreRates, Price, PriceBook
from setpoint.core.words import names
from setpoint.errors import InputError, LedgerError, PlatformError, UnknownProject
from setpoint.ledger import Ledger, open_ledger
from setpoint.loop import Loop
from setpoint.platforms import PLATFORMS, Platform
from setpoint.platforms.spark import SparkPlatform
from setpoint.prices import PriceSource, load_book
from setpoint.prices.embedded import known_regions
from setpoint.prices.energy import load_energy
from setpoint.settings import Settings, databricks_token
from setpoint.teaching import Teaching
from setpoint.watching import Watched, Watching

if TYPE_CHECKING:
    from setpoint.bills.nodes import NodeTimeline
    from setpoint.bills.statements import Statements

__all__ = [
    "PRICES_FOLDER",
    "PRIOR_FOLDER",
    "Asked",
    "build_bills",
    "build_ledger",
    "build_loop",
    "build_node_timeline",
    "build_platform",
    "build_price_source",
    "build_teaching",
    "build_watching",
    "cloud_book",
    "loop_of",
    "open_platform",
    "price_book",
    "reported_book",
    "unit_as_paid",
]

PRICES_FOLDER = "prices"
"""Of refreshed prices, in the home folder."""
PRIOR_FOLDER = "prior"
"""Of what was learned from other projects and installations, in the home folder."""
OWN_RATES = "your own rates"
_ELSEWHERE = frozenset(PLATFORMS) - {"spark"}
"""Platforms that are asked for runs."""
_LONGEST_REGION = 60


def cloud_book(settings: Settings, cloud: Cloud, region: str) -> PriceBook:
    """Prices of a region: what comes with the package, what was refreshed, and then what the user pays."""
    return _as_paid(settings, load_book(cloud, region, settings.home / PRICES_FOLDER))


def reported_book(settings: Settings, cloud: Cloud, region: str) -> PriceBook:
    """The same for a region that a document names: where nobody lists prices, only what the user pays is in it."""
    if region_of(cloud, region) in known_regions(cloud):
        return cloud_book(settings, cloud, region)
    source = f"no prices are known for {cloud} {region[:_LONGEST_REGION]}"
    return _as_paid(settings, PriceBook(source=source, cloud=cloud, region=region[:_LONGEST_REGION]))


def _as_paid(settings: Settings, book: PriceBook) -> PriceBook:
    known = with_own_units(replace(book, cores=_own_cores(settings, book.cores)), settings.dbu_rates)
    return with_discounts(known, settings.discounts)


def price_book(settings: Settings) -> PriceBook:
    """Prices of specs that ask for cores and memory: the EMR Serverless list of the region, and the user's own."""
    cores = cloud_book(settings, "aws", settings.region).cores
    if cores is None:
        raise InputError(f"No EMR Serverless price is known for region “{settings.region}”.")
    rates = (cores.vcpu_hour, cores.gib_hour)
    words = dict.fromkeys(", ".join(part for part in (rate.source, rate.as_of) if part) for rate in rates)
    # The user's own rate first, whichever of the two it is.
    source = ", else ".join(sorted(words, key=lambda it: it != OWN_RATES))
    power = core_power(load_energy("aws", settings.region))
    return PriceBook(source=source, region=settings.region, cores=cores, power=power)


def _own_cores(settings: Settings, listed: CoreRates | None) -> CoreRates | None:
    vcpu, gib = settings.vcpu_hour_dollars, settings.gib_hour_dollars
    if listed is None:
        return None if vcpu is None or gib is None else PriceBook.of_cores(vcpu, gib, OWN_RATES).cores
    return replace(
        listed,
        vcpu_hour=listed.vcpu_hour if vcpu is None else Price(vcpu, OWN_RATES, "", "own"),
        gib_hour=listed.gib_hour if gib is None else Price(gib, OWN_RATES, "", "own"),
    )


def build_price_source(
    settings: Settings, name: str, *, table: str = "list_prices", file: Path | None = None, warehouse: str | None = None
) -> PriceSource:
    """A live price source, by its name."""
    from setpoint.prices.databricks import TABLES
    from setpoint.prices.live import PRICE_SOURCES, Access

    if name not in PRICE_SOURCES:
        raise InputError(f"There is no price source “{name}”; there are {', '.join(PRICE_SOURCES)}.")
    if file is not None and name != "databricks":
        raise InputError("--from reads an export of Databricks' price tables: use it with --source databricks.")
    chosen = next((known for known in TABLES if known == table), None)
    if chosen is None:
        raise InputError(f"--table {table}: it is one of {', '.join(TABLES)}.")
    access = Access(
        today=datetime.now(UTC).date().isoformat(),
        file=file,
        table=chosen,
        host=settings.databricks_host,
        warehouse=warehouse or settings.databricks_warehouse,
        token=databricks_token(),
    )
    return PRICE_SOURCES[name](access)


def build_bills(
    settings: Settings, source: str, place: str = "", *, table: str = "list_prices", asked: "Asked | None" = None
) -> BillSource:
    """Where a bill is read: `databricks` from the tables of its workspace, `aws` and `azure` from an export at a place.

    Args:
        settings: workspace, warehouse and contracts.
        source: whose bill.
        place: folder or URL of an export.
        table: which prices Databricks' usage is multiplied by.
        asked: which workspace and warehouse; None: those of the settings.
    """
    if source == "databricks":
        return _usage_tables(settings, table, asked or Asked())
    from setpoint.bills.aws import AwsExport
    from setpoint.bills.azure import AzureExport

    exports: dict[str, Callable[[str], BillSource]] = {"aws": AwsExport, "azure": AzureExport}
    if source not in exports:
        raise InputError(f"There is no bill “{source}”; there are {', '.join(BILLS)}.")
    if not place:
        raise InputError(f"Say where the cost export of {source} lies: a folder, a file or a URL.")
    return exports[source](place)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which SQL warehouse is asked, and about which workspaces; what is empty is taken from the settings."""

    warehouse: str = ""
    connection: str = ""
    """Name of a connection that `setpoint connect databricks` has kept."""
    only: str = ""
    """Id of the one workspace that is asked about; empty: all that the tables tell of."""


def _usage_tables(settings: Settings, table: str, asked: Asked) -> BillSource:
    from setpoint.bills.databricks import PRICE_TABLES, UsageTables

    chosen = next((known for known in PRICE_TABLES if known == table), None)
    if chosen is None:
        raise InputError(f"--table {table}: it is one of {', '.join(PRICE_TABLES)}.")
    paid = partial(unit_as_paid, settings)
    return UsageTables(_statements(settings, asked), lambda: datetime.now(UTC), chosen, paid, asked.only)


def build_node_timeline(settings: Settings, asked: Asked) -> "NodeTimeline":
    """How busy machines were, as Databricks measured it."""
    from setpoint.bills.nodes import NodeTimeline

    return NodeTimeline(_statements(settings, asked), asked.only)


def _statements(settings: Settings, asked: Asked) -> "Statements":
    from setpoint.bills.statements import Statements
    from setpoint.platforms.databricks.transport import workspace

    known = {name: it for name, it in settings.connections.items() if it.platform == "databricks"}
    if asked.connection and asked.connection not in known:
        others = names(tuple(known))
        raise InputError(f"There is no connection “{asked.connection}” to Databricks; there are: {others}.")
    named = known.get(asked.connection)
    if named is None and not settings.databricks_host and len(known) == 1:
        (named,) = known.values()
    host, warehouse = (
        named.host if named else settings.databricks_host,
        asked.warehouse or settings.databricks_warehouse,
    )
    if not host or not warehouse:
        raise InputError(
            "Databricks' system tables need a workspace (--connection, setting databricks_host or DATABRICKS_HOST) and "
            "a SQL warehouse (--warehouse, setting databricks_warehouse or DATABRICKS_WAREHOUSE_ID)."
        )
    # Without a profile or a token the SDK finds credentials of its own: a service principal, the cloud's.
    if named is not None and named.profile:
        return Statements(workspace(host, profile=named.profile), warehouse)
    token = databricks_token()
    return Statements(workspace(host, token=token) if token else workspace(host), warehouse)


def unit_as_paid(settings: Settings, cloud: str, sku: str, listed: float) -> tuple[float, str, bool]:
    """What a contract makes of the list price of a SKU of Databricks, where that is from, and whether any does."""
    from setpoint.prices.units import unit_of_sku

    at_list = (listed, "Databricks' list", False)
    known = next((each for each in get_args(Cloud) if each == cloud), None)
    unit = None if known is None else unit_of_sku(known, sku)
    if known is None or unit is None:
        return at_list
    plan, compute, region = unit
    price = Price(listed, "Databricks", "")
    book = PriceBook(source="Databricks", cloud=known, region=region, dbu={(plan, compute): price})
    paid = with_discounts(book, settings.discounts).dbu[plan, compute]
    return at_list if paid == price else (paid.dollars, paid.origin, True)


def build_ledger(settings: Settings) -> Ledger:
    """The ledger of this installation; its folder is made."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerError(f"The folder {settings.home} cannot be made ({error.strerror}).") from error
    return open_ledger(settings.ledger_url)


def build_platform(settings: Settings) -> SparkPlatform:
    """The platform `spark` of this installation."""
    return SparkPlatform(settings.home)


def open_platform(settings: Settings, name: str) -> Platform:
    """A platform of the registry on the home of this installation, with the profiles of its connections."""
    if name != "emr":
        return PLATFORMS[name](settings.home)
    from setpoint.platforms.emr import EmrPlatform, connect

    # Databricks' projects name their own; of AWS one profile serves all projects of a region.
    profiles = {it.region: it.profile for it in settings.connections.values() if it.platform == "emr" and it.profile}
    return EmrPlatform(settings.home, lambda service, region: connect(service, region, profiles.get(region)))


def build_teaching(settings: Settings, ledger: Ledger) -> Teaching:
    """What the projects of the ledger, and other installations, teach."""
    return Teaching(ledger, settings.home / PRIOR_FOLDER, lambda: datetime.now(UTC))


def loop_of(settings: Settings, project: str) -> Loop:
    """The loop over one project of the local ledger: on its platform, at the prices of where its machines are.

    Raises UnknownProject.
    """
    loop = build_loop(settings)
    registered = loop.state(project).history.registered
    place = _place(settings, project, registered)
    if place is not None:
        loop = replace(loop, prices=reported_book(settings, *place))
    if registered.platform in _ELSEWHERE:
        loop = replace(loop, platform=open_platform(settings, registered.platform))
    return loop


def _place(settings: Settings, project: str, registered: Registered) -> tuple[Cloud, str] | None:
    """The cloud and region in which a project runs; None where it runs on this machine, or nobody says."""
    shape = registered.baseline.cloud
    if shape is not None:
        return shape.cluster.cloud, shape.cluster.region
    if registered.platform != "emr":
        return None
    from setpoint.platforms.emr.store import Store

    # EMR Serverless rents no machines that would say where they are.
    try:
        return "aws", Store(settings.home).project(project).region
    except (PlatformError, UnknownProject):
        return None


def build_loop(settings: Settings, platform: Platform | None = None) -> Loop:
    """The loop over them; over another platform where one is given."""
    chosen = build_platform(settings) if platform is None else platform
    ledger = build_ledger(settings)
    teaching = build_teaching(settings, ledger)
    return Loop(chosen, ledger, price_book(settings), lambda: datetime.now(UTC), teaching.lessons_for)


def build_watching(settings: Settings, interval_seconds: float) -> Watching:
    """A look at all projects of the ledger that run elsewhere."""
    ledger = build_ledger(settings)
    teaching = build_teaching(settings, ledger)
    platforms: dict[str, Platform] = {}
    loops: dict[tuple[str, Cloud, str], Loop] = {}

    def now() -> datetime:
        return datetime.now(UTC)

    def opened(name: str, cloud: Cloud, region: str) -> Loop:
        if name not in platforms:
            platforms[name] = open_platform(settings, name)
        if (name, cloud, region) not in loops:
            book = reported_book(settings, cloud, region)
            loops[name, cloud, region] = Loop(platforms[name], ledger, book, now, teaching.lessons_for)
        return loops[name, cloud, region]

    def projects() -> tuple[Watched, ...]:
        found = []
        for project, entry in ledger.newest(Registered).items():
            if not isinstance(entry, Registered) or entry.platform not in _ELSEWHERE:
                continue  # it runs here, or whoever runs it brings its runs
            place = _place(settings, project, entry)
            if place is not None:
                found.append(Watched(project, entry.platform, opened(entry.platform, *place)))
        return tuple(found)

    return Watching(projects, interval_seconds, now)
