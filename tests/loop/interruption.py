"""A ledger and a platform that something happens to: at one call of a tick, before or after it takes effect."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from tests.loop.world import PRICES, PROJECT, World, loop_of

from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.core.history import Disturbed, Entry, RunRecorded
from setpoint.ledger import Ledger
from setpoint.ledger.memory import MemoryLedger
from setpoint.loop import Loop, State
from setpoint.platforms import Platform
from setpoint.testing.memory_platform import MemoryPlatform
from setpoint.testing.plant import START

_T = TypeVar("_T")


class Crash(BaseException):
    """The process was killed here."""


@dataclass
class Fuse:
    """Counts calls; at number `at` it does what it is given to do, once."""

    at: int
    event: Callable[[], None]
    is_late: bool = False
    """Whether the event comes when the call has taken effect."""
    calls: int = 0

    @property
    def has_blown(self) -> bool:
        return self.calls >= self.at

    def around(self, call: Callable[[], _T]) -> _T:
        self.calls += 1
        is_now = self.calls == self.at
        if is_now and not self.is_late:
            self.event()
        result = call()
        if is_now and self.is_late:
            self.event()
        return result


@dataclass
class WatchedLedger:
    ledger: Ledger
    fuse: Fuse

    def append(self, project: str, *entries: Entry) -> bool:
        return self.fuse.around(lambda: self.ledger.append(project, *entries))

    def read(self, project: str) -> tuple[Entry, ...]:
        return self.fuse.around(lambda: self.ledger.read(project))

    def newest(self, *kinds: type[Entry]) -> dict[str, Entry]:
        return self.fuse.around(lambda: self.ledger.newest(*kinds))

    def projects(self) -> tuple[str, ...]:
        return self.fuse.around(self.ledger.projects)


@dataclass
class WatchedPlatform:
    platform: Platform
    fuse: Fuse

    def finished_runs(self, project: str) -> tuple[str, ...]:
        return self.fuse.around(lambda: self.platform.finished_runs(project))

    def event_log(self, project: str, run_id: str) -> Iterable[Iterable[bytes]]:
        return self.fuse.around(lambda: self.platform.event_log(project, run_id))

    def cluster_report(self, project: str, run_id: str) -> ClusterReport:
        return self.fuse.around(lambda: self.platform.cluster_report(project, run_id))

    def current_spec(self, project: str) -> ClusterSpec:
        return self.fuse.around(lambda: self.platform.current_spec(project))

    def apply(self, project: str, spec: ClusterSpec, *, expect: ClusterSpec) -> None:
        self.fuse.around(lambda: self.platform.apply(project, spec, expect=expect))


def fixed_clock() -> datetime:
    """A clock that stands still: times are not what these tests compare."""
    return START


@dataclass
class Scene:
    """The moment before a tick, from which any number of copies can be played."""

    entries: tuple[Entry, ...]
    spec: ClusterSpec
    logs: dict[str, tuple[ClusterReport, list[bytes]]] = field(default_factory=dict)

    @classmethod
    def of(cls, made: World) -> "Scene":
        plant = made.plant
        logs = {
            run_id: (
                plant.cluster_report(PROJECT, run_id),
                [b"".join(part) for part in plant.event_log(PROJECT, run_id)],
            )
            for run_id in plant.finished_runs(PROJECT)
        }
        return cls(made.written, made.spec, logs)

    def play(self) -> tuple[MemoryPlatform, MemoryLedger]:
        platform, ledger = MemoryPlatform({PROJECT: self.spec}), MemoryLedger()
        for run_id, (report, log) in self.logs.items():
            platform.hand_in(PROJECT, run_id, report, log)
        for entry in self.entries:
            ledger.append(PROJECT, entry)
        return platform, ledger


def plain_loop(platform: Platform, ledger: Ledger) -> Loop:
    return loop_of(platform, ledger, fixed_clock, PRICES)


def watched_loop(platform: Platform, ledger: Ledger, fuse: Fuse) -> Loop:
    return plain_loop(WatchedPlatform(platform, fuse), WatchedLedger(ledger, fuse))


@dataclass(frozen=True)
class Outcome:
    """Where things stand, and that nothing was written twice."""

    state: State
    spec: ClusterSpec
    runs: tuple[str, ...]
    disturbances: tuple[str, ...]

    @classmethod
    def of(cls, platform: Platform, ledger: Ledger) -> "Outcome":
        entries = ledger.read(PROJECT)
        return cls(
            state=plain_loop(platform, ledger).state(PROJECT),
            spec=platform.current_spec(PROJECT),
            runs=tuple(entry.run.id for entry in entries if isinstance(entry, RunRecorded)),
            disturbances=tuple(entry.kind for entry in entries if isinstance(entry, Disturbed)),
        )
