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
    "cloud_of",
    "cloud_spec",
    "positive",
]

NodeTypeOption = Annotated[str | None, typer.Option("--node-type", help="Instance type of the workers.")]
DriverTypeOption = Annotated[str | None, typer.Option("--driver-node-type", help="Default: as the workers.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", min=0, max=100_000, help="Beside the driver.")]
CloudOption = Annotated[str | None, typer.Option("--cloud", help="aws, azure or gcp; default: told by the node type.")]
RegionOption = Annotated[str | None, typer.Option("--region", help="Default: the region of the settings.")]
PlanOption = Annotated[str, typer.Option("--plan", help="standard, premium or enterprise.")]
ComputeOption = Annotated[str, typer.Option("--compute", help="jobs, jobs_light or all_purpose.")]
MarketOption = Annotated[str, typer.Option("--market", help="on_demand, or spot: spot workers and a driver on demand.")]
FactorOption = Annotated[
    float | None, typer.Option("--factor", help="What Photon multiplies Databricks units by; default: as listed.")
]
StartupOption = Annotated[
    float, typer.Option("--startup-seconds", help="While machines are paid for and Databricks units are not.")
]

_DEFAULT_REGIONS: dict[Cloud, str] = {"azure": "eastus", "gcp": "us-central1"}
"""The settings name a region of AWS."""
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


def cloud_of(node_type: str) -> Cloud:
    """The cloud that names its types like this.

    >>> cloud_of("m5.xlarge"), cloud_of("Standard_E8ds_v4"), cloud_of("n2-standard-4")
    ('aws', 'azure', 'gcp')
    """
    if node_type.lower().startswith(("standard_", "basic_")):
        return "azure"
    return "aws" if "." in node_type or "-" not in node_type else "gcp"


def book_of(node_type: str, cloud: str | None, region: str | None) -> "PriceBook":
    """The book that prices a node type."""
    from setpoint.settings import load_settings
    from setpoint.wiring import cloud_book

    settings = load_settings()
    where = cast("Cloud", choice(cloud, get_args(Cloud), "--cloud")) if cloud else cloud_of(node_type)
    return cloud_book(settings, where, region or _DEFAULT_REGIONS.get(where) or settings.region)


def cloud_spec(
    book: "PriceBook",
    node_type: str,
    driver_node_type: str | None,
    workers: int,
    terms: tuple[str, str, str],
    service: "Service" = "databricks",
) -> "CloudSpec":
    """The cluster that options describe; `terms` are plan, kind of compute and market as they were given."""
    from setpoint.core.cloud import CloudSpec

    plan, compute, market = terms
    return CloudSpec(
        cloud=book.cloud,
        region=book.region,
        node_type=node_type,
        driver_node_type=driver_node_type,
        workers=workers,
        first_on_demand=1 if choice(market, get_args(Market), "--market") == "spot" else None,
        plan=cast("Plan", choice(plan, get_args(Plan), "--plan")),
        compute=cast("Compute", choice(compute, _CLASSIC, "--compute")),
        service=service,
    )
