"""What happens on a cluster that the emulator has started: the port, and the simulated implementation of it."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Protocol

import msgspec

from setpoint.testing.databricks.answers import Json
from setpoint.testing.eventlog_builder import ApplicationPlan, JobPlan, StagePlan, build, cluster, local
from setpoint.testing.pushed_plant import RentedPhysics

__all__ = ["CORES", "Asked", "Ran", "Runner", "SimulatedRunner"]

CORES = {"m5.large": 2, "m5.xlarge": 4, "m5.2xlarge": 8, "r5.xlarge": 4, "i3.xlarge": 4, "m6gd.xlarge": 4}
"""Of the machines that the emulated workspace offers."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A cluster that is to run an application."""

    cluster: Json
    name: str
    number: int
    began: datetime


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of it."""

    log: tuple[bytes, ...]
    """Events, one line each without its end."""
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

    def run(self, asked: Asked) -> Ran:
        """See Runner."""
        physics, workers = self.physics, _workers(asked.cluster)
        cores = CORES[asked.cluster.get("node_type_id", "m5.xlarge")]
        factor = Random(f"{self.seed} {asked.number}").lognormvariate(0.0, physics.noise)
        gap = factor * physics.serial_seconds / 2
        jobs = (
            JobPlan((_stage(factor * physics.waiting_seconds, physics.tasks, 0.03),), driver_seconds_before=gap),
            JobPlan((_stage(factor * physics.cpu_seconds, physics.tasks, 0.97),), driver_seconds_before=gap),
        )
        plan = ApplicationPlan(
            jobs=jobs,
            executors=cluster(workers, cores) if workers else local(cores),
            name=asked.name,
            id=f"app-{asked.number:014d}-0000",
            started_epoch_seconds=asked.began.timestamp() + physics.startup_seconds,
        )
        lines = tuple(build(plan))
        ended = float(msgspec.json.decode(lines[-1])["Timestamp"]) / 1000
        seconds = ended - plan.started_epoch_seconds
        return Ran(lines, physics.startup_seconds, seconds, self.failures.get(asked.number))


def _workers(asked: dict[str, Any]) -> int:
    scale = asked.get("autoscale")
    return int(scale["max_workers"] if scale else asked.get("num_workers", 0))


def _stage(seconds: float, tasks: int, cpu_share: float) -> StagePlan:
    spread = tuple(seconds / tasks * (0.8 + 0.4 * (i * 0.618034 % 1.0)) for i in range(tasks))
    return StagePlan(task_seconds=spread, cpu_share=cpu_share)
