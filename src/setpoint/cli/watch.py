"""`setpoint watch`: looks for ended runs of the projects of this ledger, and does what the loop decides."""

from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import err, out
from setpoint.cli.options import JsonOption
from setpoint.errors import UnknownProject

if TYPE_CHECKING:
    from setpoint.watching import Looked

__all__ = ["add_to"]

Projects = Annotated[list[str] | None, typer.Argument(help="Names of projects; without any all that run elsewhere.")]
EveryOption = Annotated[
    float | None,
    typer.Option("--every", metavar="SECONDS", min=5.0, max=86_400.0, help="How often to look; usually 60."),
]
OnceOption = Annotated[bool, typer.Option("--once", help="Look once and end: for a timer of your own.")]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("watch")(watch)


def watch(
    projects: Projects = None, every: EveryOption = None, once: OnceOption = False, json: JsonOption = False
) -> None:
    """Look for runs that have ended on Databricks and EMR; record, decide, and change what may be changed.

    Goes on until Ctrl-C. May be ended at any time, and run beside others: the ledger takes each run once.
    """
    import time

    from setpoint.settings import load_settings
    from setpoint.wiring import build_watching

    settings = load_settings()
    watching = build_watching(settings, settings.poll_seconds if every is None else every)
    _check(list(projects or ()), [each.project for each in watching.projects()])
    if projects:
        all_of_them, wanted = watching.projects, set(projects)
        watching.projects = lambda: [each for each in all_of_them() if each.project in wanted]
    if not once:
        number = len(watching.projects())
        err().print(f"Watching {number} project{'s'[: number != 1]} — Ctrl-C stops.", highlight=False)
    while True:
        for looked in watching.look():
            _say(looked, json=json)
        if once:
            return
        time.sleep(watching.pause_seconds())


def _check(asked: list[str], known: list[str]) -> None:
    unknown = [name for name in asked if name not in known]
    if unknown:
        there = ", ".join(known[:10]) or "none"
        raise UnknownProject(f"{unknown[0]} is no project that runs elsewhere; there are: {there}.")


def _say(looked: "Looked", *, json: bool) -> None:
    from setpoint.cli.logs import print_json

    reason = looked.reason or ("" if looked.decision is None else looked.decision.reason)
    if json:
        runs = list(looked.runs)
        print_json({"project": looked.project, "outcome": looked.outcome, "runs": runs, "reason": reason})
        return
    match looked.outcome:
        case "recorded":
            number = len(looked.runs)
            what = f"{number} run{'s'[: number != 1]} recorded"
        case "changed":
            what = "a change that waited was looked at again"
        case _:
            what = "not done"
    out().print(f"{looked.project}: {what}{'. ' if reason else '.'}{reason}", highlight=False, markup=False)
