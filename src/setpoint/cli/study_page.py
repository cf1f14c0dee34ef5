"""A study on a terminal: the table, what it shows, and what the dollars hold."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from setpoint.core.study.explained import counted_in, left_out
from setpoint.core.study.findings import findings
from setpoint.core.study.rows import PARTS
from setpoint.core.study.table import table
from setpoint.core.words import dollars, duration, percent, sentence

if TYPE_CHECKING:
    from rich.console import Console

    from setpoint.core.study import Study, StudyRow

__all__ = ["render"]

_SHORT = {"vm": "VMs", "dbu": "DBU", "disk": "disks", "fee": "EMR fee", "cores": "cores"}
_NAMES = 2
"""Columns at the left that hold words; numbers stand to the right."""


def render(console: "Console", study: "Study") -> None:
    """Print it."""
    for line in (*_table(study), "", *_sentences(study)):
        console.print(line, highlight=False, markup=False)


def _table(study: "Study") -> Iterator[str]:
    """Lines in columns; a terminal that is too narrow folds them, which is easier to read than folded cells."""
    parts = [key for key in PARTS if any(row.part(key) is not None for row in study.rows)]
    heads = ("spec", "group", "runs", "runtime", "spread", *(_SHORT[key] for key in parts))
    lines: list[Sequence[str]] = [(*heads, "total", "×cheapest", "×fastest", "front")]
    for row, values in zip(study.rows, table(study), strict=True):
        ratios = (values["cost_to_cheapest"], values["runtime_to_fastest"])
        lines.append((
            row.label,
            row.group.name,
            str(values["runs"]),
            "failed" if row.seconds is None else duration(row.seconds),
            _spread(row),
            *(_dollars(row.part(key)) for key in parts),
            _dollars(row.dollars),
            *(f"{ratio:.2f}" if isinstance(ratio, float) else "–" for ratio in ratios),
            "yes" if values["on_front"] else "",
        ))  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [
            cell.ljust(width) if position < _NAMES else cell.rjust(width)
            for position, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _sentences(study: "Study") -> list[str]:
    reasons = [f"Not priced: {row.label}: {row.reason}." for row in study.rows if row.reason]
    lines = [*reasons, *map(sentence, findings(study))]
    if study.total is not None:
        lines.append(f"In the total, list-estimated: {'; '.join(counted_in(study, 'total'))}.")
        lines.append(f"Not in it: {'; '.join(left_out(study, 'total'))}.")
    return [*lines, f"Prices: {'; '.join(study.prices)}."]


def _spread(row: "StudyRow") -> str:
    """From the shortest run to the longest, against the typical one."""
    times = row.samples.run_seconds
    return percent((times[-1] - times[0]) / row.seconds) if len(times) > 1 and row.seconds else "–"


def _dollars(amount: float | None) -> str:
    return "–" if amount is None else dollars(amount)
