"""The demo's pipeline without Spark: the real platform and loop, fed with runs of a simulated plant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from setpoint.core.space import space_around
from setpoint.demo.on_spark import on_spark
from setpoint.demo.plants import OpenPlant
from setpoint.demo.story import START
from setpoint.loop import Loop
from setpoint.platforms.spark import SparkPlatform, Streams
from setpoint.platforms.spark.store import Finished, Started
from setpoint.settings import Settings
from setpoint.submission import Order, Submitted
from setpoint.testing.plant import Physics, SimulatedPlant
from setpoint.wiring import build_loop

PHYSICS = Physics(launch_seconds=1.0, serial_seconds=3.0, waiting_seconds=40.0, cpu_seconds=6.0, needed_mib=900)

MOMENTS = ("before the run", "after the run", "after the tick")


class Crash(Exception):  # noqa: N818 - stands for a kill -9, which has no name either
    """The program is gone."""


@dataclass
class Emulated:
    """A machine that outlives the program: what ran, and what will go wrong."""

    error: str | None = None
    """What the application's code fails with."""
    error_in: int | None = None
    """The only run, counted from 0, that fails with it; None: every run."""
    crash_at: str | None = None
    """The moment at which every other run crashes the program."""
    stop_in: int | None = None
    """The run, counted from 0, in which the user presses Ctrl-C."""
    physics: Physics = PHYSICS
    ran: list[tuple[str, str, int]] = field(default_factory=list)
    """Project, input and code version of every run that was started."""
    inputs_made: int = 0
    _attempts: int = 0
    _plants: dict[str, SimulatedPlant] = field(default_factory=dict)

    def plant(self) -> OpenPlant:
        return on_spark(self._make_inputs, self._run)

    def _make_inputs(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.inputs_made += 1

    def _run(
        self,
        settings: Settings,
        project: str,
        words: Sequence[str],
        order: Order,
        say: Callable[[str], None],  # noqa: ARG002 - nothing goes wrong on our side
        streams: Streams,  # noqa: ARG002 - an emulated run says nothing
    ) -> Submitted:
        self._attempts += 1
        plant = self._plants.setdefault(project, SimulatedPlant(project, START, self.physics))
        platform = SparkPlatform(settings.home, plant.clock)
        loop = replace(build_loop(settings, platform), clock=plant.clock)
        self._prepare(loop, platform, project, order)
        self._crash("before the run")
        exit_code = self._launch(platform, plant, project, words)
        self._crash("after the run")
        decision = loop.tick(project)
        platform.remember_known_good(project, loop.state(project).rollout.known_good)
        self._crash("after the tick")
        return Submitted(exit_code, decision)

    def _crash(self, moment: str) -> None:
        if moment == self.crash_at and self._attempts % 2:
            raise Crash(moment)

    def _prepare(self, loop: Loop, platform: SparkPlatform, project: str, order: Order) -> None:
        platform.register(project, START)
        loop.register(project, "spark", START, space_around(START))
        if order.goal is not None:
            loop.set_goal(project, order.goal, "auto", order.space(loop.state(project).history.space))
        loop.tick(project)

    def _launch(self, platform: SparkPlatform, plant: SimulatedPlant, project: str, words: Sequence[str]) -> int:
        """One run, written down as the platform does it; its times are those of the small world."""
        scale = int(Path(_after(words, "--input")).name.removeprefix("scale-"))
        version = int(_after(words, "--code-version"))
        heavier = 1.3 if version > 1 else 1.0
        plant.physics = replace(
            self.physics,
            input_scale=scale,
            code_version=version,
            cpu_seconds=self.physics.cpu_seconds * heavier,
            waiting_seconds=self.physics.waiting_seconds * heavier,
        )
        choice = platform.spec_to_run(project, START)
        plant.set_by_owner(project, choice.spec)
        fails = self.error_in in {None, len(self.ran)}
        run_id = plant.run(error=self.error if fails else None)
        report = plant.cluster_report(project, run_id)
        stopped = self.stop_in == len(self.ran)
        self.ran.append((project, f"scale-{scale}", version))
        run = platform.store.create_run(project, report.started_at, f"{len(self.ran):04d}")
        log = b"".join(chunk for part in plant.event_log(project, run_id) for chunk in part)
        (run.event_logs / "local-1").write_bytes(log)
        run.start(Started(choice.spec, report.started_at, report.host_cores, run.event_logs.as_uri(), choice.retry, 1))
        exit_code = 130 if stopped else report.exit_code or 0
        run.finish(Finished(report.finished_at, exit_code, stopped, report.error), b"")
        return exit_code


def _after(words: Sequence[str], word: str) -> str:
    return words[words.index(word) + 1]
