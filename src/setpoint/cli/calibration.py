"""`setpoint calibration`: what was said before the runs, against what was."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from setpoint.cli.console import out, printable
from setpoint.cli.options import JsonOption
from setpoint.cli.selected import ProjectsArgument, selected

if TYPE_CHECKING:
    from setpoint.core.reliability import Reliability

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("calibration")(calibration)


def calibration(projects: ProjectsArgument = None, json: JsonOption = False) -> None:
    """Show how often intervals held, how often runs missed beside the stated risk, and whether costs are biased."""
    from setpoint.core.reliability import pooled, reliability

    found = [reliability(name, entries) for name, entries in selected(projects)]
    whole = pooled(found)
    if json:
        from setpoint.cli.logs import print_json

        print_json({"total": _as_data(whole), "projects": [_as_data(each) for each in found]})
        return
    for line in _texts(whole, found):
        out().print(printable(line), highlight=False, markup=False)


def _texts(whole: "Reliability", found: "list[Reliability]") -> Iterator[str]:
    from setpoint.cli.cost import table
    from setpoint.core.words import percent

    if not whole.predictions and not whole.stated:
        yield "No prediction has been held against its run yet."
        return
    intervals = (
        (
            percent(it.share),
            f"{it.held} of {it.runs}",
            percent(it.held / it.runs),
            f"{percent(it.interval.low)} to {percent(it.interval.high)}",
        )
        for it in whole.covered
        if it.runs
    )
    yield from table(("interval", "held", "share", "90 % interval of the true share"), intervals)
    yield ""
    risks = (
        (
            f"{percent(it.low)} to {percent(it.high)}",
            str(it.runs),
            f"{it.mean_risk * it.runs:.1f}",
            str(it.misses),
            percent(it.misses / it.runs),
            f"{percent(it.interval.low)} to {percent(it.interval.high)}",
        )
        for it in whole.stated
    )
    yield from table(("stated risk", "runs", "expected misses", "misses", "share", "90 % interval"), risks)
    yield ""
    yield _bias_words(whole)
    if len(found) > 1:
        yield ""
        yield from table(("project", "predictions", "50 %", "80 %", "90 %", "misses", "cost"), map(_cells, found))


def _bias_words(whole: "Reliability") -> str:
    if whole.bias is None:
        return "Too few runs to tell whether predicted costs are biased."
    low, high = whole.bias.interval.low, whole.bias.interval.high
    return f"Costs came out at {whole.bias.factor:.3f} × what was predicted ({low:.3f} to {high:.3f} with 90 %)."


def _cells(it: "Reliability") -> tuple[str, ...]:
    from setpoint.core.words import percent

    held = (percent(each.held / each.runs) if each.runs else "–" for each in it.covered)
    misses = f"{sum(each.misses for each in it.stated)} of {it.expected_misses:.1f}"
    return it.name, str(it.predictions), *held, misses, f"× {it.bias.factor:.3f}" if it.bias else "–"


def _as_data(it: "Reliability") -> dict[str, object]:
    return {
        "name": it.name,
        "predictions": it.predictions,
        "intervals": it.covered,
        "risks": it.stated,
        "expected_misses": it.expected_misses,
        "cost_bias": it.bias,
    }
