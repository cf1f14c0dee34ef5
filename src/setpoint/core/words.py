"""Numbers as people say them, the same on the command line, in reports and on the dashboard."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime

__all__ = [
    "amount",
    "counted",
    "data_size",
    "dollars",
    "duration",
    "moment",
    "names",
    "percent",
    "rough_duration",
    "sentence",
    "share_of",
]

_KIB = 1024
_THREE_DIGITS = 100
_TENTHS_BELOW_SECONDS = 10
_MINUTE, _HOUR = 60.0, 3600.0


def names(known: Sequence[str], wanted: str = "", most: int = 8) -> str:
    """The names there are, for somebody who asked for another: those like it first, and no more than a line of them.

    >>> names(("hourly", "nightly", "weekly"), "nightlly", most=2), names(())
    ('nightly, hourly and 1 more', 'none yet')
    """
    from difflib import get_close_matches

    near = get_close_matches(wanted, known, most)
    shown = list(dict.fromkeys((*near, *known)))[:most]
    more = f" and {len(known) - len(shown)} more" if len(known) > len(shown) else ""
    return ", ".join(shown) + more or "none yet"


def dollars(amount: float) -> str:
    """Dollars with three significant digits, small ones too, never in scientific notation.

    >>> dollars(0.000712), dollars(30), dollars(-0.0451)
    ('$0.000712', '$30.00', '-$0.0451')
    """
    sign = "-" if amount < 0 else ""
    if amount == 0 or not math.isfinite(amount):
        return f"{sign}${abs(amount):.2f}"
    return f"{sign}${abs(amount):,.{max(2, 2 - math.floor(math.log10(abs(amount))))}f}"


def amount(quantity: float) -> str:
    """A quantity with three significant digits, large ones whole.

    >>> amount(0.05021), amount(1.2), amount(12345.6), amount(0)
    ('0.0502', '1.2', '12,346', '0')
    """
    if quantity == 0 or not math.isfinite(quantity):
        return f"{quantity:g}"
    digits = max(0, 2 - math.floor(math.log10(abs(quantity))))
    shown = f"{quantity:,.{digits}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def duration(seconds: float) -> str:
    """A duration.

    >>> [duration(s) for s in (9.26, 59.96, 75, 5400)]
    ['9.3 s', '1 min 0 s', '1 min 15 s', '1 h 30 min']
    """
    # The unit is that of the rounded amount: 59.96 s is a minute, not 60.0 s.
    if round(seconds, 1) < _MINUTE:
        return f"{seconds:.1f} s"
    if round(seconds) < _HOUR:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(round(seconds / _MINUTE), 60)
    return f"{hours} h {minutes} min"


def rough_duration(seconds: float) -> str:
    """A duration in one unit, for sentences in which its order of magnitude matters.

    >>> [rough_duration(s) for s in (3.21, 75, 900, 9000)]
    ['3.2 s', '75 s', '15 min', '2.5 h']
    """
    if seconds < _TENTHS_BELOW_SECONDS:
        return f"{seconds:.1f} s"
    if seconds < 2 * _MINUTE:
        return f"{seconds:.0f} s"
    return f"{seconds / _MINUTE:.0f} min" if seconds < 2 * _HOUR else f"{seconds / _HOUR:.1f} h"


def data_size(size_bytes: float | None) -> str:
    """A size in binary units.

    >>> data_size(1536), data_size(3 * 1024**3), data_size(5), data_size(None)
    ('1.5 KiB', '3 GiB', '5 B', 'unknown')
    """
    if size_bytes is None:
        return "unknown"
    size, unit = float(size_bytes), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if size < _KIB:
            break
        size, unit = size / _KIB, larger
    return f"{round(size, 0 if size >= _THREE_DIGITS else 1):g} {unit}"


def moment(at: datetime) -> str:
    """A time, in UTC and saying so."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def percent(share: float) -> str:
    """A share of one, with small ones not rounded to nothing.

    >>> [percent(share).replace("\N{NO-BREAK SPACE}", " ") for share in (0.25, 0.004, 0.0)]
    ['25 %', '0.4 %', '0 %']
    """
    shown = f"{share * 100:.1g}" if 0 < share < 0.01 else f"{share * 100:.0f}"  # noqa: PLR2004 - one per cent
    return f"{shown}\N{NO-BREAK SPACE}%"


def share_of(part: float, whole: float) -> str:
    """A share of a whole, in whole per cents.

    >>> share_of(1, 8), share_of(1, 0)
    ('12 %', '0 %')
    """
    return f"{100 * part / whole:.0f} %" if whole > 0 else "0 %"


def counted(count: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "task"), counted(1200, "stage")
    ('1 task', '1,200 stages')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def sentence(text: str) -> str:
    """A reason as a sentence of its own; one that begins with the name of a machine keeps the name as it is.

    >>> sentence("the input grew"), sentence("m5.xlarge × 2 is kept")
    ('The input grew.', 'm5.xlarge × 2 is kept.')
    """
    is_name = any(letter.isdigit() for letter in text.partition(" ")[0])
    begun = text if is_name else f"{text[:1].upper()}{text[1:]}"
    return f"{begun}{'' if text.endswith(('.', '!', '?')) else '.'}" if text else ""
