"""What a platform must let us do: rights with the permissions that give them, and whether a harmless call went well."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["SCOPES", "Checked", "Denied", "Right", "Scope", "Untried", "Verdict", "checked", "lacking"]

Scope = Literal["read-only", "auto"]
"""read-only: enough to observe and to propose. auto: what applying by itself takes besides."""
SCOPES: tuple[Scope, ...] = get_args(Scope)
Verdict = Literal["granted", "missing", "untried"]


class Untried(Exception):  # noqa: N818 - reads as a statement
    """There was nothing to try a right on, or no answer to learn from."""


class Denied(Exception):  # noqa: N818 - reads as a statement
    """The right is not there; `grant` is the exact permission, where it is known better than beforehand."""

    def __init__(self, words: str, grant: str = "") -> None:
        super().__init__(words)
        self.grant = grant


@dataclass(frozen=True, slots=True)
class Right:
    """Something that a platform may or may not let us do."""

    what: str
    """A verb and its object: see jobs and their settings."""
    grant: str
    """The permission that gives it, in the platform's own words, and on what."""
    scope: Scope = "read-only"
    is_needed: bool = True
    """Whether its scope cannot be had without it."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A right that was tried."""

    right: Right
    verdict: Verdict
    detail: str = ""
    """What was seen, or why it was not tried."""
    grant: str = ""
    """What to grant where it is missing; empty where nothing is."""


def checked(right: Right, attempt: Callable[[], str]) -> Checked:
    """Try a right. `attempt` makes a harmless call and says what it saw; it raises Denied or Untried."""
    try:
        return Checked(right, "granted", attempt())
    except Denied as error:
        return Checked(right, "missing", str(error), error.grant or right.grant)
    except Untried as error:
        return Checked(right, "untried", str(error))


def lacking(found: Iterable[Checked], scope: Scope) -> tuple[Checked, ...]:
    """What is missing and needed for a scope; auto needs all that read-only does.

    >>> write = Checked(Right("change jobs", "CAN_MANAGE on each job", "auto"), "missing")
    >>> len(lacking([write], "read-only")), len(lacking([write], "auto"))
    (0, 1)
    """
    wanted = SCOPES[: SCOPES.index(scope) + 1]
    return tuple(it for it in found if it.verdict == "missing" and it.right.is_needed and it.right.scope in wanted)
