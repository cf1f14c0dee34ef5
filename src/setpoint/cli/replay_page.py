"""A replay on a terminal: one table, a line for each dataset and method, and how to read it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["render"]

_NAMES = 2
"""Columns at the left that hold words; numbers stand to the right."""
_HEADS = (
    "dataset", "method", "episodes", "cheaper", "median", "p10", "p90", "missed", "×optimum", "p90", "best of 10",
    "misses", "90 % holds", "error at 1",
)  # fmt: skip
_READING = (
    "From each parent: cheaper to missed judge the first recommendation by itself (share of episodes at least 1 % "
    "cheaper, change of the cost); ×optimum is what {horizon} runs cost, exploring and failures included, against "
    "running the best configuration every time, which the oracle does from run 2 on."
)


def render(console: "Console", summaries: Sequence[Mapping[str, object]]) -> None:
    """Print it."""
    lines = [_HEADS, *_lines(summaries)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [
            cell.ljust(width) if place < _NAMES else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        console.print("  ".join(cells).rstrip(), highlight=False, markup=False)
    console.print(f"\n{_READING.format(horizon=summaries[0]['horizon'])}", highlight=False, markup=False)


def _lines(summaries: Sequence[Mapping[str, object]]) -> Iterator[tuple[str, ...]]:
    """The methods of each dataset, then its oracle."""
    for place, figures in enumerate(summaries):
        if figures["method"] != "oracle":
            yield _line(figures, str(figures["method"]), figures)
        if place + 1 == len(summaries) or summaries[place + 1]["dataset"] != figures["dataset"]:
            yield _line(figures, "oracle", {**_part(figures, "oracle"), "coverage": {}, "mape": {}})


def _line(about: Mapping[str, object], method: str, figures: Mapping[str, object]) -> tuple[str, ...]:
    one_step, online = _part(figures, "one_step"), _part(figures, "online")
    return (
        str(about["dataset"]),
        method,
        str(about["episodes"]),
        _share(one_step["improved"]),
        *(_change(one_step[level]) for level in ("median", "p90", "p10")),
        _share(one_step["failed"]),
        *(_ratio(online[key]) for key in ("cum25_mean", "cum25_p90", "best10_median")),
        _ratio(online["misses"]),
        _share(_part(figures, "coverage").get("90")),
        _share(_part(figures, "mape").get("1")),
    )


def _part(figures: Mapping[str, object], key: str) -> Mapping[str, object]:
    return cast("Mapping[str, object]", figures[key])


def _share(value: object) -> str:
    return f"{value:.0%}".replace("%", " %") if isinstance(value, float) else "–"


def _change(reduction: object) -> str:
    """A reduction as a change of the cost: cheaper is below zero."""
    if not isinstance(reduction, float):
        return "–"
    change = round(-reduction * 100)
    return f"{'−' if change < 0 else '+' if change > 0 else ''}{abs(change)} %"


def _ratio(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else "–"
