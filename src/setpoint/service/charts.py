"""Rows → figures for the chart library, as plain dicts. Colours are names of CSS variables; the page fills them in."""

from collections.abc import Iterable, Sequence
from html import escape
from textwrap import wrap

from setpoint.core.breakdown import labelled
from setpoint.core.domain import Outcome
from setpoint.core.words import data_size, duration
from setpoint.service.frame import Axis, Figure, Json, cost_axis, layout, runtime_axis
from setpoint.service.rows import CandidateRow, EventKind, EventRow, ProjectView, RunRow
from setpoint.service.words import between, outcome

__all__ = ["RUNS_DRAWN", "Figure", "figures"]

RUNS_DRAWN = 200
"""The newest runs; older ones stay in the JSON."""

_LINE_WIDTH_CHARS = 56
_ROOMY = 60
"""Up to so many runs the points have room to be large."""

_OURS, _OTHERS = 0.5, -0.5
"""Two lanes above the curves: what we did, and what others did to the project."""

_EVENTS: tuple[tuple[EventKind, float, str, str], ...] = (
    ("applied", _OURS, "triangle-up", "--chart-change"),
    ("proposed", _OURS, "triangle-up-open", "--chart-change"),
    ("rollback", _OURS, "triangle-left", "--chart-rollback"),
    ("disturbance", _OTHERS, "diamond", "--chart-disturbance"),
    ("goal", _OTHERS, "square-open", "--chart-set"),
)
_DRAWN_EVENTS = frozenset(kind for kind, *_ in _EVENTS)


def figures(view: ProjectView) -> dict[str, Figure]:
    """The charts of a project by metric."""
    return {axis.metric: _figure(axis, view) for axis in (cost_axis(), runtime_axis(view.runs[-RUNS_DRAWN:]))}


def _figure(axis: Axis, view: ProjectView) -> Figure:
    runs = view.runs[-RUNS_DRAWN:]
    first = runs[0].number if runs else 1
    events = [e for e in view.events if e.kind in _DRAWN_EVENTS and e.position >= first]
    traces = [
        _band(axis, runs, view),
        _steps(axis, runs, view),
        _measured(axis, runs),
        *_unfinished(axis, runs),
        *_next(axis, runs, view),
        *_events(events),
    ]
    return {"data": traces, "layout": layout(axis, runs, view, events)}


def _band(axis: Axis, runs: Sequence[RunRow], view: ProjectView) -> Json:
    """One box per run, as wide as it is sure to be told from its neighbours; no prediction, no box."""
    expected = [(run.number, run.predicted) for run in runs]
    if runs and view.next_run:
        expected.append((runs[-1].number + 1, view.next_run))
    x: list[Json] = []
    y: list[Json] = []
    for number, candidate in expected:
        if candidate:
            band = axis.band(candidate)
            low, high = band.low / axis.scale, band.high / axis.scale
            x += [number - 0.4, number + 0.4, number + 0.4, number - 0.4, None]
            y += [low, low, high, high, None]
    return {
        "type": "scatter",
        "name": "predicted, 90 %",
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": "--chart-band",
        "hoverinfo": "skip",
    }


def _steps(axis: Axis, runs: Sequence[RunRow], view: ProjectView) -> Json:
    """The set point in force at each run, and the one in force now for the next."""
    in_force = [(run.number, run.set_points) for run in runs]
    in_force.append((runs[-1].number + 1 if runs else 1, view.set_points))
    x: list[Json] = []
    y: list[Json] = []
    text: list[Json] = []
    for number, points in in_force:
        point = next((each for each in points if each.metric == axis.metric), None)
        x += [number - 0.5, number + 0.5]
        y += [point.bound / axis.scale if point else None] * 2
        text += [f"Set point: {escape(point.text)}" if point else ""] * 2
    return {
        "type": "scatter",
        "name": "set point",
        "x": x,
        "y": y,
        "text": text,
        "mode": "lines",
        "line": {"color": "--chart-set", "width": 2, "dash": "dash"},
        "hovertemplate": "%{text}<extra></extra>",
    }


def _measured(axis: Axis, runs: Iterable[RunRow]) -> Json:
    succeeded = [run for run in runs if run.outcome is Outcome.SUCCEEDED]
    return _points(axis, succeeded, "actual") | {
        "mode": "lines+markers",
        "line": {"color": "--chart-actual", "width": 2},
        "marker": {"color": "--chart-actual", "size": 8 if len(succeeded) <= _ROOMY else 5, "symbol": "circle"},
    }


def _unfinished(axis: Axis, runs: Iterable[RunRow]) -> list[Json]:
    kinds = (
        (Outcome.FAILED, "failed run", "x", "--chart-failed"),
        (Outcome.KILLED, "stopped", "x-thin-open", "--muted"),
    )
    traces: list[Json] = []
    for kind, name, symbol, color in kinds:
        ended = [run for run in runs if run.outcome is kind]
        if ended:
            marker: Json = {"color": color, "size": 12, "symbol": symbol, "line": {"width": 2, "color": color}}
            traces.append(_points(axis, ended, name) | {"mode": "markers", "marker": marker})
    return traces


def _points(axis: Axis, runs: Sequence[RunRow], name: str) -> Figure:
    return {
        "type": "scatter",
        "name": name,
        "x": [run.number for run in runs],
        "y": [axis.measured(run) / axis.scale for run in runs],
        "text": [_run_words(axis, run) for run in runs],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _next(axis: Axis, runs: Sequence[RunRow], view: ProjectView) -> list[Json]:
    if not (runs and view.next_run):
        return []
    expected = view.next_run
    words = f"Next run, on {escape(expected.spec)}<br>{_expected_words(axis, expected)}"
    return [
        {
            "type": "scatter",
            "name": "next run",
            "x": [runs[-1].number + 1],
            "y": [axis.median(expected) / axis.scale],
            "text": [words],
            "mode": "markers",
            "marker": {"color": "--chart-actual", "size": 9, "symbol": "circle-open", "line": {"width": 2}},
            "hovertemplate": "%{text}<extra></extra>",
        }
    ]


def _run_words(axis: Axis, run: RunRow) -> str:
    lines = [
        f"<b>Run {run.number}</b> · {escape(run.spec)}",
        f"{duration(run.seconds)} · {labelled(run.cost)} · {escape(outcome(run))}",
        f"read {data_size(run.input_bytes)}",
    ]
    if run.predicted:
        lines.append(_expected_words(axis, run.predicted))
    lines += [f"missed: {escape(limit)}" for limit in run.missed]
    if run.error:
        lines.append(_wrapped(run.error))
    return "<br>".join(lines)


def _expected_words(axis: Axis, expected: CandidateRow) -> str:
    label = f" ({expected.cost_label})" if axis.metric == "cost" else ""
    return f"predicted {between(axis.band(expected), axis.metric)}{label}"


def _events(events: Sequence[EventRow]) -> list[Json]:
    """One mark per kind and place, with the reasons in words."""
    traces: list[Json] = []
    for kind, lane, symbol, color in _EVENTS:
        places = sorted({event.position for event in events if event.kind == kind})
        if places:
            texts = [_event_words(e for e in events if e.kind == kind and e.position == place) for place in places]
            marker: Json = {"color": color, "size": 12, "symbol": symbol, "line": {"width": 1.5, "color": color}}
            trace: Figure = {"type": "scatter", "name": kind, "x": places, "y": [lane] * len(places), "yaxis": "y2"}
            shown: Figure = {"mode": "markers", "marker": marker, "cliponaxis": False}
            traces.append(trace | shown | {"text": texts, "hovertemplate": "%{text}<extra></extra>"})
    return traces


def _event_words(events: Iterable[EventRow]) -> str:
    return "<br>".join(f"<b>{_wrapped(event.title)}</b><br>{_wrapped(event.reason)}" for event in events)


def _wrapped(text: str) -> str:
    return "<br>".join(escape(line) for line in wrap(text, _LINE_WIDTH_CHARS))
