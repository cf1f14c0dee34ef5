"""Whatever goes wrong at whichever call: once, it is got over; for long, it is said, and nothing is half done."""

from collections.abc import Callable, Iterator
from itertools import cycle, product
from pathlib import Path

import pytest
from tests.platforms.emr.world import BOOK, GROUPS, World, sized, world_of

from setpoint.core.controller import decide
from setpoint.core.domain import Decision, SearchSpace
from setpoint.core.goals.goal import Goal
from setpoint.core.history import Applied, Decided, History, RunRecorded
from setpoint.core.prediction import Lessons
from setpoint.core.pricebook import PriceBook
from setpoint.core.rollout import Rollout
from setpoint.errors import EventLogError, PlatformError
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop
from setpoint.platforms.emr.calls import MOST_TRIES
from setpoint.testing.emr import FAULT_KINDS, EmrEmulator
from setpoint.testing.platform_contract import PROJECT

Flow = Callable[[World, str], object]


def applied(world: World, _: str) -> object:
    platform = world.open()
    now = platform.current_spec(PROJECT)
    wanted = sized(now, 5 if now != sized(now, 5) else 6)
    platform.apply(PROJECT, wanted, expect=now)
    left = platform.store.left(PROJECT)
    return left is not None and left.spec == wanted


FLOWS: dict[str, Flow] = {
    "finished runs": lambda world, _: world.open().finished_runs(PROJECT),
    "report": lambda world, run: world.open().cluster_report(PROJECT, run),
    "event log": lambda world, run: [b"".join(part) for part in world.open().event_log(PROJECT, run)],
    "apply": applied,
}


@pytest.fixture(scope="module")
def cloud() -> Iterator[EmrEmulator]:
    with EmrEmulator(BOOK) as running:
        yield running


def world_with_a_run(kind: str, cloud: EmrEmulator, home: Path, *, fails: bool = False) -> tuple[World, str]:
    """Of a run that fails more is asked: the words of its steps."""
    cloud.forget()
    world = world_of(kind, cloud, home)
    return world, world.run(exit_code=2 if fails else 0)


def calls_in(world: World, run: str, flow: Flow) -> list[str]:
    before = len(world.cloud.faults.calls)
    flow(world, run)
    return world.cloud.faults.calls[before:]


def calls_of(world: World, run: str, flow: Flow) -> tuple[int, object]:
    before = len(world.cloud.faults.calls)
    return_value = flow(world, run)
    return len(world.cloud.faults.calls) - before, return_value


@pytest.mark.parametrize("kind", ["groups", "serverless"])
def test_what_goes_wrong_once_at_any_call_is_got_over(kind: str, cloud: EmrEmulator, tmp_path: Path) -> None:
    """Of a run that failed the words of its steps are asked for; all other calls are in the ticks below."""
    name = "report"
    world, run = world_with_a_run(kind, cloud, tmp_path, fails=True)
    begins = sum(call.startswith("emr") for call in calls_in(world, run, FLOWS[name])) if kind == "groups" else 0
    count, wanted = calls_of(world, run, FLOWS[name])
    assert count > begins
    for at, fault in product(range(begins, count), FAULT_KINDS):
        cloud.faults.strike(fault, at)
        assert FLOWS[name](world, run) == wanted, f"{fault} at call {at}"
    cloud.faults.clear()


@pytest.mark.parametrize("name", FLOWS)
def test_what_goes_wrong_for_long_is_said(name: str, cloud: EmrEmulator, tmp_path: Path) -> None:
    world, run = world_with_a_run("groups", cloud, tmp_path, fails=name == "report")
    count, wanted = calls_of(world, run, FLOWS[name])
    before = world.spec
    for at, fault in ((at, FAULT_KINDS[at % len(FAULT_KINDS)]) for at in range(count)):
        cloud.faults.strike(fault, at, times=2 * MOST_TRIES)
        with pytest.raises((PlatformError, EventLogError)) as said:
            FLOWS[name](world, run)
        assert str(said.value).endswith((".", ")"))
        assert "\n" not in str(said.value)
        cloud.faults.clear()
        assert name == "apply" or world.spec == before
    assert FLOWS[name](world, run) == wanted


def loop_over(world: World) -> Loop:
    loop = Loop(world.open(), MemoryLedger(), BOOK, world.cloud.clock)
    now = world.spec
    slots = tuple(sized(now, nodes).slots for nodes in (2, 4, 8))
    loop.register(PROJECT, "emr", now, SearchSpace(node_counts=(2, 4, 8), slots=slots))
    loop.set_goal(PROJECT, "minimise cost")
    return loop


def told(loop: Loop) -> list[object]:
    """What is in the ledger, without the times at which it was written."""
    found: list[object] = []
    for entry in loop.ledger.read(PROJECT):
        match entry:
            case RunRecorded(run=run):
                found.append(("run", run.id, run.spec, run.outcome, run.profile is not None, run.note))
            case Decided(id=name, decision=decision):
                found.append(("decided", name, type(decision)))
            case Applied(decision_id=name, spec=spec):
                found.append(("applied", name, spec))
            case _:
                found.append(type(entry).__name__)
    return found


@pytest.fixture
def _decided_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deciding asks nothing of AWS, and comes to the same on the same evidence; it takes most of the time."""
    known: dict[str, Decision] = {}

    def decided(history: History, rollout: Rollout, goal: Goal, prices: PriceBook, *, lessons: Lessons) -> Decision:
        if history.decision_id not in known:
            known[history.decision_id] = decide(history, rollout, goal, prices, lessons=lessons)
        return known[history.decision_id]

    monkeypatch.setattr("setpoint.loop.decide", decided)


@pytest.mark.usefixtures("_decided_once")
@pytest.mark.parametrize("times", [1, 2 * MOST_TRIES], ids=["once", "for long"])
@pytest.mark.parametrize("kind", ["groups", "serverless"])
def test_the_ledger_is_the_same_whatever_went_wrong_before(
    cloud: EmrEmulator, tmp_path: Path, kind: str, times: int
) -> None:
    world, _ = world_with_a_run(kind, cloud, tmp_path)
    clean = loop_over(world)
    before = len(cloud.faults.calls)
    clean.tick(PROJECT)
    calls = len(cloud.faults.calls) - before
    wanted = told(clean)
    runs = [entry for entry in wanted if isinstance(entry, tuple) and entry[0] == "run"]
    assert len(runs) == 1
    assert any(isinstance(entry, tuple) and entry[0] == "applied" for entry in wanted)
    left = world.platform.store.left(PROJECT)
    assert left is not None
    every = product(range(calls), FAULT_KINDS)
    for at, fault in every if times == 1 else zip(range(calls), cycle(FAULT_KINDS), strict=False):
        (world.platform.store.folder(PROJECT) / "left.json").unlink(missing_ok=True)
        loop = loop_over(world)
        cloud.faults.strike(fault, at, times=times)
        try:
            loop.tick(PROJECT)
            assert times == 1
        except PlatformError:
            assert times > 1
            cloud.faults.clear()
            loop.tick(PROJECT)
        assert told(loop) == wanted, f"{fault} from call {at} on"
        now = world.platform.store.left(PROJECT)
        assert now is not None
        assert now.spec == left.spec


@pytest.mark.parametrize("times", [1, 2 * MOST_TRIES], ids=["once", "for long"])
def test_a_cluster_is_resized_as_decided_or_not_at_all(cloud: EmrEmulator, tmp_path: Path, times: int) -> None:
    cloud.forget()
    kept = GROUPS["Instances"] | {"KeepJobFlowAliveWhenNoSteps": True}
    world = world_of("groups", cloud, tmp_path, template=None, resize=True)
    emr = cloud.client("emr")
    name = emr.run_job_flow(**GROUPS | {"Instances": kept, "Steps": []})["JobFlowId"]
    cloud.clock.move(600)
    first = world.spec
    specs = {nodes: sized(first, nodes) for nodes in (4, 6)}
    before = len(cloud.faults.calls)
    world.open().apply(PROJECT, specs[6], expect=first)
    asked = cloud.faults.calls[before:]
    # What is read before is read by every tick.
    changes = range(asked.index("emr:ModifyInstanceGroups"), len(asked))

    def workers() -> int:
        groups = emr.list_instance_groups(ClusterId=name)["InstanceGroups"]
        return int(groups[1]["RequestedInstanceCount"])

    every = product(changes, FAULT_KINDS)
    now, wanted = 6, 4
    for at, fault in every if times == 1 else zip(changes, cycle(FAULT_KINDS), strict=False):
        cloud.faults.strike(fault, at, times=times)
        try:
            world.open().apply(PROJECT, specs[wanted], expect=specs[now])
            assert times == 1
        except PlatformError:
            assert times > 1
            cloud.faults.clear()
            assert workers() in (now, wanted)
            world.open().apply(PROJECT, specs[wanted], expect=specs[now])
        assert workers() == wanted, f"{fault} at call {at}"
        now, wanted = wanted, now
