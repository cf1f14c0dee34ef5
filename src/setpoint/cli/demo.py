"""`setpoint demo`: a real loop around a real Spark job, on this machine."""

from typing import Annotated

import typer

from setpoint.cli.console import out

Runs = Annotated[int | None, typer.Option(help="How many runs to make.", min=6, max=200)]
Fast = Annotated[bool, typer.Option("--fast", help="Fewer runs: about half the time.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with a demo that was stopped or killed.")]
Serve = Annotated[bool, typer.Option("--serve/--no-serve", help="Keep the page up at the end, until Ctrl-C.")]
Platform = Annotated[str, typer.Option(help="Where: spark (this machine), databricks or emr (both emulated).")]
Simulated = Annotated[
    bool, typer.Option("--simulated", help="Compute runs of an emulated cloud: without Spark and Java, in seconds.")
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("demo")(demo)


def demo(
    platform: Platform = "spark",
    simulated: Simulated = False,
    runs: Runs = None,
    fast: Fast = False,
    resume: Resume = False,
    serve: Serve = True,
) -> None:
    """Watch a real recurring Spark job being driven to its goal: about six minutes on two cores."""
    from setpoint.demo.play import Plan, play
    from setpoint.demo.story import FAST_RUNS
    from setpoint.settings import load_settings

    count = runs or (FAST_RUNS if fast else None)
    play(load_settings(), Plan(count, resume, serve, platform, simulated), out())
