from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from setpoint.core.pricebook import Price, PriceBook
from setpoint.errors import InputError
from setpoint.prices import PRICE_SOURCES
from setpoint.settings import Settings
from setpoint.wiring import price_book


def rates(book: PriceBook) -> tuple[float, float]:
    assert book.cores is not None
    return book.cores.vcpu_hour.dollars, book.cores.gib_hour.dollars


@pytest.mark.parametrize("name", PRICE_SOURCES)
def test_a_source_has_positive_dated_prices(name: str) -> None:
    book = PRICE_SOURCES[name].price_book("us-east-1")
    vcpu, gib = rates(book)
    assert vcpu > gib > 0
    assert "us-east-1" in book.source
    assert "20" in book.source


@pytest.mark.parametrize("name", PRICE_SOURCES)
def test_an_unknown_region_names_those_that_are_known(name: str) -> None:
    with pytest.raises(InputError, match="us-east-1"):
        PRICE_SOURCES[name].price_book("moon-1")


def test_the_default_is_the_emr_serverless_list_price() -> None:
    book = price_book(Settings(home=Path("unused")))
    assert rates(book) == (0.052624, 0.0057785)


def test_your_own_rates_overrule_the_list_and_say_so() -> None:
    book = price_book(Settings(home=Path("unused"), vcpu_hour_dollars=0.02, gib_hour_dollars=0.0))
    assert rates(book) == (0.02, 0.0)
    assert book.source == "your own rates"


@pytest.mark.parametrize("name", ["vcpu_hour_dollars", "gib_hour_dollars"])
def test_one_rate_of_your_own_leaves_the_other_to_the_list(name: str) -> None:
    usual = price_book(Settings(home=Path("unused")))
    book = price_book(msgspec.structs.replace(Settings(home=Path("unused")), **{name: 0.01}))
    own = Price(0.01, "your own rates", "", "own")
    assert usual.cores is not None
    cores = replace(usual.cores, **{name.removesuffix("_dollars"): own})
    assert book == replace(usual, cores=cores, source=f"your own rates, else {usual.source}")
