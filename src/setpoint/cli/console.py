"""Where commands print: one console for answers, one for messages, colours only on a terminal."""

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["err", "out", "printable", "say"]

_KEPT = frozenset("\n\t\N{NO-BREAK SPACE}")


@cache
def out() -> "Console":
    """Answers: standard output."""
    from setpoint.cli.terminal import Terminal

    return Terminal(soft_wrap=True)


@cache
def err() -> "Console":
    """Messages about the work: standard error."""
    from setpoint.cli.terminal import Terminal

    return Terminal(stderr=True, soft_wrap=True)


def say(sentence: str) -> None:
    """A sentence on standard error; no name in it can look like the beginning of another one."""
    indented = printable(sentence).replace("\n", "\n  ")
    # One program under two names: who called it `sync-cli` hears from sync-cli.
    program = "sync-cli" if Path(sys.argv[0]).stem == "sync-cli" else "setpoint"
    sys.stderr.write(f"{program}: {indented}\n")


def printable(text: str) -> str:
    r"""Text without what would steer a terminal: event logs come from anywhere, and so do the names in them.

    >>> printable("\x1b[31mnightly\u202e")
    '�[31mnightly�'
    """
    return "".join(it if it.isprintable() or it in _KEPT else "�" for it in text)
