"""Make the tables of `setpoint.prices` from a folder of price and hardware facts.

    python tools/build_price_book.py FOLDER

FOLDER holds prices.csv, aws_instances.csv, azure_instances.csv, gcp_instances.csv, databricks_dbu.csv, ebs_price.csv,
azure_disk_price.csv, emr_serverless.csv and spot_interruption.csv. The same folder gives the same bytes.
"""

import argparse
import csv
import json
import re
import statistics
import sys
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

DATA = Path(__file__).parent.parent / "src" / "setpoint" / "prices" / "data"
GZIP = 31
"""What zlib calls it."""

Row = Mapping[str, str]
Document = dict[str, object]

# How the price list says a price is known -> our word, and what is added to its source.
METHODS = {
    "listed": ("listed", ""),
    "listed_minus_windows": ("estimated", ", the Windows price less its licence"),
    "family_ratio": ("estimated", ", by the ratio of its family between regions"),
    "proxy_family": ("estimated", ", by the ratio of family {} between regions"),
    "region_median": ("guessed", ", by the median ratio between regions"),
    "proxy_us_east_1": ("guessed", ", as in us-east-1"),
}
SPOT_METHOD = {"listed": "estimated", "estimated": "estimated", "guessed": "guessed"}
"""AWS spot is the on-demand price less a published mean saving in whole percent, so it is never listed itself."""

LEAST_COREMARK = 8_000.0
"""A vCPU, less than which no processor has that EC2 rents out: the slowest figure that is whole is 11,144."""
EMR_SHARE, EMR_MOST_DOLLARS, EMR_CAPPED_GENERATION = 0.25, 0.27, 5
# USD a Databricks unit: README of the facts, list of 2026-04.
AWS_UNITS = {
    ("premium", "jobs"): 0.15,
    ("enterprise", "jobs"): 0.20,
    ("premium", "all_purpose"): 0.55,
    ("enterprise", "all_purpose"): 0.65,
    ("premium", "jobs_serverless"): 0.35,
    ("enterprise", "jobs_serverless"): 0.45,
    ("premium", "all_purpose_serverless"): 0.75,
    ("enterprise", "all_purpose_serverless"): 0.95,
}
RETIRED_UNITS = {("standard", "jobs"): 0.10}
AZURE_UNITS = {("premium", "jobs"): 0.30, ("premium", "all_purpose"): 0.55}
UNITS_AS_OF, RETIRED_AS_OF = "2026-04", "2022"
EBS_SOURCE = "EBS list prices as in VolumePricingHelper.swift (public GitHub)"


class Origins:
    """Where prices are from, each written once."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str, str], int] = {}

    def number(self, source: str, as_of: str, method: str) -> int:
        """Its place in the table."""
        return self.known.setdefault((source, as_of, method), len(self.known))

    def table(self) -> list[tuple[str, str, str]]:
        """All of them."""
        return list(self.known)


def main() -> int:
    """Build all tables and say how large they are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    facts = {path.stem: rows_of(path) for path in sorted(folder.glob("*.csv"))}
    DATA.mkdir(exist_ok=True)
    prices: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in facts["prices"]:
        prices[row["cloud"], row["region"]].append(row)
    total = 0
    for cloud in ("aws", "azure", "gcp"):
        regions = sorted(region for known, region in prices if known == cloud)
        total += pack(cloud, cloud_table(cloud, facts, prices, regions))
        for region in regions:
            total += pack(f"{cloud}-{region}", region_table(cloud, region, facts, prices[cloud, region]))
    print(f"{total / 1000:.0f} kB in {DATA}")
    return 0


def rows_of(path: Path) -> list[Row]:
    """Rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pack(name: str, document: Document) -> int:
    """Write a table; its size in bytes."""
    plain = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    # Not the module gzip: it would write the time into the file.
    packer = zlib.compressobj(9, wbits=GZIP)
    packed = packer.compress(plain) + packer.flush()
    (DATA / f"{name}.json.gz").write_bytes(packed)
    return len(packed)


def cloud_table(
    cloud: str, facts: Mapping[str, list[Row]], prices: Mapping[tuple[str, str], list[Row]], regions: list[str]
) -> Document:
    """What holds in every region of a cloud."""
    origins = Origins()
    rates = [row for row in facts["databricks_dbu"] if row["cloud"] == cloud]
    document: Document = {
        "regions": regions,
        "nodes": NODES[cloud](facts[f"{cloud}_instances"]),
        "dbu_rates": {
            "name": [row["instance_type"] for row in rates],
            "dbu_per_hour": [number(row["dbu_per_hour"]) for row in rates],
            "photon_jobs_factor": [number(row["photon_jobs_multiplier"]) for row in rates],
            "photon_all_purpose_factor": [number(row["photon_all_purpose_multiplier"]) for row in rates],
            "origin": [
                origins.number(
                    row["source"], row["as_of"], "listed" if row["photon_method"] == "listed" else "estimated"
                )
                for row in rates
            ],
        },
    }
    if cloud == "azure":
        document["spot_share"] = spot_share([row for known in prices.values() for row in known], origins)
    if cloud == "aws":
        document["emr_fees"] = emr_fees(facts["aws_instances"], prices["aws", "us-east-1"], origins)
    return document | {"origins": origins.table()}


def columns(rows: Iterable[Row], **parts: Callable[[Row], object]) -> Document:
    """A column for each part."""
    kept = list(rows)
    return {name: [part(row) for row in kept] for name, part in parts.items()}


def number(text: str) -> float | None:
    """As the facts have it; None where they have none."""
    if not text:
        return None
    value = float(text)
    return int(value) if value.is_integer() else value


def optional(column: str, divisor: float = 1.0) -> Callable[[Row], float | None]:
    """A figure that may be absent, in another unit."""

    def read(row: Row) -> float | None:
        value = number(row[column])
        return value if value is None or divisor == 1 else round(value / divisor, 3)

    return read


def coremark(row: Row) -> float | None:
    """CoreMark of the whole instance. The list has lost the zeros at the end of some figures: they are given back."""
    value = number(row["coremark_iter_per_s"])
    while value and value / int(row["vcpu"]) < LEAST_COREMARK:
        value *= 10
    return value


def aws_nodes(rows: list[Row]) -> Document:
    """Hardware of EC2."""
    return columns(
        rows,
        name=lambda row: row["instance_type"],
        vcpus=lambda row: int(row["vcpu"]),
        memory_gib=optional("memory_gib"),
        is_arm=lambda row: int(row["arch"] == "arm64"),
        microarch=lambda row: row["microarch"] or None,
        coremark=coremark,
        local_disk_gb=optional("local_disk_gb"),
        network_gbps=optional("network_baseline_gbps"),
        disk_mb_per_second=optional("ebs_baseline_mbps", 8),  # megabits
        gpus=lambda row: int(row["gpu_count"]),
        on_databricks=lambda row: int(row["databricks"]),
        on_emr=lambda row: int(row["emr"]),
    )


def azure_nodes(rows: list[Row]) -> Document:
    """Hardware of Azure; local disks there are in GiB."""
    return columns(
        rows,
        name=lambda row: row["instance_type"],
        vcpus=lambda row: int(row["vcpu"]),
        memory_gib=optional("memory_gib"),
        is_arm=lambda row: int(row["arch"] == "arm64"),
        local_disk_gb=lambda row: round((float(row["temp_disk_gib"]) + float(row["nvme_gib"])) * 1.073741824, 1),
        disk_mb_per_second=optional("uncached_disk_mb_s"),
        on_databricks=lambda row: int(row["databricks"]),
    )


def gcp_nodes(rows: list[Row]) -> Document:
    """Hardware of Google Cloud."""
    return columns(
        rows,
        name=lambda row: row["instance_type"],
        vcpus=lambda row: int(row["vcpu"]),
        memory_gib=optional("memory_gib"),
        is_arm=lambda row: int(row["arch"] == "arm64"),
        on_databricks=lambda row: int(row["databricks"]),
    )


NODES = {"aws": aws_nodes, "azure": azure_nodes, "gcp": gcp_nodes}


def emr_fees(nodes: list[Row], prices: list[Row], origins: Origins) -> Document:
    """What EMR adds: a share of the us-east-1 on-demand price, up to a bound for older generations, in every region."""
    hardware = {row["instance_type"]: row for row in nodes}
    names, dollars, numbers = [], [], []
    for row in prices:
        node = hardware.get(row["instance_type"])
        generation = int(node["generation"]) if node else generation_of(row["instance_type"])
        fee = float(row["on_demand_usd_h"]) * EMR_SHARE
        words = "a quarter of the us-east-1 on-demand price"
        if generation <= EMR_CAPPED_GENERATION and fee > EMR_MOST_DOLLARS:
            fee, words = EMR_MOST_DOLLARS, f"the most that EMR asks for generations up to {EMR_CAPPED_GENERATION}"
        runs_there = node is not None and node["emr"] == "1"
        method = "estimated" if runs_there and METHODS[row["method"].partition(":")[0]][0] != "guessed" else "guessed"
        if not runs_there:
            words += ", not known to run there"
        names.append(row["instance_type"])
        dollars.append(round(fee, 8))
        numbers.append(origins.number(f"EMR fee by rule: {words}", row["as_of"], method))
    return {"name": names, "dollars": dollars, "origin": numbers}


def spot_share(rows: list[Row], origins: Origins) -> list[object]:
    """What share of the on-demand price spot costs on AWS, for a cloud whose spot prices nobody publishes freely."""
    aws = [row for row in rows if row["cloud"] == "aws" and row["spot_usd_h"]]
    shares = [float(row["spot_usd_h"]) / float(row["on_demand_usd_h"]) for row in aws]
    source = "the median share of the on-demand price that spot costs on AWS, carried over"
    return [round(statistics.median(shares), 2), origins.number(source, aws[0]["spot_as_of"], "guessed")]


def generation_of(instance_type: str) -> int:
    """The number in the name of a family: `p3.2xlarge` → 3."""
    found = re.search(r"\d+", instance_type)
    return int(found[0]) if found else 0


def region_table(cloud: str, region: str, facts: Mapping[str, list[Row]], prices: list[Row]) -> Document:
    """What holds in one region."""
    origins = Origins()
    document: Document = {"machines": machines(prices, origins), "dbu": units(cloud, region, origins)}
    if cloud == "aws":
        here = [row for row in facts["spot_interruption"] if row["region"] == region]
        document["interruption"] = columns(
            here, name=lambda row: row["instance_type"], percent=lambda row: number(row["pct_month_mid"])
        )
        document["disks"] = ebs(region, facts["ebs_price"], origins)
        document["cores"] = cores(region, facts["emr_serverless"], origins)
    if cloud == "azure":
        document["disks"] = azure_disks(region, facts["azure_disk_price"], origins)
    return document | {"origins": origins.table()}


def machines(rows: list[Row], origins: Origins) -> Document:
    """Prices of instances in both markets."""
    on_demand: list[int] = []
    spot: list[int | None] = []
    for row in rows:
        method, _, family = row["method"].partition(":")
        word, addition = METHODS[method]
        on_demand.append(origins.number(row["source"] + addition.format(family), row["as_of"], word))
        if not row["spot_usd_h"]:
            spot.append(None)
        elif row["cloud"] == "aws":
            source = "Spot Advisor (spotinfo): its mean saving off the on-demand price"
            spot.append(origins.number(source, row["spot_as_of"], SPOT_METHOD[word]))
        else:
            spot.append(origins.number(row["source"], row["spot_as_of"], "listed"))
    return {
        "name": [row["instance_type"] for row in rows],
        "on_demand": [number(row["on_demand_usd_h"]) for row in rows],
        "on_demand_origin": on_demand,
        "spot": [number(row["spot_usd_h"]) for row in rows],
        "spot_origin": spot,
    }


def units(cloud: str, region: str, origins: Origins) -> list[list[object]]:
    """Dollars of a Databricks unit; elsewhere than where it was listed it is carried over and called a guess."""
    if cloud == "azure":
        return [
            unit(key, dollars, "Azure, East US", origins, is_listed=region == "eastus")
            for key, dollars in AZURE_UNITS.items()
        ]
    known = [
        unit(key, dollars, "AWS, us-east-1", origins, is_listed=(cloud, region) == ("aws", "us-east-1"))
        for key, dollars in AWS_UNITS.items()
    ]
    if cloud == "aws":
        words = "Databricks list, AWS, us-east-1: the standard plan until it was retired"
        is_listed = region == "us-east-1"
        number_of = origins.number(words, RETIRED_AS_OF, "listed" if is_listed else "guessed")
        known += [[*key, dollars, number_of] for key, dollars in RETIRED_UNITS.items()]
    return known


def unit(key: tuple[str, str], dollars: float, where: str, origins: Origins, *, is_listed: bool) -> list[object]:
    """Plan, compute, dollars, origin."""
    words = f"Databricks list, {where}" + ("" if is_listed else ", carried over")
    return [*key, dollars, origins.number(words, UNITS_AS_OF, "listed" if is_listed else "guessed")]


def ebs(region: str, rows: list[Row], origins: Origins) -> Document:
    """Volumes of AWS."""
    row = next((row for row in rows if row["region"] == region), None)
    if row is None:
        return {}
    origin = origins.number(EBS_SOURCE, row["as_of"], "listed")
    return {
        "gp2": {"gib_month": number(row["gp2_usd_gb_month"]), "origin": origin},
        "gp3": {
            "gib_month": number(row["gp3_usd_gb_month"]),
            "origin": origins.number(f"{EBS_SOURCE}, throughput derived", row["as_of"], "listed"),
            "free_iops": int(row["gp3_free_iops"]),
            "iops_month_dollars": number(row["gp3_usd_iops_month"]),
            "free_mb_per_second": int(row["gp3_free_mb_s"]),
            "mb_per_second_month_dollars": number(row["gp3_usd_mb_s_month_derived"]),
        },
    }


def azure_disks(region: str, rows: list[Row], origins: Origins) -> Document:
    """Managed disks, sold in sizes; a GiB is priced as in the smallest."""
    here = [row for row in rows if row["region"] == region]
    disks: Document = {}
    for kind in dict.fromkeys(row["disk_type"] for row in here):
        tiers = sorted((int(row["size_gib"]), float(row["usd_month"])) for row in here if row["disk_type"] == kind)
        (gib, dollars), first = tiers[0], next(row for row in here if row["disk_type"] == kind)
        origin = origins.number(first["source"], first["as_of"], "listed")
        disks[kind] = {"gib_month": round(dollars / gib, 6), "origin": origin, "tiers": tiers}
    return disks


def cores(region: str, rows: list[Row], origins: Origins) -> list[object] | None:
    """What EMR Serverless asks for a core, a GiB of memory and a GiB of storage."""
    row = next((row for row in rows if row["region"] == region), None)
    if row is None:
        return None
    origin = origins.number(f"EMR Serverless list price, {region}", row["as_of"], "listed")
    dollars = (row["usd_per_vcpu_h"], row["usd_per_gb_mem_h"], row["usd_per_gb_storage_h"])
    return [*map(number, dollars), origin]


if __name__ == "__main__":
    sys.exit(main())
