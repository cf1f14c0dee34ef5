"""When a dearer engine pays: the formula, and brute force."""

import math
from dataclasses import replace

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from setpoint.core.breakeven import BreakEven, ClusterRates, break_even, cluster_rates, rates_of_nodes
from setpoint.core.cloud import CloudSpec, usage_of
from setpoint.core.cost import meter
from setpoint.core.domain import Cost, Unpriceable
from setpoint.core.pricebook import DbuRate, DiskPrice, MachinePrice, Price, PriceBook

dollars = st.floats(0.01, 100)
seconds = st.floats(120, 1e5)
counts = st.integers(0, 50)


def listed(amount: float) -> Price:
    return Price(amount, "a list", "2026-01-01")


BOOK = PriceBook(
    source="made up",
    region="us-east-1",
    machines={
        "m5.xlarge": MachinePrice(listed(0.192), Price(0.0653, "an advisor", "2025-06", "estimated")),
        "m6g.xlarge": MachinePrice(listed(0.154)),
    },
    dbu={("premium", "jobs"): listed(0.15), ("enterprise", "jobs"): listed(0.2), ("standard", "jobs"): listed(0.1)},
    dbu_rates={
        name: DbuRate(units, 2.9, 2.0, "a list", "") for name, units in (("m5.xlarge", 0.69), ("m6g.xlarge", 0.61))
    },
    disks={"gp3": DiskPrice(listed(0.08))},
)
SPEC = CloudSpec(cloud="aws", region="us-east-1", node_type="m5.xlarge", workers=10)


def priced(spec: CloudSpec, factor: float | None = None) -> ClusterRates:
    rates = cluster_rates(spec, BOOK, factor)
    assert isinstance(rates, ClusterRates)
    return rates


def cut(spec: CloudSpec, factor: float | None = None) -> float | None:
    now, engine = priced(spec), priced(replace(spec, photon=True), factor)
    return break_even(now.without_disks(), engine.without_disks()).runtime_cut


def test_the_example_of_the_article() -> None:
    ones = {"machine": 1.0, "units": 1.0, "workers": 10}
    found = break_even(rates_of_nodes(**ones), rates_of_nodes(**ones, factor=2.0))  # type: ignore[arg-type]
    assert found.threshold == 1.5
    assert found.runtime_cut == pytest.approx(1 / 3)


def test_list_prices_of_an_m5_xlarge() -> None:
    assert cut(replace(SPEC, plan="standard"), 2.0) == pytest.approx(0.209, abs=5e-4)
    assert cut(SPEC) == pytest.approx(0.400, abs=5e-4)
    assert cut(replace(SPEC, plan="enterprise")) == pytest.approx(0.443, abs=5e-4)


def test_on_spot_the_threshold_passes_two() -> None:
    spot = replace(SPEC, first_on_demand=1)
    found = break_even(priced(spot).without_disks(), priced(replace(spot, photon=True)).without_disks())
    assert found.threshold is not None
    assert found.threshold > 2
    assert priced(spot).is_estimated
    assert not priced(SPEC).is_estimated


@given(dollars, dollars, counts, st.floats(1, 5))
def test_a_factor_from_one_on_needs_a_speed_up_from_one_on(
    machine: float, units: float, workers: int, factor: float
) -> None:
    now = rates_of_nodes(machine=machine, units=units, workers=workers)
    engine = rates_of_nodes(machine=machine, units=units, workers=workers, factor=factor)
    found = break_even(now, engine)
    assert found.threshold is not None
    assert 1 - 1e-12 <= found.threshold <= factor + 1e-9


@given(dollars, dollars, counts, st.floats(1, 4), st.floats(0, 1))
def test_a_dearer_factor_needs_more(machine: float, units: float, workers: int, factor: float, more: float) -> None:
    now = rates_of_nodes(machine=machine, units=units, workers=workers)
    found = [
        break_even(now, rates_of_nodes(machine=machine, units=units, workers=workers, factor=each)).threshold or 0
        for each in (factor, factor + more)
    ]
    assert found[0] <= found[1]


@given(dollars, dollars, dollars, dollars, seconds, st.floats(0, 1000), st.floats(0, 1000))
@example(10.0, 0.1, 0.1, 50.0, 200.0, 0.0, 0.0)  # a runtime below the minimum of one minute
def test_at_the_threshold_both_cost_the_same(
    held: float, units: float, held_then: float, units_then: float, run: float, startup: float, later: float
) -> None:
    now, engine = ClusterRates(held, units), ClusterRates(held_then, units_then)
    found = break_even(now, engine, run, startup, later)
    if found.threshold is None:
        assert engine.dollars(1e-9, later) >= now.dollars(run, startup) * (1 - 1e-6)
    else:
        assert engine.dollars(run / found.threshold, later) == pytest.approx(now.dollars(run, startup), rel=1e-6)


@given(dollars, dollars, dollars, dollars, seconds, st.floats(0, 1000))
def test_brute_force_finds_the_same(
    held: float, units: float, held_then: float, units_then: float, run: float, startup: float
) -> None:
    now, engine = ClusterRates(held, units), ClusterRates(held_then, units_then)
    found = break_even(now, engine, run, startup)
    assume(found.threshold is not None)
    low, high = 0.0, 1e9
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if engine.dollars(middle, startup) < now.dollars(run, startup) else (low, middle)
    assert run / (found.threshold or math.inf) == pytest.approx(low, rel=1e-6, abs=1e-6)


@given(
    run=seconds,
    startup=st.floats(0, 2000),
    workers=counts,
    on_demand=st.sampled_from([None, 1]),
    photon=st.booleans(),
)
def test_rates_cost_what_the_meter_says(
    run: float, startup: float, workers: int, on_demand: int | None, *, photon: bool
) -> None:
    spec = replace(SPEC, workers=workers, first_on_demand=on_demand, photon=photon)
    cost = meter(usage_of(spec, run, startup), BOOK, "modelled")
    assert isinstance(cost, Cost)
    assert priced(spec).dollars(run, startup) == pytest.approx(cost.dollars)


def test_start_up_cancels_on_equal_machines_and_not_on_others() -> None:
    now, engine = ClusterRates(2.0, 1.0), ClusterRates(2.0, 3.0)
    assert break_even(now, engine, 3600, 600).threshold == break_even(now, engine).threshold == pytest.approx(5 / 3)
    fewer = ClusterRates(1.0, 3.0)
    assert break_even(now, fewer).threshold == pytest.approx(4 / 3)
    assert break_even(now, fewer, 600, 600).threshold == pytest.approx((600 * 4) / (2 * 600 + 1 * 600 + 600))


def test_what_can_never_pay_and_what_always_does() -> None:
    assert break_even(ClusterRates(1.0, 0.0), ClusterRates(50.0, 1.0), 600, 600) == BreakEven(None)
    assert BreakEven(None).runtime_cut is None
    assert break_even(ClusterRates(1.0, 1.0), ClusterRates(0.0, 0.0)) == BreakEven(0.0)
    assert BreakEven(0.0).runtime_cut is None
    assert break_even(ClusterRates(0.0, 0.0), ClusterRates(1.0, 1.0)) == BreakEven(None)
    assert break_even(ClusterRates(1.0, 0.0), ClusterRates(5.0, 0.0), 61) == BreakEven(None)


def test_drivers_are_priced_apart() -> None:
    rates = rates_of_nodes(machine=1.0, units=2.0, workers=4, driver_machine=10.0, driver_units=0.0, factor=2.0)
    assert (rates.machines, rates.units) == (14.0, 16.0)


def test_the_factor_given_takes_the_place_of_the_listed_one() -> None:
    photon = replace(SPEC, photon=True)
    assert priced(photon, 2.9).units == pytest.approx(priced(photon).units)
    assert priced(photon, 2.0).units == pytest.approx(2 * priced(SPEC).units)
    assert priced(SPEC, 2.0).units == pytest.approx(priced(SPEC).units)


def test_a_missing_price_is_said_and_prices_tell_where_they_are_from() -> None:
    rates = cluster_rates(replace(SPEC, node_type="z9.xlarge"), BOOK)
    assert isinstance(rates, Unpriceable)
    assert "z9.xlarge" in rates.reasons[0]
    assert any("m5.xlarge, on-demand: $0.192 (listed, a list" in origin for origin in priced(SPEC).origins)
