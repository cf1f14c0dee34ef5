"""`setpoint profile` and `setpoint recommend`: event logs in, an answer out; no account, no service, no ledger."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.answer_files import judge_place, put_in_place
from setpoint.cli.console import out, say
from setpoint.cli.options import GoalOption, JsonOption, MemoryOption, SlotsOption, search_space
from setpoint.core.profile import Profile
from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.core.domain import Decision
    from setpoint.core.goals import Goal
    from setpoint.core.pricebook import PriceBook
    from setpoint.sources import SourceProblem

Sources = Annotated[
    str, typer.Argument(metavar="SOURCE", help="Event logs: a file, folder, archive, pattern in quotes, or URL.")
]
Source = Annotated[
    str, typer.Argument(metavar="SOURCE", help="The event log of one application: a file, folder, archive or URL.")
]
HtmlOption = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a report with pictures.")]
FollowOption = Annotated[
    bool, typer.Option("--follow", help="Go on while the application runs, until its end or Ctrl-C.")
]
ProcessesOption = Annotated[
    int | None, typer.Option("--processes", min=1, help="At most so many read one large log; default: one per core.")
]

_REPORT_BEGINS = b"<!doctype html>"


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("profile")(profile)
    app.command("recommend")(recommend)


def profile(
    source: Sources,
    json: JsonOption = False,
    html: HtmlOption = None,
    follow: FollowOption = False,
    processes: ProcessesOption = None,
) -> None:
    """Say where the time of a run went. With --json one object per line and application attempt."""
    from setpoint.core.diagnosis import diagnose

    if follow:
        _follow(source, json, html, processes)
        return
    if html is not None:
        judge_place("--html", html, _REPORT_BEGINS)
    read = []
    for number, each in enumerate(_read_all(source, processes)):
        if json:
            from setpoint.core.diagnosis.answer import answer

            print_json(answer(each, diagnose(each)))
        elif html is None:
            from setpoint.cli.profile_page import render

            if number:
                out().print()
            render(out(), each, diagnose(each))
        if html is not None:
            read.append(each)
    if html is not None:
        from setpoint.report.page import report

        put_in_place(html, report(read))
        sys.stderr.write(f"The report is in {html}.\n")


def _follow(source: str, json: bool, html: Path | None, processes: int | None) -> None:
    from setpoint.cli.following import follow

    if html is not None:
        raise InputError("--follow and --html do not go together: write the report when the application has ended.")
    if processes is not None:
        raise InputError("--follow and --processes do not go together: one process reads a log that grows.")
    follow(source, json=json)


def _read_all(source: str, processes: int | None) -> Iterator[Profile]:
    """Every application attempt in a source; what could not be used besides is said on stderr, a line each."""
    from setpoint.cli.reading_bar import ReadingBar
    from setpoint.sources import read_profiles

    held_back: list[SourceProblem] | None = []

    def tell(problem: "SourceProblem") -> None:
        # Where nothing is usable, the error says why and nothing more is to be said.
        if held_back is not None:
            held_back.append(problem)
        else:
            bar.hide()
            say(str(problem))

    with ReadingBar(sys.stderr) as bar:
        for each in read_profiles(source, bar.show if bar.is_wanted else None, tell=tell, processes=processes):
            waiting, held_back = held_back or [], None
            for problem in waiting:
                tell(problem)
            bar.hide()
            yield each


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
        print_json({"goal": wanted.text, **measured, "prices": _rates(prices), **_as_data(decision)})
        return
    _print_decision(read, wanted, decision, prices)


def _read(source: str) -> Profile:
    from setpoint.core.eventlog import read_profile
    from setpoint.sources import open_source

    return read_profile(open_source(source))


def _as_data(decision: "Decision") -> dict[str, object]:
    from setpoint.core.breakdown import cost_as_data

    costs = {name: cost_as_data(candidate.cost) for name, candidate in decision.assessment.named.items()}
    return {"action": type(decision).__name__.lower(), "decision": decision, "costs": costs}


def _rates(prices: "PriceBook") -> dict[str, object]:
    """The prices that the answer rests on, without all that the book knows besides."""
    return {"source": prices.source, "cloud": prices.cloud, "region": prices.region, "cores": prices.cores}


def print_json(answer: Mapping[str, object]) -> None:
    """Print an answer on one line."""
    import msgspec

    sys.stdout.write(msgspec.json.encode(answer).decode() + "\n")
    sys.stdout.flush()


def _print_decision(read: Profile, goal: "Goal", decision: "Decision", prices: "PriceBook") -> None:
    for line in _advice_lines(read, goal, decision, prices):
        out().print(line, highlight=False, markup=False)


def _advice_lines(read: Profile, goal: "Goal", decision: "Decision", prices: "PriceBook") -> Iterator[str]:
    from setpoint.cli.explain import candidate_lines
    from setpoint.core.advice import caution
    from setpoint.core.breakdown import about_costs

    yield f"{read.application.name}: {read.wall_seconds:.1f} s"
    yield f"Goal        {goal.text}"
    doubt = caution(read)
    if doubt is not None:
        yield f"Caution     {doubt}"
    candidates = decision.assessment.named
    for name, candidate in candidates.items():
        yield from candidate_lines({"current": "As it ran", "chosen": "Better", "refused": "Refused"}[name], candidate)
    if decision.assessment.refused is not None:
        yield f"            because {decision.assessment.refused.reason}"
    yield f"Advice      {decision.reason}"
    yield f"Prices      {prices.source}"
    node_type = read.property_value("spark.databricks.clusterUsageTags.clusterNodeType")
    if node_type is not None:
        yield f"            rates of cores, not the prices of a cluster of {node_type}: `setpoint engines` has those"
    if candidates:
        yield f"Costs       {about_costs(candidate.cost for candidate in candidates.values())}"
