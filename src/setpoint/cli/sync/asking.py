"""Questions whose answers are not shown."""

import sys

import typer

__all__ = ["hidden"]


def hidden(question: str, default: str | None) -> str:
    """Ask for a secret. Where a script answers, there is nobody to hide it from, and no terminal to read it from."""
    answer: str = typer.prompt(question, default=default, hide_input=sys.stdin.isatty(), show_default=False)
    return answer
