"""How many projects may be on trial at once: of the newest word of each project, none of their histories."""

from collections.abc import Mapping

from setpoint.core.history import Applied, Decided, Entry, Restricted, RollbackAsked
from setpoint.core.restrictions import most_of

__all__ = ["STANDING", "group_of", "is_on_trial", "trials_full"]

STANDING: tuple[type[Entry], ...] = (Applied, Decided, RollbackAsked)
"""Kinds of entries of which a project's newest says whether it is on trial."""


def is_on_trial(newest: Entry | None) -> bool:
    """Whether a project whose newest entry of these kinds is this one has a change on trial."""
    return isinstance(newest, Applied | Decided) and newest.on_trial


def group_of(origin: str, restricted: Mapping[str, Entry], projects: tuple[str, ...]) -> tuple[str, ...]:
    """Projects whose restrictions are of the same origin. `restricted`: the newest `Restricted` of each project."""

    def origin_of(entry: Entry | None) -> str:
        return entry.origin if isinstance(entry, Restricted) else ""

    return tuple(name for name in projects if origin_of(restricted.get(name)) == origin)


def trials_full(limit: str, project: str, group: tuple[str, ...], newest: Mapping[str, Entry]) -> str | None:
    """Why no change of this project may begin now; None where one may, or it has one on trial already."""
    on_trial = [name for name in group if is_on_trial(newest.get(name))]
    if project in on_trial or len(on_trial) < most_of(limit, len(group)):
        return None
    return f"{len(on_trial)} of {len(group)} projects are on trial already, {limit} may be"
