"""Watts and grid carbon → EnergyBook, from a small table in the package.

Sources: Cloud Carbon Footprint, its coefficients of 2026-04 and the EC2 power table of Teads that it carries
(Apache-2.0; grid factors of 2021 to 2023). `tools/build_energy_book.py` writes the file.
"""

from functools import cache
from importlib.resources import files

import msgspec

from setpoint.core.energy import EnergyBook, PowerCurve
from setpoint.core.pricebook import Cloud

__all__ = ["EnergyTable", "load_energy"]

FILE = "data/energy.msgpack.zst"


class EnergyTable(msgspec.Struct, frozen=True, kw_only=True):
    """The file as it is packed."""

    source: str
    grid: dict[str, dict[str, tuple[float, str]]]
    """gCO2e per kWh and who says so, by cloud and region."""
    pue: dict[str, float]
    watts_per_vcpu: dict[str, dict[str, tuple[float, float]]]
    usual_watts_per_vcpu: dict[str, tuple[float, float]]
    power: dict[str, tuple[float, float, float, float, float]]
    """Watts at four loads and embodied gCO2e an hour, by EC2 type."""
    measured_over_coefficients: float
    watts_per_gib: float
    ssd_watts_per_tb: float
    hdd_watts_per_tb: float


def load_energy(cloud: Cloud, region: str) -> EnergyBook:
    """What energy takes and emits in a region; one that is not known has no grid factor, and the cloud's PUE."""
    table = _table()
    grams, origin = table.grid[cloud].get(region, (None, ""))
    return EnergyBook(
        source=table.source,
        cloud=cloud,
        region=region,
        grams_per_kwh=grams,
        grid_source=origin,
        pue=table.pue[cloud],
        watts_per_vcpu=table.watts_per_vcpu[cloud],
        usual_watts_per_vcpu=table.usual_watts_per_vcpu[cloud],
        power={name: PowerCurve(*watts) for name, watts in table.power.items()} if cloud == "aws" else {},
        measured_over_coefficients=table.measured_over_coefficients,
        watts_per_gib=table.watts_per_gib,
        ssd_watts_per_tb=table.ssd_watts_per_tb,
        hdd_watts_per_tb=table.hdd_watts_per_tb,
    )


@cache
def _table() -> EnergyTable:
    from setpoint.core.zstd import zstd

    packed = files("setpoint.prices").joinpath(FILE).read_bytes()
    return msgspec.msgpack.decode(zstd.decompress(packed), type=EnergyTable)
