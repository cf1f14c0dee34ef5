"""`setpoint reconcile`: bill against estimate, run by run, and by which factor each project's estimates are off."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import out, say
from setpoint.cli.cost import ComputeOption, PlanOption, RegionOption, cost_of, read_file, table, terms_of
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.core.domain import Cost
    from setpoint.core.reconciliation import BilledRow, Correction, Corrections, Reconciled
    from setpoint.core.reports import Terms

__all__ = ["add_to"]

BillArgument = Annotated[str, typer.Argument(metavar="BILL.csv", help="Billed rows; docs/cost.md names the columns.")]
ReportArguments = Annotated[list[str], typer.Argument(metavar="REPORT.json…", help="Cluster reports of the runs.")]
ApplyOption = Annotated[
    bool, typer.Option("--apply", help="Also show the estimates multiplied by the factor of their project.")
]


@dataclass(frozen=True, slots=True)
class _Line:
    run: "Reconciled"
    estimate: "Cost | None"
    billed: "Cost | None"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("reconcile")(reconcile)


def reconcile(
    bill: BillArgument,
    reports: ReportArguments,
    region: RegionOption = None,
    plan: PlanOption = None,
    compute: ComputeOption = None,
    apply: ApplyOption = False,
    json: JsonOption = False,
) -> None:
    """Show the estimate of each run beside its bill, and learn by which factor each project's estimates are off."""
    from setpoint.core.reconciliation import corrections, read_bill

    lines = _lines(reports, read_bill(read_file(bill)), terms_of(region, plan, compute))
    learned = corrections(
        (it.run.project, it.run.estimated_dollars or 0.0, it.run.billed_dollars or 0.0) for it in lines
    )
    if json:
        from setpoint.cli.logs import print_json

        runs = [_as_data(line, learned.of(line.run.project) if apply else None) for line in lines]
        print_json({"runs": runs, "correction": learned.over_all, "projects": learned.projects, "is_applied": apply})
        return
    for text in _texts(lines, learned, is_applied=apply):
        out().print(text, highlight=False, markup=False)


def _lines(reports: list[str], rows: "Sequence[BilledRow]", terms: "Terms") -> list[_Line]:
    from setpoint.core.domain import Cost
    from setpoint.core.reconciliation import billed_cost
    from setpoint.core.reconciliation import reconcile as compare
    from setpoint.settings import load_settings

    settings = load_settings()
    lines: dict[str, _Line] = {}
    for name in reports:
        priced = cost_of(read_file(name), terms, settings)
        run = priced.run
        key = run.cluster_id or name
        if key in lines:
            raise InputError(f"{name} tells of the cluster {key} again: its bill cannot be told apart between the two.")
        estimate = priced.cost if isinstance(priced.cost, Cost) else None
        if estimate is None:
            say(f"{name} cannot be priced whole; setpoint cost says why.")
        lines[key] = _Line(compare(run, estimate, rows), estimate, billed_cost(run, rows))
        if outside := lines[key].run.rows_outside:
            say(f"{name}: {outside} row{'' if outside == 1 else 's'} of its bill not counted: of days outside the run.")
    return list(lines.values())


def _as_data(line: _Line, applied: "Correction | None") -> dict[str, object]:
    from setpoint.core.breakdown import cost_as_data

    whole = None if line.estimate is None else line.estimate.dollars
    parts = [
        {"part": part, "estimated_dollars": ours, "billed_dollars": theirs} for part, ours, theirs in line.run.parts
    ]
    data: dict[str, object] = {
        "cluster_id": line.run.cluster_id,
        "name": line.run.name,
        "project": line.run.project,
        "list_estimated_dollars": whole,
        "estimated_dollars": line.run.estimated_dollars,
        "billed_dollars": line.run.billed_dollars,
        "ratio": line.run.ratio,
        "parts": parts,
        "rows_outside_run": line.run.rows_outside,
        "billed": None if line.billed is None else cost_as_data(line.billed),
    }
    if applied is not None:
        data["corrected_dollars"] = None if whole is None else whole * applied.factor
    return data


def _texts(lines: list[_Line], learned: "Corrections", *, is_applied: bool) -> Iterator[str]:
    from setpoint.core.breakdown import about_costs

    head = ("run", "part", "estimated", "billed", "billed ÷ estimated", *(("corrected",) if is_applied else ()))
    yield from table(head, _rows(lines, learned if is_applied else None))
    yield ""
    yield from table(("project", "correction", "90 % interval", "runs with a bill"), _factors(learned))
    yield "Applied above: to each run the factor of its project." if is_applied else "Not applied."
    costs = [cost for line in lines for cost in (line.estimate, line.billed) if cost is not None]
    if costs:
        yield about_costs(costs)


def _factors(learned: "Corrections") -> Iterator[tuple[str, ...]]:
    for name, found in [*sorted(learned.projects.items()), ("over all", learned.over_all)]:
        yield name, f"{found.factor:.3f}", f"{found.low:.3f} to {found.high:.3f}", str(found.runs)


def _rows(lines: list[_Line], applied: "Corrections | None") -> Iterator[tuple[str, ...]]:
    for line in lines:
        name = line.run.name or line.run.cluster_id or "–"
        whole = None if line.estimate is None else line.estimate.dollars
        compared = whole if line.run.billed_dollars is None else line.run.estimated_dollars
        factor = None if applied is None else applied.of(line.run.project).factor
        corrected = () if factor is None else (_dollars(None if whole is None else whole * factor),)
        ratio = line.run.ratio
        shown = "–" if ratio is None else f"{ratio:.3f}"
        yield name, "what the bill has", _dollars(compared), _dollars(line.run.billed_dollars), shown, *corrected
        for part, ours, theirs in line.run.parts:
            yield (
                "",
                part,
                _dollars(ours),
                _dollars(theirs),
                f"{theirs / ours:.3f}" if ours else "–",
                *("" for _ in corrected),
            )


def _dollars(amount: float | None) -> str:
    from setpoint.core.words import dollars

    return "–" if amount is None else dollars(amount)
