"""One tick: repeated, raced, killed, and given bad input, it leaves the ledger as one good tick would."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from threading import Barrier

import pytest
from tests.loop.interruption import Crash, Fuse, Outcome, Scene, plain_loop, watched_loop
from tests.loop.world import GOAL, PROJECT, SPACE, WASTEFUL, World, loop_of, world

from setpoint.core.domain import ClusterSpec, Hold, Recommendation
from setpoint.core.history import Applied, Decided, Mode, RunRecorded
from setpoint.errors import Conflict, PlatformError, UnknownProject
from setpoint.ledger import Ledger, open_ledger
from setpoint.ledger.memory import MemoryLedger
from setpoint.testing.plant import Physics

THEIRS = ClusterSpec.local(3, 3072)


def first_run() -> World:
    made = world()
    made.plant.run()
    return made


def two_runs_at_once() -> World:
    made = world()
    made.plant.run()
    made.plant.run()
    return made


def kept_and_changed_again() -> World:
    made = world()
    made.night()
    made.plant.run()
    return made


def trial_fails_for_memory() -> World:
    few_slots = ClusterSpec.local(2, 8192)  # memory is a third of its price, so that less of it is worth a trial
    made = world("minimise cost", Physics(needed_mib=5000), spec=few_slots)
    made.night()
    assert made.spec.task_memory_mib < 5000
    made.plant.run()
    return made


def input_doubles() -> World:
    made = world()
    made.nights(3)
    made.change_physics(input_scale=2.0)
    made.plant.run()
    return made


def somebody_else_changes_it() -> World:
    made = first_run()
    made.plant.set_by_owner(PROJECT, THEIRS)
    return made


def nothing_new() -> World:
    made = world()
    made.night()
    return made


def out_of_reach() -> World:
    made = world(goal="runtime <= 3s")
    made.plant.run()
    return made


SCENES: tuple[Callable[[], World], ...] = (
    first_run,
    two_runs_at_once,
    kept_and_changed_again,
    trial_fails_for_memory,
    input_doubles,
    somebody_else_changes_it,
    nothing_new,
    out_of_reach,
)


@pytest.fixture(params=SCENES, ids=lambda made: made.__name__)
def scene(request: pytest.FixtureRequest) -> Scene:
    return Scene.of(request.param())


@pytest.fixture(params=["memory", "sqlite"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    return MemoryLedger() if request.param == "memory" else open_ledger(f"sqlite:///{tmp_path}/ledger.db")


def undisturbed(scene: Scene) -> Outcome:
    platform, ledger = scene.play()
    plain_loop(platform, ledger).tick(PROJECT)
    return Outcome.of(platform, ledger)


def test_a_second_tick_changes_nothing(scene: Scene) -> None:
    platform, ledger = scene.play()
    decision = plain_loop(platform, ledger).tick(PROJECT)
    before = ledger.read(PROJECT)
    assert plain_loop(platform, ledger).tick(PROJECT) == decision
    assert ledger.read(PROJECT) == before


@pytest.mark.parametrize("is_late", [False, True], ids=["before", "after"])
def test_killed_at_any_call_the_next_tick_ends_where_it_would_have(scene: Scene, *, is_late: bool) -> None:
    expected, crashes = undisturbed(scene), 0
    for fuse in every_call(crash, is_late=is_late):
        platform, ledger = scene.play()
        try:
            watched_loop(platform, ledger, fuse).tick(PROJECT)
        except Crash:
            crashes += 1
        plain_loop(platform, ledger).tick(PROJECT)
        assert Outcome.of(platform, ledger) == expected, f"killed at call {fuse.at}"
    assert crashes >= 5


@pytest.mark.parametrize("is_late", [False, True], ids=["before", "after"])
def test_a_tick_inside_another_at_any_call_is_one_tick(scene: Scene, *, is_late: bool) -> None:
    expected = undisturbed(scene)
    for fuse in every_call(crash, is_late=is_late):
        platform, ledger = scene.play()
        fuse.event = lambda platform=platform, ledger=ledger: ignore(plain_loop(platform, ledger).tick(PROJECT))  # type: ignore[misc]
        watched_loop(platform, ledger, fuse).tick(PROJECT)
        assert Outcome.of(platform, ledger) == expected, f"raced at call {fuse.at}"


@pytest.mark.parametrize("is_late", [False, True], ids=["before", "after"])
def test_an_unreachable_platform_or_ledger_loses_nothing(scene: Scene, *, is_late: bool) -> None:
    expected = undisturbed(scene)
    for fuse in every_call(unreachable, is_late=is_late):
        platform, ledger = scene.play()
        try:
            watched_loop(platform, ledger, fuse).tick(PROJECT)
        except PlatformError:
            plain_loop(platform, ledger).tick(PROJECT)
        assert Outcome.of(platform, ledger) == expected, f"unreachable at call {fuse.at}"


def every_call(event: Callable[[], None], *, is_late: bool) -> Iterator[Fuse]:
    """A fuse for each call of a tick in turn, until one outlives the tick."""
    for number in count(1):
        fuse = Fuse(number, event, is_late)
        yield fuse
        if not fuse.has_blown:
            return


def crash() -> None:
    raise Crash


def unreachable() -> None:
    raise PlatformError("The platform does not answer.")


def ignore(_: object) -> None:
    """A result that nobody waits for."""


def test_ten_ticks_at_once_are_one(ledger: Ledger) -> None:
    made = world(ledger=ledger)
    for _ in range(4):
        run_id = made.plant.run()
        barrier = Barrier(10)

        def tick(_: int, barrier: Barrier = barrier) -> object:
            barrier.wait()
            return made.loop.tick(PROJECT)

        with ThreadPoolExecutor(10) as pool:
            decisions = list(pool.map(tick, range(10)))
        assert all(decision == decisions[0] for decision in decisions)
        assert [entry.run.id for entry in made.written if isinstance(entry, RunRecorded)].count(run_id) == 1
    kinds = [type(entry) for entry in made.written]
    assert kinds.count(RunRecorded) == kinds.count(Decided) == 4
    assert kinds.count(Applied) == sum(isinstance(decision, Recommendation) for decision in made.decisions)
    assert made.disturbances == []
    assert len(made.plant.applied) == len(made.applied) > 0


def test_runs_that_end_while_ticks_are_under_way_are_recorded_once(ledger: Ledger) -> None:
    made = world(ledger=ledger)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(6):
            made.plant.run()
            ticks = [pool.submit(made.loop.tick, PROJECT) for _ in range(3)]
        for each in ticks:
            each.result()
    made.loop.tick(PROJECT)
    recorded = [entry.run.id for entry in made.written if isinstance(entry, RunRecorded)]
    assert sorted(recorded) == list(made.plant.finished_runs(PROJECT))
    assert made.state.history.is_decided


def test_without_a_goal_runs_are_recorded_and_nothing_is_decided() -> None:
    made = world(goal=None)
    assert [made.night() for _ in range(2)] == [None, None]
    assert len(made.state.history.runs) == 2
    assert made.decisions == []
    made.loop.set_goal(PROJECT, GOAL)
    assert isinstance(made.loop.tick(PROJECT), Recommendation)


def test_observing_measures_and_decides_nothing() -> None:
    made = world(mode="observe")
    made.nights(4)
    assert len(made.state.history.runs) == 4
    assert (made.decisions, made.applied, made.spec) == ([], [], WASTEFUL)


@pytest.mark.parametrize("mode", ["shadow", "propose", "approve"])
def test_below_auto_it_decides_and_leaves_alone(mode: Mode) -> None:
    made = world(mode=mode)
    made.nights(4)
    assert any(isinstance(decision, Recommendation) for decision in made.decisions)
    assert (made.applied, made.plant.applied, made.spec) == ([], [], WASTEFUL)
    assert made.disturbances == []


def test_what_nothing_can_reach_is_recommended_and_not_applied() -> None:
    made = world(goal="runtime <= 3s", spec=ClusterSpec.local(4, 4096))
    decision = made.night()
    assert isinstance(decision, Recommendation)
    assert not decision.feasible
    assert (made.applied, made.spec) == ([], ClusterSpec.local(4, 4096))


def test_the_owners_change_stands_and_is_recorded() -> None:
    made = world()
    made.nights(2)
    made.plant.set_by_owner(PROJECT, THEIRS)
    assert isinstance(made.loop.tick(PROJECT), Hold)
    assert isinstance(made.loop.tick(PROJECT), Hold)
    assert made.disturbances == ["foreign change"]
    assert (made.state.history.spec, made.state.rollout.known_good, made.state.rollout.trial) == (THEIRS, THEIRS, None)
    assert made.spec == THEIRS
    made.nights(6)
    assert made.state.history.runs[2].spec == THEIRS
    assert made.disturbances == ["foreign change"]


class Contested(World):
    """The owner changes the spec just before ours is put in place."""

    def contest(self) -> None:
        apply = self.plant.apply

        def late(project: str, spec: ClusterSpec, *, expect: ClusterSpec) -> None:
            self.plant.set_by_owner(project, THEIRS)
            apply(project, spec, expect=expect)

        self.plant.apply = late  # type: ignore[method-assign]


def test_a_conflict_leaves_the_owners_spec_in_place_and_is_told() -> None:
    calm = world()
    made = Contested(calm.plant, calm.loop)
    made.plant.run()
    made.contest()
    assert isinstance(made.loop.tick(PROJECT), Recommendation)
    assert (made.spec, made.applied, made.disturbances) == (THEIRS, [], ["foreign change"])
    assert made.state.history.spec == THEIRS
    del made.plant.apply
    made.nights(2)
    assert made.disturbances == ["foreign change"]


def test_a_conflict_that_nothing_explains_is_survived() -> None:
    made = first_run()

    def refuse(project: str, spec: ClusterSpec, *, expect: ClusterSpec) -> None:
        raise Conflict(f"{project}: {spec} instead of {expect} is not possible now.")

    made.plant.apply = refuse  # type: ignore[method-assign]
    assert isinstance(made.loop.tick(PROJECT), Recommendation)
    assert (made.applied, made.disturbances, made.spec) == ([], [], WASTEFUL)


def test_a_run_without_a_log_is_recorded_and_costs() -> None:
    made = world()
    assert made.night(with_log=False) is not None
    (run,) = made.state.history.runs
    assert run.profile is None
    assert run.succeeded
    assert run.cost.dollars > 0
    assert "left no event log" in run.note


@pytest.mark.parametrize("garbage", [b"", b"\x00\xff" * 500, b"<html>not found</html>\n", b'{"Event":"Spar'])
def test_a_run_whose_log_is_garbage_is_recorded_and_costs(garbage: bytes) -> None:
    made = world()
    made.plant.run()
    made.plant.event_log = lambda project, run_id: [[garbage]]  # type: ignore[method-assign]  # noqa: ARG005 - the port's verb
    made.loop.tick(PROJECT)
    (run,) = made.state.history.runs
    assert run.profile is None
    assert run.cost.dollars > 0
    assert run.note


def test_a_log_without_its_end_is_recorded_with_a_note_and_disturbs_nobody() -> None:
    made = world()
    made.nights(3)
    run_id = made.plant.run()
    whole = b"".join(b"".join(part) for part in made.plant.event_log(PROJECT, run_id))
    made.plant.event_log = lambda project, run_id: [[whole[: len(whole) // 2]]]  # type: ignore[method-assign]  # noqa: ARG005
    made.loop.tick(PROJECT)
    run = made.state.history.runs[-1]
    assert run.profile is not None
    assert run.note
    del made.plant.event_log
    made.nights(2)
    assert made.disturbances == []


def test_a_goal_that_is_wanted_already_is_not_written_again() -> None:
    made = world()
    before = made.written
    made.loop.set_goal(PROJECT, f"  {GOAL} ")
    made.loop.set_goal(PROJECT, GOAL, space=SPACE)
    made.loop.register(PROJECT, "simulated", THEIRS, SPACE)
    assert made.written == before
    made.loop.set_goal(PROJECT, GOAL, "observe")
    made.loop.set_goal(PROJECT, "minimise runtime", "observe")
    assert len(made.written) == len(before) + 2


def test_an_unknown_project_is_told_with_the_known_ones() -> None:
    made = world()
    with pytest.raises(UnknownProject, match=f"“nightlly” in the ledger; known projects: {PROJECT}"):
        made.loop.tick("nightlly")
    with pytest.raises(UnknownProject, match="none yet"):
        loop_of(made.plant, MemoryLedger(), made.plant.clock).tick(PROJECT)
