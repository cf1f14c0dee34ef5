"""One emulated account for all tests here, emptied for each."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.platforms.emr.world import BOOK, Json, World, world_of

from setpoint.testing.emr import EmrEmulator, SimulatedRunner


@pytest.fixture(scope="package")
def serving() -> Iterator[EmrEmulator]:
    with EmrEmulator(BOOK) as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def _no_power_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for the disk would take most of the time of tests that leave hundreds of specs."""
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def make(serving: EmrEmulator, tmp_path: Path) -> Callable[..., World]:
    serving.forget()
    serving.runner = SimulatedRunner()
    serving.emr.page_size = 50

    def made(kind: str = "groups", asked: Json | None = None, **more: object) -> World:
        world = world_of(kind, serving, tmp_path / kind, **more)
        if asked is not None:
            world.asked = asked
            if world.project.template is not None:
                Path(world.project.template).write_text(json.dumps(asked))
        return world

    return made
