"""`setpoint simulate`: the whole loop closed round a fleet of simulated jobs whose physics is known."""

import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from setpoint.cli.console import out
from setpoint.cli.options import JsonOption

if TYPE_CHECKING:
    from setpoint.testing.fleet.figures import ProjectFigures

__all__ = ["add_to"]

_MOST_PROJECTS, _MOST_DAYS = 100_000, 1000

ProjectsOption = Annotated[int, typer.Option("--projects", min=1, max=_MOST_PROJECTS, help="Jobs in the fleet.")]
DaysOption = Annotated[int, typer.Option("--days", min=2, max=_MOST_DAYS, help="One run a day, and repeats.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Another seed is another fleet with other luck.")]
ProcessesOption = Annotated[
    int | None,
    typer.Option("--processes", min=1, max=64, help="Default: one per core. The figures do not depend on it."),
]
SimulatedGoalOption = Annotated[
    str, typer.Option("--goal", help="Of every project; DEADLINE stands for each one's own deadline.")
]
ProfileName = Literal["mixed", "noisy", "stationary", "growth", "cliff", "code-change"]
ProfileOption = Annotated[
    ProfileName,
    typer.Option("--profile", help="What befalls the jobs; docs/simulate.md tells them apart."),
]
TraceOption = Annotated[
    int | None,
    typer.Option("--trace", min=0, metavar="NUMBER", help="Show one project of the fleet, run by run, instead."),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("simulate")(simulate)


def simulate(
    *,
    projects: ProjectsOption = 100,
    days: DaysOption = 90,
    seed: SeedOption = 0,
    profile: ProfileOption = "mixed",
    goal: SimulatedGoalOption = "minimise cost; runtime p95 <= DEADLINE",
    processes: ProcessesOption = None,
    trace: TraceOption = None,
    json: JsonOption = False,
) -> None:
    """Let the loop run a fleet of simulated jobs: what it costs, misses and changes, beside an oracle and nobody.

    Nothing real is run or changed. The jobs write real event logs, and the loop reads them, decides and applies as it
    would for yours.
    """
    from setpoint.testing.fleet.closed import check_goal

    check_goal(goal)
    if trace is not None:
        _trace(profile, seed, trace, days, goal)
        return
    began = time.perf_counter()
    fleet = _played(profile, projects, days, seed, goal, processes)
    _answer(fleet, time.perf_counter() - began, profile=profile, days=days, seed=seed, goal=goal, json=json)


def _trace(profile: ProfileName, seed: int, number: int, days: int, goal: str) -> None:
    from setpoint.testing.fleet.closed import live
    from setpoint.testing.fleet.projects import draw_project
    from setpoint.testing.fleet.tracing import trace

    for line in trace(live(draw_project(profile, seed, number, days), goal)):
        out().print(line, highlight=False, markup=False)


def _played(
    profile: str, projects: int, days: int, seed: int, goal: str, processes: int | None
) -> "list[ProjectFigures]":
    from setpoint.cli.simulate_bar import SimulateBar
    from setpoint.testing.fleet.team import Asked, play, usual_processes

    with SimulateBar() as bar:
        return play(Asked(profile, projects, days, seed, goal), processes or usual_processes(), bar.show)


def _answer(
    fleet: "list[ProjectFigures]", seconds: float, *, profile: str, days: int, seed: int, goal: str, json: bool
) -> None:
    from setpoint.testing.fleet.figures import summary

    asked = {"profile": profile, "seed": seed, "goal": goal}
    figures = {**summary(fleet), "days": days, **asked, "seconds": round(seconds, 1)}
    if json:
        from setpoint.cli.logs import print_json

        print_json(figures)
        return
    from setpoint.cli.simulate_page import render

    render(out(), figures)
