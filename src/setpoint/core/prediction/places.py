"""Specs as the belief sees them."""

import math
from collections.abc import Sequence

from setpoint.core.belief import Place
from setpoint.core.cloud import CloudShape
from setpoint.core.domain import ClusterSpec

__all__ = ["places_of", "usual_partitions"]

_USUAL_COREMARK = 15_000.0
"""Iterations a second and vCPU of a usual machine."""


def usual_partitions(specs: Sequence[ClusterSpec]) -> float | None:
    """What stands for "as the application says" where some specs set shuffle partitions; None where none does."""
    set_by_us = [spec.shuffle_partitions for spec in specs if spec.shuffle_partitions]
    return math.exp(sum(math.log(each) for each in set_by_us) / len(set_by_us)) if set_by_us else None


def places_of(specs: Sequence[ClusterSpec], usual: float | None) -> tuple[Place, ...]:
    """One place for each spec; shuffle partitions are an axis where there is a usual number of them."""
    return tuple(_place(spec, usual) for spec in specs)


def _place(spec: ClusterSpec, usual_partitions: float | None) -> Place:
    axes = () if usual_partitions is None else (math.log2(spec.shuffle_partitions or usual_partitions),)
    if spec.cloud is not None:
        return _rented(spec, spec.cloud, axes)
    if spec.is_local:
        return Place(1.0, float(spec.slots), spec.task_memory_mib / 1024, ("local",), axes)
    return Place(float(spec.workers), float(spec.worker_cores), spec.worker_memory_mib / 1024, ("workers",), axes)


def _rented(spec: ClusterSpec, cloud: CloudShape, axes: tuple[float, ...]) -> Place:
    """Machines as they are; the engine and the make of the processor have no order, its speed has."""
    node = cloud.worker if spec.workers else cloud.driver
    nodes = max(1.0, float(cloud.cluster.workers))
    speed = math.log2(node.coremark / node.vcpus / _USUAL_COREMARK) if node.coremark else 0.0
    local = 1.0 if node.local_disk_gb else 0.0
    kinds = ("photon" if cloud.cluster.photon else "spark", node.arch)
    return Place(nodes, float(node.vcpus), node.memory_gib, kinds, (*axes, speed, local))
