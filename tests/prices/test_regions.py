"""Every name in the book is told apart by the one rule for names."""

import pytest

from setpoint.core.places import CLOUDS, USUAL_REGIONS, cloud_of_type, listed_type, region_of
from setpoint.core.pricebook import Cloud
from setpoint.prices.embedded import embedded_book, known_regions
from setpoint.prices.regions import cloud_told


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_type_of_the_book_is_of_its_cloud(cloud: Cloud) -> None:
    book = embedded_book(cloud, USUAL_REGIONS[cloud])
    assert [name for name in book.machines if cloud_of_type(name) != cloud] == []
    assert [name for name in book.machines if listed_type(name, book) != name] == []


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_region_is_its_own_and_told_by_itself(cloud: Cloud) -> None:
    regions = known_regions(cloud)
    assert [region for region in regions if region_of(cloud, region) != region] == []
    assert [region for region in regions if cloud_told(region) != cloud] == []


def test_the_region_tells_more_than_the_name() -> None:
    assert (cloud_told(None, "F8s"), cloud_told("eastus", "F8s"), cloud_told("mars-1", "m5.large")) == (
        "aws",
        "azure",
        "aws",
    )
