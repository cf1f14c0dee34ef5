from pathlib import Path

import pytest

import setpoint.prices
from setpoint.core.pricebook import Cloud, Missing, Price, PriceBook
from setpoint.errors import InputError
from setpoint.prices import load_book
from setpoint.prices.embedded import known_regions
from setpoint.prices.packed import load_packed

CLOUDS: tuple[Cloud, ...] = ("aws", "azure", "gcp")
PLACES = [(cloud, region) for cloud in CLOUDS for region in known_regions(cloud)]
DATA = Path(setpoint.prices.__file__).parent / "data"


def test_the_facts_that_everybody_knows() -> None:
    book = load_book("aws", "us-east-1")
    m5 = book.machines["m5.xlarge"]
    assert m5.spot is not None
    assert (m5.on_demand.dollars, m5.spot.dollars, book.dbu_rates["m5.xlarge"].dbu_per_hour) == (0.192, 0.06528, 0.69)
    assert book.dbu_rates["m5.xlarge"].photon_jobs_factor == 2.9
    assert book.disks["gp3"].gib_month.dollars == 0.08
    assert book.emr_fees["m5.xlarge"].dollars == 0.048
    assert {key: price.dollars for key, price in book.dbu.items() if key[1] == "jobs"} == {
        ("standard", "jobs"): 0.10,
        ("premium", "jobs"): 0.15,
        ("enterprise", "jobs"): 0.20,
    }
    azure = load_book("azure", "eastus")
    assert azure.machines["Standard_E8ds_v4"].on_demand.dollars == 0.576
    rate = azure.dbu_rates["Standard_E8ds_v4"]
    assert (rate.dbu_per_hour, rate.photon_jobs_factor) == (2.0, 2.5)


def test_there_are_as_many_regions_as_promised() -> None:
    assert [len(known_regions(cloud)) for cloud in CLOUDS] == [16, 17, 14]


def test_the_tables_stay_below_a_megabyte() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 1_000_000


@pytest.mark.parametrize(("cloud", "region"), PLACES)
def test_every_book_is_sound(cloud: Cloud, region: str) -> None:
    book = load_book(cloud, region)
    assert (book.cloud, book.region) == (cloud, region)
    assert region in book.source
    assert book.machines
    for price in book.machines.values():
        assert price.on_demand.dollars > 0
        assert price.on_demand.source
        assert price.on_demand.as_of
        assert price.spot is None or 0 < price.spot.dollars <= price.on_demand.dollars
    assert all(0 < percent < 100 for percent in book.interruption_percent.values())
    assert all(rate.dbu_per_hour > 0 < rate.photon_jobs_factor for rate in book.dbu_rates.values())
    assert all(name == node.name and node.vcpus > 0 for name, node in book.nodes.items())
    assert all(fee.dollars > 0 for fee in book.emr_fees.values())
    assert (book.cores is None) == (cloud != "aws")


def test_what_was_carried_over_is_called_a_guess() -> None:
    def methods(book: PriceBook) -> set[str]:
        return {price.method for price in book.dbu.values()}

    assert methods(load_book("aws", "us-east-1")) == {"listed"} == methods(load_book("azure", "eastus"))
    assert methods(load_book("aws", "eu-west-1")) == {"guessed"} == methods(load_book("gcp", "us-central1"))
    assert "carried over" in load_book("gcp", "us-central1").dbu["premium", "jobs"].source


def test_what_nobody_lists_is_missing_and_not_zero() -> None:
    gcp = load_book("gcp", "us-central1")
    assert isinstance(gcp.dbu_rate("n2-standard-4"), Missing)
    assert isinstance(load_book("aws", "us-east-1").machine("a1.2xlarge", "spot"), Missing)


def test_azure_spot_is_a_guess_and_says_so() -> None:
    spot = load_book("azure", "eastus").machine("Standard_E8ds_v4", "spot")
    assert isinstance(spot, Price)
    assert spot.method == "guessed"
    assert spot.dollars == pytest.approx(0.576 * 0.35)
    assert "carried over" in spot.origin
    assert isinstance(load_book("aws", "us-east-1").disk("io1"), Missing)


@pytest.mark.parametrize(
    ("cloud", "place", "region"),
    [
        ("aws", "us-east-1c", "us-east-1"),
        ("aws", "US-EAST-1", "us-east-1"),
        ("gcp", "us-central1-a", "us-central1"),
        ("azure", "East US 2", "eastus2"),
        ("azure", "eastus", "eastus"),
    ],
)
def test_zones_and_display_names_lead_to_their_region(cloud: Cloud, place: str, region: str) -> None:
    assert load_book(cloud, place) == load_book(cloud, region)


@pytest.mark.parametrize("region", ["moon-1", "", "../aws", "us-east-1/../x", "us-east-1cc", "\x00"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_an_unknown_region_names_those_that_are_known(cloud: Cloud, region: str) -> None:
    with pytest.raises(InputError, match=known_regions(cloud)[0]):
        load_book(cloud, region)


def test_an_unknown_cloud_or_table_is_told() -> None:
    with pytest.raises(InputError, match="known: aws, azure, gcp"):
        load_book("ibm", "us-east-1")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no table"):
        load_packed("no-such")


def test_what_throughput_costs_is_said_to_be_derived() -> None:
    disks = load_book("aws", "us-east-1").disks
    assert disks["gp3"].gib_month.source.endswith(", throughput derived")
    assert "derived" not in disks["gp2"].gib_month.source
