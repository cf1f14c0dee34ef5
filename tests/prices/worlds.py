"""Each price source over a fake of its server: what the contract is run over."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.prices.servers import Asked, serving

from setpoint.core.pricebook import Cloud
from setpoint.prices import PriceSource
from setpoint.prices.aws import AwsPrices, Client, Paginator
from setpoint.prices.azure import AzurePrices
from setpoint.prices.databricks import DatabricksPrices

TODAY = "2026-11-22"


@dataclass(frozen=True)
class World:
    """A source that works, and one whose server refuses."""

    source: PriceSource
    refused: PriceSource
    cloud: Cloud
    region: str
    other_cloud: Cloud | None
    """One that it has no prices of."""


def meter(**fields: object) -> dict[str, object]:
    usual = {"retailPrice": 0.576, "currencyCode": "USD", "unitOfMeasure": "1 Hour", "type": "Consumption"}
    return {**usual, "productName": "Virtual Machines Edsv4 Series", "skuName": "E8ds v4", **fields}


AZURE_ITEMS = {
    "Virtual Machines": [
        meter(armSkuName="Standard_E8ds_v4", retailPrice=0.6),
        meter(armSkuName="Standard_E8ds_v4", retailPrice=0.12, skuName="E8ds v4 Spot", meterName="E8ds v4 Spot"),
        meter(armSkuName="Standard_E8ds_v4", retailPrice=0.9, productName="Virtual Machines Edsv4 Series Windows"),
        meter(armSkuName="Standard_E8ds_v4", retailPrice=0.1, skuName="E8ds v4 Low Priority"),
        meter(armSkuName="Standard_E8ds_v4", retailPrice=0.3, type="Reservation"),
        meter(armSkuName="Standard_E8ds_v4", retailPrice=0.61, isPrimaryMeterRegion=False),
        meter(armSkuName="Standard_D2", retailPrice=0.0),
    ],
    "Storage": [
        meter(
            productName="Premium SSD Managed Disks", meterName="P10 LRS Disk", unitOfMeasure="1/Month", retailPrice=20
        ),
        meter(
            productName="Premium SSD Managed Disks", meterName="P99 LRS Disk", unitOfMeasure="1/Month", retailPrice=7
        ),
        meter(productName="Blob Storage", meterName="Hot LRS Data Stored", unitOfMeasure="1 GB/Month"),
    ],
}


def azure_answer(asked: Asked) -> tuple[int, bytes]:
    """Two pages of machines, one of disks."""
    service = "Virtual Machines" if "Virtual%20Machines" in asked.target or "page=2" in asked.target else "Storage"
    items = AZURE_ITEMS[service]
    if service == "Storage":
        page: dict[str, object] = {"Items": items, "NextPageLink": None}
    elif "page=2" in asked.target:
        page = {"Items": items[2:], "NextPageLink": ""}
    else:
        page = {"Items": items[:2], "NextPageLink": "https://prices.azure.com/api/retail/prices?page=2"}
    return 200, json.dumps(page).encode()


@contextmanager
def azure() -> Iterator[World]:
    with serving(azure_answer) as server, serving(lambda _: (503, b"")) as refusing:
        source, refused = (AzurePrices(TODAY, connect=it.connect) for it in (server, refusing))
        yield World(source, refused, "azure", "eastus", "aws")


COLUMNS = ("sku_name", "cloud", "currency_code", "usage_unit", "price_start_time", "price_end_time", "price")
DATABRICKS_ROWS = [
    ("PREMIUM_JOBS_COMPUTE", "AWS", "USD", "DBU", "2023-01-01T00:00:00Z", None, "0.15"),
    ("PREMIUM_JOBS_COMPUTE_(PHOTON)", "AWS", "USD", "DBU", "2024-01-01T00:00:00Z", None, "0.16"),
    ("PREMIUM_JOBS_COMPUTE", "AZURE", "USD", "DBU", "2023-01-01T00:00:00Z", None, "0.30"),
    ("PREMIUM_JOBS_COMPUTE", "AWS", "EUR", "DBU", "2023-01-01T00:00:00Z", None, "0.14"),
    ("PREMIUM_JOBS_SERVERLESS_COMPUTE_US_EAST_N_VIRGINIA", "AWS", "USD", "DBU", "2023-01-01T00:00:00Z", None, "0.35"),
    ("PREMIUM_JOBS_SERVERLESS_COMPUTE_EUROPE_IRELAND", "AWS", "USD", "DBU", "2023-01-01T00:00:00Z", None, "0.39"),
    ("ENTERPRISE_JOBS_COMPUTE", "AWS", "USD", "DBU", "2020-01-01T00:00:00Z", "2023-01-01T00:00:00Z", "0.25"),
    ("ENTERPRISE_JOBS_COMPUTE", "AWS", "USD", "DBU", "2023-01-01T00:00:00Z", None, "0.2"),
    ("ENTERPRISE_JOBS_COMPUTE", "AWS", "USD", "DBU", "2099-01-01T00:00:00Z", None, "0.5"),
    ("PREMIUM_SQL_PRO_COMPUTE_US_EAST_OHIO", "AWS", "USD", "DBU", "2023-01-01T00:00:00Z", None, "0.55"),
]


def databricks_answer(asked: Asked) -> tuple[int, bytes]:
    """Not finished at first; then two chunks."""
    schema = {"schema": {"columns": [{"name": name} for name in COLUMNS]}}
    path = "/api/2.0/sql/statements"
    if asked.method == "POST":
        answer: dict[str, object] = {"statement_id": "s-1", "status": {"state": "PENDING"}}
    elif "/chunks/1" in asked.target:
        answer = {"data_array": DATABRICKS_ROWS[5:]}
    else:
        link = f"{path}/s-1/result/chunks/1?row_offset=5"
        result = {"data_array": DATABRICKS_ROWS[:5], "next_chunk_internal_link": link}
        answer = {"statement_id": "s-1", "status": {"state": "SUCCEEDED"}, "manifest": schema, "result": result}
    return 200, json.dumps(answer).encode()


@contextmanager
def databricks() -> Iterator[World]:
    with serving(databricks_answer) as server, serving(lambda _: (403, b"{}")) as refusing:
        source, refused = (
            DatabricksPrices(
                TODAY,
                host="https://a.example",
                warehouse="w1",
                token="not-a-secret",  # noqa: S106 - of nobody
                connect=it.connect,
                sleep=lambda _: None,
            )
            for it in (server, refusing)
        )
        yield World(source, refused, "aws", "us-east-1", None)


def product(attributes: Mapping[str, str], unit: str, dollars: str) -> str:
    dimensions = {"d": {"unit": unit, "pricePerUnit": {"USD": dollars}, "beginRange": "0"}}
    terms = {"OnDemand": {"t": {"priceDimensions": dimensions}}}
    return json.dumps({"product": {"attributes": dict(attributes)}, "terms": terms, "serviceCode": "any"})


PRODUCTS = {
    "Compute Instance": [
        product({"instanceType": "m5.xlarge"}, "Hrs", "0.2000000000"),
        product({"instanceType": "m5.xlarge"}, "Hrs", "0.2500000000"),
        product({"instanceType": "t2.free"}, "Hrs", "0.0000000000"),
        product({"instanceType": "t2.odd"}, "Hrs", "many"),
    ],
    "Storage": [
        product({"volumeApiName": "gp3"}, "GB-Mo", "0.0900000000"),
        product({"volumeApiName": "io1"}, "GB-Mo", "0.1250000000"),
    ],
    "Elastic Map Reduce Instance": [
        product({"instanceType": "m5.xlarge", "usagetype": "BoxUsage:m5.xlarge"}, "Hrs", "0.0500000000"),
        product({"instanceType": "m5.2xlarge", "usagetype": "HDFSUsage:m5.2xlarge"}, "Hrs", "0.9"),
    ],
}


@dataclass(frozen=True)
class FakePaginator:
    operation: str
    error: Exception | None

    def paginate(self, **options: object) -> Iterable[Mapping[str, object]]:
        if self.error is not None:
            raise self.error
        if self.operation == "describe_spot_price_history":
            zones = [
                {"InstanceType": "m5.xlarge", "SpotPrice": price, "AvailabilityZone": price}
                for price in ("0.06", "0.08")
            ]
            return [{"SpotPriceHistory": zones[:1]}, {"SpotPriceHistory": zones[1:]}, {}]
        filters = options["Filters"]
        assert isinstance(filters, list)
        family = next(it["Value"] for it in filters if it["Field"] == "productFamily")
        return [{"PriceList": [text]} for text in PRODUCTS[family]]


@dataclass(frozen=True)
class FakeClient:
    error: Exception | None = None

    def get_paginator(self, operation: str) -> Paginator:
        return FakePaginator(operation, self.error)


class BotoError(Exception):
    """As botocore makes them at run time."""


BotoError.__module__ = "botocore.exceptions"


def clients(**errors: Exception) -> Callable[[str, str], Client]:
    return lambda service, _region: FakeClient(errors.get(service))


@contextmanager
def aws() -> Iterator[World]:
    refused = AwsPrices(TODAY, clients(pricing=BotoError("Unable to locate credentials")))
    yield World(AwsPrices(TODAY, clients()), refused, "aws", "us-east-1", "gcp")


WORLDS = {"aws": aws, "azure": azure, "databricks": databricks}
"""A new entry of the registry fails in the contract until it stands here."""


def export(folder: Path, text: str) -> Path:
    path = folder / "prices.csv"
    path.write_text(text, encoding="utf-8")
    return path
