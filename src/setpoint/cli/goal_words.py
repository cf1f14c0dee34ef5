"""Goals and their metrics in words and as data."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from setpoint.cli.console import out
from setpoint.cli.logs import print_json
from setpoint.core.goals import METRICS, PREFERENCES, Conditions, Goal, parse_goal
from setpoint.core.goals.told import aim_of, clauses_for, metric_as_data

if TYPE_CHECKING:
    from setpoint.core.history import History
    from setpoint.core.pricebook import PriceBook

__all__ = ["goal_as_data", "list_metrics", "untold_lines"]


def list_metrics(*, json: bool) -> None:
    """All that a goal may name."""
    if json:
        metrics = [metric_as_data(metric) for metric in METRICS.values()]
        print_json({"metrics": metrics, "preferences": PREFERENCES})
        return
    for metric in METRICS.values():
        _say(f"{metric.name} ({metric.unit}): {metric.about}")
        _say(f"    {', '.join(clauses_for(metric))}{f'   needs {metric.needs}' if metric.needs else ''}")
    preferences = ", ".join(f"{name} ({aim_of(METRICS[metric])})" for name, metric in PREFERENCES.items())
    _say(f"Goals with a name: {preferences}")
    _say("Limits may hold at more input, and with a risk of their own: scale 10x: runtime p90 <= 4h")


def untold_lines(history: "History", prices: "PriceBook") -> Iterator[str]:
    """What the goal asks for and nothing tells of the project; before its first run nobody knows."""
    yield from (f"Not looked at: {reason}" for reason in _given(history, prices)[1])


def _given(history: "History", prices: "PriceBook") -> tuple[Goal | None, tuple[str, ...]]:
    goal = None if history.goal is None else parse_goal(history.goal.goal)
    if goal is None or not any(run.succeeded for run in history.runs):
        return goal, ()
    return goal, goal.given(Conditions(history), prices).untold


def goal_as_data(project: str, history: "History", prices: "PriceBook") -> dict[str, object]:
    """The goal of a project for programs."""
    goal, untold = _given(history, prices)
    limits = () if goal is None else goal.limits
    return {
        "project": project,
        "goal": None if history.goal is None else history.goal.goal,
        "mode": None if history.goal is None else history.goal.mode,
        "minimise": None if goal is None else goal.minimise,
        "limits": [
            {"metric": it.metric, "bound": it.bound, "unit": it.measure.unit, "risk": it.risk, "scale": it.scale}
            for it in limits
        ],
        "untold": untold,
        "space": history.space,
    }


def _say(text: str) -> None:
    out().print(text, highlight=False, markup=False)
