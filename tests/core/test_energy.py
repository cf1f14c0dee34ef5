"""Energy and carbon: from two sources, as a range, and never zero where something is not known."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.runs import even_stage, healthy

from setpoint.core.cloud import CloudSpec, usage_of
from setpoint.core.energy import EnergyBook, Footprint, PowerCurve, busy_share, footprint
from setpoint.core.pricebook import Missing, NodeType
from setpoint.core.profile import Operator, SqlExecution
from setpoint.core.usage import Disk, MachineUse, ServerlessUse, Usage

NODES = {
    "m5.xlarge": NodeType("m5.xlarge", 4, 16.0, "x86_64", "Skylake"),
    "m9.xlarge": NodeType("m9.xlarge", 4, 16.0, "x86_64", "Unheard Of", local_disk_gb=1000),
    "g4.xlarge": NodeType("g4.xlarge", 4, 16.0, "x86_64", "Skylake", gpus=1),
}
BOOK = EnergyBook(
    source="made up",
    cloud="aws",
    region="us-east-1",
    grams_per_kwh=400.0,
    pue=1.2,
    watts_per_vcpu={"Skylake": (0.6, 4.1), "Graviton2": (0.5, 1.7)},
    usual_watts_per_vcpu=(0.7, 3.5),
    power={"m5.xlarge": PowerCurve(8.8, 14.0, 28.2, 39.9, 4.0)},
    measured_over_coefficients=1.5,
    watts_per_gib=0.392,
    ssd_watts_per_tb=1.2,
    hdd_watts_per_tb=0.65,
)
loads = st.floats(0, 1)


def used(name: str = "m5.xlarge", hours: float = 1.0, count: float = 1.0, disks: tuple[Disk, ...] = ()) -> Usage:
    use = MachineUse(name, "on_demand", 0.0, hours * 3600, count, disks)
    return Usage(cloud="aws", region="us-east-1", machines=(use,))


def of(usage: Usage, book: EnergyBook = BOOK, load: float | None = 0.5) -> Footprint:
    found = footprint(usage, NODES, book, load)
    assert isinstance(found, Footprint)
    return found


def test_both_sources_make_the_range() -> None:
    found = of(used())
    coefficients = 1.2 * (4 * 2.35 + 16 * 0.392) / 1000
    assert found.kwh.low == pytest.approx(coefficients)
    assert found.kwh.high == pytest.approx(1.2 * 0.0282)
    assert not isinstance(found.gco2e, Missing)
    assert found.gco2e.high == pytest.approx(400 * 1.2 * 0.0282)
    assert [figure.is_estimated for figure in found.figures] == [False, False]
    assert (found.is_estimated, found.embodied_gco2e, found.assumptions) == (False, 4.0, ())


def test_where_only_one_source_knows_the_other_is_stood_in_for() -> None:
    found = of(used("g4.xlarge"))
    assert found.kwh.high == pytest.approx(1.5 * found.kwh.low)
    assert [figure.is_estimated for figure in found.figures] == [False, True]
    assert found.embodied_gco2e is None
    assert "GPU" in found.assumptions[0]


def test_an_unknown_processor_has_the_spread_of_its_cloud() -> None:
    found = of(used("m9.xlarge"))
    shared = 16 * 0.392 + 1.2
    assert found.figures[0].kwh.low == pytest.approx(1.2 * (4 * 1.1 + shared) / 1000)
    assert found.figures[0].kwh.high == pytest.approx(1.2 * (4 * 2.35 + shared) / 1000)
    assert found.is_estimated
    bare = of(used("m9.xlarge"), replace(BOOK, watts_per_vcpu={}))
    assert bare.figures[0].kwh.low == pytest.approx(bare.figures[0].kwh.high)


def test_what_is_not_known_is_said_and_not_zero() -> None:
    unknown = footprint(used("z1.large"), NODES, BOOK)
    assert isinstance(unknown, Missing)
    assert "z1.large" in unknown.reason
    nothing = footprint(Usage(cloud="aws", region="us-east-1"), NODES, BOOK)
    assert isinstance(nothing, Missing)
    carbon = of(used(), replace(BOOK, grams_per_kwh=None, region="mars-1")).gco2e
    assert isinstance(carbon, Missing)
    assert "mars-1" in carbon.reason


def test_the_usual_utilisation_is_stated() -> None:
    found = of(used(), load=None)
    assert found.utilisation == 0.5
    assert "50%" in found.assumptions[-1]
    assert found.kwh == of(used(), load=0.5).kwh


@given(loads, loads, st.sampled_from(sorted(NODES)))
def test_busier_processors_take_more(one: float, other: float, name: str) -> None:
    low, high = sorted((one, other))
    assert of(used(name), load=low).kwh.low <= of(used(name), load=high).kwh.low + 1e-12
    assert of(used(name), load=low).kwh.high <= of(used(name), load=high).kwh.high + 1e-12


@given(loads, st.floats(0.1, 100), st.floats(1, 50), st.sampled_from(sorted(NODES)))
def test_it_is_proportional_to_time_and_machines(load: float, hours: float, count: float, name: str) -> None:
    one, many = of(used(name), load=load), of(used(name, hours, count), load=load)
    assert many.kwh.high == pytest.approx(one.kwh.high * hours * count)
    assert many.kwh.low <= many.kwh.high


def test_disks_take_their_share_by_kind() -> None:
    plain = of(used()).kwh.low
    by_kind = {kind: of(used(disks=(Disk(kind, 1000.0),))).kwh.low - plain for kind in ("gp3", "st1", "standard_hdd")}
    assert by_kind["gp3"] == pytest.approx(1.2 * 1.2 * 1.073741824 / 1000)
    assert by_kind["st1"] == by_kind["standard_hdd"] == pytest.approx(1.2 * 0.65 * 1.073741824 / 1000)


def test_serverless_units_have_the_spread_of_the_cloud() -> None:
    found = of(Usage(cloud="aws", region="us-east-1", serverless=ServerlessUse(10.0, 40.0)))
    assert found.figures[0].kwh.low == pytest.approx(1.2 * (10 * 1.1 + 40 * 0.392) / 1000)
    assert found.is_estimated


def test_a_spec_has_a_footprint_too() -> None:
    spec = CloudSpec(cloud="aws", region="us-east-1", node_type="m5.xlarge", workers=9)
    assert of(usage_of(spec, 3600)).kwh.low > 10 * of(used()).kwh.low


@given(st.floats(-1, 2))
def test_the_curve_stays_between_its_ends(load: float) -> None:
    assert 8.8 <= PowerCurve(8.8, 14.0, 28.2, 39.9).at(load) <= 39.9


def test_the_busy_share_of_a_profile() -> None:
    share = busy_share(healthy())
    assert share is not None
    assert 0.8 < share < 0.95
    untimed = even_stage(cpu_seconds=0.0)
    assert busy_share(healthy(untimed)) is None
    python = SqlExecution(0, "", 0.0, 1.0, "h", operators=(Operator("BatchEvalPython", "spark", 1),))
    assert busy_share(healthy(sql=(python,))) is None
    assert busy_share(healthy(engine="rapids")) is None
