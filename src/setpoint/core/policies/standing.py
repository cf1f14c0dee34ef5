"""What a project is set to, and what its owner had set: folds of its entries."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from setpoint.core.history import Entry, GoalSet, Mode, Restricted
from setpoint.core.policies.rules import Rules, rules_of

__all__ = ["OWN", "RELEASED", "Standing", "Wanted", "standing_of"]

OWN = ""
"""Origin of what the owner set."""
RELEASED = "(released)"
"""Origin of what is left where a policy went and the owner had set nothing: measured, and left alone."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a project and what may be done about it."""

    goal: str | None = None
    mode: Mode | None = None
    rules: Rules = ()
    """Restrictions by their name."""
    goal_origin: str = OWN
    """Names of the policies that the goal and the mode are from; empty where they are the owner's."""
    rules_origin: str = OWN


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds now, and what the owner had set when it was last the owner who did."""

    present: Wanted
    own: Wanted


def standing_of(entries: Iterable[Entry]) -> Standing:
    """Both after these entries."""
    present, own = Wanted(), Wanted()
    for entry in entries:
        if isinstance(entry, GoalSet):
            present = Wanted(entry.goal, entry.mode, present.rules, entry.origin, present.rules_origin)
            if entry.origin == OWN:
                own = Wanted(entry.goal, entry.mode, own.rules)
        elif isinstance(entry, Restricted):
            rules = rules_of(entry.restrictions)
            present = replace(present, rules=rules, rules_origin=entry.origin)
            if entry.origin == OWN:
                own = replace(own, rules=rules)
    return Standing(present, own)
