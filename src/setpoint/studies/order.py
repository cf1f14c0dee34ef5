"""Which runs a study makes, and in which order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from setpoint.core.domain import ClusterSpec
from setpoint.core.sizes import parse_mib
from setpoint.errors import InputError
from setpoint.studies.cells import count, one_line
from setpoint.studies.sheet import SheetLine, read_sheet

__all__ = ["PlannedRun", "StudiedSpec", "read_specs", "runs_in_order"]

_ALIASES = {"spec": "name", "label": "name", "partitions": "shuffle_partitions"}
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class StudiedSpec:
    """A spec that the workload is to run on."""

    name: str
    spec: ClusterSpec


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run to make."""

    studied: StudiedSpec
    repeat: int
    """From 1."""


def read_specs(path: Path, owners: ClusterSpec) -> tuple[StudiedSpec, ...]:
    """The specs of a CSV or TOML file; what a line leaves open is as the owner's command has it."""
    lines = read_sheet(path, _ALIASES, "spec").lines
    found = [StudiedSpec(one_line(line.cells.get("name", "")), _spec(line, owners)) for line in lines]
    for position, studied in enumerate(found):
        if studied in found[:position]:
            raise lines[position].wrong("name", "the same spec stands above already; --repeats runs each several times")
    return tuple(found)


def _spec(line: SheetLine, owners: ClusterSpec) -> ClusterSpec:
    if "node_type" in line.cells:
        raise line.wrong(
            "node_type",
            f"{line.cells['node_type']} is a machine of a cloud, and this command runs on the platform `spark`, here: "
            "start such runs there, write their times into a CSV file and give it to `setpoint study import`",
        )
    known = {"slots", "memory", "shuffle_partitions"}
    if not known & line.cells.keys():
        raise line.wrong("slots", "a spec needs slots, memory or shuffle_partitions")
    slots = count(line, "slots", 1, _MOST) or owners.slots
    spec = owners.with_size(slots, _mib(line) or owners.task_memory_mib)
    if spec.slots != slots:
        raise line.wrong("slots", f"{slots} slots are no whole workers of {owners.worker_cores} cores")
    partitions = count(line, "shuffle_partitions", 1, _MOST) or owners.shuffle_partitions
    return ClusterSpec(
        spec.workers,
        spec.worker_cores,
        spec.worker_memory_mib,
        spec.driver_cores,
        spec.driver_memory_mib,
        partitions,
    )


def _mib(line: SheetLine) -> int | None:
    text = line.cells.get("memory")
    try:
        return None if text is None else parse_mib(text[:32], "memory")
    except InputError:
        raise line.wrong("memory", f"{text!r} is no memory size; write it like 512m or 2g") from None


def runs_in_order(specs: Iterable[StudiedSpec], repeats: int, seed: int) -> Sequence[PlannedRun]:
    """Every spec once in each round, each round in an order of its own.

    So neither warm caches nor a busy hour favour a spec. The order does not depend on that of the file.

    >>> one, two = (StudiedSpec(str(n), ClusterSpec.local(n, 1024)) for n in (1, 2))
    >>> runs_in_order([one, two], 3, 7) == runs_in_order([two, one], 3, 7)
    True
    """
    ordered = sorted(specs, key=repr)
    runs: list[PlannedRun] = []
    for repeat in range(1, repeats + 1):
        round_of = list(ordered)
        Random(f"{seed}/{repeat}").shuffle(round_of)  # noqa: S311 - an order, no secret
        runs += [PlannedRun(studied, repeat) for studied in round_of]
    return runs
