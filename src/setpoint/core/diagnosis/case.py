"""What the rules look at, and what they say."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from setpoint.core.diagnosis.stages import StageShare
from setpoint.core.profile import Profile, Stage

if TYPE_CHECKING:
    from setpoint.core.diagnosis import Diagnosis


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
