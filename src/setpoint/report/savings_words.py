"""Savings in words."""

from setpoint.core import words
from setpoint.core.savings import Saved

__all__ = ["interval_words", "saved_words", "share_words"]


def saved_words(saved: Saved) -> str:
    """What was saved in words; losses are said as such.

    >>> saved_words(Saved())
    'not known'
    >>> saved_words(Saved(saved_dollars=-2.0, low_dollars=-3.0, high_dollars=1.0))
    '-$2.00'
    """
    return "not known" if saved.saved_dollars is None else words.dollars(saved.saved_dollars)


def interval_words(saved: Saved) -> str:
    """Its 90 % interval in words."""
    if saved.low_dollars is None or saved.high_dollars is None:
        return ""
    return f"{words.dollars(saved.low_dollars)} to {words.dollars(saved.high_dollars)}"


def share_words(saved: Saved) -> str:
    """The share of what it would have cost; below zero for a loss."""
    if saved.share is None:
        return "–"
    return f"{'-' if saved.share < 0 else ''}{words.percent(abs(saved.share))}"
