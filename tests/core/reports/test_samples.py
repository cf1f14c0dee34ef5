"""The cluster reports of the optional corpus beside the checkout, priced with the book that comes with Setpoint."""

from pathlib import Path

import pytest

from setpoint.core.cost import meter
from setpoint.core.domain import Cost, Unpriceable
from setpoint.core.reports import Terms, read_report
from setpoint.errors import InputError
from setpoint.prices import load_book

SAMPLES = Path(__file__).parents[3] / "../shared/api/samples"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the optional corpus ../shared/api/samples is not here")


def priced(name: str, region: str | None = None) -> Cost | Unpriceable:
    usage = read_report((SAMPLES / name).read_bytes(), Terms(region=region)).usage
    return meter(usage, load_book(usage.cloud, usage.region), "list-estimated")


@pytest.mark.parametrize("name", ["dbx-cluster-report-old.json", "dbx-cluster-report-new.json"])
def test_databricks_on_aws(name: str) -> None:
    """368.5 s of two spot machines, of which Databricks counts 137.2 with Photon: i3.xlarge 1 DBU, i3.4xlarge 4."""
    cost = priced(name)
    assert isinstance(cost, Cost)
    assert cost.of("vm_spot") == pytest.approx(368.512 / 3600 * (0.12792 + 0.61152), rel=1e-3)
    assert cost.of("dbu") == pytest.approx(137.202 / 3600 * 5 * 2.9 * 0.15, rel=1e-3)
    assert cost.of("vm_on_demand") == 0
    gib = (180 + 180) if "old" in name else (100 + 180)
    assert cost.of("disk") == pytest.approx(368.512 / 3600 * gib * 0.08 / 730, rel=1e-3)


def test_emr() -> None:
    """Three machines from their own creation to their own end, each with its volumes and the fee."""
    cost = priced("emr-cluster-report.json")
    assert isinstance(cost, Cost)
    core, other = 726.31 / 3600, 689.69 / 3600
    assert cost.of("vm_on_demand") == pytest.approx(core * 1.232 + other * 0.2, rel=1e-3)
    assert cost.of("vm_spot") == pytest.approx(other * 0.048, rel=1e-3)
    assert cost.of("emr_fee") == pytest.approx(core * 0.27 + other * (0.05 + 0.025), rel=1e-3)
    assert cost.of("disk") == pytest.approx((core * 74 + other * (74 + 42)) * 0.1 / 730, rel=1e-3)


@pytest.mark.parametrize("name", ["dbx-cluster.json", "aws_cluster.json"])
def test_clusters_alone(name: str) -> None:
    cost = priced(name)
    assert isinstance(cost, Cost)
    assert {"dbu", "disk", "vm_on_demand"} <= {part.kind for part in cost.parts}
    assert any("Premium is assumed" in note for note in cost.assumptions)


def test_azure_of_which_the_spot_price_is_a_guess() -> None:
    found = priced("azure_cluster.json", "eastus")
    assert isinstance(found, Cost)
    assert {part.kind for part in found.parts} == {"dbu", "vm_on_demand", "vm_spot"}
    (spot,) = (part for part in found.parts if part.kind == "vm_spot")
    assert spot.is_estimated
    assert "carried over" in spot.price_origin


@pytest.mark.parametrize("name", ["aws_recommendation.json", "dbx-run.json", "predictions_response.json"])
def test_what_is_no_report(name: str) -> None:
    with pytest.raises(InputError, match="no cluster report"):
        priced(name)
