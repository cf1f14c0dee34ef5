"""Dollars are linear in time and in what is asked for."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.reports.made import life, report

from setpoint.core.cloud import CloudSpec, usage_of
from setpoint.core.cost import dollars_per_second, meter, price
from setpoint.core.domain import ClusterSpec, Cost, Unpriceable
from setpoint.core.pricebook import CoreRates, DbuRate, DiskPrice, MachinePrice, Price, PriceBook
from setpoint.core.reports import read_report
from setpoint.core.usage import Disk, MachineUse, ServerlessUse, UnitUse, Usage
from setpoint.errors import InputError
from setpoint.prices import load_book

books = st.builds(PriceBook.of_cores, st.floats(0, 10), st.floats(0, 1), st.just("an example"))
specs = st.builds(ClusterSpec.local, st.integers(1, 64), st.integers(512, 65536))


@given(specs, st.floats(0, 1e6), books)
def test_the_price_is_the_rate_times_the_seconds(spec: ClusterSpec, seconds: float, book: PriceBook) -> None:
    cost = price(spec, seconds, book, "modelled")
    assert cost.dollars == pytest.approx(seconds * dollars_per_second(spec, book))
    assert cost.dollars == cost.of("vcpu") + cost.of("memory")
    assert cost.label == "modelled"


@given(specs, st.floats(1, 1e6), books, st.integers(1, 8))
def test_more_of_anything_is_never_cheaper(spec: ClusterSpec, seconds: float, book: PriceBook, more: int) -> None:
    larger = spec.with_size(spec.slots + more, spec.task_memory_mib + 1024 * more)
    assert price(larger, seconds, book, "modelled").dollars >= price(spec, seconds, book, "modelled").dollars


def own(dollars: float) -> Price:
    return Price(dollars, "made", "2026-01-01")


def made_book(machine: float, spot_share: float, dbu: float, disk: float) -> PriceBook:
    prices = MachinePrice(own(machine), own(machine * spot_share))
    return PriceBook(
        source="made",
        region="us-east-1",
        machines={"a": prices, "b": prices},
        dbu={("premium", "jobs"): own(dbu)},
        dbu_rates={"a": DbuRate(1.0, 2.9, 2.0, "made", ""), "b": DbuRate(2.0, 2.9, 2.0, "made", "")},
        disks={"gp3": DiskPrice(own(disk), 3000, 0.005, 125, 0.04)},
        emr_fees={"a": own(machine / 4), "b": own(machine / 4)},
    )


made_books = st.builds(made_book, st.floats(0.01, 10), st.floats(0, 1), st.floats(0.01, 1), st.floats(0.01, 1))
made_specs = st.builds(
    CloudSpec,
    cloud=st.just("aws"),
    region=st.just("us-east-1"),
    node_type=st.just("a"),
    workers=st.integers(0, 40),
    driver_node_type=st.sampled_from([None, "b"]),
    first_on_demand=st.none() | st.integers(0, 50),
    service=st.sampled_from(["databricks", "emr", "machines"]),
    photon=st.booleans(),
)
durations = st.floats(60, 1e6)


def dollars(spec: CloudSpec, seconds: float, book: PriceBook, startup: float = 0.0) -> float:
    cost = meter(usage_of(spec, seconds, startup), book, "modelled")
    assert isinstance(cost, Cost)
    return cost.dollars


@given(made_specs, durations, st.floats(0, 1e5), made_books)
def test_cost_is_monotone_in_time(spec: CloudSpec, seconds: float, more: float, book: PriceBook) -> None:
    assert dollars(spec, seconds + more, book) >= dollars(spec, seconds, book) * (1 - 1e-9)
    assert dollars(spec, seconds, book, more) >= dollars(spec, seconds, book) * (1 - 1e-9)


@given(made_specs, durations, st.integers(1, 9), made_books)
def test_cost_is_monotone_in_workers(spec: CloudSpec, seconds: float, more: int, book: PriceBook) -> None:
    larger = replace(spec, workers=spec.workers + more)
    assert dollars(larger, seconds, book) >= dollars(spec, seconds, book)


@given(made_specs, durations, st.floats(1, 3), st.tuples(*[st.floats(0.01, 1)] * 4))
def test_cost_is_monotone_in_every_price(
    spec: CloudSpec, seconds: float, factor: float, prices: tuple[float, float, float, float]
) -> None:
    low = dollars(spec, seconds, made_book(*prices))
    for number in range(4):
        raised = [each * factor if at == number else each for at, each in enumerate(prices)]
        assert dollars(spec, seconds, made_book(*raised)) >= low * (1 - 1e-9)


def test_an_estimated_photon_factor_marks_the_units() -> None:
    spec = CloudSpec(cloud="aws", region="us-east-1", node_type="a", workers=1, photon=True)
    book = made_book(1.0, 0.5, 0.1, 0.1)
    rates = {"a": DbuRate(1.0, 2.9, 2.0, "some page", "2023-03-17", "estimated")}
    for photon in (True, False):
        cost = meter(usage_of(replace(spec, photon=photon), 3600), replace(book, dbu_rates=rates), "modelled")
        assert isinstance(cost, Cost)
        (units,) = (part for part in cost.parts if part.kind == "dbu")
        assert units.is_estimated == photon
        assert "some page, 2023-03-17" in units.price_origin


@given(made_specs, durations, made_books)
def test_serverless_units_include_machines_and_engine(spec: CloudSpec, seconds: float, book: PriceBook) -> None:
    book = replace(book, dbu={("premium", "jobs_serverless"): own(0.35)})
    spec = replace(spec, service="databricks", compute="jobs_serverless")
    costs = [meter(usage_of(replace(spec, photon=photon), seconds), book, "modelled") for photon in (True, False)]
    assert costs[0] == costs[1]
    assert isinstance(costs[0], Cost)
    assert {part.kind for part in costs[0].parts} == {"dbu"}
    assert "include machines" in costs[0].assumptions[-1]


@given(made_specs, durations, made_books)
def test_spot_is_never_dearer(spec: CloudSpec, seconds: float, book: PriceBook) -> None:
    spot, on_demand = replace(spec, first_on_demand=1), replace(spec, first_on_demand=None)
    assert dollars(spot, seconds, book) <= dollars(on_demand, seconds, book) * (1 + 1e-9)


@given(made_specs, durations, durations, made_books)
def test_cost_adds_up_over_intervals(spec: CloudSpec, first: float, second: float, book: PriceBook) -> None:
    apart = dollars(spec, first, book) + dollars(spec, second, book)
    assert dollars(spec, first + second, book) == pytest.approx(apart)


@given(st.permutations([("a", 0, 90), ("a", 10, 70), ("b", 0, 1000), ("b", 5, 6)]), made_books)
def test_the_order_of_uses_does_not_matter(uses: list[tuple[str, float, float]], book: PriceBook) -> None:
    def usage(order: list[tuple[str, float, float]]) -> Usage:
        machines = tuple(MachineUse(name, "spot", began, ended) for name, began, ended in order)
        return Usage(cloud="aws", region="us-east-1", machines=machines)

    assert meter(usage(uses), book, "modelled") == meter(usage(sorted(uses)), book, "modelled")


def test_a_machine_is_billed_for_a_minute_at_least_and_units_are_not() -> None:
    book = made_book(3.6, 0.5, 0.15, 0.1)
    second = Usage(
        cloud="aws",
        region="us-east-1",
        machines=(MachineUse("a", "on_demand", 0, 1), MachineUse("a", "on_demand", 5, 5)),
        units=(UnitUse("a", 0, 1),),
        plan="premium",
        compute="jobs",
    )
    cost = meter(second, book, "list-estimated")
    assert isinstance(cost, Cost)
    assert cost.of("vm_on_demand") == pytest.approx(60 * 0.001)
    assert cost.of("dbu") == pytest.approx(0.15 / 3600)


def test_what_has_no_price_is_named_and_the_rest_is_priced() -> None:
    book = made_book(1, 0.5, 0.15, 0.1)
    spec = CloudSpec(cloud="aws", region="us-east-1", node_type="a", workers=2, driver_node_type="m9.mega")
    found = meter(usage_of(spec, 3600), book, "modelled")
    assert isinstance(found, Unpriceable)
    assert len(found.reasons) == 2
    assert all("m9.mega" in reason for reason in found.reasons)
    assert {part.kind for part in found.parts} == {"vm_on_demand", "dbu", "disk"}
    untold = replace(usage_of(replace(spec, driver_node_type=None), 3600), plan=None)
    assert isinstance(meter(untold, book, "modelled"), Unpriceable)


def test_what_the_book_has_not_at_all() -> None:
    spec = CloudSpec(cloud="aws", region="us-east-1", node_type="a", workers=2)
    found = meter(usage_of(spec, 3600), replace(made_book(1, 0.5, 0.15, 0.1), dbu={}, disks={}), "modelled")
    assert isinstance(found, Unpriceable)
    words = (
        "no price of gp3 disks in aws us-east-1",
        "no price of a Databricks unit for premium jobs in aws us-east-1",
    )
    assert found.reasons == words
    assert {part.kind for part in found.parts} == {"vm_on_demand"}


def test_disks_that_come_in_sizes_and_disks_that_are_too_large() -> None:
    tiers = DiskPrice(own(0), tiers=((32, 7.3), (64, 14.6)))
    book = replace(made_book(1, 0.5, 0.15, 0.1), disks={"premium_ssd": tiers})

    def priced(gib: float) -> Cost | Unpriceable:
        use = MachineUse("a", "spot", 0, 3600, 1, (Disk("premium_ssd", gib),))
        return meter(Usage(cloud="azure", region="eastus", machines=(use,)), book, "modelled")

    for gib, expected in ((10, 0.01), (32, 0.01), (33, 0.02)):
        cost = priced(gib)
        assert isinstance(cost, Cost)
        assert cost.of("disk") == pytest.approx(expected)
    found = priced(65)
    assert isinstance(found, Unpriceable)
    assert "no premium_ssd disk is as large as 65 GiB" in found.reasons


def test_what_is_provisioned_beyond_the_free_amount_costs_extra() -> None:
    book = made_book(1, 0.5, 0.15, 0.1)
    use = MachineUse("a", "spot", 0, 730 * 3600, 1, (Disk("gp3", 100, 4000, 225),))
    cost = meter(Usage(cloud="aws", region="us-east-1", machines=(use,)), book, "modelled")
    assert isinstance(cost, Cost)
    assert cost.of("disk") == pytest.approx(100 * 0.1 + 1000 * 0.005 + 100 * 0.04)


def test_serverless_without_prices_is_said() -> None:
    book = made_book(1, 0.5, 0.15, 0.1)
    usage = Usage(cloud="aws", region="us-east-1", serverless=ServerlessUse(1, 4, 2))
    assert isinstance(meter(usage, book, "billed"), Unpriceable)
    assert isinstance(meter(usage, replace(book, cores=CoreRates(own(1), own(1))), "billed"), Unpriceable)
    with pytest.raises(InputError, match="What a core costs in aws us-east-1 is not known"):
        price(ClusterSpec.local(2, 1024), 1.0, book, "modelled")


def test_the_worked_example() -> None:
    """m5.xlarge in us-east-1, the driver on-demand and 8 spot workers, an hour and 5 min of start, Premium jobs."""
    spec = CloudSpec(cloud="aws", region="us-east-1", node_type="m5.xlarge", workers=8, first_on_demand=1)
    cost = meter(usage_of(spec, 3600, 300), load_book("aws", "us-east-1"), "modelled")
    assert isinstance(cost, Cost)
    assert cost.of("vm_on_demand", "vm_spot") == pytest.approx(0.774, abs=0.0006)
    assert cost.of("dbu") == pytest.approx(0.932, abs=0.0006)
    assert cost.of("disk") == pytest.approx(0.192, abs=0.0006)
    assert cost.dollars == pytest.approx(1.898, abs=0.001)


def test_the_worked_example_as_a_cluster_report() -> None:
    attributes = {"availability": "SPOT_WITH_FALLBACK", "first_on_demand": 1, "zone_id": "us-east-1a"}
    run = read_report(report(life(8, 300, 3900), {"num_workers": 8, "aws_attributes": attributes}))
    cost = meter(run.usage, load_book("aws", "us-east-1"), "list-estimated")
    assert isinstance(cost, Cost)
    assert cost.dollars == pytest.approx(1.898, abs=0.001)
