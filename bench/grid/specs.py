"""The specs of the grid: every number of slots with every heap; the shuffle partitions as in a Latin square."""

from dataclasses import dataclass

SLOTS = (1, 2, 4, 8)
HEAP_MIB = (512, 1024, 2048)
PARTITIONS = (4, 16, 64)
CORES = 2
"""Of the container that each run is put into; a run of one slot gets one."""


@dataclass(frozen=True, slots=True, order=True)
class Spec:
    """What a run is given."""

    slots: int
    memory_mib: int
    shuffle_partitions: int

    @property
    def name(self) -> str:
        return f"{self.slots}slots-{self.memory_mib}m-{self.shuffle_partitions}p"

    @property
    def cores(self) -> int:
        return min(self.slots, CORES)


def all_specs() -> list[Spec]:
    """Twelve, which cover slots × heap."""
    return [
        Spec(slots, heap, PARTITIONS[(row + column) % len(PARTITIONS)])
        for row, slots in enumerate(SLOTS)
        for column, heap in enumerate(HEAP_MIB)
    ]
