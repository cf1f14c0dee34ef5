"""Rows of Databricks' price tables → prices of its units.

`system.billing.list_prices` and `system.billing.account_prices` have the same columns; names of SKUs say the plan, the
kind of compute and, where prices differ, the region in words of Databricks' own.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

import msgspec

from setpoint.core.pricebook import Cloud, Compute, Plan
from setpoint.errors import InputError
from setpoint.prices.refreshed import Quote

__all__ = ["PRICE_COLUMNS", "Row", "unit_of_sku", "unit_quotes"]

Row = tuple[int, Mapping[str, str]]
"""Number of the line, and the fields by column."""

PRICE_COLUMNS = ("pricing", "pricing.default", "pricing_default", "default", "price", "list_price")
"""The first of these that is there holds the price."""

MOST_DOLLARS = 1e6

_SKU = re.compile(
    r"(?P<plan>STANDARD|PREMIUM|ENTERPRISE)_"
    r"(?P<compute>ALL_PURPOSE_SERVERLESS|JOBS_SERVERLESS|ALL_PURPOSE|JOBS_LIGHT|JOBS)_COMPUTE"
    r"(?P<photon>_\(PHOTON\))?(?:_(?P<place>[A-Z0-9_]+))?"
)
# Names as public price tables have them in SKUs with a region, such as PREMIUM_SQL_PRO_COMPUTE_EUROPE_BELGIUM. Which
# place a region is: docs.databricks.com/gcp/resources/supported-regions, and the same page of the other clouds. Regions
# of Google Cloud whose SKUs no public table shows are left out; SKUs of names that are not here are told as skipped.
_PLACES: dict[Cloud, dict[str, str]] = {
    "aws": {
        "us-east-1": "US_EAST_N_VIRGINIA",
        "us-east-2": "US_EAST_OHIO",
        "us-west-1": "US_WEST_CALIFORNIA",
        "us-west-2": "US_WEST_OREGON",
        "ca-central-1": "CANADA",
        "sa-east-1": "SA_BRAZIL",
        "eu-central-1": "EUROPE_FRANKFURT",
        "eu-west-1": "EUROPE_IRELAND",
        "eu-west-2": "EUROPE_LONDON",
        "eu-west-3": "EUROPE_FRANCE",
        "eu-north-1": "EUROPE_STOCKHOLM",
        "ap-northeast-1": "AP_TOKYO",
        "ap-northeast-2": "AP_SEOUL",
        "ap-south-1": "AP_MUMBAI",
        "ap-southeast-1": "AP_SINGAPORE",
        "ap-southeast-2": "AP_SYDNEY",
    },
    "azure": {
        "eastus": "US_EAST",
        "eastus2": "US_EAST_2",
        "centralus": "US_CENTRAL",
        "southcentralus": "US_SOUTH_CENTRAL",
        "westus2": "US_WEST_2",
        "westus3": "US_WEST_3",
        "canadacentral": "CANADA_CENTRAL",
        "westeurope": "EU_WEST",
        "northeurope": "EU_NORTH",
        "uksouth": "UK_SOUTH",
        "germanywestcentral": "GERMANY_WEST_CENTRAL",
        "francecentral": "FRANCE_CENTRAL",
        "southeastasia": "ASIA_SOUTHEAST",
        "australiaeast": "AUSTRALIA_EAST",
        "japaneast": "JAPAN_EAST",
        "centralindia": "INDIA_CENTRAL",
        "brazilsouth": "BRAZIL_SOUTH",
    },
    "gcp": {
        "us-central1": "US_IOWA",
        "us-east1": "US_SOUTH_CAROLINA",
        "us-east4": "US_VIRGINIA",
        "us-west1": "US_OREGON",
        "europe-west1": "EUROPE_BELGIUM",
        "europe-west2": "EUROPE_LONDON",
        "europe-west3": "EUROPE_FRANKFURT",
        "asia-southeast1": "ASIA_SINGAPORE",
    },
}


@dataclass(frozen=True, slots=True)
class _Unit:
    item: str
    dollars: float
    is_of_region: bool
    is_photon: bool
    began: str

    @property
    def rank(self) -> tuple[bool, bool, str]:
        """The best says the region, is of Spark's own engine, and is the latest."""
        return self.is_of_region, not self.is_photon, self.began


def unit_of_sku(cloud: Cloud, sku: str) -> tuple[Plan, Compute, str] | None:
    """Plan, compute and region of a SKU, the last empty where all regions have one price; None: it is none of runs.

    >>> unit_of_sku("aws", "ENTERPRISE_JOBS_COMPUTE_(PHOTON)"), unit_of_sku("aws", "PREMIUM_SQL_COMPUTE")
    (('enterprise', 'jobs', ''), None)
    """
    found = _SKU.fullmatch(sku.strip().upper())
    if found is None:
        return None
    place = found["place"]
    region = next((name for name, words in _PLACES[cloud].items() if words == place), "") if place else ""
    plan: Plan = next(each for each in get_args(Plan) if each == found["plan"].lower())
    compute: Compute = next(each for each in get_args(Compute) if each == found["compute"].lower())
    return plan, compute, region


def unit_quotes(
    rows: Iterable[Row], cloud: Cloud, region: str, today: str, skip: Callable[[str], object] = len
) -> tuple[Quote, ...]:
    """What a Databricks unit costs in a region today, by plan and compute; `skip` hears of SKUs that are not known.

    Raises:
        InputError: a row cannot be understood; its line is named.
    """
    best: dict[str, _Unit] = {}
    for line, row in rows:
        for unit in _units(line, row, cloud, region, today, skip):
            best[unit.item] = max(best.get(unit.item, unit), unit, key=lambda it: it.rank)
    return tuple(Quote("dbu", item, unit.dollars) for item, unit in sorted(best.items()))


def _units(
    line: int, row: Mapping[str, str], cloud: Cloud, region: str, today: str, skip: Callable[[str], object]
) -> Iterator[_Unit]:
    is_ours = row.get("cloud", "").strip().lower() == cloud and row.get("currency_code", "USD").strip() == "USD"
    if not is_ours or row.get("usage_unit", "DBU").strip() not in ("DBU", ""):
        return
    name = row.get("sku_name", "").strip().upper()
    sku = _SKU.fullmatch(name)
    place = sku["place"] if sku else None
    if sku is None or (place and place not in _PLACES[cloud].values()):
        skip(name)
        return
    began, ended = row.get("price_start_time", "").strip(), row.get("price_end_time", "").strip()
    is_over = ended.lower() not in ("", "null", "none") and ended[:10] <= today
    if began[:10] > today or is_over or (place and place != _PLACES[cloud].get(region)):
        return
    item = f"{sku['plan'].lower()}/{sku['compute'].lower()}"
    yield _Unit(item, _dollars(line, row), bool(place), bool(sku["photon"]), began)


def _dollars(line: int, row: Mapping[str, str]) -> float:
    column = next((name for name in PRICE_COLUMNS if name in row), None)
    text = row[column].strip() if column else ""
    try:
        dollars = _default(text) if text.startswith("{") else float(text)
    except (ValueError, msgspec.DecodeError):
        raise InputError(f"Line {line} of the price table: “{text[:60]}” is no price of {row['sku_name']}.") from None
    if not 0 <= dollars <= MOST_DOLLARS:
        raise InputError(f"Line {line} of the price table: {row['sku_name']} cannot cost {text[:60]} dollars.")
    return dollars


def _default(text: str) -> float:
    """The list price in the column `pricing`, which exports write as JSON."""
    said = msgspec.json.decode(text, type=dict[str, object])
    return float(str(said.get("default", "")))
