"""Whether a job may be run twice: said by its owner, or learned from runs that were repeated and went well."""

from itertools import pairwise

from setpoint.core.history import History

__all__ = ["is_idempotent", "reran_cleanly"]

_SAID = {"harmless": True, "harmful": False}


def is_idempotent(history: History) -> bool | None:
    """What was said, in doubt that not; else True where a failed run was repeated and did its work; else None."""
    owner = None if history.described is None else history.described.is_idempotent
    said = [word for word in (owner, _SAID.get(history.restrictions.reruns)) if word is not None]
    if said:
        return all(said)
    return True if reran_cleanly(history) else None


def reran_cleanly(history: History) -> int:
    """How many runs that did not do their work were followed by a repeat that did."""
    return sum(
        not before.succeeded and after.report.retry and after.succeeded for before, after in pairwise(history.runs)
    )
