"""`setpoint cost`: a cluster report in, dollars part by part and energy out; no account, no service, no ledger."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from setpoint.cli.console import out
from setpoint.cli.energy_lines import energy_as_data, energy_line
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.core.domain import Cost, Unpriceable
    from setpoint.core.energy import Footprint
    from setpoint.core.pricebook import Missing, PriceBook
    from setpoint.core.reports import ReportedRun, Terms
    from setpoint.core.usage import MachineUse, Usage
    from setpoint.settings import Settings

__all__ = ["UNPRICEABLE", "PricedRun", "add_to", "cost_of", "read_file", "table", "terms_of"]

UNPRICEABLE = 3
"""Exit code where a price is missing; what does have one is shown."""
_INDENT = " " * 12
T = TypeVar("T")

ReportArgument = Annotated[str, typer.Argument(metavar="REPORT.json", help="A cluster report; - is standard input.")]
RegionOption = Annotated[str | None, typer.Option("--region", help="The region; default: what the report says.")]
PlanOption = Annotated[
    str | None, typer.Option("--plan", help="Plan of the Databricks account: standard, premium or enterprise.")
]
ComputeOption = Annotated[
    str | None,
    typer.Option(
        "--compute",
        help="Kind of Databricks compute: jobs, all_purpose, or jobs_light, which needs a rate of your own.",
    ),
]

UpperBoundOption = Annotated[
    bool,
    typer.Option(
        "--spot-as-on-demand", help="Where a spot price is not known, take the on-demand price: at most that."
    ),
]


@dataclass(frozen=True, slots=True)
class PricedRun:
    """The run of a report, its price, and the prices it was priced with."""

    run: "ReportedRun"
    cost: "Cost | Unpriceable"
    book: "PriceBook"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("cost")(cost)


def cost(
    report: ReportArgument,
    region: RegionOption = None,
    plan: PlanOption = None,
    compute: ComputeOption = None,
    spot_as_on_demand: UpperBoundOption = False,
    json: JsonOption = False,
) -> None:
    """Say what a run cost, from the cluster report of its platform and list prices, and what energy it took."""
    from setpoint.core.domain import Unpriceable
    from setpoint.settings import load_settings

    terms = terms_of(region, plan, compute)
    answer = cost_of(read_file(report), terms, load_settings(), at_most=spot_as_on_demand)
    if json:
        from setpoint.cli.logs import print_json

        print_json(_as_data(answer))
    else:
        for line in _lines(answer):
            out().print(line, highlight=False, markup=False)
    if isinstance(answer.cost, Unpriceable):
        raise typer.Exit(UNPRICEABLE)


def read_file(name: str) -> bytes:
    """The bytes of a document, `-` being standard input; no more than one beyond what may be read."""
    from setpoint.core.reports import LARGEST_REPORT_BYTES

    if name == "-":
        return sys.stdin.buffer.read(LARGEST_REPORT_BYTES + 1)
    try:
        with Path(name).open("rb") as stream:
            return stream.read(LARGEST_REPORT_BYTES + 1)
    except (OSError, ValueError) as error:
        raise InputError(f"The file {name} cannot be read: {getattr(error, 'strerror', None) or error}.") from None


def terms_of(region: str | None, plan: str | None, compute: str | None) -> "Terms":
    """What the options say."""
    from setpoint.core.reports import Terms
    from setpoint.core.reports.names import COMPUTES, PLANS

    return Terms(region or None, _word(plan, PLANS, "--plan"), _word(compute, COMPUTES, "--compute"))


def _word(text: str | None, words: Mapping[str, T], option: str) -> T | None:
    if text is None:
        return None
    found = words.get(text.strip().lower().replace("-", " "))
    if found is None:
        known = ", ".join(dict.fromkeys(str(each) for each in words.values()))
        raise InputError(f"{option} {text!r} is not known; there are {known}.")
    return found


def cost_of(document: bytes, terms: "Terms", settings: "Settings", *, at_most: bool = False) -> PricedRun:
    """The run of a report with its price; `at_most`: where spot prices are not known, the on-demand price is taken."""
    from setpoint.core.cost import meter
    from setpoint.core.places import listed_types, usual_region
    from setpoint.core.reports import read_report
    from setpoint.wiring import cloud_book, reported_book

    run = read_report(document, terms)
    usage = run.usage
    if not usage.region:
        region = usual_region(usage.cloud, settings.region)
        note = f"The region is not in the report: prices of {region} are taken (--region names another)."
        usage = replace(usage, region=region, assumptions=(*usage.assumptions, note))
    # Of the report, and not of the user, an unknown region is no reason to stop.
    is_reported = bool(run.usage.region) and not terms.region
    book = (reported_book if is_reported else cloud_book)(settings, usage.cloud, usage.region)
    usage = listed_types(usage, book)
    if at_most:
        usage = _at_most(usage, book)
    run = replace(run, usage=usage)
    return PricedRun(run, meter(usage, book, "list-estimated"), book)


def _at_most(usage: "Usage", book: "PriceBook") -> "Usage":
    def is_unknown(use: "MachineUse") -> bool:
        return use.market == "spot" and isinstance(book.machine(use.instance_type, "spot"), Missing)

    from setpoint.core.pricebook import Missing

    types = dict.fromkeys(use.instance_type for use in usage.machines if is_unknown(use))
    if not types:
        return usage
    note = f"No spot price is known of {', '.join(types)}: the on-demand price is taken, so it cost less than this."
    machines = tuple(replace(use, market="on_demand") if is_unknown(use) else use for use in usage.machines)
    return replace(usage, machines=machines, assumptions=(*usage.assumptions, note))


def _energy_of(priced: PricedRun) -> "Footprint | Missing":
    from setpoint.core.energy import footprint
    from setpoint.core.pricebook import Missing
    from setpoint.prices.energy import load_energy

    usage = priced.run.usage
    try:
        return footprint(usage, priced.book.nodes, load_energy(usage.cloud, usage.region), None)
    except InputError as error:
        return Missing(str(error))


def _as_data(priced: PricedRun) -> dict[str, object]:
    from setpoint.core.breakdown import cost_as_data
    from setpoint.core.domain import Unpriceable

    run, cost = priced.run, priced.cost
    is_missing = isinstance(cost, Unpriceable)
    return {
        "unpriceable": (),
        **cost_as_data(cost),
        "assumptions": run.usage.assumptions,
        "priced_dollars": sum(part.dollars for part in cost.parts) if is_missing else None,
        "energy": energy_as_data(_energy_of(priced)),
        "report": {
            "kind": run.kind,
            "cluster_id": run.cluster_id,
            "name": run.name,
            "project": run.project,
            "cloud": run.usage.cloud,
            "region": run.usage.region,
            "seconds": run.ended - run.began,
            "photon": run.usage.photon,
            "plan": run.usage.plan,
            "compute": run.usage.compute,
        },
        "prices": priced.book.source,
    }


def _lines(priced: PricedRun) -> Iterator[str]:
    from setpoint.core.breakdown import about_costs, breakdown, labelled, text_lines
    from setpoint.core.domain import Unpriceable
    from setpoint.core.words import duration

    run, cost = priced.run, priced.cost
    named = " ".join(it for it in (run.name, f"({run.cluster_id})" if run.cluster_id else "") if it)
    yield f"{named or 'A run'} · {run.kind} · {run.usage.region} · {duration(run.ended - run.began)}"
    is_missing = isinstance(cost, Unpriceable)
    yield f"Total       {breakdown(cost).total if is_missing else labelled(cost)}"
    yield from (_INDENT + line for line in text_lines(cost))
    if isinstance(cost, Unpriceable):
        if any(reason.startswith("no spot price") for reason in cost.reasons):
            yield f"{_INDENT}--spot-as-on-demand takes the on-demand price there, which is more than was paid."
        yield from (f"{_INDENT}assumed: {note}" for note in run.usage.assumptions)
    yield energy_line(_energy_of(priced))
    yield f"Prices      {priced.book.source}"
    yield f"Costs       {about_costs([cost])}"


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """Rows in columns as wide as they need, so that nothing is cut where the terminal is narrow.

    >>> print(*table(("a", "bb"), iter([("ccc", "d")])), sep="|")
    a    bb|ccc  d
    """
    cells = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
