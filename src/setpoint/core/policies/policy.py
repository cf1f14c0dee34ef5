"""The nouns: a policy, whom it selects, and what it says."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from setpoint.core.history import Mode
from setpoint.core.policies.rules import Rules

__all__ = ["Budget", "Clause", "Policy", "Selection", "Subject"]

_WILD = frozenset("*?[")
_BY_NAME = 100
"""Points for naming a project: more than any number of other conditions can make."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a selection may look at in a project."""

    name: str
    platform: str
    owner: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    def values_of(self, key: str) -> tuple[str, ...]:
        """What it has under `name`, `owner`, `platform` or `tag KEY`; nothing where it does not say."""
        if key.startswith("tag "):
            return tuple(value for name, value in self.tags if name == key.removeprefix("tag "))
        found = {"name": self.name, "platform": self.platform, "owner": self.owner}[key]
        return (found,) if found else ()


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that all must hold: each a key and patterns of which one must match. Without any: every project.

    >>> Selection((("name", ("nightly-*",)), ("tag tier", ("gold", "silver")))).specificity
    3
    """

    conditions: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def selects(self, subject: Subject) -> bool:
        """Whether all conditions hold."""
        return all(_is_met(subject.values_of(key), patterns) for key, patterns in self.conditions)

    @property
    def specificity(self) -> int:
        """One point for each condition, one more where it has no wildcard, and 100 more where that is the name."""
        exact = [key for key, patterns in self.conditions if not any(_WILD & set(pattern) for pattern in patterns)]
        return len(self.conditions) + len(exact) + (_BY_NAME if "name" in exact else 0)

    def __str__(self) -> str:
        """Words for people: `name nightly-*, tag tier gold or silver`."""
        return ", ".join(f"{key} {' or '.join(patterns)}" for key, patterns in self.conditions) or "every project"


def _is_met(values: tuple[str, ...], patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(value, pattern) for value in values for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a goal that precedence decides on by itself: what is minimised, or the limit on one metric."""

    field: str
    """`minimise`, or the metric with the word limit: `runtime limit`."""
    text: str


@dataclass(frozen=True, slots=True)
class Budget:
    """What a group of projects may spend together."""

    metric: str
    bound_per_day: float
    """In the unit of the metric."""
    spend_on: str
    """What is bought with it: `deadlines` or `time`."""
    text: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What one file in Git says about the projects that it selects."""

    name: str
    place: str
    """Where it is written, `file:line:column`."""
    priority: int
    selection: Selection
    exceptions: tuple[Selection, ...] = ()
    clauses: tuple[Clause, ...] = ()
    mode: Mode | None = None
    rules: Rules = ()
    """Restrictions by their name, each as it is written."""
    budget: Budget | None = None
    weight: float | None = None
    """How much a kept deadline of its projects counts where a budget is shared."""
    overridable: frozenset[str] = frozenset()
    """Of `goal`, `mode` and the names of restrictions: where a project's own setting beats this policy."""

    def governs(self, subject: Subject) -> bool:
        """Whether it selects the project and does not except it."""
        return self.selection.selects(subject) and not any(each.selects(subject) for each in self.exceptions)

    @property
    def rank(self) -> tuple[int, int, str]:
        """Sorts the policies that say most first: by priority, then specificity, then name."""
        return (-self.priority, -self.selection.specificity, self.name)
