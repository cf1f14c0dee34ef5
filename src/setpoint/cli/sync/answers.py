"""How the commands print: lines and indented JSON for people, one line of JSON with --json."""

import sys
from collections.abc import Iterable, Mapping

from setpoint.cli.console import printable

__all__ = ["pages", "progress", "show", "tell", "tell_json"]


def tell(text: str) -> None:
    """Print a line."""
    sys.stdout.write(printable(text) + "\n")
    sys.stdout.flush()


def progress(text: str) -> None:
    """Say on standard error how far something is that takes its time."""
    sys.stderr.write(printable(text) + "\n")
    sys.stderr.flush()


def tell_json(answer: object) -> None:
    """Print an answer on one line."""
    import msgspec

    tell(msgspec.json.encode(answer).decode())


def show(document: Mapping[str, object], *, json: bool) -> None:
    """Print a document of the service: indented for people, else on one line."""
    import msgspec

    if json:
        tell_json(document)
    else:
        tell(msgspec.json.format(msgspec.json.encode(document)).decode())


def pages(lines: Iterable[str], nothing: str) -> None:
    """Print lines, through the pager on a terminal; what to say on stderr where there are none."""
    told = [printable(line).replace("\n", " ") for line in lines]
    if not told:
        sys.stderr.write(nothing + "\n")
    elif sys.stdout.isatty() and sys.stdin.isatty():
        import pydoc

        pydoc.pager("\n".join(told) + "\n")
    else:
        tell("\n".join(told))
