"""Projects of the ledger by name or pattern, with their entries."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

import typer

from setpoint.core.words import names
from setpoint.errors import UnknownProject

if TYPE_CHECKING:
    from setpoint.core.history import Entry

__all__ = ["ProjectsArgument", "names_of", "selected"]

ProjectsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[PROJECT…]", help="Names, or patterns such as 'sales-*'; else all projects."),
]


def selected(patterns: list[str] | None) -> "Iterator[tuple[str, tuple[Entry, ...]]]":
    """Each of them once, in the order of the ledger. Raises UnknownProject where a pattern meets none."""
    from setpoint.settings import load_settings
    from setpoint.wiring import build_ledger

    ledger = build_ledger(load_settings())
    for name in names_of(ledger.projects(), patterns):
        yield name, ledger.read(name)


def names_of(every: Sequence[str], patterns: list[str] | None) -> tuple[str, ...]:
    """Those of these projects that are named; all of them without patterns. Raises UnknownProject."""
    for pattern in patterns or ():
        if not any(_is(name, pattern) for name in every):
            known = names(every, pattern)
            raise UnknownProject(f"There is no project “{pattern}” in the ledger; known projects: {known}.")
    return tuple(name for name in every if not patterns or any(_is(name, pattern) for pattern in patterns))


def _is(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name, pattern)
