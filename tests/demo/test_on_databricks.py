"""The story in an emulated workspace of Databricks, with simulated runs."""

import _thread
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from setpoint.core.domain import Outcome
from setpoint.core.history import Applied, Disturbed, RunRecorded
from setpoint.demo.on_databricks import emulated
from setpoint.demo.plants import Plant, Site
from setpoint.demo.play import Plan, play
from setpoint.demo.story import PROJECT, UNTOUCHED
from setpoint.errors import PlatformError
from setpoint.ledger import open_ledger
from setpoint.settings import Settings
from setpoint.testing.databricks import Asked, Ran, SimulatedRunner
from setpoint.testing.pushed_plant import RentedPhysics

RUNS = 6


class Pipeline:
    """A `Runner`: the shop's physics, by the arguments of its tasks; the user may press Ctrl-C in one of its runs."""

    def __init__(self, stop_in: int | None = None) -> None:
        self.ran: list[tuple[str, ...]] = []
        self._inner = SimulatedRunner()
        self._stop_in = stop_in

    def run(self, asked: Asked) -> Ran:
        if len(self.ran) == self._stop_in:
            self._stop_in = None
            _thread.interrupt_main()
        (task,) = asked.tasks
        self.ran.append(tuple(task["spark_python_task"]["parameters"]))
        scale = 2.0 if "s3://shop/scale-2" in self.ran[-1] else 1.0
        self._inner.physics = RentedPhysics(cpu_seconds=1_500 * scale, waiting_seconds=1_000 * scale, tasks=64)
        return self._inner.run(asked)


def play_with(runner: Pipeline, home: Path, *, resume: bool = False) -> str:
    @contextmanager
    def opened(site: Site) -> Iterator[Plant]:
        with emulated(site, runner) as plant:
            yield plant

    shown = io.StringIO()
    plan = Plan(RUNS, resume, serve=False, platform="databricks")
    play(Settings(home=home, port=0), plan, Console(file=shown, width=100), opened)
    return shown.getvalue()


def recorded(home: Path, project: str) -> list[RunRecorded]:
    entries = open_ledger(f"sqlite:///{home / 'demo-databricks' / 'ledger.db'}").read(project)
    return [entry for entry in entries if isinstance(entry, RunRecorded)]


def test_the_story_is_played_through_the_api_of_databricks(tmp_path: Path) -> None:
    runner = Pipeline()
    shown = play_with(runner, tmp_path)
    runs = recorded(tmp_path, PROJECT)
    assert [run.run.outcome for run in runs] == [Outcome.SUCCEEDED] * RUNS
    assert len(recorded(tmp_path, UNTOUCHED)) == 2
    assert len(runner.ran) == RUNS + 2
    entries = open_ledger(f"sqlite:///{tmp_path / 'demo-databricks' / 'ledger.db'}").read(PROJECT)
    applied = [entry.spec for entry in entries if isinstance(entry, Applied)]
    assert applied
    assert applied[0] in {run.run.spec for run in runs}
    assert "foreign change" not in [entry.kind for entry in entries if isinstance(entry, Disturbed)]
    assert "Nothing was bought" in shown
    assert "r5.xlarge × 8 + driver" in shown


def test_a_demo_in_a_workspace_that_was_stopped_goes_on(tmp_path: Path) -> None:
    runner = Pipeline(stop_in=4)
    with pytest.raises(KeyboardInterrupt):
        play_with(runner, tmp_path)
    before = recorded(tmp_path, PROJECT)
    play_with(runner, tmp_path, resume=True)
    runs = recorded(tmp_path, PROJECT)
    assert runs[: len(before)] == before
    assert len({run.run.id for run in runs}) == len(runs) == RUNS
    began = [run.run.report.started_at for run in runs]
    assert began == sorted(began)


def test_a_client_that_is_missing_is_said_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("setpoint.demo.on_databricks.find_spec", lambda _: None)
    plan = Plan(RUNS, resume=False, serve=False, platform="databricks")
    with pytest.raises(PlatformError, match=r"needs databricks-sdk: install setpoint\[databricks\]"):
        play(Settings(home=tmp_path, port=0), plan, Console(file=io.StringIO()))
    assert not (tmp_path / "demo").exists()
