"""Profile → figures for the chart library, as plain dicts. Colours are names of CSS variables of the page."""

from collections.abc import Iterable, Sequence
from html import escape

from setpoint.core.diagnosis import Diagnosis, StageShare
from setpoint.core.diagnosis.spans import slot_steps
from setpoint.core.profile import Profile
from setpoint.core.words import data_size, duration
from setpoint.report.lanes import Bar
from setpoint.report.parts import computing, mostly

__all__ = ["Figure", "tasks_figure", "timeline_figure", "timeline_rows"]

Json = str | float | int | bool | None | Sequence["Json"] | dict[str, "Json"]
Figure = dict[str, Json]

_QUIET: Figure = {"zeroline": False, "color": "--muted", "gridcolor": "--line"}
_LONGEST_NAME = 46
_GAP_SHARE = 0.01
"""Shorter gaps of the driver would be hairlines."""


def timeline_figure(profile: Profile, bars: Sequence[Bar], diagnosis: Diagnosis) -> Figure:
    """Stages over time, one bar each; below them the slots there were and how many of them had a task."""
    traces = [*_stages(profile, bars, diagnosis), *_slots(profile)]
    rows = timeline_rows(bars)
    split = min(0.6, 3.2 / (rows + 4.5))
    layout = _layout(height=90 + 22 * rows + 150) | {
        "barmode": "overlay",
        "xaxis": _QUIET
        | {"range": [0, profile.wall_seconds or 1.0], "ticksuffix": " s", "anchor": "y2", "nticks": 6, "tickangle": 0},
        "yaxis": _QUIET
        | {"domain": [split + 0.04, 1], "range": [rows - 0.5, -0.5], "visible": False, "fixedrange": True},
        "yaxis2": _QUIET
        | {"domain": [0, split], "rangemode": "tozero", "fixedrange": True, "nticks": 4, "title": {"text": "slots"}},
        "shapes": [
            _gap_shape(gap.started, gap.seconds) for gap in diagnosis.driver_gaps if _shows(profile, gap.seconds)
        ],
    }
    return {"data": traces, "layout": layout}


def timeline_rows(bars: Iterable[Bar]) -> int:
    """How many lanes the stages take."""
    return max((bar.lane for bar in bars), default=0) + 1


def _shows(profile: Profile, seconds: float) -> bool:
    return seconds > _GAP_SHARE * profile.wall_seconds


def _stages(profile: Profile, bars: Sequence[Bar], diagnosis: Diagnosis) -> list[Json]:
    """One trace per thing that stages mostly did, so that each has its colour."""
    by_kind: dict[str, list[Bar]] = {}
    names: dict[str, str] = {}
    for bar in bars:
        key, names[key] = mostly(bar.share.time, computing(diagnosis))
        by_kind.setdefault(key, []).append(bar)
    return [
        {
            "type": "bar",
            "orientation": "h",
            "name": names[key],
            "base": [bar.started for bar in drawn],
            "x": [max(bar.seconds, profile.wall_seconds / 1000) for bar in drawn],
            "y": [bar.lane for bar in drawn],
            "width": 0.72,
            "marker": {"color": f"--part-{key}", "line": {"width": 0}},
            "text": [f"{bar.share.id}" if bar.seconds > profile.wall_seconds / 30 else "" for bar in drawn],
            "textposition": "inside",
            "insidetextanchor": "start",
            "textfont": {"color": "--part-text", "size": 11},
            "textangle": 0,
            "hovertext": [_stage_words(bar, names[key]) for bar in drawn],
            "hovertemplate": "%{hovertext}<extra></extra>",
        }
        for key, drawn in by_kind.items()
    ]


def _stage_words(bar: Bar, kind: str) -> str:
    share, totals = bar.share, bar.stage.totals
    lines = [
        f"<b>Stage {share.id}.{share.attempt}</b>",
        _short(share.name),
        f"{duration(share.seconds)}, from {duration(max(0.0, bar.stage.submitted))} on; {share.tasks:,} tasks",
        f"task: median {duration(share.median_seconds)}, longest {duration(share.longest_seconds)}",
        f"slot time {duration(share.slot_seconds)}, mostly {kind}",
        f"read {data_size(totals.input_bytes)}, spilled {data_size(totals.disk_spilled_bytes)}",
        f"shuffled in {data_size(totals.shuffle_read_bytes)}, out {data_size(totals.shuffle_write_bytes)}",
    ]
    if bar.stage.failed_tasks:
        lines.append(f"{bar.stage.failed_tasks:,} attempts failed")
    if bar.stage.failure:
        lines.append(f"failed: {_short(bar.stage.failure)}")
    return "<br>".join(lines)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return escape(line if len(line) <= _LONGEST_NAME else f"{line[: _LONGEST_NAME - 1]}…")


def _slots(profile: Profile) -> list[Json]:
    """Steps of the slots that executors offered, and the busy ones as a filled line."""
    x, y, slots = [0.0], [0], 0
    for moment, change in _changes(profile):
        slots += change
        x.append(moment)
        y.append(slots)
    traces: list[Json] = [
        {
            "type": "scatter",
            "name": "slots",
            "x": [*x, profile.wall_seconds],
            "y": [*y, y[-1]],
            "yaxis": "y2",
            "mode": "lines",
            "line": {"shape": "hv", "color": "--chart-set", "width": 2},
            "hovertemplate": "%{y} slots from %{x:.1f} s on<extra></extra>",
        }
    ]
    busy = profile.busy
    if busy.slots:
        # The last mean holds until the end of its step.
        moments = [busy.started + position * busy.step_seconds for position in range(len(busy.slots) + 1)]
        traces.append(
            {
                "type": "scatter",
                "name": "busy slots",
                "x": [round(moment, 3) for moment in moments],
                "y": [*(round(mean, 2) for mean in busy.slots), round(busy.slots[-1], 2)],
                "yaxis": "y2",
                "mode": "lines",
                "fill": "tozeroy",
                "fillcolor": "--chart-band",
                "line": {"shape": "hv", "color": "--chart-actual", "width": 1},
                "hovertemplate": "%{y:.1f} busy from %{x:.1f} s on<extra></extra>",
            }
        )
    return traces


def _changes(profile: Profile) -> list[tuple[float, int]]:
    """When slots came and went, before the end."""
    return [(moment, change) for moment, change in slot_steps(profile) if moment < profile.wall_seconds]


def _gap_shape(started: float, seconds: float) -> Json:
    return {
        "type": "rect",
        "x0": started,
        "x1": started + seconds,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "fillcolor": "--part-driver",
        "opacity": 0.13,
        "line": {"width": 0},
        "layer": "below",
    }


def tasks_figure(profile: Profile, shares: Sequence[StageShare]) -> Figure:
    """How long the tasks of the heaviest stages took: a box each, with a point per task or group of tasks."""
    times = {(stage.id, stage.attempt): stage.task_seconds for stage in profile.stages}
    shown = [share for share in shares if times[share.id, share.attempt]]
    traces: list[Json] = [
        {
            "type": "box",
            "orientation": "h",
            "name": f"stage {share.id}",
            "x": [round(seconds, 3) for seconds in times[share.id, share.attempt]],
            "boxpoints": "all",
            "jitter": 0.7,
            "pointpos": 0,
            "marker": {"color": "--chart-actual", "size": 5, "opacity": 0.6},
            "line": {"color": "--chart-actual", "width": 1.5},
            "fillcolor": "--chart-band",
            "hovertemplate": f"stage {share.id}: %{{x:.2f}} s<extra></extra>",
            "hoveron": "points",
        }
        for share in reversed(shown)
    ]
    axis: Figure = _QUIET | {"ticksuffix": " s", "rangemode": "tozero", "fixedrange": True, "nticks": 6, "tickangle": 0}
    layout = _layout(height=60 + 64 * max(1, len(shown))) | {
        "xaxis": axis,
        "yaxis": {"color": "--muted", "fixedrange": True, "automargin": True},
    }
    return {"data": traces, "layout": layout}


def _layout(height: int) -> Figure:
    return {
        "autosize": True,
        "height": height,
        "margin": {"l": 52, "r": 12, "t": 8, "b": 36},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": "--text"},
        "hovermode": "closest",
        "hoverlabel": {"align": "left", "bgcolor": "--surface", "bordercolor": "--line", "font": {"color": "--text"}},
        "showlegend": False,
    }
