"""Small pictures inside the text: the cost of the last runs as a line, their outcomes as a strip. Inline SVG."""

from collections.abc import Sequence

from markupsafe import Markup

from setpoint.core.breakdown import labelled
from setpoint.service.rows import RunRow

__all__ = ["RUNS_DRAWN", "cost_sparkline", "outcome_strip"]

RUNS_DRAWN = 40
"""The newest runs; more would not be told apart."""

_WIDTH, _HEIGHT, _PAD = 132, 34, 4
_SQUARE, _GAP = 10, 3


def cost_sparkline(runs: Sequence[RunRow]) -> Markup:
    """Cost of the newest runs, the zero line at the bottom and the set point dashed."""
    drawn = runs[-RUNS_DRAWN:]
    if not drawn:
        return Markup("")
    bound = next((point.bound for point in drawn[-1].set_points if point.metric == "cost"), None)
    top = max([run.dollars for run in drawn] + ([bound] if bound else [])) or 1.0
    step = (_WIDTH - 2 * _PAD) / max(1, len(drawn) - 1)
    places = [(_PAD + i * step, _y(run.dollars / top)) for i, run in enumerate(drawn)]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    words = f"Cost of the last {len(drawn)} runs, from {labelled(drawn[0].cost)} to {labelled(drawn[-1].cost)}"
    level = _level(_y(bound / top)) if bound else Markup("")
    return Markup(
        '<svg class="spark" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{words}">'
        '{level}<polyline class="spark-line" points="{path}"/>'
        '<circle class="spark-now" cx="{x:.1f}" cy="{y:.1f}" r="3"/></svg>'
    ).format(w=_WIDTH, h=_HEIGHT, words=words, level=level, path=path, x=places[-1][0], y=places[-1][1])


def _y(share: float) -> float:
    return _HEIGHT - _PAD - share * (_HEIGHT - 2 * _PAD)


def _level(y: float) -> Markup:
    return Markup('<line class="spark-set" x1="0" x2="{w}" y1="{y:.1f}" y2="{y:.1f}"/>').format(w=_WIDTH, y=y)


def outcome_strip(runs: Sequence[RunRow]) -> Markup:
    """One mark per run: filled where the goal was met, hollow where it was missed, a cross where the run failed."""
    drawn = runs[-RUNS_DRAWN:]
    if not drawn:
        return Markup("")
    met, failed = sum(run.met for run in drawn), sum(run.outcome == "failed" for run in drawn)
    words = f"Of the last {len(drawn)} runs {met} met the goal and {failed} failed"
    marks = Markup("").join(_mark(run, i * (_SQUARE + _GAP)) for i, run in enumerate(drawn))
    return Markup('<svg class="strip" viewBox="0 0 {w} {h}" role="img" aria-label="{words}">{marks}</svg>').format(
        w=len(drawn) * (_SQUARE + _GAP) - _GAP, h=_SQUARE, words=words, marks=marks
    )


def _mark(run: RunRow, x: int) -> Markup:
    if run.outcome == "failed":
        return Markup('<path class="strip-failed" d="M{a},1 L{b},9 M{a},9 L{b},1"/>').format(a=x + 1, b=x + 9)
    kind = "met" if run.met else "missed" if run.counts else "silent"
    return Markup('<rect class="strip-{kind}" x="{x}" y="1" width="8" height="8" rx="2"/>').format(kind=kind, x=x + 1)
