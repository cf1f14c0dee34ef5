"""What every live price source owes, over the registry; then what each does with what its server says."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.prices.servers import serving
from tests.prices.worlds import (
    DATABRICKS_ROWS,
    TODAY,
    WORLDS,
    BotoError,
    World,
    azure_answer,
    clients,
    databricks_answer,
    export,
)

from setpoint.errors import InputError, PlatformError
from setpoint.prices import PRICE_SOURCES, aws, azure, databricks, load_book, web
from setpoint.prices.aws import AwsPrices
from setpoint.prices.azure import AzurePrices
from setpoint.prices.databricks import DatabricksPrices
from setpoint.prices.live import Access
from setpoint.prices.refreshed import Refresh, overlaid, store, stored
from setpoint.prices.units import unit_quotes


def quiet(_text: str) -> None:
    pass


def found(refresh: Refresh) -> dict[tuple[str, str], float]:
    return {(quote.kind, quote.item): quote.dollars for quote in refresh.quotes}


class TestEverySource:
    """The contract over the registry."""

    @pytest.fixture(params=sorted(PRICE_SOURCES))
    def world(self, request: pytest.FixtureRequest) -> Iterator[World]:
        with WORLDS[request.param]() as world:
            yield world

    def test_it_says_dated_prices_of_the_region(self, world: World) -> None:
        refresh = world.source.refresh(world.cloud, world.region, quiet)
        assert (refresh.cloud, refresh.region, refresh.as_of) == (world.cloud, world.region, TODAY)
        assert refresh.quotes
        assert refresh.words

    def test_it_says_each_price_once_and_the_same_again(self, world: World) -> None:
        first, second = (world.source.refresh(world.cloud, world.region, quiet) for _ in range(2))
        assert first == second
        assert len(found(first)) == len(first.quotes)

    def test_a_book_takes_its_prices_and_names_them(self, world: World, tmp_path: Path) -> None:
        refresh = world.source.refresh(world.cloud, world.region, quiet)
        store(tmp_path, refresh)
        book = load_book(world.cloud, world.region, tmp_path)
        assert stored(tmp_path, world.cloud, world.region) == (refresh,)
        assert book == overlaid(load_book(world.cloud, world.region), [refresh])
        assert f"{len(refresh.quotes)} prices of {refresh.words}, {TODAY}" in book.source

    def test_it_tells_how_far_it_is(self, world: World) -> None:
        told: list[str] = []
        world.source.refresh(world.cloud, world.region, told.append)
        assert told

    def test_zones_lead_to_their_region(self, world: World) -> None:
        if world.cloud == "aws":
            assert world.source.refresh("aws", f"{world.region}c", quiet).region == world.region

    def test_a_server_that_refuses_is_one_clear_error(self, world: World) -> None:
        with pytest.raises(PlatformError) as raised:
            world.refused.refresh(world.cloud, world.region, quiet)
        assert "not-a-secret" not in str(raised.value)

    def test_a_cloud_that_it_does_not_know_is_told(self, world: World) -> None:
        if world.other_cloud is not None:
            with pytest.raises(InputError, match=world.other_cloud):
                world.source.refresh(world.other_cloud, "us-central1", quiet)


def test_the_registry_makes_every_source() -> None:
    access = Access(today=TODAY, token="hidden")  # noqa: S106 - of nobody
    assert all(hasattr(make(access), "refresh") for make in PRICE_SOURCES.values())
    assert "hidden" not in repr(access)


# AWS


def test_aws_takes_the_plain_price_the_mean_of_the_zones_and_what_volumes_cost() -> None:
    prices = found(AwsPrices(TODAY, clients()).refresh("aws", "us-east-1", quiet))
    assert prices == {
        ("on_demand", "m5.xlarge"): 0.2,
        ("spot", "m5.xlarge"): pytest.approx(0.07),
        ("disk", "gp3"): 0.09,
        ("emr_fee", "m5.xlarge"): 0.05,
    }


def test_aws_without_the_permission_for_spot_prices_gives_the_others_and_says_so() -> None:
    told: list[str] = []
    refresh = AwsPrices(TODAY, clients(ec2=BotoError("not authorized"))).refresh("aws", "us-east-1", told.append)
    assert ("spot", "m5.xlarge") not in found(refresh)
    assert "without spot prices" in refresh.words
    assert any("not authorized" in text for text in told)


def test_aws_does_not_page_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "MOST_PAGES", 3)
    with pytest.raises(PlatformError, match="more than 3 pages"):
        AwsPrices(TODAY, clients()).refresh("aws", "us-east-1", quiet)


def test_a_defect_is_not_taken_for_a_refusal() -> None:
    with pytest.raises(ZeroDivisionError):
        AwsPrices(TODAY, clients(pricing=ZeroDivisionError())).refresh("aws", "us-east-1", quiet)


def test_without_boto3_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(InputError, match=r"setpoint\[aws\]"):
        AwsPrices(TODAY).refresh("aws", "us-east-1", quiet)


# Azure


def test_azure_takes_plain_linux_machines_in_both_markets_and_disks_by_size() -> None:
    with serving(azure_answer) as server:
        refresh = AzurePrices(TODAY, connect=server.connect).refresh("azure", "East US", quiet)
        assert [asked.target.partition("?")[0] for asked in server.asked] == ["/api/retail/prices"] * 3
    assert found(refresh) == {
        ("on_demand", "Standard_E8ds_v4"): 0.6,
        ("spot", "Standard_E8ds_v4"): 0.12,
        ("disk_size", "premium_ssd/128"): 20.0,
    }
    disk = overlaid(load_book("azure", "eastus"), [refresh]).disks["premium_ssd"]
    assert dict(disk.tiers)[128] == 20.0
    assert dict(disk.tiers)[256] == 38.0121


@pytest.mark.parametrize(
    "link",
    ["https://evil.example/api", "http://prices.azure.com/api", "file:///etc/passwd", "https://prices.azure.com:1/x"],
)
def test_azure_is_not_followed_to_another_server(link: str) -> None:
    def answer(_: object) -> tuple[int, bytes]:
        return 200, json.dumps({"Items": [], "NextPageLink": link}).encode()

    with serving(answer) as server:
        with pytest.raises(PlatformError, match="another server"):
            AzurePrices(TODAY, connect=server.connect).refresh("azure", "eastus", quiet)
        assert len(server.asked) == 1


def test_azure_does_not_page_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(azure, "MOST_PAGES", 3)
    page = json.dumps({"Items": [], "NextPageLink": f"{azure.URL}?again"}).encode()
    with serving(lambda _: (200, page)) as server:
        with pytest.raises(PlatformError, match="more than 3 pages"):
            AzurePrices(TODAY, connect=server.connect).refresh("azure", "eastus", quiet)
        assert len(server.asked) == 3


@pytest.mark.parametrize("region", ["east'us", "eastus or 1 eq 1", "", "e" * 50])
def test_nothing_but_a_region_gets_into_the_filter(region: str) -> None:
    with serving(azure_answer) as server:
        with pytest.raises(InputError, match="no region"):
            AzurePrices(TODAY, connect=server.connect).refresh("azure", region + "'", quiet)
        assert server.asked == []


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b"\xff", b'{"Items": [{"retailPrice": "much"}]}', b'{"Items": []}']
)
def test_what_azure_says_and_cannot_be_read_is_one_clear_error(content: bytes) -> None:
    with serving(lambda _: (200, content)) as server, pytest.raises(PlatformError, match="Azure"):
        AzurePrices(TODAY, connect=server.connect).refresh("azure", "eastus", quiet)


# The web


def test_redirects_are_refused_and_long_answers_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lambda _: (302, b"")) as server, pytest.raises(PlatformError, match="answers 302"):
        web.ask("https://a.example/x", server.connect)
    monkeypatch.setattr(web, "MOST_BYTES", 1024)
    with serving(lambda _: (200, b"x" * 2000)) as server, pytest.raises(PlatformError, match="more than"):
        web.ask("https://a.example/x", server.connect)


@pytest.mark.parametrize("url", ["http://a.example", "file:///etc/passwd", "https://", "https://a.example:x/", "x"])
def test_only_https_addresses_are_asked(url: str) -> None:
    with pytest.raises(InputError, match="no https: address"):
        web.ask(url)


def test_prices_are_not_asked_of_this_network() -> None:
    with pytest.raises(PlatformError, match="not a public address"):
        web.ask("https://127.0.0.1/x")


def test_a_server_that_is_not_there_is_one_clear_error() -> None:
    with pytest.raises(PlatformError, match="cannot be reached"):
        web.ask("https://127.0.0.1:9/x", web.PrivateConnection)


# Databricks


def test_databricks_takes_what_is_in_force_in_the_region() -> None:
    with serving(databricks_answer) as server:
        source = DatabricksPrices(TODAY, "list_prices", None, "a.example", "w1", "t0k", server.connect, lambda _: None)
        refresh = source.refresh("aws", "us-east-1", quiet)
        sent = json.loads(server.asked[0].body)
    assert found(refresh) == {
        ("dbu", "premium/jobs"): 0.15,
        ("dbu", "premium/jobs_serverless"): 0.35,
        ("dbu", "enterprise/jobs"): 0.2,
    }
    assert refresh.method == "listed"
    assert sent["warehouse_id"] == "w1"
    assert "system.billing.list_prices" in sent["statement"]
    assert all(asked.headers["Authorization"] == "Bearer t0k" for asked in server.asked)


def test_what_the_account_pays_is_the_users_own() -> None:
    with serving(databricks_answer) as server:
        source = DatabricksPrices(
            TODAY, "account_prices", None, "a.example", "w1", "hidden", server.connect, lambda _: None
        )
        refresh = source.refresh("aws", "us-east-1", quiet)
    assert refresh.method == "own"
    book = overlaid(load_book("aws", "us-east-1"), [refresh])
    assert book.dbu["premium", "jobs"].origin == f"your rate, Databricks account_prices, {TODAY}"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"statement_id": "s", "status": {"state": "FAILED", "error": {"message": "no such table"}}}, "no such table"),
        ({"statement_id": "s", "status": {"state": "CANCELED"}}, "no reason"),
        ({"statement_id": "../../x", "status": {"state": "PENDING"}}, "pending"),
        ({"statement_id": "s", "status": {"state": "RUNNING"}}, "has not given"),
        ({"statement_id": 7}, "cannot be read"),
        (
            {
                "statement_id": "s",
                "status": {"state": "SUCCEEDED"},
                "result": {"next_chunk_internal_link": "//evil.example/x"},
            },
            "none of its own",
        ),
    ],
)
def test_what_databricks_says_and_cannot_be_used_is_one_clear_error(answer: object, said: str) -> None:
    with serving(lambda _: (200, json.dumps(answer).encode())) as server, pytest.raises(PlatformError, match=said):
        DatabricksPrices(
            TODAY, "list_prices", None, "a.example", "w1", "hidden", server.connect, lambda _: None
        ).refresh("aws", "us-east-1", quiet)


@pytest.mark.parametrize(
    ("host", "warehouse", "token", "said"),
    [
        ("", "w", "t", "DATABRICKS_HOST"),
        ("a.example", "", "t", "--warehouse"),
        ("a.example", "w", "", "DATABRICKS_TOKEN"),
        ("a.example/../x", "w", "t", "no name of a workspace"),
        ("user:pass@a.example", "w", "t", "no name of a workspace"),
        ("a.example", "w/../x", "t", "no id"),
    ],
)
def test_what_is_missing_to_ask_databricks_is_named(host: str, warehouse: str, token: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        DatabricksPrices(TODAY, host=host, warehouse=warehouse, token=token).refresh("aws", "us-east-1", quiet)


HEAD = "account_id,price_start_time,price_end_time,sku_name,cloud,currency_code,usage_unit,pricing\n"
PRICING = '"{""default"":""0.150000000000000000"",""promotional"":{""default"":null}}"'


def of_file(path: Path) -> dict[tuple[str, str], float]:
    return found(DatabricksPrices(TODAY, file=path).refresh("aws", "us-east-1", quiet))


def test_an_export_is_read_with_the_column_that_it_has(tmp_path: Path) -> None:
    line = "1,2023-01-01T00:00:00.000Z,,PREMIUM_JOBS_COMPUTE,AWS,USD,DBU,"
    expected = {("dbu", "premium/jobs"): 0.15}
    assert of_file(export(tmp_path, f"\ufeff{HEAD}{line}{PRICING}\n\n")) == expected
    for name in ("price", "Pricing.Default", "default", "list_price"):
        assert of_file(export(tmp_path, f"sku_name,cloud,{name}\nPREMIUM_JOBS_COMPUTE,AWS,0.15\n")) == expected


def test_the_export_is_named_in_the_origin(tmp_path: Path) -> None:
    path = export(tmp_path, "sku_name,cloud,price\nPREMIUM_JOBS_COMPUTE,AWS,0.15\n")
    refresh = DatabricksPrices(TODAY, file=path).refresh("aws", "us-east-1", quiet)
    assert refresh.words == "Databricks list_prices, from prices.csv"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: the column sku_name"),
        ("sku_name,price\n", "line 1: the column cloud"),
        ("sku_name,cloud\n", "line 1: the column pricing"),
        ("sku_name,cloud,price\nA,AWS,1\nB,AWS\n", "line 3: 2 fields instead of 3"),
        ("sku_name,cloud,price\nPREMIUM_JOBS_COMPUTE,AWS,much\n", "Line 2 of the price table: “much”"),
        ("sku_name,cloud,price\nPREMIUM_JOBS_COMPUTE,AWS,nan\n", "Line 2"),
        ("sku_name,cloud,price\nPREMIUM_JOBS_COMPUTE,AWS,-1\n", "Line 2"),
        ("sku_name,cloud,price\nPREMIUM_JOBS_COMPUTE,AWS,1e9\n", "Line 2"),
        ('sku_name,cloud,pricing\nPREMIUM_JOBS_COMPUTE,AWS,"{""default"": {}}"\n', "Line 2"),
        ('sku_name,cloud,pricing\nPREMIUM_JOBS_COMPUTE,AWS,"{"\n', "Line 2"),
        ('sku_name,cloud,price\nA,"AWS\n', "line 2"),
        ("sku_name,cloud,price\nPREMIUM_JOBS_COMPUTE,GCP,1\n", "no price of a Databricks unit for aws us-east-1"),
    ],
)
def test_an_export_that_cannot_be_used_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        of_file(export(tmp_path, text))


def test_an_export_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = export(tmp_path, "sku_name,cloud,price\n" + "A,AWS,1\n" * 10)
    monkeypatch.setattr(databricks, "MOST_ROWS", 5)
    with pytest.raises(InputError, match="more than 5 rows"):
        of_file(path)
    monkeypatch.setattr(databricks, "LARGEST_FILE_BYTES", 10)
    with pytest.raises(InputError, match="larger than"):
        of_file(path)


def test_an_export_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        of_file(tmp_path / "none.csv")
    (tmp_path / "x.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        of_file(tmp_path / "x.csv")


@given(st.permutations(DATABRICKS_ROWS))
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[str | None, ...]]) -> None:
    names = ("sku_name", "cloud", "currency_code", "usage_unit", "price_start_time", "price_end_time", "price")
    lines = [(number, dict(zip(names, (it or "" for it in row), strict=True))) for number, row in enumerate(rows)]
    quotes = unit_quotes(lines, "aws", "us-east-1", TODAY)
    assert [(quote.item, quote.dollars) for quote in quotes] == [
        ("enterprise/jobs", 0.2),
        ("premium/jobs", 0.15),
        ("premium/jobs_serverless", 0.35),
    ]
