"""Every decision taken again, from nothing but the entries before it and the prices and lessons that are at hand."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from setpoint.core.controller import decide
from setpoint.core.fingerprint import basis_of
from setpoint.core.goals import parse_goal
from setpoint.core.history import Decided, Entry, History, fold
from setpoint.core.prediction import NOTHING_KNOWN, Lessons
from setpoint.core.pricebook import PriceBook
from setpoint.core.rollout import Rollout, follow

__all__ = ["Verdict", "Verified", "verify"]

MOST_RACED = 20
"""Entries that another tick may have written while a decision was being taken."""
Verdict = Literal["identical", "different", "not at hand"]


@dataclass(frozen=True, slots=True)
class Verified:
    """One recorded decision, held against the one that the same evidence calls for."""

    decision_id: str
    verdict: Verdict
    detail: str
    """What is not at hand any more, or how the two differ; empty where they are identical."""


def verify(
    entries: Sequence[Entry],
    prices: Sequence[PriceBook],
    lessons_for: Callable[[History], Sequence[Lessons]],
    only: Collection[str] | None = None,
) -> Iterator[Verified]:
    """All decisions of a project, or those of these ids, in their order.

    `prices` and `lessons_for` give what is at hand; what a decision rested on is told from them by its fingerprint.
    """
    for place, entry in enumerate(entries):
        if isinstance(entry, Decided) and (only is None or entry.id in only):
            yield _verified(entry, entries[:place], prices, lessons_for)


def _verified(
    decided: Decided,
    before: Sequence[Entry],
    prices: Sequence[PriceBook],
    lessons_for: Callable[[History], Sequence[Lessons]],
) -> Verified:
    if not decided.basis:
        return Verified(decided.id, "not at hand", "it was written before decisions told what they rest on")
    history, rollout = _evidence(decided, before)
    if history is None or rollout is None:
        return Verified(decided.id, "not at hand", "the entries before it come to no project")
    price_print, _, lesson_print = decided.basis.partition(" ")
    book = next((each for each in prices if basis_of(each).startswith(price_print)), None)
    if book is None:
        return Verified(decided.id, "not at hand", f"the prices of that day ({price_print}) are others now")
    known = (NOTHING_KNOWN, *lessons_for(history))
    lessons = next((each for each in known if basis_of(book, each) == decided.basis), None)
    if lessons is None:
        detail = f"what other projects had taught by then ({lesson_print}) is more or other now"
        return Verified(decided.id, "not at hand", detail)
    again = decide(history, rollout, parse_goal(decided.goal), book, lessons=lessons)
    if again == decided.decision:
        return Verified(decided.id, "identical", "")
    return Verified(decided.id, "different", f"now it would be {type(again).__name__.lower()}: {again.reason}")


def _evidence(decided: Decided, before: Sequence[Entry]) -> tuple[History | None, Rollout | None]:
    """What it was taken on. Of two ticks that race, the slower one writes after entries that it had not seen."""
    for end in range(len(before), max(0, len(before) - MOST_RACED), -1):
        history = fold(before[:end])
        if history is not None and history.decision_id == decided.id:
            return history, follow(before[:end])
    return None, None
