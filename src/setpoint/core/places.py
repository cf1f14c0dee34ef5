"""Which cloud and region a name is of, and how the price book writes it: instance types, zones, names for people."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from setpoint.core.pricebook import Cloud, PriceBook
from setpoint.core.usage import Usage

__all__ = [
    "CLOUDS",
    "USUAL_REGIONS",
    "cloud_of_type",
    "listed_type",
    "listed_types",
    "region_of",
    "region_of_zone",
    "usual_region",
]

CLOUDS: tuple[Cloud, ...] = get_args(Cloud)
USUAL_REGIONS: Mapping[Cloud, str] = {"aws": "us-east-1", "azure": "eastus", "gcp": "us-central1"}
"""Where nobody names one."""
_AZURE = "Standard_"
_ZONE = re.compile(r"([a-z]{2,}(?:-[a-z]+)+-?\d+)(?:-[a-z0-9]+)*[a-z]?")


def cloud_of_type(node_type: str) -> Cloud:
    """The cloud that names its types like this.

    >>> [cloud_of_type(name) for name in ("m5.xlarge", "Standard_E8ds_v4", "E8-4ds_v4", "n2-standard-4")]
    ['aws', 'azure', 'azure', 'gcp']
    """
    if "." in node_type:
        return "aws"
    if "_" in node_type:
        return "azure"
    return "gcp" if "-" in node_type else "aws"


def listed_type(node_type: str, book: PriceBook) -> str:
    """As the book writes it: Azure's names are often said without their `Standard_`."""
    whole = _AZURE + node_type
    is_listed = any(whole in table for table in (book.machines, book.nodes, book.dbu_rates))
    return whole if is_listed and node_type not in book.machines else node_type


def listed_types(usage: Usage, book: PriceBook) -> Usage:
    """The same usage, its instance types written as in the book."""
    return replace(
        usage,
        machines=tuple(replace(use, instance_type=listed_type(use.instance_type, book)) for use in usage.machines),
        units=tuple(replace(use, instance_type=listed_type(use.instance_type, book)) for use in usage.units),
    )


def region_of_zone(zone: str) -> str:
    """The region of an availability or local zone, whichever cloud has it; empty where it is none.

    >>> region_of_zone("us-east-1c"), region_of_zone("us-west-2-lax-1a"), region_of_zone("auto")
    ('us-east-1', 'us-west-2', '')
    """
    found = _ZONE.fullmatch(zone)
    return found[1] if found else ""


def region_of(cloud: Cloud, place: str) -> str:
    """The region of an availability zone, or of a display name.

    >>> region_of("aws", "us-east-1c"), region_of("gcp", "us-central1-a"), region_of("azure", "East US 2")
    ('us-east-1', 'us-central1', 'eastus2')
    """
    name = place.strip().lower()
    return name.replace(" ", "") if cloud == "azure" else region_of_zone(name) or name


def usual_region(cloud: Cloud, aws_region: str) -> str:
    """The region to take where none is named; of AWS that of the settings."""
    return aws_region if cloud == "aws" and aws_region else USUAL_REGIONS[cloud]
