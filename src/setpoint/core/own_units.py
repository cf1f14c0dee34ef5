"""Databricks units an hour as the user knows them: where the book has none, or another figure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import msgspec

from setpoint.core.pricebook import Cloud, DbuRate, PriceBook

__all__ = ["OwnDbuRate", "with_own_units"]

Units = Annotated[float, msgspec.Meta(gt=0, le=1e4)]
Factor = Annotated[float, msgspec.Meta(ge=1, le=100)]


class OwnDbuRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one instance type uses, as the price page of Databricks or your contract says."""

    type: str
    """Instance type, in full."""
    cloud: Cloud
    dbu_per_hour: Units
    photon_jobs_factor: Factor | None = None
    """What Photon multiplies the units by for jobs compute; None: as in the book, else 2.9 on AWS, 2.5 elsewhere."""
    photon_all_purpose_factor: Factor | None = None
    """The same for all-purpose compute; None: as in the book, else 2."""


_SOURCE = "your settings"
_JOBS_FACTOR: dict[Cloud, float] = {"aws": 2.9, "azure": 2.5, "gcp": 2.5}
"""Databricks' list, 2026-04."""
_ALL_PURPOSE_FACTOR = 2.0


def with_own_units(book: PriceBook, rates: Sequence[OwnDbuRate]) -> PriceBook:
    """The book with the user's units an hour in place of its own.

    >>> book = with_own_units(PriceBook(source="", cloud="gcp"), [
    ...     OwnDbuRate(type="n2-standard-4", cloud="gcp", dbu_per_hour=0.87)])
    >>> book.dbu_rate("n2-standard-4").per_hour("jobs", photon=True)
    2.175
    """
    own = {rate.type: _rate(rate, book.dbu_rates.get(rate.type)) for rate in rates if rate.cloud == book.cloud}
    return replace(book, dbu_rates={**book.dbu_rates, **own}) if own else book


def _rate(own: OwnDbuRate, listed: DbuRate | None) -> DbuRate:
    jobs, other = own.photon_jobs_factor, own.photon_all_purpose_factor
    usual = listed or DbuRate(0.0, _JOBS_FACTOR[own.cloud], _ALL_PURPOSE_FACTOR, "", "", "estimated")
    return DbuRate(
        own.dbu_per_hour,
        usual.photon_jobs_factor if jobs is None else jobs,
        usual.photon_all_purpose_factor if other is None else other,
        _SOURCE,
        "",
        "own" if jobs is not None and other is not None else usual.photon_method,
    )
