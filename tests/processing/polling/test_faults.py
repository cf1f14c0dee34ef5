"""Whatever fails at whatever call of a night: the run is recorded once, and nothing is left behind."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.processing.polling.world import Site, Space
from tests.service.world import result

from setpoint.core.history import RunRecorded
from setpoint.testing.databricks import DatabricksEmulator, Refused, SimulatedRunner, Workspace
from setpoint.testing.pushed_plant import RentedPhysics

SMALL = RentedPhysics(cpu_seconds=2_000.0, waiting_seconds=200.0, tasks=8, noise=0.3)
KINDS: dict[str, Callable[[], Exception]] = {
    "429": lambda: Refused(429, "RESOURCE_EXHAUSTED", "slow down", retry_after_seconds=60),
    "500": lambda: Refused(500, "INTERNAL_ERROR", "oh"),
    "503": lambda: Refused(503, "TEMPORARILY_UNAVAILABLE", "down"),
    "timeout": lambda: TimeoutError("nobody answers"),
    "half a page": lambda: ValueError("the answer breaks off"),
    "expired": lambda: Refused(403, "PERMISSION_DENIED", "Access token expired."),
}


def night(site: Site, job: int) -> int:
    """A run, and looks at it until nothing is to be done; how many calls that took."""
    before = site.space.made
    site.space.run(job)
    site.poll(1)
    site.space.emulator.advance(20_000)
    site.poll(2)
    site.space.emulator.advance(2_000)
    site.poll(2)
    return site.space.made - before


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_at_any_call_of_a_night_loses_nothing_and_doubles_nothing(kind: str, tmp_path: Path) -> None:
    site = Site(
        tmp_path, Space(DatabricksEmulator(Workspace(SimulatedRunner(SMALL), now=Space().emulator.workspace.now)))
    )
    project = site.project(job := site.create())
    result(site.client.put(f"/v1/projects/{project.id}/mode", json={"mode": "observe"}))
    calls = night(site, job)
    assert calls > 10
    for number in range(1, calls + 1):
        # Once, and for longer than a call is repeated.
        site.space.faults = {site.space.made + number + more: KINDS[kind]() for more in range(3 if number % 3 else 1)}
        before = len(site.entries(project, RunRecorded))
        night(site, job)
        recorded = site.entries(project, RunRecorded)
        assert len(recorded) == before + 1, f"{kind} at call {number}"
        assert recorded[-1].run.profile is not None
    assert {task.state for task in site.tasks("bringing")} == {"done"}
    assert not site.audited("run not brought")
    listed = result(site.client.get(f"/v1/projects/{project.id}/submissions"))
    assert {each["state"] for each in listed} == {"SUCCESS"}
