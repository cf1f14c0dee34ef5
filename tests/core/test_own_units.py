"""The user's own Databricks units an hour stand in for those of the book."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.cloud import CloudSpec, usage_of
from setpoint.core.cost import meter
from setpoint.core.domain import Cost, Unpriceable
from setpoint.core.own_units import OwnDbuRate, with_own_units
from setpoint.core.pricebook import DbuRate
from setpoint.errors import SettingsError
from setpoint.prices import load_book
from setpoint.settings import load_settings

GCP = CloudSpec(cloud="gcp", region="us-central1", node_type="n2-standard-4", workers=2)


def test_databricks_on_google_cloud_has_a_price_once_you_say_its_units() -> None:
    book, usage = load_book("gcp", "us-central1"), usage_of(GCP, 3600)
    assert isinstance(meter(usage, book, "modelled"), Unpriceable)
    own = with_own_units(book, [OwnDbuRate(type="n2-standard-4", cloud="gcp", dbu_per_hour=0.87)])
    cost = meter(usage, own, "modelled")
    assert isinstance(cost, Cost)
    (units,) = (part for part in cost.parts if part.kind == "dbu")
    assert units.quantity == pytest.approx(3 * 0.87)
    assert "your settings" in units.price_origin


@given(st.floats(0.01, 100), st.none() | st.floats(1, 5), st.none() | st.floats(1, 5))
def test_what_is_not_said_stays_as_in_the_book(units: float, jobs: float | None, other: float | None) -> None:
    book = load_book("aws", "us-east-1")
    listed = book.dbu_rates["m5.xlarge"]
    rule = OwnDbuRate(
        type="m5.xlarge",
        cloud="aws",
        dbu_per_hour=units,
        photon_jobs_factor=jobs,
        photon_all_purpose_factor=other,
    )
    own = with_own_units(book, [rule]).dbu_rates["m5.xlarge"]
    is_own = jobs is not None and other is not None
    assert own == DbuRate(
        units,
        jobs or listed.photon_jobs_factor,
        other or listed.photon_all_purpose_factor,
        "your settings",
        "",
        "own" if is_own else listed.photon_method,
    )


def test_another_cloud_is_left_alone() -> None:
    book = load_book("azure", "eastus")
    assert with_own_units(book, [OwnDbuRate(type="m5.xlarge", cloud="aws", dbu_per_hour=1.0)]) is book


@pytest.mark.parametrize(
    "line", ["dbu_per_hour = 0", "dbu_per_hour = -1", "dbu_per_hours = 1", "photon_jobs_factor = 2"]
)
def test_a_line_that_says_nothing_sensible_is_refused(tmp_path: Path, line: str) -> None:
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[[dbu_rates]]\ntype = "m5.xlarge"\ncloud = "aws"\n{line}\n')
    with pytest.raises(SettingsError, match="dbu_rates"):
        load_settings({"SETPOINT_SETTINGS": str(settings)})
