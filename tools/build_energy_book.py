"""Pack the tables of watts and grid carbon into the file that `setpoint.prices.energy` reads.

    python tools/build_energy_book.py FOLDER

FOLDER holds energy.csv, energy_instances.csv, carbon.csv and aws_instances.csv. The same tables give the same file.
"""

import csv
import statistics
import sys
from pathlib import Path

import msgspec

from setpoint.core.zstd import zstd
from setpoint.prices.energy import FILE, EnergyTable

Rows = list[dict[str, str]]
PLACE = Path(__file__).parent.parent / "src" / "setpoint" / "prices" / FILE
STAND_INS = {"EPYC 5th Gen": "EPYC 4th Gen"}
"""Kinds of processor whose figures are outliers (3 to 8 times those of their siblings), and whose figures they get."""
SERVER_LIFE_HOURS = 4 * 365 * 24
"""Over which the coefficients spread what making a server emitted."""
LEVEL = 19


def read(folder: Path, name: str) -> Rows:
    """A table."""
    with (folder / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def watts_by_kind(energy: Rows) -> dict[str, dict[str, tuple[float, float]]]:
    """Watts of an idle and a busy vCPU, by cloud and kind of processor."""
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for row in energy:
        if row["kind"] == "watts_per_vcpu":
            pair = (float(row["min_or_value"]), float(row["max_or_value"]))
            found.setdefault(row["cloud"], {})[row["name"]] = pair
    for kinds in found.values():
        kinds.update({name: kinds[sibling] for name, sibling in STAND_INS.items() if name in kinds})
    return found


def curves(measured: Rows, hardware: Rows) -> dict[str, tuple[float, float, float, float, float]]:
    """Watts at four loads and embodied grams an hour of the EC2 types whose hardware is known."""
    vcpus = {row["instance_type"]: int(row["vcpu"]) for row in hardware}
    largest: dict[str, int] = {}
    for name, count in vcpus.items():
        family = name.partition(".")[0]
        largest[family] = max(count, largest.get(family, 0))
    found = {}
    for row in measured:
        name = row["instance_type"]
        if name not in vcpus:
            continue
        idle, tenth, half, full = (float(row[f"watts_{load}"]) for load in ("idle", "10pct", "50pct", "100pct"))
        # The largest type of a family is the whole server.
        share = vcpus[name] / largest[name.partition(".")[0]]
        grams = float(row["embodied_platform_kgco2e"]) * 1000 * share / SERVER_LIFE_HOURS
        found[name] = (idle, tenth, half, full, round(grams, 4))
    return found


def ratio(
    power: dict[str, tuple[float, float, float, float, float]],
    hardware: Rows,
    kinds: dict[str, tuple[float, float]],
    watts_per_gib: float,
) -> float:
    """How much more the table says than the coefficients, at half load: the median over types without a GPU."""
    found = []
    for row in hardware:
        curve, kind = power.get(row["instance_type"]), kinds.get(row["microarch"])
        if curve is None or kind is None or float(row["gpu_count"] or 0):
            continue
        coefficients = int(row["vcpu"]) * (kind[0] + kind[1]) / 2 + float(row["memory_gib"]) * watts_per_gib
        found.append(curve[2] / coefficients)
    return round(statistics.median(found), 4)


def build(folder: Path) -> EnergyTable:
    """All tables as one."""
    energy, hardware = read(folder, "energy.csv"), read(folder, "aws_instances.csv")
    constants = {row["name"]: float(row["min_or_value"]) for row in energy if row["kind"] == "constant"}
    kinds = watts_by_kind(energy)
    usual = {
        cloud: tuple(round(statistics.fmean(pair[i] for pair in known.values()), 4) for i in (0, 1))
        for cloud, known in kinds.items()
    }
    grid: dict[str, dict[str, tuple[float, str]]] = {}
    pue: dict[str, float] = {}
    for row in read(folder, "carbon.csv"):
        grid.setdefault(row["cloud"], {})[row["region"]] = (float(row["gco2e_per_kwh"]), row["factor_origin"])
        pue[row["cloud"]] = float(row["pue"])
    power = curves(read(folder, "energy_instances.csv"), hardware)
    watts_per_gib = constants["memory_kwh_per_gb_h"] * 1000
    return EnergyTable(
        source="Cloud Carbon Footprint coefficients, 2026-04 (grid factors 2021-2023); EC2 power table, 2021-2022",
        grid=grid,
        pue=pue,
        watts_per_vcpu=kinds,
        usual_watts_per_vcpu={
            **{cloud: (pair[0], pair[1]) for cloud, pair in usual.items()},
            "aws": (constants["aws_min_watts_avg"], constants["aws_max_watts_avg"]),
        },
        power=power,
        measured_over_coefficients=ratio(power, hardware, kinds["aws"], watts_per_gib),
        watts_per_gib=watts_per_gib,
        ssd_watts_per_tb=constants["ssd_wh_per_tb_h"],
        hdd_watts_per_tb=constants["hdd_wh_per_tb_h"],
    )


def pack(table: EnergyTable) -> bytes:
    """The content of the file."""
    return zstd.compress(msgspec.msgpack.encode(table), LEVEL)


if __name__ == "__main__":
    PLACE.write_bytes(pack(build(Path(sys.argv[1]))))
    print(f"{PLACE.name}: {PLACE.stat().st_size} bytes")
