"""`setpoint billing`: read what was billed into the ledger, and show it beside what was estimated."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import out, printable
from setpoint.cli.cost import table as as_table
from setpoint.cli.options import JsonOption
from setpoint.cli.selected import ProjectsArgument, names_of, selected

if TYPE_CHECKING:
    from setpoint.bookkeeping import Booked
    from setpoint.core.billing import Compared, RunUse
    from setpoint.core.reconciliation import Corrections

__all__ = ["add_to"]

SourceArgument = Annotated[str, typer.Argument(metavar="BILL", help="Whose: databricks, aws or azure.")]
PlaceArgument = Annotated[
    str, typer.Argument(metavar="[PLACE]", help="Of aws and azure: folder, file or URL of the cost export.")
]
ProjectOption = Annotated[
    list[str] | None, typer.Option("--project", help="Names, or patterns such as 'sales-*'; else all projects.")
]
DaysOption = Annotated[
    int, typer.Option(min=1, max=365, help="How far back; what was billed earlier and corrected since is not seen.")
]
TableOption = Annotated[
    str, typer.Option(help="Of databricks: list_prices, or account_prices where your account has that table.")
]
WarehouseOption = Annotated[str, typer.Option(help="Id of the SQL warehouse; else that of the settings.")]
ConnectionOption = Annotated[str, typer.Option(help="To Databricks, by its name; else the workspace of the settings.")]
WorkspaceOption = Annotated[str, typer.Option(help="Id of the one workspace whose usage is read; else all.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(no_args_is_help=True, help="What runs were billed: read it, and see it beside the estimates.")
    group.command("read")(read)
    group.command("show")(show)
    group.command("utilisation")(utilisation)
    app.add_typer(group, name="billing")


def read(
    source: SourceArgument,
    place: PlaceArgument = "",
    *,
    project: ProjectOption = None,
    days: DaysOption = 62,
    table: TableOption = "list_prices",
    warehouse: WarehouseOption = "",
    connection: ConnectionOption = "",
    workspace: WorkspaceOption = "",
    json: JsonOption = False,
) -> None:
    """Read a bill into the ledger: what it says of each run now. Corrections become entries of their own.

    Read it daily: what has not changed writes nothing.
    """
    from setpoint.bookkeeping import book
    from setpoint.settings import load_settings
    from setpoint.wiring import Asked, build_bills, build_ledger

    settings, now = load_settings(), datetime.now(UTC)
    ledger = build_ledger(settings)
    names = names_of(ledger.projects(), project)
    bill = build_bills(settings, source, place, table=table, asked=Asked(warehouse, connection, workspace))
    booked = book(ledger, names, bill.read(now - timedelta(days=days), now), now)
    if json:
        from setpoint.cli.logs import print_json

        print_json(_as_data(booked))
        return
    for line in _booked_lines(booked):
        out().print(printable(line), highlight=False, markup=False)


def _as_data(booked: "Booked") -> dict[str, object]:
    from dataclasses import asdict

    return asdict(booked)


def _booked_lines(booked: "Booked") -> Iterator[str]:
    from setpoint.core.words import counted, dollars

    yield (
        f"{counted(booked.lines, 'line')} of the bill of {booked.source}: {counted(booked.first, 'run')} billed for "
        f"the first time, {booked.corrected} corrected, {booked.same} as before."
    )
    if booked.absent:
        yield f"Of {counted(booked.absent, 'run')} the bill has nothing."
    if booked.waiting:
        yield f"Left for later: {counted(booked.waiting, 'run')}, of which the bill need not have all lines."
    if booked.unpriced:
        yield f"Left as they were: runs with usage that has no price in USD ({', '.join(booked.unpriced)[:200]})."
    if booked.other_lines:
        other = dollars(booked.other_dollars)
        yield f"Of none of the runs: {counted(booked.other_lines, 'line')}, {other}."


def show(projects: ProjectsArgument = None, json: JsonOption = False) -> None:
    """Show each run's estimate beside its bills, and by which factor estimates are off.

    What --json prints is taken by `setpoint savings --reconciled`: runs without a bill are multiplied by the factor.
    """
    from setpoint.core.billing import compared, factors
    from setpoint.core.history import fold

    histories = ((name, fold(entries)) for name, entries in selected(projects))
    rows = [row for name, history in histories if history is not None for row in compared(name, history)]
    learned = factors(rows)
    if json:
        from setpoint.cli.logs import print_json

        runs = [_row_as_data(row) for row in rows]
        print_json({"runs": runs, "correction": learned.over_all, "projects": learned.projects})
        return
    for line in _shown(rows, learned):
        out().print(printable(line), highlight=False, markup=False)


def _row_as_data(row: "Compared") -> dict[str, object]:
    from setpoint.core.breakdown import cost_as_data

    return {
        "project": row.project,
        "run_id": row.run_id,
        "at": row.at.isoformat(),
        "list_estimated_dollars": row.estimate.dollars,
        "estimated_dollars": row.estimated_dollars,
        "billed_dollars": row.billed_dollars,
        "ratio": row.ratio,
        "bills": row.sources,
        "is_paid": row.is_paid,
        "known": cost_as_data(row.known),
    }


def _shown(rows: "Sequence[Compared]", learned: "Corrections") -> Iterator[str]:
    with_bill = [row for row in rows if row.billed_dollars is not None]
    if not with_bill:
        yield "No run has a bill yet. Read one: setpoint billing read databricks, or aws or azure with a PLACE."
        return
    head = ("project", "run", "began", "estimated", "billed", "billed ÷ estimated", "cost", "label", "bills")
    yield from as_table(head, (_cells(row) for row in with_bill))
    yield ""
    yield from as_table(("project", "factor", "90 % interval", "runs with a bill"), _factors(learned))
    yield "Estimated and billed: of what the bills have. Cost: bills, and the estimate for the rest."
    if len(with_bill) < len(rows):
        yield f"{len(rows) - len(with_bill)} of {len(rows)} runs have no bill."
    for words in dict.fromkeys(word for row in with_bill for word in row.known.assumptions):
        yield f"- {words}"


def _cells(row: "Compared") -> tuple[str, ...]:
    from setpoint.core.words import dollars

    return (
        row.project,
        row.run_id,
        f"{row.at:%Y-%m-%d %H:%M}",
        dollars(row.estimated_dollars),
        dollars(row.billed_dollars or 0.0),
        "–" if row.ratio is None else f"{row.ratio:.3f}",
        dollars(row.known.dollars),
        row.known.label,
        ", ".join(row.sources),
    )


def _factors(learned: "Corrections") -> Iterator[tuple[str, ...]]:
    for name, found in [*sorted(learned.projects.items()), ("over all", learned.over_all)]:
        yield name, f"{found.factor:.3f}", f"{found.low:.3f} to {found.high:.3f}", str(found.runs)


def utilisation(
    projects: ProjectsArgument = None,
    days: Annotated[int, typer.Option(min=1, max=90, help="How far back; Databricks keeps 90 days.")] = 7,
    warehouse: WarehouseOption = "",
    connection: ConnectionOption = "",
    workspace: WorkspaceOption = "",
    json: JsonOption = False,
) -> None:
    """Show how busy the machines of runs were, as Databricks measured it: without an agent and without event logs."""
    from dataclasses import asdict

    from setpoint.core.billing import utilisation as of_runs
    from setpoint.core.history import fold
    from setpoint.settings import load_settings
    from setpoint.wiring import Asked, build_node_timeline

    now, settings = datetime.now(UTC), load_settings()
    timeline = build_node_timeline(settings, Asked(warehouse, connection, workspace))
    histories = ((name, fold(entries)) for name, entries in selected(projects))
    runs = [(name, run) for name, history in histories if history is not None for run in history.runs]
    found = of_runs(runs, tuple(timeline.read(now - timedelta(days=days), now)))
    if json:
        from setpoint.cli.logs import print_json

        print_json({"runs": [asdict(each) for each in found]})
        return
    for line in _busy_lines(found, days):
        out().print(printable(line), highlight=False, markup=False)


def _busy_lines(found: "Sequence[RunUse]", days: int) -> Iterator[str]:
    if not found:
        yield f"Of no run here has Databricks measured machines in the last {days} days."
        return
    head = ("project", "run", "node-hours", "workers' CPU", "memory", "at most", "driver's CPU", "memory at most")
    yield from as_table(head, (_busy_cells(each) for each in found))
    if any(each.is_shared for each in found):
        yield "* Other runs had the same cluster: of all of them together."


def _busy_cells(each: "RunUse") -> tuple[str, ...]:
    percents = (
        each.worker_cpu_percent,
        each.worker_memory_percent,
        each.worker_peak_memory_percent,
        each.driver_cpu_percent,
        each.driver_peak_memory_percent,
    )
    shown = ("–" if value is None else f"{value:.0f} %" for value in percents)
    return each.project, each.run_id + (" *" if each.is_shared else ""), f"{each.node_hours:.2f}", *shown
