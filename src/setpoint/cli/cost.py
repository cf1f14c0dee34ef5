"""`setpoint cost`: a cluster report in, dollars part by part out; no account, no service, no ledger."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from setpoint.cli.console import out
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.core.domain import Cost, CostPart, Unpriceable
    from setpoint.core.pricebook import PriceBook
    from setpoint.core.reports import ReportedRun, Terms
    from setpoint.core.usage import MachineUse, Usage
    from setpoint.settings import Settings

__all__ = ["UNPRICEABLE", "CostOf", "add_to", "cost_of", "read_file", "table", "terms_of"]

UNPRICEABLE = 3
"""Exit code where a price is missing; what does have one is shown."""
DEFAULT_REGIONS = {"azure": "eastus", "gcp": "us-central1"}
"""Of AWS it is the setting `region`."""
CostOf = tuple["ReportedRun", "Cost | Unpriceable", str]
"""A run, its price, and where the prices are from."""
T = TypeVar("T")

ReportArgument = Annotated[str, typer.Argument(metavar="REPORT.json", help="A cluster report; - is standard input.")]
RegionOption = Annotated[str | None, typer.Option("--region", help="The region; default: what the report says.")]
PlanOption = Annotated[
    str | None, typer.Option("--plan", help="Plan of the Databricks account: standard, premium or enterprise.")
]
ComputeOption = Annotated[
    str | None, typer.Option("--compute", help="Kind of Databricks compute: jobs, all_purpose or jobs_light.")
]

UpperBoundOption = Annotated[
    bool,
    typer.Option(
        "--spot-as-on-demand", help="Where a spot price is not known, take the on-demand price: at most that."
    ),
]


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
    """Say what a run cost, from the cluster report of its platform and list prices."""
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
    if isinstance(answer[1], Unpriceable):
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


def cost_of(document: bytes, terms: "Terms", settings: "Settings", *, at_most: bool = False) -> CostOf:
    """The run of a report with its price; `at_most`: where spot prices are not known, the on-demand price is taken."""
    from setpoint.core.cost import meter
    from setpoint.core.reports import read_report
    from setpoint.wiring import cloud_book

    run = read_report(document, terms)
    usage = run.usage
    if not usage.region:
        region = DEFAULT_REGIONS.get(usage.cloud, settings.region)
        note = f"The region is not in the report: prices of {region} are taken (--region names another)."
        usage = replace(usage, region=region, assumptions=(*usage.assumptions, note))
        run = replace(run, usage=usage)
    book = cloud_book(settings, usage.cloud, usage.region)
    if at_most:
        usage = _at_most(usage, book)
        run = replace(run, usage=usage)
    return run, meter(usage, book, "list-estimated"), book.source


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


def _as_data(answer: CostOf) -> dict[str, object]:
    from setpoint.core.domain import Unpriceable

    run, price, source = answer
    missing = isinstance(price, Unpriceable)
    return {
        "total_dollars": None if isinstance(price, Unpriceable) else price.dollars,
        "label": None if isinstance(price, Unpriceable) else price.label,
        "parts": price.parts,
        "assumptions": run.usage.assumptions,
        "unpriceable": price.reasons if isinstance(price, Unpriceable) else (),
        "priced_dollars": sum(part.dollars for part in price.parts) if missing else None,
        "report": {
            "kind": run.kind,
            "cluster_id": run.cluster_id,
            "name": run.name,
            "cloud": run.usage.cloud,
            "region": run.usage.region,
            "seconds": run.ended - run.began,
            "photon": run.usage.photon,
            "plan": run.usage.plan,
            "compute": run.usage.compute,
        },
        "prices": source,
    }


def _lines(answer: CostOf) -> Iterator[str]:
    from setpoint.core.domain import Unpriceable
    from setpoint.core.words import dollars, duration

    run, price, source = answer
    named = " ".join(it for it in (run.name, f"({run.cluster_id})" if run.cluster_id else "") if it)
    yield f"{named or 'A run'} · {run.kind} · {run.usage.region} · {duration(run.ended - run.began)}"
    if price.parts:
        yield from table(("part", "quantity", "unit price", "dollars", "where the price is from"), _rows(price.parts))
    if isinstance(price, Unpriceable):
        yield "Not priced whole: " + "; ".join(price.reasons)
        if any(reason.startswith("no spot price") for reason in price.reasons):
            yield "          --spot-as-on-demand takes the on-demand price there, which is more than was paid."
    else:
        yield f"Total     {dollars(price.dollars)} ({price.label})"
    for note in run.usage.assumptions:
        yield f"Assumed   {note}"
    yield f"Prices    {source}"


def _rows(parts: Sequence["CostPart"]) -> Iterator[tuple[str, ...]]:
    from setpoint.core.words import amount, dollars

    kinds = {"vm_on_demand": "on-demand", "vm_spot": "spot", "dbu": "DBU", "emr_fee": "EMR fee"}
    for part in parts:
        quantity = part.quantity or 0.0
        unit_price = dollars(part.dollars / quantity) if quantity else "–"
        name = part.item if part.item == part.kind else f"{kinds.get(part.kind, part.kind)} {part.item}"
        yield name, f"{amount(quantity)} {part.unit}", unit_price, dollars(part.dollars), part.price_origin


def table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """Rows in columns as wide as they need, so that nothing is cut where the terminal is narrow.

    >>> print(*table(("a", "bb"), iter([("ccc", "d")])), sep="|")
    a    bb|ccc  d
    """
    cells = [head, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
