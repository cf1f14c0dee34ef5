"""Options that describe a rented cluster, and what they mean."""

import math
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from setpoint.core.pricebook import Cloud, Compute, Market, Plan
from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.core.cloud import CloudSpec, Service
    from setpoint.core.pricebook import PriceBook

__all__ = [
    "CloudOption",
    "ComputeOption",
    "DriverTypeOption",
    "FactorOption",
    "MarketOption",
    "NodeTypeOption",
    "PlanOption",
    "RegionOption",
    "StartupOption",
    "WorkersOption",
    "book_of",
    "choice",
    "cloud_spec",
    "positive",
]

NodeTypeOption = Annotated[str | None, typer.Option("--node-type", help="Instance type of the workers.")]
DriverTypeOption = Annotated[str | None, typer.Option("--driver-node-type", help="Default: as the workers.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", min=0, max=100_000, help="Beside the driver.")]
CloudOption = Annotated[
    str | None, typer.Option("--cloud", help="aws, azure or gcp; default: told by the region and the node type.")
]
RegionOption = Annotated[
    str | None, typer.Option("--region", help="Default: what a log tells, else the region of the settings.")
]
PlanOption = Annotated[str | None, typer.Option("--plan", help="standard, premium or enterprise; default: premium.")]
ComputeOption = Annotated[
    str | None,
    typer.Option(
        "--compute",
        help="jobs, all_purpose, or jobs_light, which nobody lists: it needs a rate of your own. "
        "Default: what a log tells, else jobs.",
    ),
]
MarketOption = Annotated[
    str | None,
    typer.Option(
        "--market",
        help="on_demand, or spot: spot workers and a driver on demand. Default: what a log tells, else on_demand.",
    ),
]
FactorOption = Annotated[
    float | None, typer.Option("--factor", help="What Photon multiplies Databricks units by; default: as listed.")
]
StartupOption = Annotated[
    float, typer.Option("--startup-seconds", help="While machines are paid for and Databricks units are not.")
]

_CLASSIC: tuple[Compute, ...] = ("jobs", "jobs_light", "all_purpose")
_LARGEST = 1e9


def positive(value: float | None, option: str, *, zero: bool = False) -> None:
    """Raise InputError unless the number is usable."""
    if value is not None and not (math.isfinite(value) and (value > 0 or (zero and value == 0)) and value < _LARGEST):
        least = "0 or more" if zero else "above 0"
        raise InputError(f"{option} {value}: it must be a number {least}, and below 1e9.")


def choice(text: str, allowed: tuple[str, ...], option: str) -> str:
    """One of the allowed words; hyphens count as underscores."""
    word = text.strip().lower().replace("-", "_")
    if word not in allowed:
        raise InputError(f"{option} {text}: it is one of {', '.join(allowed)}.")
    return word


def book_of(node_type: str, cloud: str | None, region: str | None) -> "PriceBook":
    """The book that prices a node type."""
    from setpoint.core.places import usual_region
    from setpoint.prices.regions import cloud_told
    from setpoint.settings import load_settings
    from setpoint.wiring import cloud_book

    settings = load_settings()
    named = cast("Cloud", choice(cloud, get_args(Cloud), "--cloud")) if cloud else None
    where = named or cloud_told(region, node_type)
    return cloud_book(settings, where, region or usual_region(where, settings.region))


def cloud_spec(
    book: "PriceBook",
    node_type: str,
    driver_node_type: str | None,
    workers: int,
    terms: tuple[str | None, str | None, str | None],
    service: "Service" = "databricks",
) -> "CloudSpec":
    """The cluster that options describe; `terms` are plan, kind of compute and market as they were given."""
    from setpoint.core.cloud import CloudSpec
    from setpoint.core.places import listed_type

    plan, compute, market = terms
    return CloudSpec(
        cloud=book.cloud,
        region=book.region,
        node_type=listed_type(node_type, book),
        driver_node_type=None if driver_node_type is None else listed_type(driver_node_type, book),
        workers=workers,
        first_on_demand=1 if choice(market or "on_demand", get_args(Market), "--market") == "spot" else None,
        plan=cast("Plan", choice(plan or "premium", get_args(Plan), "--plan")),
        compute=cast("Compute", choice(compute or "jobs", _CLASSIC, "--compute")),
        service=service,
    )
