"""Specs that differ in one thing only: with Photon and without, with ARM processors and without."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from setpoint.core.cloud import CloudSpec
from setpoint.core.pricebook import NodeType
from setpoint.core.study.rows import StudyRow

__all__ = ["Comparison", "arm_comparison", "photon_comparison"]

_GENERATION = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one change did at otherwise equal hardware."""

    change: Literal["photon", "arm"]
    pairs: tuple[tuple[StudyRow, StudyRow], ...]
    """Without the change, and with it."""

    @property
    def runtime_ratios(self) -> tuple[float, ...]:
        """Time with the change ÷ time without, ascending."""
        return tuple(sorted(_ratios((_seconds(one), _seconds(other)) for one, other in self.pairs)))

    @property
    def cost_ratios(self) -> tuple[float, ...]:
        """Total with the change ÷ total without, ascending; of the pairs with two prices."""
        return tuple(sorted(_ratios((one.dollars, other.dollars) for one, other in self.pairs)))


def _seconds(row: StudyRow) -> float | None:
    return row.seconds


def _ratios(pairs: Iterable[tuple[float | None, float | None]]) -> Iterator[float]:
    for before, after in pairs:
        if before and after is not None:
            yield after / before


def photon_comparison(rows: Sequence[StudyRow]) -> Comparison | None:
    """Specs with Photon beside the same without; None where there is no such pair."""
    plain = {row.spec: row for row in _measured(rows) if isinstance(row.spec, CloudSpec) and not row.spec.photon}
    pairs = [
        (plain[without], row)
        for row in _measured(rows)
        if isinstance(row.spec, CloudSpec) and row.spec.photon and (without := replace(row.spec, photon=False)) in plain
    ]
    return Comparison("photon", tuple(pairs)) if pairs else None


def arm_comparison(rows: Sequence[StudyRow]) -> Comparison | None:
    """Specs with ARM processors beside those of as many cores and as much memory of the nearest generation without."""
    others: dict[object, list[StudyRow]] = {}
    with_arm = []
    for row in _measured(rows):
        if row.hardware is not None and row.hardware.arch == "arm64":
            with_arm.append(row)
        elif row.hardware is not None:
            others.setdefault(_size(row), []).append(row)
    pairs = [(_nearest(row, others[_size(row)]), row) for row in with_arm if _size(row) in others]
    return Comparison("arm", tuple(pairs)) if pairs else None


def _nearest(row: StudyRow, others: Sequence[StudyRow]) -> StudyRow:
    return min(others, key=lambda it: (abs(_generation(it) - _generation(row)), _generation(it), it.label))


def _measured(rows: Sequence[StudyRow]) -> list[StudyRow]:
    """Those with a time; where one spec has two names, the first by name speaks for it."""
    found: dict[object, StudyRow] = {}
    for row in sorted(rows, key=lambda row: row.label):
        if row.seconds is not None:
            found.setdefault(row.spec, row)
    return list(found.values())


def _size(row: StudyRow) -> object:
    """All of a spec but the make of its processor."""
    if not isinstance(row.spec, CloudSpec):
        return row.spec
    bare = replace(row.spec, node_type="", driver_node_type=None)
    return bare, _shape(row.hardware), _shape(row.driver_hardware)


def _shape(node: NodeType | None) -> object:
    if node is None:
        return None
    return node.vcpus, round(node.memory_gib), node.local_disk_gb > 0, node.gpus


def _generation(row: StudyRow) -> int:
    """The first number in the name of an instance type: 5 of m5d.xlarge, 8 of Standard_E8ds_v4."""
    found = _GENERATION.search(row.hardware.name if row.hardware else "")
    return int(found[0][:4]) if found else 0
