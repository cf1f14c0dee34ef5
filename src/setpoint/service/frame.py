"""What a chart measures and how it is framed: axes, their range and unit. Colours are names of CSS variables."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from setpoint.service.rows import Band, CandidateRow, EventRow, ProjectView, RunRow

__all__ = ["Axis", "Figure", "Json", "cost_axis", "layout", "runtime_axis"]

Json = str | float | int | bool | None | Sequence["Json"] | dict[str, "Json"]
Figure = dict[str, Json]

_HEADROOM = 1.15
_BAND_REACH = 1.6
"""A first prediction may be very wide: the axis shows it up to this many times the highest measured point or limit."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What one chart draws of a row, and in which unit."""

    metric: str
    prefix: str
    suffix: str
    scale: float
    """Dollars or seconds in one unit of the axis."""
    measured: Callable[[RunRow], float]
    band: Callable[[CandidateRow], Band]
    median: Callable[[CandidateRow], float]


_RUNTIME_UNITS = ((3 * 3600, 3600, " h"), (10 * 60, 60, " min"), (0, 1, " s"))
"""From how many seconds on which unit reads best."""


def cost_axis() -> Axis:
    """Dollars of a run."""
    return Axis("cost", "$", "", 1, lambda r: r.dollars, lambda c: c.dollars, lambda c: c.median_dollars)


def runtime_axis(runs: Iterable[RunRow]) -> Axis:
    """Runtime in the unit that the longest run reads best in."""
    longest = max((run.seconds for run in runs), default=0.0)
    scale, unit = next((scale, unit) for least, scale, unit in _RUNTIME_UNITS if longest >= least)
    return Axis("runtime", "", unit, scale, lambda r: r.seconds, lambda c: c.seconds, lambda c: c.median_seconds)


def _top(axis: Axis, runs: Sequence[RunRow], view: ProjectView) -> float:
    """Upper end of the axis: all that was measured and every limit, and of the bands what does not crush them."""
    limits = [point for run in runs for point in run.set_points] + list(view.set_points)
    firm = [axis.measured(run) for run in runs] + [point.bound for point in limits if point.metric == axis.metric]
    highest = max(firm, default=0.0) or 1.0
    expected = [run.predicted for run in runs if run.predicted] + ([view.next_run] if view.next_run else [])
    reached = [min(axis.band(candidate).high, _BAND_REACH * highest) for candidate in expected]
    return _HEADROOM * max([highest, *(end for end in reached if math.isfinite(end))]) / axis.scale


def layout(axis: Axis, runs: Sequence[RunRow], view: ProjectView, events: Sequence[EventRow]) -> Json:
    """Frame of a chart: its axes, the lanes of the events above them, a thin line under each event."""
    last = runs[-1].number + (1 if view.next_run else 0) if runs else 1
    quiet: Figure = {"zeroline": False, "color": "--muted", "gridcolor": "--line", "fixedrange": True}
    x_axis: Figure = {"range": [(runs[0].number if runs else 1) - 0.6, last + 0.6], "title": {"text": "run"}}
    y_axis: Figure = {
        "range": [0, _top(axis, runs, view)],
        "domain": [0, 0.84 if events else 1],
        "tickprefix": axis.prefix,
    }
    return {
        "autosize": True,
        "margin": {"l": 64, "r": 12, "t": 8, "b": 40},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": "--text"},
        "hovermode": "closest",
        "hoverlabel": {"align": "left", "bgcolor": "--surface", "bordercolor": "--line", "font": {"color": "--text"}},
        "showlegend": False,
        "xaxis": quiet | x_axis | {"showgrid": False, "tickformat": "d", "dtick": _tick(len(runs))},
        "yaxis": quiet | y_axis | {"ticksuffix": axis.suffix, "exponentformat": "none", "nticks": 6},
        "yaxis2": {"domain": [0.86, 1], "range": [-1, 1], "visible": False, "fixedrange": True},
        "shapes": [_rule(place) for place in sorted({event.position for event in events})],
    }


def _tick(count: int) -> int:
    """Whole runs between two ticks."""
    return next((step for step in (1, 2, 5, 10, 20) if count <= 12 * step), 50)


def _rule(place: float) -> Json:
    line: Json = {"color": "--chart-rule", "width": 1, "dash": "dot"}
    return {
        "type": "line",
        "x0": place,
        "x1": place,
        "yref": "paper",
        "y0": 0,
        "y1": 0.93,
        "layer": "below",
        "line": line,
    }
