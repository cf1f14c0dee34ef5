from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.discounts import Charge, Discount, discount_notes, with_discounts
from setpoint.core.pricebook import CoreRates, DiskPrice, MachinePrice, Price, PriceBook


def listed(dollars: float) -> Price:
    return Price(dollars, "a list", "2026-07-20")


BOOK = PriceBook(
    source="a list",
    cloud="aws",
    region="us-east-1",
    cores=CoreRates(listed(0.05), listed(0.005), listed(0.0001)),
    machines={
        "m5.xlarge": MachinePrice(listed(0.192), Price(0.06, "an advisor", "2025-06-28", "estimated")),
        "m5.2xlarge": MachinePrice(listed(0.384)),
        "r5.xlarge": MachinePrice(listed(0.252), listed(0.1)),
    },
    dbu={("premium", "jobs"): listed(0.15), ("enterprise", "jobs"): listed(0.2)},
    disks={
        "gp3": DiskPrice(listed(0.08), 3000, 0.005, 125, 0.04),
        "premium_ssd": DiskPrice(listed(0.16), tiers=((32, 5.0), (64, 10.0))),
    },
    emr_fees={"m5.xlarge": listed(0.048)},
)
CHARGES: tuple[Charge, ...] = get_args(Charge)


def all_dollars(book: PriceBook) -> list[float]:
    found = [price.dollars for it in book.machines.values() for price in (it.on_demand, it.spot) if price]
    found += [price.dollars for price in (*book.dbu.values(), *book.emr_fees.values())]
    for disk in book.disks.values():
        found += [disk.gib_month.dollars, disk.iops_month_dollars, *(dollars for _, dollars in disk.tiers)]
    assert book.cores is not None
    assert book.cores.storage_gib_hour is not None
    return [*found, book.cores.vcpu_hour.dollars, book.cores.gib_hour.dollars, book.cores.storage_gib_hour.dollars]


@given(st.lists(st.builds(Discount, on=st.sampled_from(CHARGES), percent=st.floats(0, 100)), max_size=5))
def test_no_percentage_makes_anything_dearer_or_negative(discounts: list[Discount]) -> None:
    own = with_discounts(BOOK, discounts)
    assert all(0 <= after <= before for before, after in zip(all_dollars(BOOK), all_dollars(own), strict=True))


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_larger_percentage_is_cheaper(first: float, second: float) -> None:
    low, high = sorted((first, second))
    small, large = (with_discounts(BOOK, [Discount(on="vm", percent=it)]).machines for it in (low, high))
    assert all(small[name].on_demand.dollars >= large[name].on_demand.dollars for name in small)


@pytest.mark.parametrize("charge", CHARGES)
def test_a_discount_touches_only_what_it_is_on(charge: Charge) -> None:
    own = with_discounts(BOOK, [Discount(on=charge, percent=50)])
    places = {"vm": "machines", "dbu": "dbu", "disk": "disks", "emr_fee": "emr_fees", "cores": "cores"}
    changed = {name for name in places.values() if getattr(own, name) != getattr(BOOK, name)}
    assert changed == {places[charge]}
    assert sum(all_dollars(own)) < sum(all_dollars(BOOK))


def test_the_origin_tells_both_prices_in_words() -> None:
    price = with_discounts(BOOK, [Discount(on="vm", types="m5.*", percent=12)]).machines["m5.xlarge"].on_demand
    assert price.dollars == pytest.approx(0.192 * 0.88)
    assert price.method == "own"
    assert price.origin == "your rate, listed 0.192 on 2026-07-20 (a list), less your 12 %"


def test_an_estimate_less_something_is_still_an_estimate() -> None:
    spot = with_discounts(BOOK, [Discount(on="vm", percent=12)]).machines["m5.xlarge"].spot
    assert spot is not None
    assert spot.method == "estimated"
    assert spot.is_estimated


def test_a_rate_stands_instead_of_the_list() -> None:
    own = with_discounts(BOOK, [Discount(on="dbu", plan="premium", compute="jobs", dollars=0.1)])
    assert own.dbu["premium", "jobs"] == Price(
        0.1, "your contract instead of listed 0.15 on 2026-07-20 (a list)", "", "own"
    )
    assert own.dbu["enterprise", "jobs"] == BOOK.dbu["enterprise", "jobs"]


def test_family_market_and_region_narrow_it_down() -> None:
    own = with_discounts(BOOK, [Discount(on="vm", types="m5.*", market="on_demand", region="us-*", percent=10)])
    assert own.machines["m5.xlarge"].spot == BOOK.machines["m5.xlarge"].spot
    assert own.machines["m5.2xlarge"].on_demand.dollars == pytest.approx(0.3456)
    assert own.machines["r5.xlarge"] == BOOK.machines["r5.xlarge"]
    for elsewhere in (Discount(on="vm", region="eu-*", percent=10), Discount(on="vm", cloud="azure", percent=10)):
        assert with_discounts(BOOK, [elsewhere]) is BOOK


def test_the_first_that_names_a_price_counts_and_no_other() -> None:
    narrow, wide = Discount(on="vm", types="m5.xlarge", percent=50), Discount(on="vm", percent=10)
    first = with_discounts(BOOK, [narrow, wide]).machines
    assert first["m5.xlarge"].on_demand.dollars == pytest.approx(0.096)
    assert first["r5.xlarge"].on_demand.dollars == pytest.approx(0.2268)
    assert with_discounts(BOOK, [wide, narrow]).machines["m5.xlarge"].on_demand.dollars == pytest.approx(0.1728)


def test_what_never_counts_is_told() -> None:
    wide, narrow = Discount(on="vm", percent=10), Discount(on="vm", types="m5.xlarge", percent=50)
    nothing = Discount(on="disk", types="io1", percent=10)
    notes = discount_notes(BOOK, [wide, narrow, nothing])
    beaten = "Discount 2 (50 % off vm m5.xlarge) does not count for 2 prices such as m5.xlarge on_demand"
    unused = "Discount 3 (10 % off disk io1) names no price of aws us-east-1."
    assert notes == (unused, f"{beaten}: discount 1 comes first.")
    assert discount_notes(BOOK, [wide, Discount(on="vm", cloud="gcp", percent=3)]) == ()


def test_a_rate_stands_where_the_list_has_nothing() -> None:
    rates = [
        Discount(on="vm", types="x9.large", market="on_demand", dollars=1.0),
        Discount(on="vm", types="m5.2xlarge", market="spot", dollars=0.1),
        Discount(on="vm", types="y9.large", market="spot", dollars=0.1),
        Discount(on="dbu", plan="premium", compute="jobs_light", dollars=0.07),
        Discount(on="disk", types="io1", dollars=0.125),
        Discount(on="emr_fee", types="x9.large", dollars=0.2),
    ]
    own = with_discounts(BOOK, rates)
    assert own.machines["x9.large"].on_demand.source == "your contract"
    spot = own.machines["m5.2xlarge"].spot
    assert spot is not None
    assert spot.dollars == 0.1
    assert "y9.large" not in own.machines
    assert own.dbu["premium", "jobs_light"].dollars == 0.07
    assert own.disks["io1"].gib_month.dollars == 0.125
    assert own.emr_fees["x9.large"].dollars == 0.2
    assert discount_notes(BOOK, rates) == ()


def test_a_disk_is_discounted_with_all_that_belongs_to_it() -> None:
    own = with_discounts(BOOK, [Discount(on="disk", percent=50)])
    gp3, ssd = own.disks["gp3"], own.disks["premium_ssd"]
    assert (gp3.iops_month_dollars, gp3.mb_per_second_month_dollars) == (0.0025, 0.02)
    assert ssd.tiers == ((32, 2.5), (64, 5.0))
    rated = with_discounts(BOOK, [Discount(on="disk", types="premium_ssd", dollars=0.1)]).disks["premium_ssd"]
    assert (rated.gib_month.dollars, rated.tiers) == (0.1, ())


def test_cores_go_by_name_and_may_be_absent() -> None:
    own = with_discounts(BOOK, [Discount(on="cores", types="vcpu", percent=20)]).cores
    assert own is not None
    assert own.vcpu_hour.dollars == pytest.approx(0.04)
    assert own.gib_hour.dollars == 0.005
    assert with_discounts(replace(BOOK, cores=None), [Discount(on="cores", percent=20)]).cores is None


def test_a_book_without_discounts_is_the_book() -> None:
    assert with_discounts(BOOK, []) is BOOK
    assert with_discounts(BOOK, [Discount(on="disk", types="io1", percent=10)]) is BOOK
