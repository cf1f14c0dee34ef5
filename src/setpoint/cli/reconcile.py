"""`setpoint reconcile`: bill against estimate, run by run, and the factor by which estimates are off."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.cli.console import out, say
from setpoint.cli.cost import ComputeOption, PlanOption, RegionOption, cost_of, read_file, table, terms_of
from setpoint.cli.options import JsonOption
from setpoint.errors import InputError

if TYPE_CHECKING:
    from setpoint.core.domain import Cost
    from setpoint.core.reconciliation import Correction, Reconciled

__all__ = ["add_to"]

BillArgument = Annotated[str, typer.Argument(metavar="BILL.csv", help="Billed rows; docs/cost.md names the columns.")]
ReportArguments = Annotated[list[str], typer.Argument(metavar="REPORT.json…", help="Cluster reports of the runs.")]
ApplyOption = Annotated[bool, typer.Option("--apply", help="Also show the estimates multiplied by the factor.")]


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
    """Show the estimate of each run beside its bill, and learn by which factor estimates are off."""
    from setpoint.core.domain import Cost
    from setpoint.core.reconciliation import billed_cost, correction, read_bill
    from setpoint.core.reconciliation import reconcile as compare
    from setpoint.settings import load_settings

    rows, settings, terms = read_bill(read_file(bill)), load_settings(), terms_of(region, plan, compute)
    lines: dict[str, _Line] = {}
    for name in reports:
        run, price, _ = cost_of(read_file(name), terms, settings)
        key = run.cluster_id or name
        if key in lines:
            raise InputError(f"{name} tells of the cluster {key} again: its bill cannot be told apart between the two.")
        estimate = price if isinstance(price, Cost) else None
        if estimate is None:
            say(f"{name} cannot be priced whole; setpoint cost says why.")
        lines[key] = _Line(compare(run, estimate, rows), estimate, billed_cost(run, rows))
    pairs = [(it.run.estimated_dollars or 0.0, it.run.billed_dollars or 0.0) for it in lines.values()]
    learned = correction(pairs)
    if json:
        from setpoint.cli.logs import print_json

        runs = [_as_data(line, learned.factor if apply else None) for line in lines.values()]
        print_json({"runs": runs, "correction": learned, "is_applied": apply})
        return
    for text in _texts(list(lines.values()), learned, is_applied=apply):
        out().print(text, highlight=False, markup=False)


def _as_data(line: _Line, factor: float | None) -> dict[str, object]:
    whole = None if line.estimate is None else line.estimate.dollars
    parts = [
        {"part": part, "estimated_dollars": ours, "billed_dollars": theirs} for part, ours, theirs in line.run.parts
    ]
    data: dict[str, object] = {
        "cluster_id": line.run.cluster_id,
        "name": line.run.name,
        "list_estimated_dollars": whole,
        "estimated_dollars": line.run.estimated_dollars,
        "billed_dollars": line.run.billed_dollars,
        "ratio": line.run.ratio,
        "parts": parts,
        "billed": line.billed,
    }
    if factor is not None:
        data["corrected_dollars"] = None if whole is None else whole * factor
    return data


def _texts(lines: list[_Line], learned: "Correction", *, is_applied: bool) -> Iterator[str]:
    head = ("run", "part", "estimated", "billed", "billed ÷ estimated", *(("corrected",) if is_applied else ()))
    yield from table(head, _rows(lines, learned.factor if is_applied else None))
    yield (
        f"Correction {learned.factor:.3f} (90 % interval {learned.low:.3f} to {learned.high:.3f}) from {learned.runs} "
        f"run{'' if learned.runs == 1 else 's'} with a bill; {'applied above' if is_applied else 'not applied'}."
    )


def _rows(lines: list[_Line], factor: float | None) -> Iterator[tuple[str, ...]]:
    for line in lines:
        name = line.run.name or line.run.cluster_id or "–"
        whole = None if line.estimate is None else line.estimate.dollars
        compared = whole if line.run.billed_dollars is None else line.run.estimated_dollars
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
