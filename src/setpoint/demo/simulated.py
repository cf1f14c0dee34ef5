"""The pipeline by its physics, for machines without Spark or Java: what it would do, computed."""

from collections.abc import Sequence
from dataclasses import replace

from setpoint.testing import databricks, emr
from setpoint.testing.pushed_plant import RentedPhysics

__all__ = ["SHOP", "SimulatedShop", "SimulatedShopJob", "physics_of"]

SHOP = RentedPhysics(
    cpu_seconds=500.0,
    waiting_seconds=1_200.0,
    serial_seconds=300.0,
    tasks=24,
    needed_mib_per_slot=4_000,
    noise=0.04,
)
"""About as long as the real one takes with a second here as a minute there, and with its need of memory."""
_TWICE = "scale-2"


def physics_of(words: Sequence[str]) -> RentedPhysics:
    """What the pipeline does with these arguments: twice the input has twice the tasks, new code does more in each."""
    scale = 2 if any(word.endswith(_TWICE) for word in words) else 1
    version = int(words[words.index("--code-version") + 1])
    factor = scale * (1.0 if version == 1 else 1.3)
    return replace(
        SHOP,
        cpu_seconds=SHOP.cpu_seconds * factor,
        waiting_seconds=SHOP.waiting_seconds * factor,
        tasks=SHOP.tasks * scale,
        code_version=version,
    )


class SimulatedShop:
    """A `Runner` of the emulated EMR."""

    def __init__(self) -> None:
        self._inner = emr.SimulatedRunner(SHOP)

    def run(self, application: emr.Application) -> emr.Ran:
        """See Runner."""
        self._inner.physics = physics_of(application.words)
        return self._inner.run(application)


class SimulatedShopJob:
    """A `Runner` of the emulated workspace of Databricks, whose jobs have one task."""

    def __init__(self) -> None:
        self._inner = databricks.SimulatedRunner(SHOP)

    def run(self, asked: databricks.Asked) -> databricks.Ran:
        """See Runner."""
        (task,) = asked.tasks
        self._inner.physics = physics_of(task["spark_python_task"]["parameters"])
        return self._inner.run(asked)
