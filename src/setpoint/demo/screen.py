"""What the demo shows in the terminal: a row per run as it ends, a live line while one runs, a summary at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from setpoint.core.breakdown import about_costs, labelled, text_lines
from setpoint.core.domain import Cost, CostLabel, Outcome
from setpoint.demo.story import Chapter
from setpoint.service.rows import CandidateRow, EventRow, RunRow

__all__ = ["Screen", "Summary"]

_WIDTHS = (4, 22, 14, 8, 8, 7)
_LONG_SECONDS = 1000
_HEADINGS = ("run", "spec", "predicted 90 %", "actual", "cost", "goal")


@dataclass(frozen=True, slots=True)
class Summary:
    """What the demo achieved."""

    start_dollars: float | None
    """Cost of the starting spec on the final input and code, measured; None where that run was not made."""
    final_dollars: float | None
    """Mean cost of the last runs on the final spec, input and code; None where none of them worked."""
    start_spec: str
    final_spec: str
    rollbacks: int
    met: int
    counted: int
    inside: int
    graded: int
    cost_label: CostLabel
    last_cost: Cost | None = None
    """What the last run on the final spec cost, part by part."""


class Screen:
    """The terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def note(self, text: str) -> None:
        """One line of news."""
        self._console.print(escape(text), highlight=False)

    def begin(self, start: str, address: str, *, is_simulated: bool = False) -> None:
        """What is about to be seen."""
        what = "A simulated" if is_simulated else "A real"
        self._console.print(f"[bold]{what} Spark job under closed-loop control.[/bold] It starts on {escape(start)}.")
        self._console.print(f"Watch it in the browser: [link={address}]{address}[/link]", highlight=False)

    def goal(self, untouched: RunRow, goal: str) -> None:
        """How the pipeline runs today, and what its owner wants."""
        self._console.print(
            f"Untouched it takes {untouched.seconds:.1f} s and costs ${untouched.dollars:.5f} a run "
            f"({untouched.cost_label}, as all costs here).",
            highlight=False,
        )
        self._console.print(f"Goal: [bold]{escape(goal)}[/bold]\n", highlight=False)

    def chapter(self, chapter: Chapter, set_points: tuple[str, ...]) -> None:
        """The circumstances change; the loop is not told. The set points stay."""
        self._console.rule(f"[bold]{escape(chapter.title)}", align="left")
        self._console.print(f"Set points: {escape('; '.join(set_points))}", highlight=False)
        self._console.print(self._row(*(f"[dim]{heading}[/dim]" for heading in _HEADINGS)))

    @contextmanager
    def running(self, what: str, expected: CandidateRow | None) -> Iterator[None]:
        """A live line while a run takes place."""
        hope = f", expected {expected.seconds.low:.0f}–{expected.seconds.high:.0f} s" if expected else ""
        with self._console.status(f"{escape(what)}{hope} …"):
            yield

    def run(self, row: RunRow, events: tuple[EventRow, ...]) -> None:
        """A run has ended, and was decided upon."""
        hoped = row.predicted and row.predicted.seconds
        predicted = f"{_seconds(hoped.low)}–{_seconds(hoped.high)} s" if hoped else "–"
        actual = f"{_seconds(row.seconds)} s" if row.outcome is Outcome.SUCCEEDED else f"[red]{row.outcome}[/red]"
        grade = "[green]met[/green]" if row.met else "[red]missed[/red]"
        self._console.print(
            self._row(str(row.number), escape(row.spec), predicted, actual, f"${row.dollars:.5f}", grade)
        )
        if row.missed:
            self._under(f"missed: {'; '.join(row.missed)}", "red")
        for event in events:
            self._under(f"{event.title}: {event.reason}", "yellow")
        if row.error:
            self._under(row.error, "red")
        if row.decision is not None:
            colour = {"hold": "dim", "recommendation": "cyan", "rollback": "magenta"}[row.decision.kind]
            self._under(f"{row.decision.title}. {row.decision.reason}", colour)

    def _price(self, cost: Cost, about: str) -> None:
        """What is in the price and what is not."""
        self._console.print(f"The last run cost {labelled(cost)}:", highlight=False)
        for line in text_lines(cost):
            self._console.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
        self._console.print(
            f"{about_costs([cost])} {escape(about)}",
            highlight=False,
        )

    def _under(self, text: str, style: str) -> None:
        table = Table.grid(padding=(0, 1))
        table.add_column(width=_WIDTHS[0])
        table.add_column(overflow="fold")
        table.add_row("", Text(text, style=style))
        self._console.print(table)

    def _row(self, *cells: str) -> Table:
        table = Table.grid(padding=(0, 2))
        for width in _WIDTHS:
            table.add_column(width=width, no_wrap=True)
        table.add_row(*cells)
        return table

    def end(self, summary: Summary, about: str, explain: str) -> None:
        """What was achieved, what is to be known of its costs, and the command that explains how."""
        self._console.rule("[bold]What was achieved", align="left")
        if summary.start_dollars is not None and summary.final_dollars is not None:
            share = summary.final_dollars / summary.start_dollars
            self._console.print(
                f"Cost per run: ${summary.final_dollars:.5f} on {escape(summary.final_spec)}, against "
                f"${summary.start_dollars:.5f} measured on {escape(summary.start_spec)} with the same input and code: "
                f"[bold]{share:.2f} ×[/bold] ({summary.cost_label}).",
                highlight=False,
            )
        if summary.last_cost is not None:
            self._price(summary.last_cost, about)
        self._console.print(
            f"Goal met in {summary.met} of {summary.counted} runs; {summary.inside} of {summary.graded} runtimes after "
            f"the third run lay inside the predicted 90 % interval; {summary.rollbacks} change(s) rolled back.",
            highlight=False,
        )
        self._console.print("Why each decision was taken:")
        # Not wrapped, so that it can be copied.
        self._console.print(f"  {explain} [N]", markup=False, highlight=False, soft_wrap=True)


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f}" if seconds >= _LONG_SECONDS else f"{seconds:.1f}"
