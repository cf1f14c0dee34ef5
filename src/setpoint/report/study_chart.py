"""View of a study → the figure of cost against runtime, with the front drawn."""

from collections.abc import Sequence
from html import escape

from setpoint.core.study import Place, StudyView
from setpoint.core.study.groups import StudyGroup
from setpoint.core.study.rows import PARTS
from setpoint.core.study.samples import spec_words
from setpoint.core.words import dollars, duration
from setpoint.report.charts import Figure, Json

__all__ = ["FRONT", "groups_in", "study_figure"]

FRONT = "front: no spec is both cheaper and faster"
SYMBOLS = ("circle", "diamond", "square", "triangle-up", "cross", "star")
"""So that groups are told apart without their colours too."""

_QUIET: Figure = {"zeroline": False, "color": "--muted", "gridcolor": "--line", "fixedrange": False, "tickangle": 0}
_UNITS = ((10800.0, 3600.0, "h"), (180.0, 60.0, "min"), (0.0, 1.0, "s"))
"""From so many seconds on: seconds in the unit, and its name."""
_FROM_ZERO_BELOW = 0.75
"""Where the least is below this share of the most, an axis begins at zero: else the points would crowd in a corner."""
_LONGEST_NAME = 60
_LONGEST_LABEL = 26


def study_figure(view: StudyView) -> Figure:
    """A point per spec in the colour of its group, the scatter of its repeats, and the front as a stair."""
    seconds, unit = _unit(view)
    traces: list[Json] = [_front(view, seconds)]
    traces += [
        _points(group, [it for it in view.places if it.row.group == group], seconds) for group in groups_in(view)
    ]
    layout: Figure = {
        "autosize": True,
        "height": 400,
        "margin": {"l": 64, "r": 16, "t": 12, "b": 48},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": "--text"},
        "hovermode": "closest",
        "hoverlabel": {"align": "left", "bgcolor": "--surface", "bordercolor": "--line", "font": {"color": "--text"}},
        "showlegend": False,
        "xaxis": _axis(f"runtime, {unit}", [it.seconds for it in view.places], 6),
        "yaxis": _axis("dollars per run", [it.dollars for it in view.places], 6)
        | {"tickprefix": "$", "automargin": True},
        "annotations": _names(view, seconds),
    }
    return {"data": traces, "layout": layout}


def groups_in(view: StudyView) -> list[StudyGroup]:
    """The groups that have a point, in the order of the legend."""
    return sorted({place.row.group for place in view.places})


def _unit(view: StudyView) -> tuple[float, str]:
    longest = max(place.seconds for place in view.places)
    return next((seconds, name) for least, seconds, name in _UNITS if longest >= least)


def _axis(title: str, values: Sequence[float], ticks: int) -> Figure:
    is_wide = min(values) < _FROM_ZERO_BELOW * max(values)
    return _QUIET | {"title": {"text": title}, "nticks": ticks, "rangemode": "tozero" if is_wide else "normal"}


def _front(view: StudyView, seconds: float) -> Json:
    return {
        "type": "scatter",
        "name": "front",
        "mode": "lines",
        "x": [place.seconds / seconds for place in view.front],
        "y": [place.dollars for place in view.front],
        "line": {"shape": "hv", "color": "--chart-set", "width": 2, "dash": "dash"},
        "hoverinfo": "skip",
    }


def _points(group: StudyGroup, places: Sequence[Place], seconds: float) -> Json:
    times = [(place.seconds, place.row.samples.run_seconds) for place in places]
    costs = [(place.dollars, place.run_dollars) for place in places]
    return {
        "type": "scatter",
        "name": escape(group.name),
        "mode": "markers",
        "x": [place.seconds / seconds for place in places],
        "y": [place.dollars for place in places],
        "error_x": _whiskers(times, seconds),
        "error_y": _whiskers(costs, 1.0),
        "marker": {
            "color": f"--group-{group.key}",
            "symbol": SYMBOLS[group.order % len(SYMBOLS)],
            "size": 11,
            "line": {"width": 1.5, "color": "--surface"},
        },
        "hovertext": [_words(place) for place in places],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _whiskers(values: Sequence[tuple[float, Sequence[float]]], unit: float) -> Json:
    """From the least to the most of the repeats."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [max(0.0, (runs[-1] if runs else middle) - middle) / unit for middle, runs in values],
        "arrayminus": [max(0.0, middle - (runs[0] if runs else middle)) / unit for middle, runs in values],
        "color": "--chart-rule",
        "thickness": 1.5,
        "width": 0,
    }


def _words(place: Place) -> str:
    row = place.row
    lines = [f"<b>{_short(place.label)}</b>", _short(spec_words(row.spec)), f"{duration(place.seconds)}{_range(place)}"]
    parts = [(name, row.part(key)) for key, (name, _) in PARTS.items()]
    lines.append(f"<b>{dollars(place.dollars)}</b>")
    lines += [f"{name} {dollars(amount)}" for name, amount in parts if amount is not None]
    if place.on_front:
        lines.append("on the front")
    return "<br>".join(lines)


def _range(place: Place) -> str:
    times = place.row.samples.run_seconds
    return f" ({duration(times[0])} to {duration(times[-1])} in {len(times)} runs)" if len(times) > 1 else ""


def _names(view: StudyView, seconds: float) -> list[Json]:
    """The names of the ends of the front and of its knee, to the lower left: there no point can be."""
    named = {place.label: place for place in (view.fastest, view.knee, view.cheapest) if place is not None}
    return [
        {
            "x": place.seconds / seconds,
            "y": place.dollars,
            "text": _short(place.label, _LONGEST_LABEL),
            "showarrow": True,
            "arrowhead": 0,
            "arrowwidth": 1,
            "arrowcolor": "--chart-rule",
            "standoff": 8,
            "ax": -22,
            "ay": 22,
            "xanchor": "right",
            "font": {"size": 12, "color": "--text"},
        }
        for place in named.values()
    ]


def _short(text: str, longest: int = _LONGEST_NAME) -> str:
    return escape(text if len(text) <= longest else f"{text[: longest - 1]}…")
