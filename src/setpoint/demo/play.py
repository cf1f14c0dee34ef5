"""The demo: a real PySpark job, run again and again under the loop, while its world changes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from shutil import rmtree

import msgspec
from rich.console import Console

from setpoint.core.domain import Outcome, Rollback
from setpoint.core.goals import parse_goal
from setpoint.core.history import Decided
from setpoint.demo.plants import OpenPlant, Plant, Site, plant_named
from setpoint.demo.screen import Screen, Summary
from setpoint.demo.story import PROJECT, UNTOUCHED, USUAL_RUNS, Chapter, chapter_of, stated_goal
from setpoint.errors import InputError, PlatformError
from setpoint.ledger import Ledger
from setpoint.service.rows import ProjectView, RunRow
from setpoint.service.server import BackgroundServer
from setpoint.service.view import project_view
from setpoint.settings import Settings
from setpoint.submission import Submitted
from setpoint.wiring import build_ledger

__all__ = ["Plan", "play"]

GRADED_AFTER = 3
"""Predictions count from the run after this one: before, there was next to nothing to learn from."""
_LAST_RUNS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What the user asked for."""

    runs: int | None
    """None: as many as the demo that is resumed was to make, else the usual number."""
    resume: bool
    serve: bool
    platform: str = "spark"
    is_simulated: bool = False
    """Whether runs are computed, and none is real; on clouds only."""


def play(settings: Settings, plan: Plan, console: Console, open_plant: OpenPlant | None = None) -> None:
    """Play the whole story, then keep the page up until Ctrl-C unless told otherwise.

    Without a plant: the one of the plan's platform. Raises InputError where that has none.
    """
    opened = open_plant or plant_named(plan.platform)
    if plan.is_simulated and plan.platform == "spark":
        raise InputError("Runs of this machine are real ones; only those of an emulated cloud can be simulated.")
    own = "demo" if plan.platform == "spark" else f"demo-{plan.platform}"
    site_settings = msgspec.structs.replace(settings, home=settings.home / own, ledger="")
    home, screen = site_settings.home, Screen(console)
    if not plan.resume:
        _clear(home, plan.platform)
    elif not (home / "ledger.db").exists():
        raise InputError("There is no demo to resume; start one: setpoint demo")
    runs = _settle_runs(home / "plan.json", plan)
    site = Site(site_settings, settings.home / "demo" / "input", screen.note, plan.is_simulated)
    with opened(site) as plant:
        _Demo(site, runs, screen, plant).play(serve=plan.serve)


def _settle_runs(path: Path, plan: Plan) -> int:
    """How many runs to make, written down for those who resume."""
    runs = plan.runs or (_planned_runs(path) if plan.resume else None) or USUAL_RUNS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(runs))
    return runs


def _planned_runs(path: Path) -> int | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=int)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _clear(home: Path, platform: str) -> None:
    """Forget the last demo, the ledger first since all else hangs on it; the input is the same every time."""
    for path in (*home.glob("ledger.db*"), *home.glob("application.log")):
        path.unlink()
    for name in ("projects", "output", "launchers", platform):
        rmtree(home / name, ignore_errors=True)


class _Demo:
    """One playing of the story."""

    def __init__(self, site: Site, runs: int, screen: Screen, plant: Plant) -> None:
        self._plant = plant
        self._site = site
        self._settings = site.settings
        self._runs = runs
        self._screen = screen
        self._ledger: Ledger = build_ledger(site.settings)

    def play(self, *, serve: bool) -> None:
        for project in self._ledger.projects():
            # A run that ended just before we were killed is on disk and not in the ledger yet.
            self._plant.loop.tick(project)
        with _page(self._ledger, self._settings) as server:
            address = f"{server.address}/projects/{PROJECT}"
            self._screen.begin(str(self._plant.start), address, is_simulated=self._site.is_simulated)
            goal = self._measure_today()
            self._run_all(goal)
            self._run_untouched(self._runs - 1, at_least=2)
            view = self._view(PROJECT)
            address, program = quote(self._settings.ledger_url), quote(sys.argv[0])
            self._screen.end(
                self._summary(view), self._plant.about, f"SETPOINT_LEDGER={address} {program} explain {PROJECT}"
            )
            self._screen.note(f"The page: {server.address}/projects/{PROJECT}")
            if serve:
                self._screen.note("Ctrl-C stops.")
                with suppress(KeyboardInterrupt):
                    server.wait()

    def _measure_today(self) -> str:
        """Run the pipeline as it is today, and state the goal that its owner sets after a look at the figures."""
        self._run_untouched(0, at_least=1)
        measured = self._untouched()
        if not measured:
            raise self._broken(self._view(UNTOUCHED))
        row = measured[0]
        goal = stated_goal(row.seconds, row.dollars)
        self._screen.goal(row, goal)
        return goal

    def _run_all(self, goal: str) -> None:
        told: Chapter | None = None
        while (done := self._done(PROJECT)) < self._runs:
            chapter = chapter_of(done, self._runs)
            if chapter != told:
                self._screen.chapter(chapter, tuple(str(limit) for limit in parse_goal(goal).limits))
                told = chapter
            self._run_once(chapter, goal)

    def _run_once(self, chapter: Chapter, goal: str) -> None:
        view = self._view(PROJECT)
        spec = view.spec or str(self._plant.start)
        with self._screen.running(f"run {len(view.runs) + 1} of {self._runs}, {spec}", view.next_run):
            submitted = self._plant.run(PROJECT, chapter, goal)
        after = self._view(PROJECT)
        for row in after.runs[len(view.runs) :]:
            events = tuple(e for e in after.events if e.kind == "disturbance" and e.position == row.number)
            self._screen.run(row, events)
        self._check(view, after, submitted)

    def _check(self, before: ProjectView, after: ProjectView, submitted: Submitted) -> None:
        """Stop where going on makes no sense: the user interrupted, or the pipeline or the ledger does not work."""
        if len(after.runs) == len(before.runs):
            raise self._broken(after, "it left no record")
        if after.runs[-1].outcome is Outcome.KILLED:
            raise KeyboardInterrupt
        works = any(row.outcome is Outcome.SUCCEEDED for row in after.runs)
        if submitted.exit_code != 0 and not works:
            raise self._broken(after)

    def _broken(self, view: ProjectView, why: str | None = None) -> PlatformError:
        said = why or (view.runs[-1].error if view.runs else None) or "it says nothing"
        log = self._site.log
        return PlatformError(f"The demo's Spark job does not run here: {said}. All it said is in {log}.")

    def _run_untouched(self, as_in_run: int, at_least: int) -> None:
        """Measure the starting spec on the input and code of a run of the story, unless enough such runs worked."""
        if len(self._untouched()) >= at_least:
            return
        before = self._view(UNTOUCHED)
        with self._screen.running(f"{self._plant.start}, untouched", None):
            submitted = self._plant.run(UNTOUCHED, chapter_of(as_in_run, self._runs), None)
        self._check(before, self._view(UNTOUCHED), submitted)

    def _untouched(self) -> list[RunRow]:
        """The runs on the starting spec that worked: the first on the first input and code, the last on the last."""
        return [row for row in self._view(UNTOUCHED).runs if row.outcome is Outcome.SUCCEEDED]

    def _done(self, project: str) -> int:
        if project not in self._ledger.projects():
            return 0
        return sum(row.outcome is not Outcome.KILLED for row in self._view(project).runs)

    def _view(self, project: str) -> ProjectView:
        return project_view(project, self._ledger.read(project))

    def _summary(self, view: ProjectView) -> Summary:
        untouched = self._untouched()
        last = self._last_runs(view)
        graded = [row for row in view.runs[GRADED_AFTER:] if row.graded]
        entries = self._ledger.read(PROJECT)
        return Summary(
            start_dollars=untouched[-1].dollars if len(untouched) > 1 else None,
            final_dollars=_mean_dollars(last) if last else None,
            start_spec=str(self._plant.start),
            final_spec=last[-1].spec if last else str(view.spec),
            rollbacks=sum(isinstance(e, Decided) and isinstance(e.decision, Rollback) for e in entries),
            met=sum(row.met for row in view.runs if row.counts),
            counted=sum(row.counts for row in view.runs),
            inside=sum(row.inside for row in graded),
            graded=len(graded),
            cost_label=untouched[0].cost_label,
            last_cost=last[-1].cost if last else None,
        )

    def _last_runs(self, view: ProjectView) -> list[RunRow]:
        """The last runs on the final spec which had the final input and code and did their work."""
        counted = [row for row in view.runs if row.outcome is not Outcome.KILLED]
        final = chapter_of(self._runs - 1, self._runs)
        worked = [
            row
            for number, row in enumerate(counted)
            if row.outcome is Outcome.SUCCEEDED and chapter_of(number, self._runs) == final
        ]
        return [row for row in worked if row.spec == worked[-1].spec][-_LAST_RUNS:]


def _mean_dollars(rows: list[RunRow]) -> float:
    return sum(row.dollars for row in rows) / len(rows)


@contextmanager
def _page(ledger: Ledger, settings: Settings) -> Iterator[BackgroundServer]:
    """The dashboard behind the demo, on the usual port or, where that is taken, on any."""
    try:
        server = BackgroundServer(ledger, settings.host, settings.port)
    except InputError:
        server = BackgroundServer(ledger, settings.host, 0)
    server.start()
    try:
        yield server
    finally:
        server.stop()
