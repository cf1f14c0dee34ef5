"""Kinds of specs that are told apart in pictures: by processor and engine, else by what differs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from setpoint.core.cloud import CloudSpec
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import NodeType
from setpoint.core.study.samples import SpecSamples
from setpoint.core.words import counted

__all__ = ["StudyGroup", "groups_of"]

COLOURS = 6
"""Groups of plain Spark that get a colour of their own; the largest values share the last."""

_GRAVITON_NAME = re.compile(r"[a-z]+[0-9]+g[a-z]*\..+")
"""m6g.xlarge, c7gn.large …: the letter after the generation, as AWS names its instances."""


@dataclass(frozen=True, slots=True, order=True)
class StudyGroup:
    """A kind of specs."""

    order: int
    """Tells its colour and its place in the legend."""
    key: str
    name: str


def groups_of(specs: Sequence[SpecSamples], nodes: Mapping[str, NodeType]) -> Mapping[str, StudyGroup]:
    """The group of each spec, by its label. `nodes`: hardware by label, where it is known."""
    rented = [each for each in specs if isinstance(each.spec, CloudSpec)]
    clouds = {each.spec.cloud for each in rented if isinstance(each.spec, CloudSpec)}
    arm = "Graviton" if clouds <= {"aws"} else "Arm"
    found = {each.label: _of_machines(each.spec, nodes.get(each.label), arm) for each in rented
             if isinstance(each.spec, CloudSpec)}  # fmt: skip
    return found | _of_sizes([each for each in specs if isinstance(each.spec, ClusterSpec)])


def _of_machines(spec: CloudSpec, node: NodeType | None, arm: str) -> StudyGroup:
    if node is not None:
        is_arm = node.arch == "arm64"
    elif spec.cloud == "aws":
        is_arm = _GRAVITON_NAME.fullmatch(spec.node_type) is not None
    else:
        return StudyGroup(4, "unknown", "hardware not known")
    if spec.photon:
        return StudyGroup(3, "both", f"{arm} + Photon") if is_arm else StudyGroup(2, "photon", "Photon")
    return StudyGroup(1, "arm", arm) if is_arm else StudyGroup(0, "standard", "standard")


def _of_sizes(specs: Sequence[SpecSamples]) -> dict[str, StudyGroup]:
    """By the property that takes the fewest values but more than one: the others then lie along the picture."""
    if not specs:
        return {}
    sizes = {each.label: each.spec for each in specs if isinstance(each.spec, ClusterSpec)}
    axes = (
        {label: (spec.task_memory_mib, f"{spec.task_memory_mib / 1024:g} GiB") for label, spec in sizes.items()},
        {label: (spec.shuffle_partitions or 0, _partitions(spec)) for label, spec in sizes.items()},
        {label: (spec.slots, counted(spec.slots, "slot")) for label, spec in sizes.items()},
    )
    differing = [axis for axis in axes if len(set(axis.values())) > 1]
    if not differing:
        return {label: StudyGroup(0, "size-0", "plain Spark") for label in sizes}
    axis = min(differing, key=lambda each: len(set(each.values())))
    ranks = {value: rank for rank, value in enumerate(sorted(set(axis.values())))}
    return {label: _ranked(ranks[value], len(ranks), value[1]) for label, value in axis.items()}


def _ranked(rank: int, count: int, name: str) -> StudyGroup:
    last = COLOURS - 1
    is_shared = count > COLOURS and rank >= last
    return StudyGroup(min(rank, last), f"size-{min(rank, last)}", "larger ones" if is_shared else name)


def _partitions(spec: ClusterSpec) -> str:
    return "own partitions" if spec.shuffle_partitions is None else f"{spec.shuffle_partitions} partitions"
