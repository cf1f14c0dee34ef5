"""The embedded book says what the price facts say, row by row; skipped where those are not beside the checkout."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from setpoint.core.pricebook import Cloud, PriceBook
from setpoint.prices import load_book
from setpoint.prices.embedded import known_regions

CATALOG = Path(__file__).parents[2] / ".." / "shared" / "catalog"
CLOUDS: tuple[Cloud, ...] = ("aws", "azure", "gcp")
PLACES = [(cloud, region) for cloud in CLOUDS for region in known_regions(cloud)]
METHODS = {
    "listed": "listed",
    "listed_minus_windows": "estimated",
    "family_ratio": "estimated",
    "proxy_family": "estimated",
    "region_median": "guessed",
    "proxy_us_east_1": "guessed",
}

pytestmark = pytest.mark.skipif(not CATALOG.is_dir(), reason="the price facts are not beside this checkout")


def rows(name: str) -> list[dict[str, str]]:
    with (CATALOG / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def is_coremark(figure: float | None, listed: str | None) -> bool:
    """Whether it is the listed one; the list has lost the zeros at the end of some, which the book gives back."""
    if figure is None or listed is None:
        return figure is None and listed is None
    return figure in (float(listed), 10 * float(listed), 100 * float(listed))


@pytest.fixture(scope="module")
def books() -> dict[tuple[str, str], PriceBook]:
    return {(cloud, region): load_book(cloud, region) for cloud, region in PLACES}


Books = dict[tuple[str, str], PriceBook]


def test_every_price_of_every_region_is_there_with_its_origin(books: Books) -> None:
    counted: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows("prices"):
        price = books[row["cloud"], row["region"]].machines[row["instance_type"]]
        counted[row["cloud"], row["region"]] += 1
        assert price.on_demand.dollars == float(row["on_demand_usd_h"])
        assert price.on_demand.as_of == row["as_of"]
        assert price.on_demand.source.startswith(row["source"])
        assert price.on_demand.method == METHODS[row["method"].partition(":")[0]]
        if not row["spot_usd_h"]:
            assert (price.spot.method if price.spot else None) == ("guessed" if row["cloud"] == "azure" else None)
        elif price.spot is not None:
            assert (price.spot.dollars, price.spot.as_of) == (float(row["spot_usd_h"]), row["spot_as_of"])
    assert {place: len(book.machines) for place, book in books.items()} == counted


def test_every_databricks_rate_is_there(books: Books) -> None:
    for row in rows("databricks_dbu"):
        for (cloud, _), book in books.items():
            if cloud == row["cloud"]:
                rate = book.dbu_rates[row["instance_type"]]
                assert (rate.dbu_per_hour, rate.as_of) == (float(row["dbu_per_hour"]), row["as_of"])
                factors = (rate.photon_jobs_factor, rate.photon_all_purpose_factor)
                assert factors == (float(row["photon_jobs_multiplier"]), float(row["photon_all_purpose_multiplier"]))
                # Lists round the product to two or three digits.
                listed = float(row["photon_jobs_dbu_per_hour"])
                assert rate.dbu_per_hour * rate.photon_jobs_factor == pytest.approx(listed, rel=0.01)


def test_every_interruption_rate_is_there(books: Books) -> None:
    for row in rows("spot_interruption"):
        book = books[row["cloud"], row["region"]]
        assert book.interruption_percent[row["instance_type"]] == float(row["pct_month_mid"])


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_type_has_its_hardware(cloud: Cloud, books: Books) -> None:
    nodes = books[cloud, known_regions(cloud)[0]].nodes
    table = rows(f"{cloud}_instances")
    assert len(nodes) == len(table)
    for row in table:
        node = nodes[row["instance_type"]]
        assert (node.vcpus, node.memory_gib, node.arch) == (int(row["vcpu"]), float(row["memory_gib"]), row["arch"])
        assert node.on_databricks == (row["databricks"] == "1")
        assert node.on_emr == (row.get("emr") == "1")
        assert node.microarch == (row.get("microarch") or None)
        assert is_coremark(node.coremark, row.get("coremark_iter_per_s") or None)
        assert node.gpus == int(row.get("gpu_count") or 0)


def test_every_disk_is_there(books: Books) -> None:
    for row in rows("ebs_price"):
        book = books.get(("aws", row["region"]))
        if book is not None:
            gp2, gp3 = book.disks["gp2"], book.disks["gp3"]
            dollars = (gp2.gib_month.dollars, gp3.gib_month.dollars, gp3.iops_month_dollars)
            assert dollars == tuple(
                float(row[f"gp{it}"]) for it in ("2_usd_gb_month", "3_usd_gb_month", "3_usd_iops_month")
            )
            assert (gp3.free_iops, gp3.free_mb_per_second) == (int(row["gp3_free_iops"]), int(row["gp3_free_mb_s"]))
            assert gp3.mb_per_second_month_dollars == float(row["gp3_usd_mb_s_month_derived"])
    for row in rows("azure_disk_price"):
        tiers = books["azure", row["region"]].disks[row["disk_type"]].tiers
        assert dict(tiers)[int(row["size_gib"])] == float(row["usd_month"])
        assert list(tiers) == sorted(tiers)


def test_every_serverless_rate_is_there(books: Books) -> None:
    for row in rows("emr_serverless"):
        cores = books["aws", row["region"]].cores
        assert cores is not None
        assert cores.storage_gib_hour is not None
        dollars = (cores.vcpu_hour.dollars, cores.gib_hour.dollars, cores.storage_gib_hour.dollars)
        assert dollars == tuple(float(row[f"usd_per_{it}_h"]) for it in ("vcpu", "gb_mem", "gb_storage"))


def test_emr_adds_a_quarter_of_the_virginian_price_up_to_a_bound(books: Books) -> None:
    virginian = books["aws", "us-east-1"].machines
    for row in rows("aws_instances"):
        name = row["instance_type"]
        if name in virginian:
            fee = virginian[name].on_demand.dollars / 4
            bound = 0.27 if int(row["generation"]) <= 5 else float("inf")
            for region in ("us-east-1", "eu-west-1"):
                assert books["aws", region].emr_fees[name].dollars == pytest.approx(min(fee, bound), abs=1e-8)
