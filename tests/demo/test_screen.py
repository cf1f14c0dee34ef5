"""What the demo shows in the terminal."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console
from tests.service.story import whole_story

from setpoint.demo.screen import Screen, Summary
from setpoint.demo.story import chapters
from setpoint.service.rows import RunRow
from setpoint.service.view import project_view

WIDTH = 80
VIEW = project_view("orders", whole_story())
SUMMARY = Summary(0.004, 0.002, "16 slots · 8 GiB", "4 slots · 1 GiB", 1, 20, 24, 19, 21, "list-estimated")
SET_POINTS = ("runtime ≤ 15.0 s", "cost ≤ $0.00210")
ABOUT = "Nothing was bought."
EXPLAIN = f"SETPOINT_LEDGER=sqlite:////{'folder/' * 12}demo/ledger.db /a/program explain orders"


class Terminal:
    def __init__(self) -> None:
        self._file = io.StringIO()
        self.screen = Screen(Console(file=self._file, width=WIDTH))

    @property
    def shown(self) -> str:
        return self._file.getvalue()

    @property
    def words(self) -> str:
        """Without the breaks of lines."""
        return " ".join(self.shown.split())


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.mark.parametrize("row", VIEW.runs, ids=lambda row: str(row.number))
def test_every_run_is_shown_with_its_decision(terminal: Terminal, row: RunRow) -> None:
    events = tuple(event for event in VIEW.events if event.kind == "disturbance" and event.position == row.number)
    terminal.screen.run(row, events)
    first = terminal.shown.splitlines()[0]
    assert first.split()[0] == str(row.number)
    assert row.spec in first
    assert f"${row.dollars:.5f}" in first
    assert ("met" if row.met else "missed") in first
    assert all(f"missed: {'; '.join(row.missed)}" in terminal.words for _ in row.missed)
    assert row.decision is not None
    assert row.decision.reason in terminal.words
    assert all(event.reason in terminal.words for event in events)
    assert row.error is None or row.error in terminal.words
    assert max(map(len, terminal.shown.splitlines())) <= WIDTH


def test_the_table_stands_in_columns(terminal: Terminal) -> None:
    terminal.screen.chapter(chapters(18)[0], SET_POINTS)
    assert terminal.shown.count("Set points: runtime ≤ 15.0 s; cost ≤ $0.00210") == 1
    heading = terminal.shown.splitlines()[-1]
    starts = [heading.index(word) for word in ("run", "spec", "predicted", "actual", "cost", "goal")]
    for row in VIEW.runs:
        terminal.screen.run(row, ())
    lines = [line for line in terminal.shown.splitlines() if re.match(r"\d+ +\d+ slots", line)]
    assert len(lines) == len(VIEW.runs)
    assert all(line[start] != " " and line[max(0, start - 1)] in " 0123456789" for line in lines for start in starts)


def test_brackets_in_texts_are_no_markup(terminal: Terminal) -> None:
    odd = "[/red] [bold]x[/bold] [link=file:///x]"
    row = VIEW.runs[6]
    assert row.decision is not None
    shown = replace(row, spec="[/a]", error=odd, decision=replace(row.decision, reason=odd, title="[t]"))
    terminal.screen.run(shown, tuple(replace(event, reason=odd, title="[e]") for event in VIEW.events[:1]))
    terminal.screen.note(odd)
    terminal.screen.begin(odd, "http://127.0.0.1:1/projects/orders")
    terminal.screen.goal(VIEW.runs[0], odd)
    terminal.screen.chapter(replace(chapters(18)[0], title=odd), (odd,))
    with terminal.screen.running(odd, VIEW.next_run):
        pass
    terminal.screen.end(replace(SUMMARY, start_spec=odd, final_spec=odd), ABOUT, odd)
    assert terminal.words.count(odd) >= 8
    assert "[/a]" in terminal.words


def test_the_end_says_what_was_achieved(terminal: Terminal) -> None:
    terminal.screen.end(SUMMARY, ABOUT, EXPLAIN)
    for words in (
        "$0.00200 on 4 slots · 1 GiB",
        "$0.00400 measured on 16 slots",
        "0.50 × (list-estimated)",
        "20 of 24 runs",
        "19 of 21",
    ):
        assert words in terminal.words
    assert f"  {EXPLAIN} [N]" in terminal.shown.splitlines()


def test_the_end_says_what_is_in_the_price_and_what_is_not(terminal: Terminal) -> None:
    terminal.screen.end(replace(SUMMARY, last_cost=VIEW.runs[-1].cost), ABOUT, EXPLAIN)
    for words in (
        "The last run cost $0.00266 (list-estimated):",
        "0.048 vCPU-hours at $0.0526",
        "list-estimated: from measured use and list prices.",
        "Not counted: disks, stored data, network traffic, support, taxes.",
        ABOUT,
    ):
        assert words in terminal.words


@pytest.mark.parametrize("summary", [replace(SUMMARY, start_dollars=None), replace(SUMMARY, final_dollars=None)])
def test_without_a_measured_saving_none_is_claimed(terminal: Terminal, summary: Summary) -> None:
    terminal.screen.end(summary, ABOUT, EXPLAIN)
    assert "Cost per run" not in terminal.words
    assert "Goal met in" in terminal.words
