"""Small pictures that need no script: bars with intervals, a reliability diagram, a line of time. Inline SVG."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

__all__ = ["Bar", "Point", "interval_bar", "reliability_diagram", "span_bar"]

_SIDE, _PAD = 300, 40
"""Of the reliability diagram, in its own units."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A value with its interval, on an axis from `least` to `most`."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Point:
    """What was stated, what was seen, and the interval of the latter; all shares."""

    stated: float
    seen: float
    low: float
    high: float
    words: str


def interval_bar(bar: Bar, least: float, most: float, words: str) -> Markup:
    """A bar from zero to the value, to the left where it is below, with a whisker for the interval."""

    def place(value: float) -> float:
        return 100 * (value - least) / (most - least) if most > least else 0.0

    zero, end, low, high = (place(min(most, max(least, it))) for it in (0.0, bar.value, bar.low, bar.high))
    return Markup(
        '<svg class="interval" width="100%" height="22" role="img" aria-label="{words}">'
        '<rect class="{kind}" x="{x:.2f}%" y="4" width="{width:.2f}%" height="14" rx="3"/>'
        '<line class="zero" x1="{zero:.2f}%" x2="{zero:.2f}%" y1="0" y2="22"/>'
        '<line class="whisker" x1="{low:.2f}%" x2="{high:.2f}%" y1="11" y2="11"/>'
        '<line class="whisker" x1="{low:.2f}%" x2="{low:.2f}%" y1="6" y2="16"/>'
        '<line class="whisker" x1="{high:.2f}%" x2="{high:.2f}%" y1="6" y2="16"/></svg>'
    ).format(
        words=words,
        kind="gain" if bar.value >= 0 else "loss",
        x=min(zero, end),
        width=max(0.3, abs(end - zero)),
        zero=zero,
        low=low,
        high=high,
    )


def span_bar(low: float, middle: float | None, high: float, words: str) -> Markup:
    """A stretch of a line of time, with a mark in it; all as shares of the line. Without a mark it goes on behind."""
    mark = Markup("")
    if middle is not None:
        mark = Markup('<circle class="mark-at" cx="{x:.2f}%" cy="11" r="5"/>').format(x=100 * middle)
    return Markup(
        '<svg class="span" width="100%" height="22" role="img" aria-label="{words}">'
        '<line class="line" x1="0" x2="100%" y1="11" y2="11"/>'
        '<rect class="within" x="{x:.2f}%" y="4" width="{width:.2f}%" height="14" rx="3"/>{mark}</svg>'
    ).format(words=words, x=100 * low, width=max(0.3, 100 * (high - low)), mark=mark)


def reliability_diagram(
    points: Sequence[Point],
    ticks: Sequence[float],
    names: tuple[str, str],
    scale: Callable[[float], float],
) -> Markup:
    """What was stated against what was seen. On the dashed line both are the same; `scale` bends both axes alike."""

    def place(share: float) -> float:
        return scale(min(1.0, max(0.0, share))) / scale(1.0) * (_SIDE - 2 * _PAD)

    marks = Markup("").join(
        Markup(
            '<g><title>{words}</title><line class="whisker" x1="{x:.1f}" x2="{x:.1f}" y1="{top:.1f}" y2="{low:.1f}"/>'
            '<circle class="mark-at" cx="{x:.1f}" cy="{y:.1f}" r="5"/></g>'
        ).format(
            words=it.words, x=_x(place(it.stated)), y=_y(place(it.seen)), top=_y(place(it.high)), low=_y(place(it.low))
        )
        for it in points
    )
    grid = Markup("").join(
        Markup(
            '<line class="zero" x1="{x:.1f}" x2="{x:.1f}" y1="{y0}" y2="{y1}"/>'
            '<line class="zero" x1="{y1}" x2="{y0}" y1="{y:.1f}" y2="{y:.1f}"/>'
            '<text x="{x:.1f}" y="{below}" text-anchor="middle">{tick}</text>'
            '<text x="{left}" y="{level:.1f}" text-anchor="end">{tick}</text>'
        ).format(
            x=_x(place(tick)),
            y=_y(place(tick)),
            level=_y(place(tick)) + 4,
            y0=_SIDE - _PAD,
            y1=_PAD,
            below=_SIDE - _PAD + 15,
            left=_PAD - 5,
            tick=f"{100 * tick:g} %",
        )
        for tick in ticks
    )
    return Markup(
        '<svg class="reliability" viewBox="0 0 {side} {side}" role="img" aria-label="{label}">{grid}'
        '<line class="ideal" x1="{near}" y1="{far}" x2="{far}" y2="{near}"/>{marks}'
        '<text x="{middle}" y="{bottom}" text-anchor="middle">{across}</text>'
        '<text x="{near}" y="{top}" text-anchor="start">{up}</text></svg>'
    ).format(
        side=_SIDE,
        label="; ".join(it.words for it in points) or "no predictions yet",
        grid=grid,
        marks=marks,
        near=_PAD,
        far=_SIDE - _PAD,
        middle=_SIDE // 2,
        bottom=_SIDE - 3,
        top=_PAD - 14,
        across=names[0],
        up=names[1],
    )


def _x(place: float) -> float:
    return _PAD + place


def _y(place: float) -> float:
    return _SIDE - _PAD - place
