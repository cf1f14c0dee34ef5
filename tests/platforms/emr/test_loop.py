"""The loop closed over the emulated EMR, night after night."""

from collections.abc import Callable

import pytest
from tests.platforms.emr.world import BOOK, GROUPS, World, changed, sized

from setpoint.core.domain import ClusterSpec, SearchSpace
from setpoint.core.history import Applied, Disturbed
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.testing.platform_contract import PROJECT
from setpoint.testing.pushed_plant import RentedPhysics

LARGE = [
    {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1, "Market": "ON_DEMAND"},
    {"InstanceRole": "CORE", "InstanceType": "r5.xlarge", "InstanceCount": 16, "Market": "ON_DEMAND"},
]


def loop_over(world: World) -> Loop:
    loop = Loop(world.platform, MemoryLedger(), BOOK, world.cloud.clock)
    now = world.spec
    counts = (2, 4, 8, 16)
    loop.register(
        PROJECT, "emr", now, SearchSpace(node_counts=counts, slots=tuple(sized(now, n).slots for n in counts))
    )
    loop.set_goal(PROJECT, "minimise cost; runtime <= 1h")
    return loop


def workers(spec: ClusterSpec) -> int:
    assert spec.cloud is not None
    return spec.cloud.cluster.workers


@pytest.mark.parametrize("template", [True, False], ids=["with a launcher's file", "by its runs"])
def test_it_settles_on_a_smaller_cluster_that_costs_less(make: Callable[..., World], *, template: bool) -> None:
    arguments = changed(GROUPS, InstanceGroups=LARGE)
    world = make("groups", arguments, **({} if template else {"template": None}))
    world.runner.physics = RentedPhysics(cpu_seconds=9_000.0, waiting_seconds=500.0, tasks=64, startup_seconds=240.0)
    if not template:
        world.run()
    loop = loop_over(world)
    for _ in range(6):
        world.run()
        loop.tick(PROJECT)
    history = loop.state(PROJECT).history
    runs = history.runs
    assert workers(runs[0].spec) == 16
    assert workers(runs[-1].spec) < 16
    assert runs[-1].cost.dollars < runs[0].cost.dollars
    applied = [entry.spec for entry in loop.ledger.read(PROJECT) if isinstance(entry, Applied)]
    assert next(run.spec for run in runs if run.spec != runs[0].spec) == applied[0]
    assert not [entry for entry in loop.ledger.read(PROJECT) if isinstance(entry, Disturbed)]
    assert all(run.profile is not None for run in runs)


def test_who_does_not_fetch_is_told_and_has_the_last_word(make: Callable[..., World]) -> None:
    world = make("groups", changed(GROUPS, InstanceGroups=LARGE))
    world.fetches = False
    loop = loop_over(world)
    for _ in range(3):
        world.run()
        loop.tick(PROJECT)
    told = [entry for entry in loop.ledger.read(PROJECT) if isinstance(entry, Disturbed)]
    assert told
    assert told[0].kind == "foreign change"
    assert workers(loop.state(PROJECT).history.runs[-1].spec) == 16
