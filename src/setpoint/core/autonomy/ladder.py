"""The autonomy ladder: observe, shadow, propose, approve, auto; per project, and per kind of change."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from setpoint.core.domain import ClusterSpec
from setpoint.core.history import History, Mode

__all__ = ["KINDS", "MODES", "ChangeKind", "highest_mode", "kinds_of", "mode_of", "mode_words", "modes_said", "written"]

ChangeKind = Literal["scale up", "scale down", "memory", "partitions", "rescue"]
KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)
MODES: tuple[Mode, ...] = get_args(Mode)
"""From the lowest rung to the highest."""

_SAID = re.compile(rf"(?P<kind>{'|'.join(KINDS)}) (?P<mode>{'|'.join(MODES)})")


def kinds_of(before: ClusterSpec, after: ClusterSpec, *, is_rescue: bool) -> tuple[ChangeKind, ...]:
    """What kinds of change lead from one spec to another. A rescue is a rescue, whatever it changes.

    >>> kinds_of(ClusterSpec.local(4, 2048), ClusterSpec.local(2, 1024), is_rescue=False)
    ('scale down', 'memory')
    """
    if is_rescue:
        return ("rescue",)
    found: list[ChangeKind] = []
    if after.slots != before.slots:
        found.append("scale up" if after.slots > before.slots else "scale down")
    if after.task_memory_mib != before.task_memory_mib:
        found.append("memory")
    if after.shuffle_partitions != before.shuffle_partitions:
        found.append("partitions")
    # What is none of these (another driver) is as careful as the most careful of them.
    return tuple(found) or ("scale up", "scale down", "memory", "partitions")


def modes_said(texts: Iterable[str]) -> Mapping[ChangeKind, Mode]:
    """Kinds of change that have a mode of their own. Raises ValueError for a text that says no such thing.

    >>> dict(modes_said(["rescue auto", "scale down approve"]))
    {'rescue': 'auto', 'scale down': 'approve'}
    """
    found: dict[ChangeKind, Mode] = {}
    for text in texts:
        match = _SAID.fullmatch(text)
        kind = next((known for known in KINDS if match and known == match["kind"]), None)
        mode = next((known for known in MODES if match and known == match["mode"]), None)
        if kind is None or mode is None:
            raise ValueError(f"write for example 'rescue auto': one of {', '.join(KINDS)}, and of {', '.join(MODES)}")
        found[kind] = mode
    return found


def written(modes: Mapping[ChangeKind, Mode]) -> tuple[str, ...]:
    """The same as texts, in one order."""
    return tuple(f"{kind} {modes[kind]}" for kind in KINDS if kind in modes)


def mode_of(history: History, kinds: Iterable[ChangeKind]) -> Mode:
    """What may be done about a change of these kinds: of several modes the lowest."""
    if history.goal is None:
        return MODES[0]
    own, usual = modes_said(history.restrictions.modes), history.goal.mode
    return min((own.get(kind, usual) for kind in kinds), key=MODES.index, default=usual)


def highest_mode(history: History) -> Mode:
    """The most that may be done about any kind of change: what may be done may also be taken back."""
    return max((mode_of(history, (kind,)) for kind in KINDS), key=MODES.index)


def mode_words(history: History) -> str:
    """The mode with its exceptions: `auto (rescue: approve)`."""
    if history.goal is None:
        return "observe (no goal is set)"
    modes = {kind: mode_of(history, (kind,)) for kind in KINDS}
    usual = history.goal.mode
    if len(set(modes.values())) == 1:
        return modes["rescue"]
    own = ", ".join(f"{kind}: {mode}" for kind, mode in modes.items() if mode != usual)
    return f"{usual} ({own})"
