"""What stands in a cell: numbers, words of a list, yes or no; anything else is an error that says where."""

import math
from collections.abc import Sequence

from setpoint.core.integers import whole_number
from setpoint.studies.sheet import SheetLine

__all__ = ["chosen", "count", "flag", "number", "one_line", "positive"]

_LONGEST_NAME = 120
_YES = {"true", "yes", "y", "1", "photon", "on"}
_NO = {"false", "no", "n", "0", "standard", "spark", "off", "none"}


def number(line: SheetLine, column: str, most: float) -> float | None:
    """A finite number of 0 or more; None where the cell is empty."""
    text = line.cells.get(column)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        raise line.wrong(column, f"{text!r} is no number (a decimal point, no unit, no thousands separator)") from None
    if not (math.isfinite(value) and 0 <= value <= most):
        raise line.wrong(column, f"{text!r} is not between 0 and {most:,.0f}")
    return value


def positive(line: SheetLine, column: str, most: float) -> float | None:
    """A number above 0."""
    value = number(line, column, most)
    if value == 0:
        raise line.wrong(column, "0 cannot be; leave it empty where it is not known")
    return value


def count(line: SheetLine, column: str, least: int, most: int) -> int | None:
    """A whole number; None where the cell is empty."""
    text = line.cells.get(column)
    if text is None:
        return None
    value = whole_number(text.removesuffix(".0"))
    if value is None or not least <= value <= most:
        raise line.wrong(column, f"{text!r} is no whole number between {least} and {most:,}")
    return value


def flag(line: SheetLine, column: str) -> bool | None:
    """Yes or no; None where the cell is empty."""
    text = line.cells.get(column)
    if text is None:
        return None
    word = text.lower()
    if word not in _YES | _NO:
        raise line.wrong(column, f"{text!r} is neither yes nor no")
    return word in _YES


def chosen(line: SheetLine, column: str, words: Sequence[str], default: str) -> str:
    """One of some words, whichever way it is spelled."""
    text = line.cells.get(column)
    if text is None:
        return default
    word = "_".join(text.lower().replace("-", " ").split())
    if word not in words:
        raise line.wrong(column, f"{text!r} is none of {', '.join(words)}")
    return word


def one_line(text: str) -> str:
    """A name without line ends, and of a length that fits into a table."""
    return " ".join(text.split())[:_LONGEST_NAME]
