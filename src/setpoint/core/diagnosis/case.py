"""What the rules look at, and what they say."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setpoint.core.diagnosis.stages import StageShare
from setpoint.core.profile import Profile, Stage

if TYPE_CHECKING:
    from setpoint.core.diagnosis import Diagnosis

_TENTHS_BELOW_SECONDS = 10
_MINUTES_FROM_SECONDS = 120
_HOURS_FROM_SECONDS = 7200
_WHOLE_FROM = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth changing, in words."""

    rule: str
    evidence: str
    """What was seen, with numbers."""
    gain_seconds: float
    """At most so much shorter would the run be; for idle-slots the whole cluster's time that was paid for nothing."""
    advice: str = ""
    """What may be done about it."""


@dataclass(frozen=True, slots=True)
class Case:
    """A run and its splits."""

    profile: Profile
    diagnosis: "Diagnosis"

    @property
    def wall_seconds(self) -> float:
        """How long the run took."""
        return self.profile.wall_seconds

    @property
    def slots(self) -> int:
        """Slots at the widest moment."""
        return self.diagnosis.slot_count

    @property
    def stages(self) -> Iterator[tuple[Stage, StageShare]]:
        """The kept stages, each with what it took."""
        return zip(self.profile.stages, self.diagnosis.stages, strict=True)


def percent(part: float, whole: float) -> str:
    """A share in words.

    >>> percent(1, 8)
    '12 %'
    """
    return f"{100 * part / whole:.0f} %" if whole > 0 else "0 %"


def seconds(amount: float) -> str:
    """A duration in words.

    >>> seconds(3.21), seconds(75), seconds(900), seconds(9000)
    ('3.2 s', '75 s', '15 min', '2.5 h')
    """
    if amount < _TENTHS_BELOW_SECONDS:
        return f"{amount:.1f} s"
    if amount < _MINUTES_FROM_SECONDS:
        return f"{amount:.0f} s"
    return f"{amount / 60:.0f} min" if amount < _HOURS_FROM_SECONDS else f"{amount / 3600:.1f} h"


def size(amount_bytes: float) -> str:
    """A size in words.

    >>> size(1536 * 2**10), size(5), size(3 * 2**40)
    ('1.5 MiB', '5 B', '3 TiB')
    """
    amount, unit = float(amount_bytes), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 2**10:
            break
        amount, unit = amount / 2**10, larger
    return f"{round(amount, 0 if amount >= _WHOLE_FROM else 1):g} {unit}"


def counted(count: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "task"), counted(1200, "stage")
    ('1 task', '1,200 stages')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
