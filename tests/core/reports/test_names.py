"""Names as clouds and people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.reports.made import book, life, report

from setpoint.core.cost import meter
from setpoint.core.domain import Cost
from setpoint.core.reports import read_report
from setpoint.core.reports.names import azure_size

USUAL = ["Standard_DS3_v2", "Standard_E8-4ds_v4", "Standard_NC24ads_A100_v4", "Standard_DC8as_cc_v5", "Basic_A1"]


@pytest.mark.parametrize("name", [*USUAL, "Standard_DS3_v2_Promo", "Standard_NV4ads_V710_v5"])
def test_sizes_of_azure_in_any_case(name: str) -> None:
    assert {azure_size(name), azure_size(name.upper()), azure_size(name.lower())} == {name}


@pytest.mark.parametrize("name", ["Standard_NC40ads_H100_V5", "m5.xlarge", "n2-standard-4", "Standard_", ""])
def test_other_names_stay(name: str) -> None:
    assert azure_size(name) == name


@given(st.text(max_size=30))
def test_a_usual_name_is_its_own_usual_name(name: str) -> None:
    assert azure_size(azure_size(name)) == azure_size(name)


def test_a_report_in_capitals_has_a_price() -> None:
    machines = [{"name": key, "hardware_profile": {"vm_size": "STANDARD_DS3_V2"}} for key in "abc"]
    changes = {"aws_attributes": None, "node_type_id": "standard_ds3_v2", "azure_attributes": {"availability": "X"}}
    for instances in (machines, None):
        run = read_report(report(life(2), changes, instances=instances))
        assert isinstance(meter(run.usage, book("azure", "eastus", ["Standard_DS3_v2"]), "list-estimated"), Cost)
