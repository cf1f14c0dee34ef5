"""How many slots there are while a section runs, where executors come and go."""

from setpoint.core.prediction.sections import Section
from setpoint.core.profile import Profile

__all__ = ["Capacity"]


class Capacity:
    """The executors of one run as they came and went; on another spec they do so in proportion."""

    def __init__(self, profile: Profile, *, is_fixed: bool) -> None:
        self._most = max(1, profile.slots)
        self._steps = [] if is_fixed else _counts(profile)

    def during(self, section: Section, slots: int) -> tuple[int, list[tuple[float, int]]]:
        """Slots at the section's beginning, and by how much they change when in it, of `slots` at the most."""
        now = first = self._at(section.begins, slots)
        changes = []
        for when, count in self._steps:
            if section.begins < when < section.ends:
                then = round(count * slots / self._most)
                if then != now:
                    changes.append((when - section.begins, then - now))
                now = then
        if not changes:
            return first if first > 0 else slots, []
        return first, changes

    def _at(self, when: float, slots: int) -> int:
        if not self._steps:
            return slots
        count = next((there for since, there in reversed(self._steps) if since <= when), 0)
        return round(count * slots / self._most)


def _counts(profile: Profile) -> list[tuple[float, int]]:
    slots = 0
    counts: list[tuple[float, int]] = []
    for when, change in profile.slot_steps():
        slots += change
        counts.append((when, slots))
    return counts
