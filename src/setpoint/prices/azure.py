"""Azure's retail prices: what anybody pays for virtual machines and managed disks, without an account.

https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, urlsplit

import msgspec

from setpoint.core.places import region_of
from setpoint.core.pricebook import Cloud
from setpoint.errors import InputError, PlatformError
from setpoint.prices import Tell
from setpoint.prices.refreshed import Quote, QuoteKind, Refresh
from setpoint.prices.web import Connect, ask
from setpoint.sources.https import PublicConnection

__all__ = ["AzurePrices"]

URL = "https://prices.azure.com/api/retail/prices"
MOST_PAGES = 1000
"""A region has about 80 pages of machines and 40 of disks."""
_REGION = re.compile(r"[a-z][a-z0-9]{2,39}")

_DISKS = {
    "Premium SSD Managed Disks": "premium_ssd",
    "Standard SSD Managed Disks": "standard_ssd",
    "Standard HDD Managed Disks": "standard_hdd",
}
_DISK_METER = re.compile(r"[PES](\d{1,2}) (?:LRS )?Disks?")
# The number in a disk's name → GiB.
_GIB = {4: 32, 6: 64, 10: 128, 15: 256, 20: 512, 30: 1024, 40: 2048, 50: 4096, 60: 8192, 70: 16384, 80: 32767}


class Item(msgspec.Struct, frozen=True, rename="camel"):
    """One meter."""

    retail_price: float
    currency_code: str = "USD"
    unit_of_measure: str = ""
    arm_sku_name: str = ""
    product_name: str = ""
    sku_name: str = ""
    meter_name: str = ""
    type: str = "Consumption"
    tier_minimum_units: float = 0.0
    is_primary_meter_region: bool = True
    effective_start_date: str = ""


class Page(msgspec.Struct, frozen=True):
    """Some of the meters, and where the next are."""

    items: list[Item] = msgspec.field(name="Items")
    next_page: str | None = msgspec.field(name="NextPageLink", default=None)


class AzurePrices:
    """Asks prices.azure.com."""

    def __init__(self, today: str, url: str = URL, connect: Connect = PublicConnection) -> None:
        self._today = today
        self._url = url
        self._connect = connect

    def refresh(self, cloud: Cloud, region: str, tell: Tell) -> Refresh:
        """Machines in both markets, then disks."""
        if cloud != "azure":
            raise InputError(f"The price source azure has no prices of {cloud}.")
        name = region_of(cloud, region)
        if not _REGION.fullmatch(name):
            raise InputError(f"“{region}” is no region of Azure; they look like eastus.")
        best: dict[tuple[QuoteKind, str], Item] = {}
        for service in ("Virtual Machines", "Storage"):
            for item in self._items(service, name, tell):
                for key in _keys(item):
                    best[key] = max(best.get(key, item), item, key=_rank)
        if not best:
            raise PlatformError(f"Azure lists no prices for the region {name}.")
        quotes = tuple(Quote(kind, sku, item.retail_price) for (kind, sku), item in sorted(best.items()))
        return Refresh(
            source="azure", cloud=cloud, region=name, as_of=self._today, words="Azure Retail Prices", quotes=quotes
        )

    def _items(self, service: str, region: str, tell: Tell) -> Iterator[Item]:
        wanted = f"serviceName eq '{service}' and armRegionName eq '{region}' and priceType eq 'Consumption'"
        url: str | None = f"{self._url}?$filter={quote(wanted, safe='')}"
        count = 0
        for number in range(1, MOST_PAGES + 1):
            if not url:
                return
            page = self._page(url)
            count += len(page.items)
            tell(f"Azure {region}, {service.lower()}: page {number}, {count} meters")
            yield from page.items
            url = page.next_page
        if url:
            raise PlatformError(f"Azure gives more than {MOST_PAGES} pages of prices, so it was stopped.")

    def _page(self, url: str) -> Page:
        if urlsplit(url)[:2] != urlsplit(self._url)[:2]:
            raise PlatformError("Azure's next page of prices is at another server, so it is not read.")
        try:
            return msgspec.json.decode(ask(url, self._connect), type=Page)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise PlatformError(f"Azure's prices cannot be read: {error}.") from None


def _rank(item: Item) -> tuple[bool, str]:
    return item.is_primary_meter_region, item.effective_start_date


def _keys(item: Item) -> Iterable[tuple[QuoteKind, str]]:
    """What a meter is the price of; nothing where it is none of ours."""
    is_price = item.currency_code == "USD" and item.type == "Consumption" and item.retail_price > 0
    if not is_price or item.tier_minimum_units:
        return
    if item.unit_of_measure == "1 Hour" and item.arm_sku_name:
        words = f"{item.product_name} {item.sku_name} {item.meter_name}"
        if not re.search(r"Windows|Low Priority|Cloud ?Services|Dedicated", words):
            yield ("spot" if "Spot" in words else "on_demand"), item.arm_sku_name
    kind, meter = _DISKS.get(item.product_name), _DISK_METER.fullmatch(item.meter_name)
    if kind and meter and "ZRS" not in item.sku_name and int(meter[1]) in _GIB:
        yield "disk_size", f"{kind}/{_GIB[int(meter[1])]}"
