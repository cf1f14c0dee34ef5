"""From when to when each instance of a Databricks cluster lived, and whether that agrees with what was wanted."""

from collections.abc import Iterator, Mapping, Sequence

from setpoint.core.reports.lifetime import Life
from setpoint.core.reports.machines import Machine

__all__ = ["end_of", "fits", "places_beside", "window_of"]

_SEEN_EVERY_SECONDS = 90.0
"""Who looks for instances does so every 20 to 30 s, and stops with the driver: one may live so long unseen."""
_JOINED_AT_START_SECONDS = 120.0
"""An instance first seen so soon after the cluster was ready has been there since its start."""
_OVERLAP_SECONDS = 120.0
"""One instance may come, or go, so long before or after the event that tells of it."""


def end_of(machine: Machine, began: float, lost: Mapping[str, float]) -> float | None:
    """When an instance was gone; None where nothing tells."""
    if machine.stopped is not None and machine.stopped >= began:
        return machine.stopped
    known = [] if machine.seen is None else [machine.seen[1] + _SEEN_EVERY_SECONDS]
    known += [lost[machine.id]] if machine.id in lost else []
    return min(known, default=None)


def window_of(
    machine: Machine, life: Life, ended: float, lost: Mapping[str, float], notes: list[str]
) -> tuple[float, float]:
    """From when to when an instance was of the cluster in that life."""
    began = life.began
    counted = life.began if life.counted is None else life.counted
    if machine.launched is not None and life.began <= machine.launched <= ended:
        began = machine.launched
    elif machine.seen is not None and counted + _JOINED_AT_START_SECONDS < machine.seen[0] <= ended:
        began = machine.seen[0]
    elif machine.launched is not None:
        notes.append(
            "Instances launched before the cluster was created are reused, or their time is wrong: "
            "they are counted from its creation on."
        )
    until = end_of(machine, began, lost)
    return began, ended if until is None else min(max(began, until), ended)


def fits(target: Sequence[tuple[float, int]], lived: Sequence[tuple[float, float]]) -> bool:
    """Whether never more lived than were wanted."""
    least = [(began + _OVERLAP_SECONDS, until - _OVERLAP_SECONDS) for began, until in lived]
    return all(more >= 0 for _, more in _balance(target, least))


def places_beside(
    target: Sequence[tuple[float, int]], lived: Sequence[tuple[float, float]], ended: float
) -> list[tuple[float, int]]:
    """The workers that were wanted beside those that lived, until the cluster ended."""
    return [(at, max(0, more)) for at, more in _balance(target, lived) if at < ended]


def _balance(target: Sequence[tuple[float, int]], lived: Sequence[tuple[float, float]]) -> Iterator[tuple[float, int]]:
    """From when on how many more workers were wanted than lived."""
    changes: dict[float, int] = {}
    before = 0
    for at, count in target:
        changes[at] = changes.get(at, 0) + count - before
        before = count
    for began, until in lived:
        if began < until:
            changes[began] = changes.get(began, 0) - 1
            changes[until] = changes.get(until, 0) + 1
    more = 0
    for at in sorted(changes):
        more += changes[at]
        yield at, more
