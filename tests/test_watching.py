"""Watching a ledger: each run that ends is a tick, and one project's trouble is its own."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from random import Random

from tests.loop.world import PROJECT, World, world

from setpoint.core.domain import Recommendation
from setpoint.core.history import RunRecorded
from setpoint.errors import EventLogError, PlatformError
from setpoint.watching import Looked, Watched, Watching


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def watching(worlds: dict[str, World], clock: Clock) -> Watching:
    def projects() -> list[Watched]:
        return [Watched(PROJECT, place, each.loop) for place, each in worlds.items()]

    return Watching(projects, 60.0, clock, Random(1))


def refusing(world: World, verb: str, error: Exception) -> None:
    """From now on the platform of a world refuses one verb."""

    def refuse(*_: object, **__: object) -> Iterable[Iterable[bytes]]:
        raise error

    setattr(world.plant, verb, refuse)


def recorded(world: World) -> int:
    return sum(isinstance(entry, RunRecorded) for entry in world.written)


def test_a_run_that_has_ended_is_recorded_decided_and_applied() -> None:
    here, clock = world(), Clock()
    watch = watching({"a": here}, clock)
    assert list(watch.look()) == []
    run = here.plant.run()
    (looked,) = watch.look()
    assert (looked.project, looked.outcome, looked.runs) == (PROJECT, "recorded", (run,))
    assert isinstance(looked.decision, Recommendation)
    assert here.applied == [looked.decision.spec]
    assert list(watch.look()) == []
    assert recorded(here) == 1


def test_a_place_that_is_down_holds_up_no_other_and_is_asked_less_and_less() -> None:
    down, here, clock = world(), world(), Clock()
    watch = watching({"down": down, "here": here}, clock)
    asked = 0

    def refuse(_: str) -> tuple[str, ...]:
        nonlocal asked
        asked += 1
        raise PlatformError("nobody is there")

    down.plant.finished_runs = refuse  # type: ignore[method-assign, assignment]
    failed: list[Looked] = []
    for number in range(240):
        if number % 60 == 0:
            here.plant.run()
        failed += [each for each in watch.look() if each.outcome == "failed"]
        clock.pass_by(60)
    assert recorded(here) == 4
    assert [each.reason for each in failed] == ["nobody is there"]  # said once
    assert asked < 20
    del down.plant.finished_runs
    down.plant.run()
    clock.pass_by(3600)
    assert [each.outcome for each in watch.look()] == ["recorded"]


def test_who_asks_to_be_left_alone_is() -> None:
    here, clock = world(), Clock()
    error = PlatformError("slow down")
    error.retry_after = 900.0  # type: ignore[attr-defined]
    refusing(here, "finished_runs", error)
    watch = watching({"a": here}, clock)
    assert [each.reason for each in watch.look()] == ["slow down"]
    del here.plant.finished_runs
    here.plant.run()
    clock.pass_by(899)
    assert list(watch.look()) == []
    clock.pass_by(2)
    assert [each.outcome for each in watch.look()] == ["recorded"]


def test_a_run_that_cannot_be_measured_is_said_once_and_tried_again_later() -> None:
    here, other, clock = world(), world(), Clock()
    watch = watching({"a": here, "b": other}, clock)
    here.plant.run()
    other.plant.run()
    refusing(here, "cluster_report", EventLogError("it is damaged"))
    assert [each.outcome for each in watch.look()] == ["failed", "recorded"]
    assert list(watch.look()) == []
    del here.plant.cluster_report
    clock.pass_by(7200)
    assert [each.outcome for each in watch.look()] == ["recorded"]


def test_two_who_watch_record_each_run_once() -> None:
    here, clock = world(), Clock()
    first, second = watching({"a": here}, clock), watching({"a": here}, clock)
    here.plant.run()
    assert [each.outcome for each in first.look()] == ["recorded"]
    assert list(second.look()) == []
    assert recorded(here) == 1
    assert 48 <= first.pause_seconds() <= 72


def test_of_a_platform_in_several_places_one_that_is_down_holds_up_no_other() -> None:
    down, here, clock = world(), world(), Clock()
    for name, each in (("a", down), ("b", here)):
        each.plant.place_of = lambda _project, name=name: name  # type: ignore[attr-defined]
    watch = watching({}, clock)
    watch.projects = lambda: [Watched(PROJECT, "databricks", each.loop) for each in (down, here)]
    refusing(down, "finished_runs", PlatformError("nobody is there"))
    here.plant.run()
    assert [each.outcome for each in watch.look()] == ["failed", "recorded"]
    here.plant.run()
    assert [each.outcome for each in watch.look()] == ["recorded"]
