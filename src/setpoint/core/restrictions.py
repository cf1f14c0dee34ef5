"""What may not be done to a project, and when; written as people write it, read by whoever keeps to it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from setpoint.core.domain import ClusterSpec

__all__ = ["NO_RESTRICTIONS", "Restrictions", "forbidden", "most_of"]


@dataclass(frozen=True, slots=True)
class Restrictions:
    """Limits on changes, apart from the goal. An empty one forbids nothing."""

    pins: tuple[str, ...] = ()
    """Axes that keep a value: `slots 8`, `memory 4g`, `partitions 200`."""
    allow: tuple[str, ...] = ()
    """Values that may be chosen, by axis; an axis that is not named is free."""
    deny: tuple[str, ...] = ()
    """Values that may not be chosen, by axis."""
    windows: tuple[str, ...] = ()
    """When changes may be made: `0 20 * * 1-5 for 4h in Europe/Berlin`; without any, always."""
    freezes: tuple[str, ...] = ()
    """When none may be made: the same, or `2026-12-20 to 2027-01-06`."""
    exploration_dollars_per_month: float | None = None
    """What trying may cost; None sets no cap."""
    explore_until: datetime | None = None
    """After this nothing is tried any more."""
    trials: str = ""
    """How many projects with restrictions of this origin may be on trial at once: `3` or `10 %`; empty: no limit."""


NO_RESTRICTIONS = Restrictions()

_VALUE = re.compile(r"(?P<axis>\w+) (?P<low>\d+)\s*(?P<unit>[mg])?(?:\s*-\s*(?P<high>\d+))?", re.IGNORECASE)
_MIB = {"m": 1, "g": 1024}


def forbidden(restrictions: Restrictions, spec: ClusterSpec) -> str | None:
    """Why this spec may not be chosen, whenever; None where it may.

    >>> only = Restrictions(pins=("slots 8",), deny=("memory 1g",))
    >>> forbidden(only, ClusterSpec.local(8, 2048)), forbidden(only, ClusterSpec.local(4, 2048))
    (None, 'slots is pinned to 8')
    >>> forbidden(only, ClusterSpec.local(8, 1024))
    'memory 1g is denied'
    """
    if restrictions is NO_RESTRICTIONS:  # of most projects, asked for thousands of specs
        return None
    for axis, value in _axes(spec):
        for texts, words in ((restrictions.pins, "is pinned to"), (restrictions.allow, "is limited to")):
            named = [text for text in texts if text.startswith(f"{axis} ")]
            if named and not any(_has(text, value) for text in named):
                return f"{axis} {words} {', '.join(text.partition(' ')[2] for text in named)}"
        denied = [text for text in restrictions.deny if text.startswith(f"{axis} ") and _has(text, value)]
        if denied:
            return f"{denied[0]} is denied"
    return None


def most_of(limit: str, projects: int) -> int:
    """How many of so many projects `3` or `10 %` are; a share is one at least.

    >>> most_of("3", 100), most_of("10 %", 100), most_of("10 %", 4)
    (3, 10, 1)
    """
    number = limit.strip()
    if number.endswith("%"):
        return max(1, projects * int(number[:-1]) // 100)
    return int(number)


def _axes(spec: ClusterSpec) -> Iterable[tuple[str, int]]:
    yield "slots", spec.slots
    yield "memory", spec.task_memory_mib
    if spec.shuffle_partitions is not None:
        yield "partitions", spec.shuffle_partitions


def _has(text: str, value: int) -> bool:
    match = _VALUE.fullmatch(text)
    if match is None:
        return False
    factor = _MIB[(match["unit"] or "m").lower()]
    low = int(match["low"]) * factor
    return low <= value <= int(match["high"] or match["low"]) * factor
