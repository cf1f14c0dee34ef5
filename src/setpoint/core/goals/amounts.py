"""Amounts as they are written in goals: plain decimals, per cents, durations, and back."""

import re
from itertools import pairwise

__all__ = ["decimal", "seconds_of", "share_of_text", "written_duration", "written_share"]

_PART = re.compile(
    r"(\d+(?:\.\d+)?)\s*(days?|d|hours?|h|minutes?|min|m|seconds?|sec|s)(?![a-z])",
    re.IGNORECASE,
)
_SECONDS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_PERCENT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(?:%|percent|per cent)", re.IGNORECASE)


def decimal(amount: float) -> str:
    """A number without an exponent, as short as it can be.

    >>> decimal(30.0), decimal(0.07 * 100), decimal(1e-7)
    ('30', '7', '0.0000001')
    """
    shown = f"{float(f'{amount:.12g}'):.24f}".rstrip("0").rstrip(".")
    short = f"{float(f'{amount:.12g}'):.15f}".rstrip("0").rstrip(".")
    return short if float(short) == float(f"{amount:.12g}") else shown


def seconds_of(text: str) -> float | None:
    """Seconds; None where the text is no duration.

    >>> seconds_of("1h 30m"), seconds_of("20s"), seconds_of("7"), seconds_of("30m 1h")
    (5400.0, 20.0, None, None)
    """
    parts = [(float(number), _SECONDS[unit[0].lower()]) for number, unit in _PART.findall(text)]
    if not parts or _PART.sub("", text).strip():
        return None
    units = [seconds for _, seconds in parts]
    if any(after >= before for before, after in pairwise(units)):
        return None
    return sum(number * seconds for number, seconds in parts)


def written_duration(seconds: float) -> str:
    """A duration in the units that it has whole.

    >>> written_duration(5400.0), written_duration(12.5), written_duration(86400.0), written_duration(1800.0)
    ('1h 30m', '12.5s', '24h', '30m')
    """
    if seconds < 60 or seconds != round(seconds):  # noqa: PLR2004 - of a minute
        return f"{decimal(seconds)}s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "m"), (rest, "s")]
    return " ".join(f"{count}{unit}" for count, unit in parts if count)


def share_of_text(text: str) -> float | None:
    """A share of one, from per cents; None where the text is none.

    >>> share_of_text("60%"), share_of_text("0.5 %"), share_of_text("60")
    (0.6, 0.005, None)
    """
    match = _PERCENT.fullmatch(text)
    return float(match[1]) / 100 if match else None


def written_share(share: float) -> str:
    """A share of one in per cents."""
    return f"{decimal(share * 100)}%"
