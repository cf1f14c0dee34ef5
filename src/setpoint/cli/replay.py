"""`setpoint replay`: ways to choose, tried on grids of measurements where every outcome is known."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from setpoint.cli.console import out, say
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.core.replay import Grid, Method

__all__ = ["add_to"]

DEFAULT_METHOD = "ours"

Grids = Annotated[
    list[Path], typer.Argument(metavar="GRID.csv…", help="One line per run; the columns are in docs/replay.md.")
]
ReplayGoalOption = Annotated[
    Literal["cost", "cost-under-deadline"],
    typer.Option("--goal", help="cost: any runtime will do; cost-under-deadline: a late run is a miss."),
]
FactorOption = Annotated[
    float, typer.Option("--deadline-factor", help="With a deadline: so many times the fastest run of the workload.")
]
HorizonOption = Annotated[int, typer.Option("--horizon", min=2, max=1000, help="Runs of an episode, the parent's too.")]
SeedsOption = Annotated[
    int, typer.Option("--seeds", min=1, max=1000, help="Rounds, where the method or the noise is random.")
]
ParentsOption = Annotated[
    int | None, typer.Option("--parents", min=1, help="Parents of each workload; default: all that completed.")
]
MethodOption = Annotated[
    list[str] | None,
    typer.Option("--method", help="ours (default), stay, random, or oracle, which has seen the answers; repeatable."),
]
KnownOption = Annotated[
    list[Path] | None,
    typer.Option("--known", metavar="GRID.csv", help="The only workloads known beforehand; may be repeated."),
]
NoPriorOption = Annotated[bool, typer.Option("--no-prior", help="Nothing is known of other workloads.")]
LeaveOutOption = Annotated[
    Literal["workload", "algorithm"],
    typer.Option("--leave-out", help="Of what is known, leave out the workload under test, or its algorithm."),
]
NoiseOption = Annotated[float, typer.Option("--noise", min=0, max=1, help="Scatter of each runtime; 0.1 is 10 %.")]
RiskOption = Annotated[
    float,
    typer.Option("--risk", min=0, max=1, help="With a deadline: P(miss) of a run that is accepted; else no effect."),
]
ProcessesOption = Annotated[
    int | None,
    typer.Option("--processes", min=1, max=64, help="Default: one per core. The figures do not depend on it."),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("replay")(replay)


def replay(
    grids: Grids,
    *,
    goal: ReplayGoalOption = "cost",
    deadline_factor: FactorOption = 1.25,
    horizon: HorizonOption = 25,
    seeds: SeedsOption = 1,
    parents: ParentsOption = None,
    method: MethodOption = None,
    known: KnownOption = None,
    no_prior: NoPriorOption = False,
    leave_out: LeaveOutOption = "algorithm",
    noise: NoiseOption = 0.0,
    risk: RiskOption = 0.05,
    processes: ProcessesOption = None,
    json: JsonOption = False,
) -> None:
    """Run the loop against measurements of real jobs: how good is the first recommendation, what do many runs cost."""
    from setpoint.cli.replay_bar import ReplayBar
    from setpoint.core.replay import ORACLE, Rules
    from setpoint.replays import Asked, play_all, read_grids
    from setpoint.replays.team import usual_processes

    if not 1 <= deadline_factor <= 1000:  # noqa: PLR2004 - below 1 nothing is in time
        raise InputError("--deadline-factor: write 1 or more; at 1 the fastest configuration alone is in time.")
    names = method or [DEFAULT_METHOD]
    methods = _methods(names)
    read = read_grids(grids)
    asked = Asked(
        grids=read.grids,
        methods=methods,
        with_oracle=ORACLE in names,
        known=_known(known, no_prior=no_prior),
        leave_out=leave_out,
        rules=Rules(goal, deadline_factor, horizon, seeds, parents, noise, risk),
    )
    for workload in read.left_out:
        say(f"left out: {workload} was measured on one configuration only")
    if leave_out == "algorithm" and not no_prior:
        for dataset in read.without_algorithms:
            say(f"{dataset}: no line tells an algorithm, so that of what is known only the workload itself is left out")
    with ReplayBar() as bar:
        played = play_all(asked, processes or usual_processes(), bar.show)
    for dataset in played.without_prior:
        say(f"{dataset}: for some of its workloads nothing may be known of others; there, methods begin from nothing")
    for dataset in played.with_own_rates:
        say(
            f"{dataset}: what some configurations cost a second is known from the runs under test alone, which may "
            "tell methods how long they took; add price_per_node_hour"
        )
    _answer(played.summaries, json=json)


def _methods(names: list[str]) -> "dict[str, Method]":
    """By name; the oracle is none, since it has seen the answers."""
    from setpoint.core.replay import METHODS, ORACLE

    for name in names:
        if name not in {*METHODS, ORACLE}:
            raise InputError(f"--method: there is no method {name!r}; there are {', '.join([*METHODS, ORACLE])}.")
    return {name: METHODS[name] for name in names if name != ORACLE}


def _known(paths: list[Path] | None, *, no_prior: bool) -> "tuple[Grid, ...] | None":
    from setpoint.replays import read_grids

    if no_prior and paths:
        raise InputError("--no-prior means that nothing is known: leave out --known.")
    if no_prior:
        return ()
    return read_grids(paths).grids if paths else None


def _answer(summaries: Sequence[Mapping[str, object]], *, json: bool) -> None:
    if json:
        from setpoint.cli.logs import print_json

        for figures in summaries:
            print_json(figures)
        return
    from setpoint.cli.replay_page import render

    render(out(), summaries)
