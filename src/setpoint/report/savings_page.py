"""Savings → the parts of a page, and one HTML file with its pictures inside that opens without a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from markupsafe import Markup

from setpoint.core import words
from setpoint.core.savings import Account, Line, Saved, grouped, total
from setpoint.report.frame import inlined, templates
from setpoint.report.pictures import Bar, interval_bar
from setpoint.report.savings_words import interval_words, saved_words, share_words

__all__ = ["PAGE_WORDS", "SavingsPage", "savings_report"]

MOST_BARS = 40
"""More are not looked at one by one; the table has all."""


@dataclass(frozen=True, slots=True)
class NamedBar:
    """One bar with its name and value."""

    name: str
    picture: Markup
    value: str
    interval: str


@dataclass(frozen=True)
class SavingsPage:
    """What the page shows."""

    accounts: Sequence[Account]
    by: str = "project"

    @cached_property
    def total(self) -> Saved:
        """Over all projects."""
        return total(chain.from_iterable(account.runs for account in self.accounts))

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """By what was asked for."""
        return grouped(self.accounts, self.by)

    @cached_property
    def months(self) -> tuple[Line, ...]:
        """By month."""
        return grouped(self.accounts, "month")

    @cached_property
    def bars(self) -> tuple[NamedBar, ...]:
        """Of the lines."""
        return _bars(self.lines)

    @cached_property
    def month_bars(self) -> tuple[NamedBar, ...]:
        """Of the months, the newest last."""
        return _bars(self.months[-MOST_BARS:])

    @property
    def left_out(self) -> int:
        """Lines that have no bar."""
        return len(self.lines) - len(self.bars)


def _bars(lines: Sequence[Line]) -> tuple[NamedBar, ...]:
    known = [line for line in lines if line.saved.saved_dollars is not None][:MOST_BARS]
    bars = [
        Bar(it.saved.saved_dollars or 0.0, it.saved.low_dollars or 0.0, it.saved.high_dollars or 0.0) for it in known
    ]
    least, most = min([0.0, *(bar.low for bar in bars)]), max([0.0, *(bar.high for bar in bars)])
    return tuple(
        NamedBar(
            line.name,
            interval_bar(bar, least, most, f"{line.name}: {saved_words(line.saved)}, {interval_words(line.saved)}"),
            saved_words(line.saved),
            interval_words(line.saved),
        )
        for line, bar in zip(known, bars, strict=True)
    )


PAGE_WORDS = {
    "dollars": words.dollars,
    "interval_words": interval_words,
    "number_of": words.counted,
    "saved_words": saved_words,
    "share_words": share_words,
}
"""What templates with savings may call."""


def savings_report(accounts: Sequence[Account], by: str = "project") -> str:
    """The page of the savings of some projects."""
    jinja = templates()
    jinja.globals.update(PAGE_WORDS)
    return jinja.get_template("savings_report.html").render(
        savings=SavingsPage(accounts, by), style=inlined("setpoint.service", "dashboard/assets/style.css")
    )
