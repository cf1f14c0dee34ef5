"""What may not be done to a project, and when; written as people write it, read by whoever keeps to it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from setpoint.core.domain import ClusterSpec

__all__ = [
    "FOR_EVER",
    "NO_RESTRICTIONS",
    "Restrictions",
    "forbidden",
    "freeze_words",
    "most_of",
    "restriction_words",
]


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
    rescues: str = ""
    """`any time`: a change that rescues a project may be made outside of its windows. Never in a freeze."""
    modes: tuple[str, ...] = ()
    """Kinds of change that have a mode of their own: `rescue auto`, `scale down approve`."""
    trials: str = ""
    """How many projects with restrictions of this origin may be on trial at once: `3` or `10 %`; empty: no limit."""
    reruns: str = ""
    """`harmless` or `harmful`: whether the job may be run twice; empty where nothing is said."""


NO_RESTRICTIONS = Restrictions()
FOR_EVER = "2999-12-31"
"""The end of a freeze that somebody has to lift."""

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


def freeze_words(text: str) -> str:
    """A freeze for people: one that has to be lifted has no end.

    >>> freeze_words("2026-12-20T08:00:00Z to 2999-12-31 because of the audit")
    'since 2026-12-20T08:00:00Z, until it is lifted because of the audit'
    """
    begins, is_open, rest = text.partition(f" to {FOR_EVER}")
    return f"since {begins}, until it is lifted{rest}" if is_open else text


def restriction_words(limits: Restrictions) -> tuple[str, ...]:
    """Each limit in a few words.

    >>> restriction_words(Restrictions(pins=("slots 8",), trials="10 %"))
    ('slots pinned to 8', '10 % on trial at once')
    """
    until, cap = limits.explore_until, limits.exploration_dollars_per_month
    return (
        *(f"frozen {freeze_words(text)}" for text in limits.freezes),
        *(f"changed only at {text}" for text in limits.windows),
        *(f"rescued {text}" for text in [limits.rescues] if text),
        *(text.replace(" ", " pinned to ", 1) for text in limits.pins),
        *(f"{text} allowed" for text in limits.allow),
        *(f"{text} denied" for text in limits.deny),
        *(f"{text} on trial at once" for text in [limits.trials] if text),
        *([] if until is None else [f"nothing tried from {until:%Y-%m-%d} on"]),
        *([] if cap is None else [f"trying may cost {cap:g} $ a month"]),
        *(f"running twice is {text}" for text in [limits.reruns] if text),
    )


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
