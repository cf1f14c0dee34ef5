"""What happens on a cluster that the emulator has started: the port, and the simulated implementation of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

from setpoint.core.domain import ClusterSpec
from setpoint.testing.databricks.answers import Json
from setpoint.testing.pushed_plant import RentedPhysics
from setpoint.testing.rented_run import KILLED, NO_MEMORY, has_too_little, run_log, speed_on

__all__ = ["Asked", "Ran", "Runner", "SimulatedRunner"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A cluster that is to run an application."""

    cluster: Json
    """As it was asked for."""
    spec: ClusterSpec
    """The same, read."""
    name: str
    number: int
    began: datetime
    tasks: Sequence[Json] = ()
    """What is to be run on it, as the job says."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of it."""

    log: tuple[bytes, ...]
    """Events, one line each without its end; none where the application never began."""
    startup_seconds: float
    seconds: float
    """From when Spark could start until the application ended."""
    failure: str | None = None


class Runner(Protocol):
    """Runs an application on a cluster that was asked for."""

    def run(self, asked: Asked) -> Ran:
        """Run it to its end."""
        ...


@dataclass(slots=True)
class SimulatedRunner:
    """Computes the run from its physics, in no time and the same each time."""

    physics: RentedPhysics = field(default_factory=RentedPhysics)
    seed: int = 7
    failures: dict[int, str] = field(default_factory=dict)
    """By the number of the run, what its failure says."""
    _measured_on: ClusterSpec | None = field(default=None, init=False)

    def run(self, asked: Asked) -> Ran:
        """See Runner. The machines of the first run are those that the physics were measured on."""
        physics = self.physics
        self._measured_on = self._measured_on or asked.spec
        failure = self.failures.get(asked.number)
        if has_too_little(asked.spec, physics):
            failure = f"{NO_MEMORY}; exit code {KILLED}"
        lines, seconds = run_log(
            physics,
            asked.spec,
            name=asked.name,
            id_=f"app-{asked.number:014d}-0000",
            began=asked.began + timedelta(seconds=physics.startup_seconds),
            factor=Random(f"{self.seed} {asked.number}").lognormvariate(0.0, physics.noise),
            speed=speed_on(asked.spec, self._measured_on),
        )
        return Ran(tuple(lines), physics.startup_seconds, seconds, failure)
