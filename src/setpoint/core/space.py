"""Which specs there are: the search space spread out into specs, and a sensible space where nobody gave one."""

from collections.abc import Iterator
from itertools import product

from setpoint.core.cloud_space import rented_specs
from setpoint.core.domain import ClusterSpec, SearchSpace

__all__ = ["space_around", "specs"]

_SLOTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
_MEMORY_MIB = tuple(1024 * 2**power for power in range(8))


def specs(space: SearchSpace, current: ClusterSpec) -> Iterator[ClusterSpec]:
    """Every spec of the space, of the kind (local, workers, rented) of the current one, which is always among them."""
    if current.cloud is not None:
        yield from dict.fromkeys(rented_specs(space, current))
        return
    slots = space.slots or (current.slots,)
    memory = space.task_memory_mib or (current.task_memory_mib,)
    partitions = space.shuffle_partitions or (current.shuffle_partitions,)
    every = (current.with_size(*each) for each in product(slots, memory, partitions))
    yield from dict.fromkeys((current, *every))


def space_around(baseline: ClusterSpec) -> SearchSpace:
    """Up to twice what the owner had, on every axis, in steps that a person would choose.

    >>> space = space_around(ClusterSpec.local(4, 2048))
    >>> space.slots, space.task_memory_mib
    ((1, 2, 3, 4, 6, 8), (1024, 2048, 4096))
    """
    step = 1 if baseline.is_local else baseline.worker_cores
    slots = {count * step for count in _SLOTS if count * step <= 2 * baseline.slots} | {baseline.slots}
    memory = {mib for mib in _MEMORY_MIB if mib <= 2 * baseline.task_memory_mib} | {baseline.task_memory_mib}
    return SearchSpace(slots=tuple(sorted(slots)), task_memory_mib=tuple(sorted(memory)))
