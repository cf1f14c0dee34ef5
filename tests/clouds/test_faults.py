"""A fault at each call of what commands do: it goes well all the same, or one sentence says why not; nothing twice."""

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from tests.clouds.world import PROJECT, Databricks, job

from setpoint.errors import Conflict, PlatformError
from setpoint.testing.databricks import DatabricksEmulator, Refused, half

Json = dict[str, Any]
CONFIGURATION: Json = {"num_workers": 3, "node_type_id": "m5.2xlarge", "custom_tags": {"sync:project-id": PROJECT}}
KINDS: dict[str, Callable[[], Refused]] = {
    "429": lambda: Refused(429, "RESOURCE_EXHAUSTED", "Too many."),
    "500": lambda: Refused(500, "INTERNAL_ERROR", "Something broke."),
    "503": lambda: Refused(503, "TEMPORARILY_UNAVAILABLE", "Come again."),
    "half": half,
    "denied": lambda: Refused(403, "PERMISSION_DENIED", "Not you."),
}
PASSING = ("429", "500", "503", "half")


def collected(world: Databricks, job_id: str) -> None:
    found = world.collect(world.ran(job_id))
    assert found.report["cluster"]


def submitted(world: Databricks, job_id: str) -> None:
    world.site.run(job_id, CONFIGURATION, wait=True)


def started(world: Databricks, job_id: str) -> None:
    world.site.run(job_id, None, wait=False)


def applied(world: Databricks, job_id: str) -> None:
    world.site.apply(job_id, PROJECT, CONFIGURATION)


FLOWS = (collected, submitted, started, applied)


def calls_of(flow: Callable[[Databricks, str], None]) -> Counter[tuple[str, str]]:
    """What a flow asks when nothing goes wrong."""
    with DatabricksEmulator() as emulator:
        world = Databricks(emulator)
        flow(world, world.job(job()))
        return Counter(emulator.calls)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_a_fault_at_each_call_does_no_harm(flow: Callable[[Databricks, str], None]) -> None:
    counted = calls_of(flow)
    assert sum(counted.values()) >= 1
    with DatabricksEmulator() as emulator:
        world = Databricks(emulator)
        for at, (method, path) in enumerate(sorted(counted)):
            # The platform's own tests have each kind at each call; here the kinds take turns.
            for kind in (PASSING[at % len(PASSING)], "denied"):
                _one(world, flow, (method, path, 1), kind)


def _one(
    world: Databricks,
    flow: Callable[[Databricks, str], None],
    place: tuple[str, str, int],
    kind: str,
) -> None:
    emulator = world.emulator
    job_id, before = world.job(job()), len(emulator.workspace.runs)
    old = deepcopy(world.block(job_id))
    emulator.calls.clear()
    emulator.faults.clear()
    emulator.faults[place] = KINDS[kind]()
    said = ""
    try:
        flow(world, job_id)
    except (PlatformError, Conflict) as error:
        said = str(error)
    is_done = not said
    assert "\n" not in said
    assert is_done or kind == "denied" or place[1] == "jobs/update", (place, kind)
    assert len(emulator.workspace.runs) - before <= 1, (place, kind)
    now = world.block(job_id)
    if flow is applied and is_done:
        assert (now["num_workers"], now["init_scripts"]) == (3, old["init_scripts"])
    else:
        assert now == old
