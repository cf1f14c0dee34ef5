"""How people and platforms call regions, and how the price book does."""

import re

from setpoint.core.pricebook import Cloud

__all__ = ["CLOUDS", "region_of"]

CLOUDS: tuple[Cloud, ...] = ("aws", "azure", "gcp")

_ZONE = {"aws": re.compile(r"(?<=\d)[a-z]$"), "gcp": re.compile(r"(?<=\d)-[a-z]$")}


def region_of(cloud: Cloud, place: str) -> str:
    """The region of an availability zone, or of a display name.

    >>> region_of("aws", "us-east-1c"), region_of("gcp", "us-central1-a"), region_of("azure", "East US 2")
    ('us-east-1', 'us-central1', 'eastus2')
    """
    name = place.strip().lower()
    return name.replace(" ", "") if cloud == "azure" else _ZONE[cloud].sub("", name)
