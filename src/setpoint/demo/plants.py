"""What the demo has under control: the port, and the registry of plants."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from setpoint.core.domain import ClusterSpec
from setpoint.demo.story import Chapter
from setpoint.errors import InputError
from setpoint.loop import Loop
from setpoint.settings import Settings
from setpoint.submission import Submitted

__all__ = ["PLANTS", "OpenPlant", "Plant", "Site", "plant_named"]


@dataclass(frozen=True, slots=True)
class Site:
    """Where a demo is played."""

    settings: Settings
    """Of the demo: its home is a folder of its own."""
    input: Path
    """Folder of the pipeline's tables; the same every time, for all platforms."""
    say: Callable[[str], None]
    """Shows a line of news."""
    is_simulated: bool = False
    """Whether runs are computed from the pipeline's physics, because there is no Spark."""

    @property
    def log(self) -> Path:
        """File of all that applications said."""
        return self.settings.home / "application.log"

    def output(self, project: str) -> Path:
        """Folder of a project's results."""
        return self.settings.home / "output" / project


class Plant(Protocol):
    """The recurring pipeline on one platform, and the loop over it."""

    @property
    def start(self) -> ClusterSpec:
        """What its owner runs it on."""
        ...

    @property
    def about(self) -> str:
        """What is to be known of the times and costs that are shown, in sentences."""
        ...

    @property
    def loop(self) -> Loop:
        """The loop over it."""
        ...

    def run(self, project: str, chapter: Chapter, goal: str | None) -> Submitted:
        """Run it once as a project, under the circumstances of a chapter, and tick the loop.

        Under control where there is a goal; else on `start`. A run may be ended by KeyboardInterrupt.
        """
        ...


OpenPlant = Callable[[Site], AbstractContextManager[Plant]]
"""Makes what is needed, once or each time, and gives it back."""


def _open_spark(site: Site) -> AbstractContextManager[Plant]:
    from setpoint.demo.on_spark import on_spark

    return on_spark()(site)


def _open_emr(site: Site) -> AbstractContextManager[Plant]:
    from setpoint.demo.on_emr import on_emr

    return on_emr(site)


def _open_databricks(site: Site) -> AbstractContextManager[Plant]:
    from setpoint.demo.on_databricks import on_databricks

    return on_databricks(site)


PLANTS: dict[str, OpenPlant] = {
    "spark": _open_spark,
    "databricks": _open_databricks,
    "emr": _open_emr,
}
"""By the name of the platform."""


def plant_named(name: str) -> OpenPlant:
    """Raises InputError where there is none."""
    if name not in PLANTS:
        raise InputError(f"There is no demo on “{name}”; there are demos on {', '.join(PLANTS)}.")
    return PLANTS[name]
