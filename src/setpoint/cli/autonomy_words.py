"""How a project stands, in words: mode, what waits, who says what, what trying cost."""

from collections.abc import Iterator, Sequence

from setpoint.core.autonomy.idempotency import is_idempotent, reran_cleanly
from setpoint.core.autonomy.ladder import mode_words
from setpoint.core.history import Approved, Decided, Entry, History, RollbackAsked, fold
from setpoint.core.policies.ruling import Ruling
from setpoint.core.restrictions import restriction_words
from setpoint.core.shadow import ShadowGrades, shadow_grades
from setpoint.core.trying import Tried, by_month, tried
from setpoint.core.words import counted, dollars

__all__ = ["autonomy_lines", "standing_lines", "trying_lines"]

_MEANING = {
    "observe": "it is measured, nothing is decided",
    "shadow": "decisions are taken and graded, nothing is changed",
    "propose": "decisions are shown, nothing is changed",
    "approve": "changes wait for a person: setpoint approve",
    "auto": "changes are made without asking",
}


def standing_lines(
    project: str, entries: Sequence[Entry], waits: str | None, rulings: Sequence[Ruling]
) -> Iterator[str]:
    """What `setpoint mode` shows."""
    history = fold(entries)
    if history is None:
        return
    usual = "observe" if history.goal is None else history.goal.mode
    yield f"{project}: mode {mode_words(history)}"
    yield f"  {_MEANING[usual]}"
    yield from (f"  {ruling}" for ruling in rulings if _is_shown(ruling))
    yield f"  {_idempotency(history)}"
    last = history.last_decided
    if last is not None and waits is not None:
        yield f"  decision {last.id} waits: {waits}"
    yield from (f"  {line}" for line in shadow_lines(shadow_grades(entries)))
    yield from (f"  {line}" for line in trying_lines(history, tried(entries)))


def _is_shown(ruling: Ruling) -> bool:
    return ruling.field != "minimise" and not ruling.field.endswith(" limit")


def _idempotency(history: History) -> str:
    known = is_idempotent(history)
    if known is None:
        return "whether it may be run twice is not known; say so: setpoint restrict PROJECT --reruns harmless|harmful"
    if not known:
        return "it may not be run twice: nothing is tried for what it may tell"
    learned = reran_cleanly(history)
    declared = history.restrictions.reruns or (history.described is not None and history.described.is_idempotent)
    why = "so it was said" if declared else f"{counted(learned, 'repeat')} went well"
    return f"it may be run twice: {why}"


def shadow_lines(grades: ShadowGrades) -> Iterator[str]:
    """What was held back, graded; nothing where nothing was."""
    if grades.predicted:
        yield (
            f"held back and graded: {grades.held} of {counted(grades.predicted, 'run')} within the 90 % interval "
            f"predicted for the spec in place; {grades.failures} failed, {grades.stated_misses:.1f} misses were stated"
        )
    if grades.changes:
        yield f"{counted(grades.changes, 'change')} held back, at most {grades.worst_risk:.1%} risk of a miss each"
    if grades.compared:
        yield (
            f"by the model, {counted(grades.compared, 'run')} that cost {dollars(grades.actual_dollars)} would have "
            f"cost {dollars(grades.chosen_dollars)} on the specs that were chosen ({_signed(grades.saved_dollars)})"
        )


def _signed(saved: float) -> str:
    return f"{dollars(saved)} saved" if saved >= 0 else f"{dollars(-saved)} more"


def trying_lines(history: History, every: Sequence[Tried]) -> Iterator[str]:
    """What trying cost and won, in all and by month."""
    if not every:
        return
    spent, won = sum(each.spent_dollars for each in every), sum(each.won_dollars for each in every)
    fates = [each.fate for each in every]
    kept = fates.count("kept")
    yield (
        f"trying: {counted(len(every), 'spec')} tried, {kept} kept; it cost {dollars(spent)} and has won "
        f"{dollars(won)} since (modelled)"
    )
    cap = history.restrictions.exploration_dollars_per_month
    of = "" if cap is None else f" of {dollars(cap)} that it may"
    for month in by_month(every):
        yield f"  {month.month}: cost {dollars(month.spent_dollars)}{of}, won {dollars(month.won_dollars)}"


def autonomy_lines(decided: Decided, history: History, entries: Sequence[Entry]) -> Iterator[str]:
    """What `setpoint explain` says of one decision: the mode then, why it waited, what restricted it, who approved."""
    yield f"Mode        {mode_words(history)}"
    said = restriction_words(history.restrictions)
    if said:
        by = f" (with policies: {history.restricted_by})" if history.restricted_by else ""
        yield f"Restricted  {'; '.join(said)}{by}"
    for entry in entries:
        if isinstance(entry, Approved) and entry.decision_id == decided.id:
            yield f"Approved    by {entry.by} at {entry.at:%Y-%m-%d %H:%M:%S} UTC"
    follower = _rolled_back(decided, entries)
    if follower is not None:
        why = f": {follower.reason}" if follower.reason else ""
        yield f"Taken back  by {follower.by} at {follower.at:%Y-%m-%d %H:%M:%S} UTC, to {follower.spec}{why}"


def _rolled_back(decided: Decided, entries: Sequence[Entry]) -> RollbackAsked | None:
    """The rollback that a person asked for before anything else was decided."""
    after = entries[entries.index(decided) + 1 :]
    for entry in after:
        if isinstance(entry, Decided):
            return None
        if isinstance(entry, RollbackAsked):
            return entry
    return None
