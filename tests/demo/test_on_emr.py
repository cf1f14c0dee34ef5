"""The story on the emulated EMR, with simulated runs; and the registry of plants."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rich.console import Console

from setpoint.core.domain import Outcome
from setpoint.core.history import Applied, Disturbed, RunRecorded
from setpoint.demo.on_emr import emulated
from setpoint.demo.plants import PLANTS, Plant, Site, plant_named
from setpoint.demo.play import Plan, play
from setpoint.demo.simulated import SimulatedShop
from setpoint.demo.story import PROJECT, UNTOUCHED
from setpoint.errors import InputError, PlatformError
from setpoint.ledger import open_ledger
from setpoint.settings import Settings
from setpoint.testing.emr import Application, Ran

RUNS = 6


class Pipeline(SimulatedShop):
    """The user may press Ctrl-C in one of its runs."""

    def __init__(self, stop_in: int | None = None) -> None:
        super().__init__()
        self.ran: list[tuple[str, ...]] = []
        self._stop_in = stop_in

    def run(self, application: Application) -> Ran:
        if len(self.ran) == self._stop_in:
            self._stop_in = None
            raise KeyboardInterrupt
        self.ran.append(tuple(application.words[4:]))
        return super().run(application)


def play_with(runner: Pipeline, home: Path, *, resume: bool = False) -> str:
    @contextmanager
    def opened(site: Site) -> Iterator[Plant]:
        with emulated(site, runner) as plant:
            yield plant

    shown = io.StringIO()
    plan = Plan(RUNS, resume, serve=False, platform="emr")
    play(Settings(home=home, port=0), plan, Console(file=shown, width=100), opened)
    return shown.getvalue()


def recorded(home: Path, project: str) -> list[RunRecorded]:
    entries = open_ledger(f"sqlite:///{home / 'demo-emr' / 'ledger.db'}").read(project)
    return [entry for entry in entries if isinstance(entry, RunRecorded)]


def test_the_story_is_played_through_the_api_of_emr(tmp_path: Path) -> None:
    runner = Pipeline()
    shown = play_with(runner, tmp_path)
    runs = recorded(tmp_path, PROJECT)
    assert len(runs) == RUNS
    # On machines with half the memory it fails, of which no log tells before.
    assert {run.run.fault for run in runs if run.run.outcome is not Outcome.SUCCEEDED} <= {"memory"}
    assert len(recorded(tmp_path, UNTOUCHED)) == 2
    assert len(runner.ran) == RUNS + 2
    entries = open_ledger(f"sqlite:///{tmp_path / 'demo-emr' / 'ledger.db'}").read(PROJECT)
    applied = [entry.spec for entry in entries if isinstance(entry, Applied)]
    assert applied
    assert applied[0] in {run.run.spec for run in runs}
    assert "foreign change" not in [entry.kind for entry in entries if isinstance(entry, Disturbed)]
    assert "Nothing was bought" in shown
    assert "r5.xlarge × 8 + driver" in shown


def test_a_demo_that_was_stopped_goes_on(tmp_path: Path) -> None:
    runner = Pipeline(stop_in=3)
    with pytest.raises(KeyboardInterrupt):
        play_with(runner, tmp_path)
    before = recorded(tmp_path, PROJECT)
    play_with(runner, tmp_path, resume=True)
    runs = recorded(tmp_path, PROJECT)
    assert runs[: len(before)] == before
    assert len({run.run.id for run in runs}) == len(runs) == RUNS
    began = [run.run.report.started_at for run in runs]
    assert began == sorted(began)
    play_with(runner, tmp_path)
    assert len(recorded(tmp_path, PROJECT)) == RUNS


def test_what_is_missing_is_said_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("setpoint.demo.on_emr.find_spec", lambda name: None if name == "moto" else name)
    plan = Plan(RUNS, resume=False, serve=False, platform="emr")
    with pytest.raises(PlatformError, match=r"needs moto: install setpoint\[emulators\]"):
        play(Settings(home=tmp_path, port=0), plan, Console(file=io.StringIO()))
    assert not (tmp_path / "demo").exists()


def test_a_plant_that_is_not_there_is_said() -> None:
    with pytest.raises(InputError, match="spark, "):
        plant_named("mainframe")
    assert {"spark", "emr"} <= PLANTS.keys()
