"""A goal taken apart into what precedence decides on one by one, and put together again."""

from collections.abc import Iterable

from setpoint.core.goal_file import goal_clauses
from setpoint.core.goals import parse_goal
from setpoint.core.policies.document import Text, Value
from setpoint.core.policies.policy import Clause
from setpoint.errors import GoalError

__all__ = ["MINIMISE", "clauses_of", "clauses_of_text", "goal_of"]

MINIMISE = "minimise"


def clauses_of_text(goal: str) -> tuple[Clause, ...]:
    """The clauses of a goal in its own order. Raises GoalError.

    >>> [clause.field for clause in clauses_of_text("minimise cost; runtime p95 <= 1h")]
    ['minimise', 'runtime limit']
    """
    parse_goal(goal)
    return tuple(Clause(_field(words), words) for part in goal.split(";") if (words := " ".join(part.split())))


def _field(words: str) -> str:
    limits = parse_goal(words).limits
    return f"{limits[0].name} limit" if len(limits) == 1 else MINIMISE


def clauses_of(value: Value) -> tuple[Clause, ...]:
    """The clauses of a goal in a policy. Raises PolicyError with the place."""
    found = tuple(clause for text in goal_clauses(value) for clause in _clause_of(text))
    twice = [clause.field for clause in found if [it.field for it in found].count(clause.field) > 1]
    return found if not twice else value.wrong(f"it sets the {twice[0]} twice; a policy sets each once")


def _clause_of(text: Text) -> tuple[Clause, ...]:
    try:
        return clauses_of_text(text.text)
    except GoalError as error:
        text.wrong(str(error))


def goal_of(clauses: Iterable[Clause]) -> str:
    """The goal that these clauses make: what is minimised first, the limits by name."""
    ordered = sorted(clauses, key=lambda clause: (clause.field != MINIMISE, clause.field))
    return "; ".join(clause.text for clause in ordered)
