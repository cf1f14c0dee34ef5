"""What platforms and clients call plans, kinds of compute and markets."""

import re
from collections.abc import Mapping

from setpoint.core.pricebook import Cloud, Compute, Market, Plan

__all__ = ["CLOUDS", "COMPUTES", "MARKETS", "PLANS", "azure_size"]

CLOUDS: Mapping[str, Cloud] = {"aws": "aws", "azure": "azure", "gcp": "gcp"}
PLANS: Mapping[str, Plan] = {"standard": "standard", "premium": "premium", "enterprise": "enterprise"}
COMPUTES: Mapping[str, Compute] = {
    "jobs compute": "jobs",
    "all purpose compute": "all_purpose",
    "jobs compute light": "jobs_light",
    "jobs light compute": "jobs_light",
    "jobs": "jobs",
    "all purpose": "all_purpose",
    "all_purpose": "all_purpose",
    "jobs light": "jobs_light",
    "jobs_light": "jobs_light",
    "jobs_serverless": "jobs_serverless",
    "jobs serverless": "jobs_serverless",
    "all_purpose_serverless": "all_purpose_serverless",
    "all purpose serverless": "all_purpose_serverless",
}
"""A hyphen in the document is a blank here."""
MARKETS: Mapping[str, Market] = {
    "on_demand": "on_demand",
    "on demand": "on_demand",
    "regular": "on_demand",
    "spot": "spot",
    "low": "spot",
}

_AZURE_SIZE = re.compile(r"(standard|basic)_(([a-z]+)(\d[a-z\d-]*)((?:_[a-z\d]+)*))", re.IGNORECASE)
_AZURE_VERSION = re.compile(r"_V(?=\d{1,2}(?:_|$))")


def azure_size(name: str) -> str:
    """A VM size in its usual spelling, where it was written in capitals or small letters only; Azure takes any case.

    >>> azure_size("STANDARD_DS3_V2"), azure_size("standard_e8-4ds_v4"), azure_size("Standard_NC40ads_H100_V5")
    ('Standard_DS3_v2', 'Standard_E8-4ds_v4', 'Standard_NC40ads_H100_V5')
    """
    found = _AZURE_SIZE.fullmatch(name)
    if found is None or found[2] not in (found[2].upper(), found[2].lower()):
        return name
    family, size, rest = found[3].upper(), found[4].lower(), found[5].upper()
    rest = _AZURE_VERSION.sub("_v", rest).replace("_PROMO", "_Promo").replace("_CC", "_cc")
    return f"{found[1].capitalize()}_{family}{size}{rest}"
