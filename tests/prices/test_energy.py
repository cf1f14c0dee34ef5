"""The energy data that comes with the package."""

import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest

from setpoint.core.distributions import Interval
from setpoint.core.energy import Footprint, footprint
from setpoint.core.pricebook import Cloud, NodeType
from setpoint.core.usage import MachineUse, Usage
from setpoint.prices.energy import FILE, load_energy

ROOT = Path(__file__).parents[2]
CATALOG = ROOT / "../shared/catalog"


@pytest.mark.parametrize(("cloud", "region"), [("aws", "us-east-1"), ("azure", "westeurope"), ("gcp", "us-central1")])
def test_every_cloud_has_its_book(cloud: Cloud, region: str) -> None:
    book = load_energy(cloud, region)
    assert book.grams_per_kwh is not None
    assert 1 < book.grams_per_kwh < 1000
    assert 1 < book.pue < 1.5
    assert all(0 < idle < busy < 12 for idle, busy in book.watts_per_vcpu.values())
    assert 0 < book.usual_watts_per_vcpu[0] < book.usual_watts_per_vcpu[1]
    assert bool(book.power) == (cloud == "aws")
    assert "2026-04" in book.source


def test_a_region_without_a_factor_has_none() -> None:
    for cloud in get_args(Cloud):
        book = load_energy(cloud, "mars-1")
        assert book.grams_per_kwh is None
        assert book.pue == load_energy(cloud, "us-east-1").pue


def test_the_outlier_is_taken_for_its_sibling() -> None:
    kinds = load_energy("aws", "us-east-1").watts_per_vcpu
    assert kinds["EPYC 5th Gen"] == kinds["EPYC 4th Gen"]


def test_an_hour_of_an_m5_xlarge() -> None:
    nodes = {"m5.xlarge": NodeType("m5.xlarge", 4, 16.0, "x86_64", "Skylake")}
    usage = Usage(cloud="aws", region="us-east-1", machines=(MachineUse("m5.xlarge", "on_demand", 0.0, 3600.0),))
    found = footprint(usage, nodes, load_energy("aws", "us-east-1"), 0.5)
    assert isinstance(found, Footprint)
    assert found.kwh.low == pytest.approx(1.135 * (4 * 2.3586 + 16 * 0.392) / 1000)
    assert found.kwh.high == pytest.approx(1.135 * 28.2 / 1000)
    assert isinstance(found.gco2e, Interval)
    assert found.gco2e.high == pytest.approx(found.kwh.high * 415.75)
    assert found.embodied_gco2e == pytest.approx(1610.79e3 * 4 / 96 / (4 * 365 * 24), rel=1e-3)


def test_the_file_is_small() -> None:
    assert len(files("setpoint.prices").joinpath(FILE).read_bytes()) < 20_000


@pytest.mark.skipif(not CATALOG.is_dir(), reason="needs the tables that the data is made from")
def test_the_same_tables_give_the_same_file(tmp_path: Path) -> None:
    program = (
        "import runpy, sys; from pathlib import Path; "
        "made = runpy.run_path(sys.argv[1]); "
        "Path(sys.argv[3]).write_bytes(made['pack'](made['build'](Path(sys.argv[2]))))"
    )
    made = tmp_path / "made"
    words = [sys.executable, "-c", program, str(ROOT / "tools" / "build_energy_book.py"), str(CATALOG), str(made)]
    subprocess.run(words, check=True)
    assert made.read_bytes() == files("setpoint.prices").joinpath(FILE).read_bytes()
