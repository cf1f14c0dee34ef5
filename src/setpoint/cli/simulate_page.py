"""A simulated fleet on a terminal: the loop beside the oracle and the fleet left alone, and what the loop did."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from setpoint.core.words import counted, dollars

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["render"]

_READING = (
    "untouched: the same days on the owners' clusters, which nobody changes. oracle: knows the physics and the day's "
    "input, and takes the cheapest spec that keeps the deadline with the stated risk. Both have the same luck."
)
Row = tuple[str, str, str, str]


def render(console: "Console", figures: Mapping[str, object]) -> None:
    """Print it."""
    title = f"{counted(_whole(figures, 'projects'), 'project')} · {counted(_whole(figures, 'days'), 'day')}"
    console.print(f"{title} · {figures['profile']} · seed {figures['seed']} · {figures['goal']}", highlight=False)
    rows: list[Row] = [("", "setpoint", "untouched", "oracle"), *_compared(figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(widths[column]) for column, cell in enumerate(row[1:], start=1))]
        console.print("  " + "   ".join(cells).rstrip(), highlight=False, markup=False)
    for line in (*_told(figures), _READING, f"{_real(figures, 'seconds'):.0f} s"):
        console.print(line, highlight=False, markup=False)


def _compared(it: Mapping[str, object]) -> Iterator[Row]:
    cost, untouched, oracle = (_real(it, name) for name in ("cost", "untouched_cost", "oracle_cost"))
    yield "cost", dollars(cost), dollars(untouched), dollars(oracle)
    yield "against the oracle", f"{cost / oracle:.2f} ×", f"{untouched / oracle:.2f} ×", "1.00 ×"
    yield "days late or not done", f"{it['misses']}", f"{it['untouched_misses']}", f"{it['oracle_misses']}"
    yield "runs too late", f"{it['late_runs']}", f"{it['untouched_late_runs']}", ""
    yield "  as stated beforehand", f"{_real(it, 'stated_misses'):.1f}", "", ""


def _told(it: Mapping[str, object]) -> Iterator[str]:
    yield f"{it['changes']} changes, {it['rollbacks']} rollbacks ({it['restored_late']} not in place at the next run)"
    yield (
        f"{it['ooms']} runs out of memory in {it['projects_with_ooms']} projects, {it['repeated_ooms']} at an input at "
        "which one had failed before"
    )
    faced, recovered = it["cliffs_faced"], it["code_changes_that_broke_the_goal"]
    if faced:
        yield f"{faced} projects outgrew a heap that they ran on; {it['cliffs_met_before']} got more before any failed"
    if recovered:
        runs = it["runs_to_recover_median"]
        yield f"{recovered} changes of code broke the goal; back within it after {runs} runs (median)"
    yield f"{it['false_alarms']} false alarms in {it['projects_with_false_alarms']} projects"
    yield (
        f"trials cost {dollars(_real(it, 'exploration_cost'))} more than the known-good specs would have; the worst 30 "
        f"days of a project cost {_real(it, 'worst_project_30_days'):+.1%} against untouched ({it['worst_project']})"
    )


def _real(figures: Mapping[str, object], name: str) -> float:
    return float(cast("float", figures[name]))


def _whole(figures: Mapping[str, object], name: str) -> int:
    return cast("int", figures[name])
