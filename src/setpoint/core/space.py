"""Which specs there are: the search space spread out into specs, and a sensible space where nobody gave one."""

from collections.abc import Iterator
from itertools import product

from setpoint.core.domain import ClusterSpec, SearchSpace

__all__ = ["space_around", "specs"]

_SLOTS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
_MEMORY_MIB = tuple(1024 * 2**power for power in range(8))


def specs(space: SearchSpace, current: ClusterSpec) -> Iterator[ClusterSpec]:
    """Every spec of the space, of the kind (local, workers) of the current one, which is always among them."""
    yield current
    seen = {current}
    slots = space.slots or (current.slots,)
    memory = space.task_memory_mib or (current.task_memory_mib,)
    partitions = space.shuffle_partitions or (current.shuffle_partitions,)
    for count, mib, parts in product(slots, memory, partitions):
        spec = _sized(current, count, mib, parts)
        if spec not in seen:
            seen.add(spec)
            yield spec


def _sized(current: ClusterSpec, slots: int, mib: int, partitions: int | None) -> ClusterSpec:
    """Like `with_size`, with partitions, and built once: spaces have thousands of specs."""
    if current.is_local:
        return ClusterSpec.local(slots, mib, partitions)
    workers = max(1, slots // current.worker_cores)
    driver = (current.driver_cores, current.driver_memory_mib)
    return ClusterSpec(workers, current.worker_cores, mib, *driver, partitions)


def space_around(baseline: ClusterSpec) -> SearchSpace:
    """Up to twice what the owner had, on every axis, in steps that a person would choose.

    >>> space_around(ClusterSpec.local(4, 2048))
    SearchSpace(slots=(1, 2, 3, 4, 6, 8), task_memory_mib=(1024, 2048, 4096), shuffle_partitions=())
    """
    step = 1 if baseline.is_local else baseline.worker_cores
    slots = {count * step for count in _SLOTS if count * step <= 2 * baseline.slots} | {baseline.slots}
    memory = {mib for mib in _MEMORY_MIB if mib <= 2 * baseline.task_memory_mib} | {baseline.task_memory_mib}
    return SearchSpace(slots=tuple(sorted(slots)), task_memory_mib=tuple(sorted(memory)))
