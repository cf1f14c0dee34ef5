"""The loop closed over the emulated EMR, night after night."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.platforms.emr.world import BOOK, GROUPS, World, changed, sized

from setpoint.core.domain import ClusterSpec, Rollback, Run, SearchSpace
from setpoint.core.goals import parse_goal
from setpoint.core.history import Applied, Decided, Disturbed
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.testing.platform_contract import PROJECT
from setpoint.testing.pushed_plant import RentedPhysics

LARGE = [
    {"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1, "Market": "ON_DEMAND"},
    {"InstanceRole": "CORE", "InstanceType": "r5.xlarge", "InstanceCount": 16, "Market": "ON_DEMAND"},
]


def loop_over(world: World, goal: str = "minimise cost; runtime <= 1h") -> Loop:
    loop = Loop(world.platform, MemoryLedger(), BOOK, world.cloud.clock)
    now = world.spec
    counts = (2, 4, 8, 16)
    loop.register(
        PROJECT, "emr", now, SearchSpace(node_counts=counts, slots=tuple(sized(now, n).slots for n in counts))
    )
    loop.set_goal(PROJECT, goal)
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


def test_from_the_first_run_to_the_rollback(make: Callable[..., World]) -> None:
    """Created, run, recommended, left, fetched, verified; then other code, to which it adapts; then a trial undone."""
    world = make("groups", changed(GROUPS, InstanceGroups=LARGE))
    physics = RentedPhysics(cpu_seconds=9_000.0, waiting_seconds=4_000.0, tasks=64, needed_mib_per_slot=4_000)
    world.runner.physics = physics
    loop = loop_over(world, "minimise cost; runtime <= 30m")

    def nights(count: int) -> list[Run]:
        return [night(world, loop) for _ in range(count)]

    first, second = nights(2)
    (applied, *_) = [entry for entry in loop.ledger.read(PROJECT) if isinstance(entry, Applied)]
    assert (workers(first.spec), second.spec) == (16, applied.spec)
    told = world.cloud.client("emr").list_instance_groups(ClusterId=second.id)["InstanceGroups"]
    assert [group["RequestedInstanceCount"] for group in told] == [1, workers(applied.spec)]
    settled = nights(3)[-1]
    assert not broken(loop, settled)
    assert settled.cost.dollars < 0.75 * first.cost.dollars

    world.runner.physics = replace(physics, code_version=2, cpu_seconds=18_000.0)
    changed_code, *_, healed = nights(5)
    assert kinds(loop) == ["code change"]
    assert broken(loop, changed_code)
    assert not broken(loop, healed)
    assert workers(healed.spec) > workers(settled.spec)

    # Machines with half the memory become allowed; on them the tasks have too little, of which no log tells.
    nodes = tuple(BOOK.nodes[name] for name in ("r5.xlarge", "m5.xlarge"))
    space = replace(loop.state(PROJECT).history.space, node_types=nodes)
    loop.set_goal(PROJECT, "minimise cost; runtime <= 30m", space=space)
    loop.tick(PROJECT)
    later = nights(8)
    (failed,) = [run for run in later if not run.succeeded]
    assert failed.fault == "memory"
    rollbacks = [entry.decision for entry in loop.ledger.read(PROJECT) if isinstance(entry, Decided)]
    (rollback,) = [decision for decision in rollbacks if isinstance(decision, Rollback)]
    assert rollback.failed_spec == failed.spec
    after = later[later.index(failed) + 1]
    assert after.spec == rollback.spec
    assert all(run.succeeded for run in later[later.index(failed) + 1 :])
    assert kinds(loop) == ["code change"]


def night(world: World, loop: Loop) -> Run:
    world.run()
    loop.tick(PROJECT)
    return loop.state(PROJECT).history.runs[-1]


def broken(loop: Loop, run: Run) -> bool:
    goal = loop.state(PROJECT).history.goal
    assert goal is not None
    return bool(parse_goal(goal.goal).broken_by(run))


def kinds(loop: Loop) -> list[str]:
    return [entry.kind for entry in loop.ledger.read(PROJECT) if isinstance(entry, Disturbed)]


def test_job_runs_of_serverless_get_fewer_workers_too(make: Callable[..., World]) -> None:
    world = make("serverless")
    world.runner.physics = RentedPhysics(cpu_seconds=2_000.0, waiting_seconds=2_000.0, tasks=24, noise=0.01)
    loop = Loop(world.platform, MemoryLedger(), BOOK, world.cloud.clock)
    now = world.spec
    slots = tuple(sized(now, workers).slots for workers in (2, 4, 8))
    loop.register(PROJECT, "emr", now, SearchSpace(slots=slots))
    loop.set_goal(PROJECT, "minimise cost; runtime <= 1h")
    first, *_, last = [night(world, loop) for _ in range(6)]
    assert last.spec.workers < first.spec.workers == 8
    assert last.cost.dollars < first.cost.dollars
    assert kinds(loop) == []
