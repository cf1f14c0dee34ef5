"""Where commands print: one console for answers, one for messages, colours only on a terminal."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["err", "out"]


@cache
def out() -> "Console":
    """Answers: standard output."""
    from rich.console import Console

    return Console(soft_wrap=True)


@cache
def err() -> "Console":
    """Messages about the work: standard error."""
    from rich.console import Console

    return Console(stderr=True, soft_wrap=True)
