"""Amazon's price list through boto3: on-demand and spot machines, volumes, the EMR fee.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from statistics import fmean
from typing import Protocol

import msgspec

from setpoint.core.places import region_of
from setpoint.core.pricebook import Cloud
from setpoint.errors import InputError, PlatformError
from setpoint.prices import Tell
from setpoint.prices.refreshed import Quote, QuoteKind, Refresh

__all__ = ["AwsPrices", "Client", "Paginator"]

LIST_REGION = "us-east-1"
"""Where the price list of all regions is asked for."""
MOST_PAGES = 2000
_VOLUMES = frozenset({"gp2", "gp3", "st1", "sc1"})
"""Those that cost no more than their GiB-months; io1 and io2 also sell operations, which are not read."""

# What is asked for: service, filters, the unit of the wanted dimension.
_MACHINES = {
    "productFamily": "Compute Instance",
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
}


class Paginator(Protocol):
    """Of boto3."""

    def paginate(self, **options: object) -> Iterable[Mapping[str, object]]:
        """Answers, page by page."""
        ...


class Client(Protocol):
    """Of boto3."""

    def get_paginator(self, operation: str) -> Paginator:
        """For an operation whose answers come in pages."""
        ...


Connect = Callable[[str, str], Client]
"""Service and region → client."""


class Dimension(msgspec.Struct, frozen=True):
    """One price of a product."""

    unit: str
    price: dict[str, str] = msgspec.field(name="pricePerUnit")
    begin: str = msgspec.field(name="beginRange", default="0")


class Term(msgspec.Struct, frozen=True):
    """The prices of a product under one contract."""

    dimensions: dict[str, Dimension] = msgspec.field(name="priceDimensions")


class Terms(msgspec.Struct, frozen=True):
    """All contracts."""

    on_demand: dict[str, Term] = msgspec.field(name="OnDemand", default={})


class ProductHead(msgspec.Struct, frozen=True):
    """What it is."""

    attributes: dict[str, str] = {}


class Product(msgspec.Struct, frozen=True):
    """An entry of the price list."""

    product: ProductHead
    terms: Terms

    def dollars(self, unit: str) -> float | None:
        """The first on-demand price in a unit."""
        prices = (
            dimension.price["USD"]
            for term in self.terms.on_demand.values()
            for dimension in term.dimensions.values()
            if dimension.unit.lower() == unit and dimension.begin == "0" and "USD" in dimension.price
        )
        try:
            return float(next(prices, "0")) or None
        except ValueError:
            return None


class Spot(msgspec.Struct, frozen=True, rename="pascal"):
    """What a type costs in one zone now."""

    instance_type: str
    spot_price: str


class AwsPrices:
    """Asks the price list, and EC2 for spot prices; credentials and proxies are those of boto3."""

    def __init__(self, today: str, connect: Connect | None = None) -> None:
        self._today = today
        self._connect = connect or _boto3_client

    def refresh(self, cloud: Cloud, region: str, tell: Tell) -> Refresh:
        """On-demand machines, then spot, volumes and fees."""
        if cloud != "aws":
            raise InputError(f"The price source aws has no prices of {cloud}.")
        name = region_of(cloud, region)
        pricing = self._connect("pricing", LIST_REGION)
        quotes: dict[tuple[QuoteKind, str], float] = {}
        for kind, item, dollars in self._listed(pricing, name, tell):
            # Where a type stands twice, as with extra software, the plain one is cheaper.
            quotes[kind, item] = min(dollars, quotes.get((kind, item), dollars))
        if not quotes:
            raise PlatformError(f"The AWS price list has no machines in {name}.")
        words = "AWS Price List and spot prices"
        try:
            quotes |= {("spot", item): dollars for item, dollars in self._spot(name, tell)}
        except PlatformError as error:
            # Another permission than that for the price list, which is worth having alone.
            words = "AWS Price List, without spot prices, which were refused"
            tell(str(error))
        return Refresh(
            source="aws",
            cloud=cloud,
            region=name,
            as_of=self._today,
            words=words,
            # A machine's on-demand price comes before its spot price: there is no spot price without one.
            quotes=tuple(Quote(kind, item, dollars) for (kind, item), dollars in sorted(quotes.items())),
        )

    def _listed(self, pricing: Client, region: str, tell: Tell) -> Iterator[tuple[QuoteKind, str, float]]:
        for product in _products(pricing, "AmazonEC2", _MACHINES | {"regionCode": region}, tell):
            dollars, name = product.dollars("hrs"), product.product.attributes.get("instanceType")
            if dollars and name:
                yield "on_demand", name, dollars
        for product in _products(pricing, "AmazonEC2", {"productFamily": "Storage", "regionCode": region}, tell):
            dollars, kind = product.dollars("gb-mo"), product.product.attributes.get("volumeApiName")
            if dollars and kind in _VOLUMES:
                yield "disk", kind, dollars
        family = {"productFamily": "Elastic Map Reduce Instance", "regionCode": region}
        for product in _products(pricing, "ElasticMapReduce", family, tell):
            attributes = product.product.attributes
            dollars, name = product.dollars("hrs"), attributes.get("instanceType")
            if dollars and name and "BoxUsage" in attributes.get("usagetype", ""):
                yield "emr_fee", name, dollars

    def _spot(self, region: str, tell: Tell) -> Iterator[tuple[str, float]]:
        """Mean over the zones, as a cluster may be started in any of them."""
        options = {"ProductDescriptions": ["Linux/UNIX"], "StartTime": datetime.now(UTC)}
        zones: dict[str, list[float]] = defaultdict(list)
        history = self._connect("ec2", region).get_paginator("describe_spot_price_history")
        for page in _pages(history, options, f"AWS {region}, spot prices", tell):
            try:
                found = msgspec.convert(page.get("SpotPriceHistory", []), list[Spot])
                for each in found:
                    zones[each.instance_type].append(float(each.spot_price))
            except (msgspec.ValidationError, ValueError) as error:
                raise PlatformError(f"AWS answers with spot prices that cannot be read: {error}.") from None
        yield from ((name, fmean(prices)) for name, prices in zones.items())


def _products(pricing: Client, service: str, wanted: Mapping[str, str], tell: Tell) -> Iterator[Product]:
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    options: dict[str, object] = {"ServiceCode": service, "Filters": filters, "FormatVersion": "aws_v1"}
    said = f"AWS {wanted['regionCode']}, {wanted['productFamily'].lower()}"
    for page in _pages(pricing.get_paginator("get_products"), options, said, tell):
        try:
            for text in msgspec.convert(page.get("PriceList", []), list[str]):
                yield msgspec.json.decode(text, type=Product)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise PlatformError(f"The AWS price list cannot be read: {error}.") from None


def _pages(
    paginator: Paginator, options: Mapping[str, object], said: str, tell: Tell
) -> Iterator[Mapping[str, object]]:
    try:
        for number, page in enumerate(paginator.paginate(**options), 1):
            _check_number(number)
            tell(f"{said}: page {number}")
            yield page
    except Exception as error:
        # boto3's errors are made at run time and have no common ancestor that could be imported here.
        if not type(error).__module__.startswith("botocore"):
            raise
        raise PlatformError(f"AWS refuses its prices: {error}.") from None


def _check_number(page: int) -> None:
    if page > MOST_PAGES:
        raise PlatformError(f"AWS gives more than {MOST_PAGES} pages of prices, so it was stopped.")


def _boto3_client(service: str, region: str) -> Client:
    try:
        import boto3
    except ImportError:
        raise InputError(
            "AWS prices are read with boto3, which is not installed: pip install 'setpoint[aws]'."
        ) from None
    try:
        return boto3.client(service, region_name=region)
    except Exception as error:
        if not type(error).__module__.startswith("botocore"):
            raise
        raise PlatformError(f"AWS cannot be asked: {error}.") from None
