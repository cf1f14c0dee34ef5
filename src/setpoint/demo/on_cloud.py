"""The demo on an emulated cloud: its own API and the vendor's own client, and runs that are real ones scaled down."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from setpoint.core.domain import ClusterSpec, SearchSpace
from setpoint.core.history import RunRecorded
from setpoint.core.pricebook import PriceBook
from setpoint.demo import plant_data
from setpoint.demo.plants import Site
from setpoint.demo.story import PROJECT, UNTOUCHED, Chapter
from setpoint.ledger import Ledger
from setpoint.platforms import Platform
from setpoint.platforms.spark.surroundings import find_spark
from setpoint.submission import Submitted
from setpoint.testing.real_spark import RealSpark, Scale
from setpoint.wiring import build_loop

__all__ = ["SECONDS", "Cloud", "OnCloud", "begins", "files_of", "spark_of", "words_of"]

SECONDS = 60.0
"""So many there for one here: machines are paid by the minute at the least, and the pipeline takes seconds."""
_JOB = "s3://shop/job.py"
_TABLES = "s3://shop/scale-"
_RESULTS = "s3://shop/results/"
_HERE = Path(__file__).parent
_ABOUT = "Nothing was bought: an emulated account on this machine answered the vendor's own client."
_REAL = f"Each application really ran, with one second here as {SECONDS:.0f} seconds there."
_SIMULATED = "No application ran: what it does was computed."


class Cloud(Protocol):
    """An emulated cloud with the platform that looks at it."""

    @property
    def name(self) -> str:
        """Of the platform."""
        ...

    @property
    def platform(self) -> Platform:
        """What looks at it, and changes what its owner left to be changed."""
        ...

    @property
    def prices(self) -> PriceBook:
        """Of what is rented there."""
        ...

    @property
    def start(self) -> ClusterSpec:
        """What the pipeline's owner runs it on."""
        ...

    @property
    def space(self) -> SearchSpace:
        """What it may be run on instead."""
        ...

    def clock(self) -> datetime:
        """The time there."""
        ...

    def add(self, project: str) -> None:
        """Have somebody own a pipeline there, with a cluster of their own; nothing changes where they do."""
        ...

    def run(self, project: str, words: Sequence[str]) -> int:
        """Let a day go by on which it runs once; its exit code.

        Args:
            project: whose cluster is as the platform left it, or as its owner wrote it.
            words: the application and its arguments.
        """
        ...


class OnCloud:
    """A `Plant`."""

    def __init__(self, site: Site, cloud: Cloud) -> None:
        self._cloud = cloud
        self.about = f"{_ABOUT} {_SIMULATED if site.is_simulated else _REAL}"
        self.start = cloud.start
        self.loop = replace(build_loop(site.settings, cloud.platform), prices=cloud.prices, clock=cloud.clock)

    def run(self, project: str, chapter: Chapter, goal: str | None) -> Submitted:
        """See Plant."""
        self._cloud.add(project)
        baseline = self._cloud.platform.current_spec(project)
        self.loop.register(project, self._cloud.name, baseline, self._cloud.space)
        if goal is not None:
            self.loop.set_goal(project, goal, "auto", self._cloud.space)
        self.loop.tick(project)
        exit_code = self._cloud.run(project, words_of(project, chapter))
        return Submitted(exit_code, self.loop.tick(project))


def words_of(project: str, chapter: Chapter) -> tuple[str, ...]:
    """The application and its arguments under the circumstances of a chapter."""
    tables, results = f"{_TABLES}{chapter.input_scale}", f"{_RESULTS}{project}"
    return (_JOB, "--input", tables, "--output", results, "--code-version", str(chapter.code_version))


def files_of(site: Site, projects: Sequence[str]) -> dict[str, Path]:
    """What those URLs are on this machine."""
    found = {_JOB: _HERE / "job.py"}
    found |= {f"{_TABLES}{scale}": site.input / f"scale-{scale}" for scale in (1, 2)}
    return found | {f"{_RESULTS}{project}": site.output(project) for project in projects}


def begins(ledger: Ledger, now: datetime) -> datetime:
    """When an emulated cloud is to begin that goes on where an earlier one was stopped."""
    entries = (entry for project in ledger.projects() for entry in ledger.read(project))
    ended = (entry.run.report.finished_at for entry in entries if isinstance(entry, RunRecorded))
    return max([now, *(each + timedelta(days=1) for each in ended)])


def spark_of(site: Site, scale: Scale) -> RealSpark:
    """Spark on this machine with the pipeline's input, which is made once. Raises JavaMissing."""
    site.say("Making the input (once) …")
    plant_data.make_inputs(site.input)
    variables = plant_data.variables_of(site.input)
    files = files_of(site, (PROJECT, UNTOUCHED))
    options = plant_data.java_options(site.input)
    return RealSpark(find_spark(variables), variables, files, scale, java_options=options)
