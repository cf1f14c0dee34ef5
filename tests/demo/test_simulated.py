"""The story on emulated clouds without Spark: the pipeline by its physics."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from setpoint.core.history import Applied, RunRecorded
from setpoint.demo.play import Plan, play
from setpoint.demo.simulated import SHOP, physics_of
from setpoint.demo.story import PROJECT
from setpoint.errors import InputError
from setpoint.ledger import open_ledger
from setpoint.settings import Settings

RUNS = 6


@pytest.mark.parametrize("platform", ["emr", "databricks"])
def test_a_simulated_demo_needs_neither_spark_nor_input(tmp_path: Path, platform: str) -> None:
    shown = io.StringIO()
    plan = Plan(RUNS, resume=False, serve=False, platform=platform, is_simulated=True)
    play(Settings(home=tmp_path, port=0), plan, Console(file=shown, width=100))
    entries = open_ledger(f"sqlite:///{tmp_path / f'demo-{platform}' / 'ledger.db'}").read(PROJECT)
    assert sum(isinstance(entry, RunRecorded) for entry in entries) == RUNS
    assert any(isinstance(entry, Applied) for entry in entries)
    assert "No application ran" in shown.getvalue()
    assert "A simulated Spark job" in shown.getvalue()
    assert not (tmp_path / "demo").exists()


def test_this_machines_own_runs_are_never_simulated(tmp_path: Path) -> None:
    plan = Plan(RUNS, resume=False, serve=False, is_simulated=True)
    with pytest.raises(InputError, match="real ones"):
        play(Settings(home=tmp_path, port=0), plan, Console(file=io.StringIO()))


@pytest.mark.parametrize(("scale", "version", "factor"), [(1, 1, 1.0), (2, 1, 2.0), (2, 2, 2.6)])
def test_the_simulated_pipeline_does_more_with_more_input_and_other_code(
    scale: int, version: int, factor: float
) -> None:
    found = physics_of(("--input", f"s3://shop/scale-{scale}", "--code-version", str(version)))
    assert found.cpu_seconds == pytest.approx(SHOP.cpu_seconds * factor)
    assert (found.tasks, found.code_version) == (SHOP.tasks * scale, version)
