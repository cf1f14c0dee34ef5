"""When a place is looked at next: scattered, so that many do not come at once; later and later while it refuses."""

from random import Random

__all__ = ["LEAST_SECONDS", "LONGEST_SECONDS", "pause_seconds"]

LEAST_SECONDS = 5.0
"""Between two looks at one place, however many hints come."""
LONGEST_SECONDS = 1800.0
_LONGEST_ASKED_SECONDS = 3600.0


def pause_seconds(interval: float, failures: int, retry_after: float, chance: Random) -> float:
    """Seconds until the next look.

    Args:
        interval: the usual one.
        failures: looks in a row that failed.
        retry_after: what the platform itself asked for, 0 where it said nothing.
        chance: scatters them.

    >>> [round(pause_seconds(60.0, failures, 0.0, Random(1))) for failures in range(4)]
    [51, 68, 136, 272]
    >>> pause_seconds(60.0, 1, 900.0, Random(1))
    900.0
    """
    if not failures:
        return max(LEAST_SECONDS, interval * chance.uniform(0.8, 1.2))
    most = max(interval, min(LONGEST_SECONDS, interval * 2.0 ** min(failures, 16)))
    return max(most * chance.uniform(0.5, 1.0), min(retry_after, _LONGEST_ASKED_SECONDS))
