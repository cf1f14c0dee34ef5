"""`setpoint profile` and `setpoint recommend`: one event log in, an answer out; no account, no service, no ledger."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import out
from setpoint.cli.options import GoalOption, JsonOption, MemoryOption, SlotsOption, search_space
from setpoint.core.profile import Profile

if TYPE_CHECKING:
    from setpoint.core.domain import Decision, PriceBook
    from setpoint.core.goals import Goal

Source = Annotated[Path, typer.Argument(help="An event log: a file, or the folder of a rolling log.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("profile")(profile)
    app.command("recommend")(recommend)


def profile(source: Source, json: JsonOption = False) -> None:
    """Say where the time of a run went."""
    from setpoint.core.diagnosis import diagnose

    read = _read(source)
    if json:
        _print_json({"profile": read, "diagnosis": diagnose(read)})
        return
    from setpoint.cli.profile_page import render

    render(out(), read, diagnose(read))


def recommend(
    source: Source,
    goal: GoalOption = None,
    slots: SlotsOption = None,
    memory: MemoryOption = None,
    json: JsonOption = False,
) -> None:
    """Say which cluster would have been better for a run, and why."""
    from setpoint.core.advice import advise, usual_goal
    from setpoint.core.goals import parse_goal
    from setpoint.core.space import space_around
    from setpoint.core.workload import spec_of
    from setpoint.settings import load_settings
    from setpoint.wiring import price_book

    read = _read(source)
    spec = spec_of(read)
    space = space_around(spec)
    wanted = parse_goal(goal or usual_goal(read))
    prices = price_book(load_settings())
    decision = advise(read, spec, search_space(space, slots, memory) or space, wanted, prices)
    if json:
        measured = {"measured_spec": spec, "completeness": read.completeness, "failures": read.failures}
        _print_json({"goal": wanted.text, **measured, "prices": prices, **_as_data(decision)})
        return
    _print_decision(read, wanted, decision, prices)


def _read(source: Path) -> Profile:
    from setpoint.core.eventlog import read_profile
    from setpoint.sources import open_source

    return read_profile(open_source(source))


def _as_data(decision: "Decision") -> dict[str, object]:
    return {"action": type(decision).__name__.lower(), "decision": decision}


def _print_json(answer: dict[str, object]) -> None:
    import msgspec

    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")


def _print_decision(read: Profile, goal: "Goal", decision: "Decision", prices: "PriceBook") -> None:
    from setpoint.cli.explain import describe_candidate
    from setpoint.core.advice import caution

    name, assessment = read.application.name, decision.assessment
    lines = [f"{name}: {read.wall_seconds:.1f} s", f"Goal      {goal.text}"]
    doubt = caution(read)
    if doubt is not None:
        lines.append(f"Caution   {doubt}")
    if assessment.current is not None:
        lines.append(f"As it ran {describe_candidate(assessment.current)}")
    if assessment.chosen is not None:
        lines.append(f"Better    {describe_candidate(assessment.chosen)}")
    if assessment.refused is not None:
        lines.append(f"Refused   {describe_candidate(assessment.refused.candidate)}")
        lines.append(f"          because {assessment.refused.reason}")
    lines += [f"Advice    {decision.reason}", f"Prices    {prices.source}"]
    for line in lines:
        out().print(line, highlight=False, markup=False)
