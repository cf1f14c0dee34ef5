"""Names of places and types: one rule for all commands."""

from hypothesis import given
from hypothesis import strategies as st

from setpoint.core.places import (
    CLOUDS,
    cloud_of_type,
    listed_type,
    listed_types,
    region_of,
    region_of_zone,
    usual_region,
)
from setpoint.core.pricebook import MachinePrice, Price, PriceBook
from setpoint.core.usage import MachineUse, UnitUse, Usage

BOOK = PriceBook(
    source="made up", cloud="azure", region="eastus", machines={"Standard_E8ds_v4": MachinePrice(Price(1.0, "", ""))}
)


@given(st.text(max_size=40))
def test_any_text_is_taken(text: str) -> None:
    assert cloud_of_type(text) in CLOUDS
    assert region_of_zone(region_of_zone(text)) == region_of_zone(text)
    assert all(region_of(cloud, region_of(cloud, text)) == region_of(cloud, text) for cloud in CLOUDS)


def test_short_names_of_azure_are_found() -> None:
    assert listed_type("E8ds_v4", BOOK) == listed_type("Standard_E8ds_v4", BOOK) == "Standard_E8ds_v4"
    assert listed_type("E9ds_v9", BOOK) == "E9ds_v9"
    usage = Usage(
        cloud="azure",
        region="eastus",
        machines=(MachineUse("E8ds_v4", "spot", 0.0, 1.0),),
        units=(UnitUse("E8ds_v4", 0.0, 1.0),),
    )
    named = listed_types(usage, BOOK)
    assert [use.instance_type for use in named.machines] == ["Standard_E8ds_v4"]
    assert [use.instance_type for use in named.units] == ["Standard_E8ds_v4"]
    assert listed_types(named, BOOK) == named


def test_the_region_of_the_settings_is_one_of_aws() -> None:
    assert (usual_region("aws", "eu-west-1"), usual_region("azure", "eu-west-1")) == ("eu-west-1", "eastus")
