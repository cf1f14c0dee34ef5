"""`setpoint breakeven`: the bare formula, and list prices."""

import json
from collections.abc import Callable

import pytest
from tests.cli.conftest import Said

Setpoint = Callable[..., Said]
BARE = ("--machine", "1", "--dbu", "1", "--factor", "2", "--workers", "10")
BOOKED = ("--node-type", "m5.xlarge", "--region", "us-east-1", "--workers", "10")


def answer(said: Said) -> dict[str, object]:
    assert (said.exit_code, said.err) == (0, "")
    found = json.loads(said.out)
    assert isinstance(found, dict)
    return found


def test_the_bare_formula(setpoint: Setpoint) -> None:
    found = answer(setpoint("breakeven", *BARE, "--json"))
    assert found["threshold"] == 1.5
    assert found["runtime_cut"] == pytest.approx(1 / 3)
    assert (found["machine"], found["dbu"], found["factor"], found["workers"]) == (1, 1, 2, 10)
    said = setpoint("breakeven", *BARE)
    assert "1.500 times as fast: the runtime must fall by 33.3%" in said.out


def test_drivers_fewer_machines_and_start_up(setpoint: Setpoint) -> None:
    driver = answer(setpoint("breakeven", *BARE, "--driver-machine", "9", "--driver-dbu", "0", "--json"))
    assert driver["threshold"] == pytest.approx((19 + 20) / (19 + 10))
    fewer = ("--engine-workers", "5", "--startup-seconds", "600", "--run-seconds", "600")
    halved = answer(setpoint("breakeven", *BARE, *fewer, "--json"))
    assert halved["threshold"] == pytest.approx(600 * (6 + 12) / (11 * 1200 + 11 * 600 - 6 * 600))
    never = ("--engine-machine", "50", "--startup-seconds", "900", "--run-seconds", "60")
    assert answer(setpoint("breakeven", *BARE, *never, "--json"))["threshold"] is None
    assert "never" in setpoint("breakeven", *BARE, *never).out
    assert "may rise by" in setpoint("breakeven", *BARE, "--engine-machine", "0", "--engine-dbu", "0.1").out


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (("--plan", "standard", "--factor", "2"), 0.209),
        (("--plan", "premium", "--compute", "jobs"), 0.400),
        (("--plan", "premium", "--factor", "2.9"), 0.400),
        (("--plan", "enterprise"), 0.443),
        (("--plan", "premium", "--compute", "all-purpose"), 0.399),
    ],
)
def test_list_prices_of_an_m5_xlarge(setpoint: Setpoint, terms: tuple[str, ...], expected: float) -> None:
    found = answer(setpoint("breakeven", *BOOKED, *terms, "--json"))
    assert found["runtime_cut"] == pytest.approx(expected, abs=5e-4)


def test_azure_is_told_by_the_name_of_the_type(setpoint: Setpoint) -> None:
    words = ("--node-type", "Standard_E8ds_v4", "--plan", "premium", "--workers", "10", "--json")
    found = answer(setpoint("breakeven", *words))
    assert found["runtime_cut"] == pytest.approx(0.434, abs=5e-4)
    assert found == answer(setpoint("breakeven", *words, "--cloud", "azure", "--region", "eastus"))


def test_azure_is_told_by_its_region_and_found_without_standard(setpoint: Setpoint) -> None:
    whole = answer(setpoint("breakeven", "--node-type", "Standard_E8ds_v4", "--workers", "10", "--json"))
    short = ("--node-type", "E8ds_v4", "--workers", "10", "--json")
    assert answer(setpoint("breakeven", *short, "--region", "eastus")) == answer(setpoint("breakeven", *short)) == whole
    told = answer(setpoint("breakeven", "--node-type", "F8s", "--region", "East US", "--workers", "1", "--json"))
    cluster = told["cluster"]
    assert isinstance(cluster, dict)
    assert (cluster["cloud"], cluster["region"], cluster["node_type"]) == ("azure", "eastus", "Standard_F8s")


def test_on_spot_it_passes_two_and_prices_say_where_they_are_from(setpoint: Setpoint) -> None:
    spot = answer(setpoint("breakeven", *BOOKED, "--market", "spot", "--json"))
    assert isinstance(spot["threshold"], float)
    assert spot["threshold"] > 2
    said = setpoint("breakeven", *BOOKED, "--market", "spot").out
    for words in ("m5.xlarge, spot: $0.0", "m5.xlarge, on-demand: $0.192 (listed", "premium jobs", "with the disks"):
        assert words in said


def test_other_nodes_with_the_engine(setpoint: Setpoint) -> None:
    same = answer(setpoint("breakeven", *BOOKED, "--json"))
    other = answer(setpoint("breakeven", *BOOKED, "--engine-node-type", "m6g.xlarge", "--json"))
    assert isinstance(same["threshold"], float)
    assert isinstance(other["threshold"], float)
    assert other["threshold"] < same["threshold"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--machine", "1", "--dbu", "1", "--factor", "2"), "--workers"),
        (("--workers", "3"), "--machine, --dbu and --factor"),
        ((*BARE, "--region", "us-east-1"), "--node-type"),
        ((*BARE, "--plan", "premium"), "--node-type"),
        ((*BARE, "--compute", "jobs"), "--node-type"),
        ((*BARE, "--market", "spot"), "--node-type"),
        ((*BOOKED, "--compute", "jobs_light"), "a rate of your own"),
        ((*BOOKED, "--machine", "1"), "leave out --machine"),
        ((*BARE[:-3], "nan", *BARE[-2:]), "--factor"),
        ((*BARE, "--machine", "-1"), "--machine"),
        ((*BOOKED, "--market", "gratis"), "--market"),
        ((*BOOKED, "--compute", "jobs_serverless"), "--compute"),
        ((*BOOKED, "--cloud", "ibm"), "--cloud"),
        (("--node-type", "z9.huge", "--workers", "2"), "z9.huge"),
        (("--node-type", "m5.xlarge", "--region", "mars-1", "--workers", "2"), "us-east-1"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(setpoint: Setpoint, words: tuple[str, ...], said: str) -> None:
    found = setpoint("breakeven", *words)
    assert (found.exit_code, found.out) == (65, "")
    assert said in found.err
    assert "Traceback" not in found.err


def test_a_price_of_2022_and_a_factor_of_today_are_told_apart(setpoint: Setpoint) -> None:
    said = setpoint("breakeven", *BOOKED, "--plan", "standard")
    assert "price is of 2022 and the factor is of today; --factor 2 is what it was then." in said.out
    assert "--factor 2" in str(answer(setpoint("breakeven", *BOOKED, "--plan", "standard", "--json"))["note"])
    for terms in (("--plan", "standard", "--factor", "2"), ("--plan", "premium")):
        assert "note" not in answer(setpoint("breakeven", *BOOKED, *terms, "--json"))
