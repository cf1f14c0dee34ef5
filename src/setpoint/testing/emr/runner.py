"""What runs a step's Spark application: the port, and one that makes the log up by known physics."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Protocol

from setpoint.core.domain import ClusterSpec
from setpoint.testing.pushed_plant import RentedPhysics
from setpoint.testing.rented_run import KILLED, NO_MEMORY, has_too_little, run_log, speed_on

__all__ = ["Application", "Ordered", "Ran", "Runner", "SimulatedRunner"]


@dataclass(frozen=True, slots=True)
class Application:
    """One `spark-submit` that is to be run."""

    id: str
    """YARN's, such as application_1767232800000_0001; a job run's on EMR Serverless."""
    name: str
    words: Sequence[str]
    """Of its command line, `spark-submit` first."""
    spec: ClusterSpec
    """What it has to run on."""
    began: datetime


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of it."""

    seconds: float
    exit_code: int = 0
    words: str = ""
    """What it said last, where it failed."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Its event log by the names below the log's folder; several where it is rolled, none where it never began."""


class Runner(Protocol):
    """Runs applications, one at a time or many at once."""

    def run(self, application: Application) -> Ran:
        """Run it to its end."""
        ...


@dataclass(frozen=True, slots=True)
class Ordered:
    """How an application is to end."""

    exit_code: int = 0
    with_log: bool = True
    words: str = ""
    rolled: bool = False
    """Whether its log is a folder of parts."""


class SimulatedRunner:
    """The physics of a plant: work that shrinks with slots, waiting that does not, a need of memory, and scatter."""

    def __init__(self, physics: RentedPhysics | None = None, seed: int = 7) -> None:
        self.physics = physics or RentedPhysics(cpu_seconds=400.0, waiting_seconds=100.0, tasks=16)
        self.orders: deque[Ordered] = deque()
        """How the next ones end, in order; well, where there is none."""
        self.ran: list[Application] = []
        self._chance = Random(seed)
        self._measured_on: ClusterSpec | None = None

    def run(self, application: Application) -> Ran:
        """See Runner."""
        self.ran.append(application)
        order = self.orders.popleft() if self.orders else Ordered()
        self._measured_on = self._measured_on or application.spec
        if has_too_little(application.spec, self.physics):
            order = replace(order, exit_code=KILLED, words=NO_MEMORY)
        log, seconds = self._log(application)
        words = order.words or (f"The application exited with code {order.exit_code}" if order.exit_code else "")
        files = _files(application.id, log, rolled=order.rolled) if order.with_log else {}
        return Ran(seconds, order.exit_code, words, files)

    def _log(self, application: Application) -> tuple[list[bytes], float]:
        return run_log(
            self.physics,
            application.spec,
            name=application.name,
            id_=application.id,
            began=application.began,
            factor=self._chance.lognormvariate(0.0, self.physics.noise),
            speed=speed_on(application.spec, self._measured_on),
        )


def _files(name: str, lines: list[bytes], *, rolled: bool) -> dict[str, bytes]:
    if not rolled:
        return {name: b"".join(line + b"\n" for line in lines)}
    half = len(lines) // 2
    parts = {f"events_{number}_{name}": part for number, part in enumerate((lines[:half], lines[half:]), start=1)}
    folder = f"eventlog_v2_{name}"
    found = {f"{folder}/{key}": b"".join(line + b"\n" for line in part) for key, part in parts.items()}
    return found | {f"{folder}/appstatus_{name}": b""}
