"""A project of a service that runs night after night on a simulated plant, under the loop that the service acts by."""

from dataclasses import dataclass, replace
from pathlib import Path

from starlette.testclient import TestClient
from tests.loop.world import PROJECT
from tests.loop.world import World as Closed
from tests.loop.world import world as closed_world
from tests.service.world import World, new_world

from setpoint.core.history import Mode
from setpoint.errors import PlatformError
from setpoint.loop import Loop
from setpoint.processing.streams import AccountStreams
from setpoint.store.rows import ProjectRow


@dataclass
class Nights:
    """The service, and the plant behind one project of `ours`."""

    service: World
    closed: Closed
    project: ProjectRow

    @property
    def path(self) -> str:
        return f"/v1/projects/{self.project.id}"

    def client(self, role: str = "operator") -> TestClient:
        return self.service.client("ours", role)  # type: ignore[arg-type]


def nights(folder: Path, *, mode: Mode = "approve", runs: int = 2) -> Nights:
    """After so many runs; in the mode `approve` a change waits then."""
    service = new_world(folder)
    service.store.projects.adopt("ours", [PROJECT])
    closed = closed_world("minimise cost", mode=mode, ledger=service.ledger)
    streams = AccountStreams(service.ledger, service.store.projects, "ours")
    closed.loop = replace(closed.loop, ledger=streams)

    def loop_of(project: ProjectRow) -> Loop:
        if project.stream != PROJECT:
            raise PlatformError("It runs elsewhere.")
        return closed.loop

    service.loop_of = loop_of
    closed.nights(runs)
    row = service.store.projects.of_stream("ours", PROJECT)
    assert row is not None
    return Nights(service, closed, row)
