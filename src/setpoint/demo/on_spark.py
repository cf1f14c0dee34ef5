"""The demo on the platform `spark`: the pipeline is submitted on this machine, in local mode."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from setpoint.core.domain import ClusterSpec
from setpoint.demo import plant_data
from setpoint.demo.plants import OpenPlant, Plant, Site
from setpoint.demo.story import SPACE, START, Chapter
from setpoint.loop import Loop
from setpoint.platforms.spark import Streams
from setpoint.settings import Settings
from setpoint.submission import Order, Submitted, submit
from setpoint.wiring import build_loop

__all__ = ["OnSpark", "on_spark"]

Run = Callable[[Settings, str, Sequence[str], Order, Callable[[str], None], Streams], Submitted]
ABOUT = (
    "Your own machine sends no bill: it is what the cores and the memory of the spec would cost elsewhere, from the "
    "start of the run to its end."
)


def on_spark(make_inputs: Callable[[Path], None] = plant_data.make_inputs, run: Run = submit) -> OpenPlant:
    """The plant on this machine: how its input is made, and how it runs once."""

    @contextmanager
    def opened(site: Site) -> Iterator[Plant]:
        site.say("Making the input (once) …")
        make_inputs(site.input)
        yield OnSpark(site, run)

    return opened


class OnSpark:
    """A `Plant`."""

    start: ClusterSpec = START
    about = ABOUT

    def __init__(self, site: Site, run: Run) -> None:
        self._site, self._run = site, run
        self.loop: Loop = build_loop(site.settings)

    def run(self, project: str, chapter: Chapter, goal: str | None) -> Submitted:
        """See Plant."""
        source = self._site.input / f"scale-{chapter.input_scale}"
        words = plant_data.command(source, self._site.output(project), chapter.code_version, START)
        order = Order() if goal is None else Order(goal, "auto", SPACE.slots, SPACE.task_memory_mib)
        with self._site.log.open("ab") as log:
            streams = Streams(stdout=subprocess.DEVNULL, stderr=log)
            return self._run(self._site.settings, project, words, order, self._site.say, streams)
