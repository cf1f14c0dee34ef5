"""Prices as the settings make them."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

import setpoint.prices
from setpoint.core.discounts import Discount
from setpoint.core.own_units import OwnDbuRate
from setpoint.core.pricebook import Missing, Price, PriceBook
from setpoint.errors import InputError, SettingsError
from setpoint.prices import PRICE_SOURCES
from setpoint.prices.refreshed import Quote, Refresh, store
from setpoint.settings import Settings, databricks_token, load_settings
from setpoint.wiring import PRICES_FOLDER, build_price_source, cloud_book, price_book, reported_book

SETTINGS = Settings(home=Path("unused"))


def rates(book: PriceBook) -> tuple[float, float]:
    assert book.cores is not None
    return book.cores.vcpu_hour.dollars, book.cores.gib_hour.dollars


def test_the_default_is_the_emr_serverless_list_price() -> None:
    book = price_book(SETTINGS)
    assert rates(book) == (0.052624, 0.0057785)
    assert book.source == "EMR Serverless list price, us-east-1, 2024"


def test_your_own_rates_overrule_the_list_and_say_so() -> None:
    book = price_book(msgspec.structs.replace(SETTINGS, vcpu_hour_dollars=0.02, gib_hour_dollars=0.0))
    assert rates(book) == (0.02, 0.0)
    assert book.source == "your own rates"


@pytest.mark.parametrize("name", ["vcpu_hour_dollars", "gib_hour_dollars"])
def test_one_rate_of_your_own_leaves_the_other_to_the_list(name: str) -> None:
    usual = price_book(SETTINGS)
    book = price_book(msgspec.structs.replace(SETTINGS, **{name: 0.01}))
    assert usual.cores is not None
    cores = replace(usual.cores, **{name.removesuffix("_dollars"): Price(0.01, "your own rates", "", "own")})
    assert book == replace(usual, cores=cores, source=f"your own rates, else {usual.source}")


def test_an_unknown_region_names_those_that_are_known() -> None:
    with pytest.raises(InputError, match="us-east-1"):
        price_book(msgspec.structs.replace(SETTINGS, region="moon-1"))


def test_a_cloud_book_holds_what_was_refreshed_less_what_the_contract_gives(tmp_path: Path) -> None:
    refresh = Refresh(
        source="aws",
        cloud="aws",
        region="us-east-1",
        as_of="2026-11-20",
        words="AWS Price List",
        quotes=(Quote("on_demand", "m5.xlarge", 0.2),),
    )
    store(tmp_path / PRICES_FOLDER, refresh)
    discount = Discount(on="vm", types="m5.*", market="on_demand", percent=10)
    book = cloud_book(Settings(home=tmp_path, discounts=(discount,)), "aws", "us-east-1c")
    price = book.machines["m5.xlarge"].on_demand
    assert price.dollars == pytest.approx(0.18)
    assert price.source == "listed 0.2 on 2026-11-20 (AWS Price List), less your 10 %"
    assert "2026-11-20" in book.source
    assert "your discounts" in book.source


def settings_of(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings({"HOME": str(tmp_path), "SETPOINT_SETTINGS": str(path)})


def test_discounts_stand_in_the_settings_file(tmp_path: Path) -> None:
    text = '[[discounts]]\non = "vm"\ntypes = "m5.*"\nmarket = "on_demand"\npercent = 12\n'
    text += '[[discounts]]\non = "dbu"\nplan = "premium"\ncompute = "jobs"\ndollars = 0.12\n'
    first, second = settings_of(tmp_path, text).discounts
    assert (str(first), str(second)) == ("12 % off vm m5.* on_demand", "$0.12 for dbu premium jobs")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('on = "vm"', "either percent or dollars"),
        ('on = "vm"\npercent = 5\ndollars = 1', "either percent or dollars"),
        ('on = "vm"\npercent = 120', "percent"),
        ('on = "vm"\ndollars = -1\nmarket = "spot"', "dollars"),
        ('on = "vm"\ndollars = 1', "market"),
        ('on = "moon"\npercent = 5', "moon"),
        ('on = "vm"\npercnt = 5', "percnt"),
        ('on = "dbu"\ntypes = "m5.*"\npercent = 5', "plan and compute"),
        ('on = "disk"\nmarket = "spot"\npercent = 5', "only vm"),
        ('on = "vm"\nplan = "premium"\npercent = 5', "only dbu"),
    ],
)
def test_a_discount_that_cannot_be_is_a_clear_sentence(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as raised:
        settings_of(tmp_path, f"[[discounts]]\n{line}\n")
    assert "discounts[0]" in str(raised.value)
    assert "settings.toml" in str(raised.value)


def test_databricks_own_variables_are_read_and_ours_win() -> None:
    theirs = {"HOME": "/none", "DATABRICKS_HOST": "a.example", "DATABRICKS_WAREHOUSE_ID": "w1"}
    settings = load_settings(theirs)
    assert (settings.databricks_host, settings.databricks_warehouse) == ("a.example", "w1")
    assert load_settings({**theirs, "SETPOINT_DATABRICKS_HOST": "b.example"}).databricks_host == "b.example"
    assert databricks_token({"DATABRICKS_TOKEN": "secret"}) == "secret"
    assert databricks_token({}) == ""


def test_the_room_gives_its_registry_when_it_is_asked() -> None:
    assert set(PRICE_SOURCES) == {"aws", "azure", "databricks"}
    with pytest.raises(AttributeError, match="no attribute"):
        _ = setpoint.prices.no_such_thing


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("moon", {}, "there are aws, azure, databricks"),
        ("aws", {"file": Path("x.csv")}, "--from"),
        ("databricks", {"table": "usage"}, "list_prices, account_prices"),
    ],
)
def test_a_source_that_cannot_be_is_told(name: str, options: dict[str, Path | str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        build_price_source(SETTINGS, name, **options)  # type: ignore[arg-type]


def test_a_reported_region_that_nobody_knows_leaves_what_the_user_pays() -> None:
    own = OwnDbuRate(type="m5.xlarge", cloud="aws", dbu_per_hour=0.7)
    settings = msgspec.structs.replace(SETTINGS, dbu_rates=(own,), vcpu_hour_dollars=0.02, gib_hour_dollars=0.01)
    book = reported_book(settings, "aws", "moon-1")
    assert (book.cloud, book.region, book.machines) == ("aws", "moon-1", {})
    assert book.source == "no prices are known for aws moon-1"
    assert rates(book) == (0.02, 0.01)
    assert not isinstance(book.dbu_rate("m5.xlarge"), Missing)
    assert isinstance(book.machine("m5.xlarge", "on_demand"), Missing)
    assert reported_book(SETTINGS, "aws", "moon-1").cores is None
    assert reported_book(SETTINGS, "aws", "us-east-1c") == cloud_book(SETTINGS, "aws", "us-east-1c")
    assert len(reported_book(SETTINGS, "aws", "x" * 10_000).source) < 200
