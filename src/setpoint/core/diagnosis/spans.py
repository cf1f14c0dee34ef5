"""When the application did what: spans of time in which stages were at work, and how many slots there were."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from setpoint.core.profile import Profile, Stage

Span = tuple[float, float]
Spans = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The run as disjoint ascending spans."""

    wall_seconds: float
    at_work: Spans
    """A stage was submitted and not over."""
    running: Spans
    """Of these: tasks of a stage had begun."""
    gaps: Spans
    """After the first stage was submitted, with no stage at work."""

    @property
    def startup_seconds(self) -> float:
        """Until the first stage; all of the run where no stage ran."""
        return self.at_work[0][0] if self.at_work else self.wall_seconds


def timeline(profile: Profile) -> Timeline:
    """Lay the stages of a run on its time."""
    wall = profile.wall_seconds
    kept = clipped(((stage.submitted, stage.completed) for stage in profile.stages), wall)
    light = _light_work(profile, kept)
    at_work = clipped([*kept, *light], wall)
    running = clipped([*((launched(stage), stage.completed) for stage in profile.stages), *light], wall)
    edges = [*at_work, (wall, wall)]
    gaps = ((a[1], b[0]) for a, b in pairwise(edges))
    return Timeline(wall, at_work, running, tuple(gap for gap in gaps if gap[1] > gap[0]))


def launched(stage: Stage) -> float:
    """When the first task of a stage began; when it was submitted, where the profile does not say."""
    if stage.first_launch is None:
        return stage.submitted
    return min(max(stage.first_launch, stage.submitted), max(stage.submitted, stage.completed))


def clipped(spans: Iterable[Span], wall_seconds: float) -> Spans:
    """Union of spans within the run, as disjoint ascending spans.

    >>> clipped([(4.0, 6.0), (1.0, 2.0), (5.0, 9.0)], 8.0)
    ((1.0, 2.0), (4.0, 8.0))
    """
    merged: list[Span] = []
    for first, last in sorted((max(0.0, a), min(wall_seconds, b)) for a, b in spans):
        if first > last or first >= wall_seconds:
            continue
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def length(spans: Iterable[Span]) -> float:
    """Seconds in disjoint spans."""
    return sum(last - first for first, last in spans)


def _light_work(profile: Profile, kept: Spans) -> list[Span]:
    """When stages that the profile has only as sums were at work, as far as busy slots beside the kept ones tell.

    A step with half a busy slot on average counts as half a step of work: as if its tasks had run one at a time.
    """
    if not profile.light_stages.stages:
        return []
    busy, begins = profile.busy, [first for first, _ in kept]
    found: list[Span] = []
    for position, slots in enumerate(busy.slots):
        first = busy.started + position * busy.step_seconds
        last = first + busy.step_seconds
        before = bisect_right(begins, last) - 1
        is_free = before < 0 or kept[before][1] <= first
        if slots > 0 and is_free:
            found.append((first, first + min(1.0, slots) * busy.step_seconds))
    return found


@dataclass(frozen=True, slots=True)
class Capacity:
    """Slots over time, as the slot-seconds there had been by certain moments."""

    moments: Sequence[float]
    slot_seconds: Sequence[float]

    def within(self, spans: Iterable[Span]) -> float:
        """Slot-seconds that there were within the spans."""
        return sum(self._until(last) - self._until(first) for first, last in spans)

    def _until(self, moment: float) -> float:
        after = bisect_right(self.moments, moment)
        if after == 0:
            return 0.0
        if after == len(self.moments):
            return self.slot_seconds[-1]
        first, last = self.moments[after - 1], self.moments[after]
        share = (moment - first) / (last - first)
        return self.slot_seconds[after - 1] + share * (self.slot_seconds[after] - self.slot_seconds[after - 1])


def capacity(profile: Profile) -> Capacity:
    """The slots of a run over its time."""
    steps = slot_steps(profile)
    moments, sums, slots, total = [0.0], [0.0], 0, 0.0
    for moment, change in steps:
        total += slots * (moment - moments[-1])
        slots += change
        if moment > moments[-1]:
            moments.append(moment)
            sums.append(total)
    return Capacity(moments, sums)


def slot_steps(profile: Profile) -> list[tuple[float, int]]:
    """By how much the number of slots changes, and when, within the run; the last of them are gone at its end."""
    wall = profile.wall_seconds
    steps = []
    for executor in profile.workers:
        first = max(0.0, executor.added)
        last = wall if executor.removed is None else min(wall, executor.removed)
        if last > first:
            slots = profile.slots_of(executor)
            steps += [(first, slots), (last, -slots)]
    return sorted(steps)
