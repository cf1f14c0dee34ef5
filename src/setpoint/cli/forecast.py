"""`setpoint forecast`: when growth breaks the goal, on today's spec and on the best one allowed."""

from typing import TYPE_CHECKING

import typer

from setpoint.cli.console import out, printable
from setpoint.cli.options import JsonOption
from setpoint.cli.selected import ProjectsArgument, selected

if TYPE_CHECKING:
    from setpoint.core.forecast import Breach, Forecast

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("forecast")(forecast)


def forecast(projects: ProjectsArgument = None, json: JsonOption = False) -> None:
    """Show when growth breaks the goal of each project, or its memory, if it goes on as it did."""
    from setpoint.service.summaries import forecast_of

    found = {name: forecast_of(entries) for name, entries in selected(projects)}
    if json:
        from setpoint.cli.logs import print_json

        print_json({"projects": [{"project": name, "forecast": _as_data(each)} for name, each in found.items()]})
        return
    lines = [line for name, each in found.items() for line in _texts(name, each)]
    for line in lines or ["No projects yet. Bring one under control: setpoint submit PROJECT -- app.py"]:
        out().print(printable(line), highlight=False, markup=False)


def _texts(name: str, found: "Forecast | None") -> list[str]:
    from setpoint.report.forecast_words import breach_words, growth_words

    if found is None:
        return [f"{name}: too few runs to tell a trend, or no goal."]
    return [
        f"{name}: {growth_words(found)}",
        f"  today's spec, {found.current.spec}: {breach_words(found.current)}",
        f"  the best spec, {found.best.spec}: {breach_words(found.best)}",
    ]


def _as_data(found: "Forecast | None") -> dict[str, object] | None:
    if found is None:
        return None
    return {
        "since": found.since,
        "measure": found.measure,
        "log_growth_per_day": {"low": found.trend.low, "mid": found.trend.slope, "high": found.trend.high},
        "runs": found.trend.points,
        "log_runtime_per_log_measure": found.exponent,
        "current": _breach(found.current),
        "best": _breach(found.best),
    }


def _breach(it: "Breach") -> dict[str, object]:
    return {
        "spec": str(it.spec),
        "cause": it.cause,
        "is_broken": it.is_broken,
        "log_growth_left": it.growth,
        "at": it.at,
        "earliest": it.earliest,
        "latest": it.latest,
    }
