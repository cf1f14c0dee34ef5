"""Options that several commands share."""

import re
from typing import Annotated

import typer

from setpoint.core.domain import SearchSpace
from setpoint.core.history import Mode
from setpoint.errors import InputError

__all__ = [
    "GoalOption",
    "JsonOption",
    "MemoryOption",
    "ModeOption",
    "PartitionsOption",
    "SlotsOption",
    "parse_memory",
    "parse_slots",
    "search_space",
]

GoalOption = Annotated[str | None, typer.Option("--goal", help="E.g. 'minimise cost; runtime <= 1h; cost <= 30$'.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ModeOption = Annotated[
    Mode | None,
    typer.Option("--mode", help="auto: change the next run's spec; approve: ask first; observe: only measure."),
]
SlotsOption = Annotated[
    str | None, typer.Option("--slots", help="Task slots that may be chosen, e.g. 1,2,4,8 or 1-16.")
]
MemoryOption = Annotated[
    str | None, typer.Option("--memory", help="Heap per task process that may be chosen, e.g. 1g,2g,4g.")
]

PartitionsOption = Annotated[
    str | None, typer.Option("--partitions", help="Values of spark.sql.shuffle.partitions that may be chosen.")
]

MOST_VALUES = 1024


def search_space(
    now: SearchSpace, slots: str | None, memory: str | None, partitions: str | None = None
) -> SearchSpace | None:
    """The space with the given axes replaced; None where none was given."""
    if slots is None and memory is None and partitions is None:
        return None
    return SearchSpace(
        slots=parse_slots(slots) or now.slots,
        task_memory_mib=parse_memory(memory) or now.task_memory_mib,
        shuffle_partitions=parse_slots(partitions, "--partitions") or now.shuffle_partitions,
    )


def parse_slots(text: str | None, option: str = "--slots") -> tuple[int, ...]:
    """Numbers of slots (or of partitions), ascending; empty where nothing was given.

    >>> parse_slots("1,2,6-8")
    (1, 2, 6, 7, 8)
    """
    counts: set[int] = set()
    for word in [] if text is None else text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})(?:\s*-\s*(\d{1,9}))?\s*", word)
        low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= low <= high or high - low >= MOST_VALUES:
            raise InputError(
                f"{option} {text!r}: {word.strip()!r} is neither a number from 1 nor a range such as 1-16."
            )
        counts |= set(range(low, high + 1))
    return tuple(sorted(counts))


def parse_memory(text: str | None) -> tuple[int, ...]:
    """Amounts of memory in MiB, ascending; empty where nothing was given.

    >>> parse_memory("2g,512m")
    (512, 2048)
    """
    return tuple(sorted({_mib(word) for word in ([] if text is None else text.split(","))}))


def _mib(word: str) -> int:
    match = re.fullmatch(r"\s*(\d{1,9})\s*([mgt])(?:i?b)?\s*", word, re.IGNORECASE)
    if match is None or int(match[1]) == 0:
        raise InputError(f"--memory: {word.strip()!r} is no amount of memory; write for example 512m or 2g.")
    return int(match[1]) * {"m": 1, "g": 1024, "t": 1024**2}[match[2].lower()]
