"""What may be asked for: a spec, and the specs that are allowed."""

from dataclasses import dataclass, replace

from setpoint.core.cloud import CloudShape
from setpoint.core.pricebook import NodeType
from setpoint.core.words import counted

_COMPARED_SLOTS = 4
"""Of the smallest machines that are usual."""


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """What we may set for one run. `workers` = 0 is local mode: the driver runs the tasks itself."""

    workers: int
    worker_cores: int
    """Task slots of each worker; 0 in local mode."""
    worker_memory_mib: int
    """Heap of each worker; 0 in local mode."""
    driver_cores: int
    """In local mode the task slots (`local[n]`)."""
    driver_memory_mib: int
    shuffle_partitions: int | None = None
    """`spark.sql.shuffle.partitions`; None leaves the application's own value alone."""
    cloud: CloudShape | None = None
    """The machines that are rented for it; None where cores and memory are asked for and not machines."""

    @classmethod
    def local(cls, slots: int, memory_mib: int, shuffle_partitions: int | None = None) -> "ClusterSpec":
        """Spec of `local[slots]` with a heap of `memory_mib`."""
        return cls(0, 0, 0, slots, memory_mib, shuffle_partitions)

    @property
    def is_local(self) -> bool:
        """Whether the driver runs the tasks itself."""
        return self.workers == 0

    @property
    def slots(self) -> int:
        """Tasks that run at the same time."""
        return self.workers * self.worker_cores or self.driver_cores

    @property
    def task_memory_mib(self) -> int:
        """Heap of the process that runs tasks: the driver in local mode, else one worker.

        Of rented machines, as if `sharing` slots had it: executors of different sizes compare by what a slot has.
        """
        heap = self.driver_memory_mib if self.workers == 0 else self.worker_memory_mib
        if self.cloud is None:
            return heap
        return round(heap * _COMPARED_SLOTS / max(1, self.worker_cores or self.driver_cores))

    @property
    def sharing(self) -> int:
        """Slots that share `task_memory_mib`."""
        if self.cloud is not None:
            return _COMPARED_SLOTS
        return max(1, self.slots if self.workers == 0 else self.worker_cores)

    @property
    def vcpus(self) -> int:
        """Cores asked for, the driver's included."""
        return self.driver_cores + self.workers * self.worker_cores

    @property
    def memory_gib(self) -> float:
        """Memory asked for, the driver's included."""
        return (self.driver_memory_mib + self.workers * self.worker_memory_mib) / 1024

    def with_size(self, slots: int, task_memory_mib: int, shuffle_partitions: int | None = None) -> "ClusterSpec":
        """The same kind of spec with another number of slots (whole workers) and heap per task process.

        `shuffle_partitions` stay as they are where None. Built at once, not by `replace`: spaces have thousands.
        """
        partitions = shuffle_partitions or self.shuffle_partitions
        if self.cloud is not None:
            return self._with_nodes(self.cloud, slots, partitions)
        if self.is_local:
            return ClusterSpec(0, 0, 0, slots, task_memory_mib, partitions)
        workers = max(1, slots // self.worker_cores)
        driver = (self.driver_cores, self.driver_memory_mib)
        return ClusterSpec(workers, self.worker_cores, task_memory_mib, *driver, partitions)

    def _with_nodes(self, cloud: CloudShape, slots: int, partitions: int | None) -> "ClusterSpec":
        """With so many of the same machines; their memory is what it is. A single node stays one."""
        if self.workers == 0:
            return replace(self, shuffle_partitions=partitions)
        per_node = max(1, self.workers // max(1, cloud.cluster.workers))
        nodes = max(1, slots // (self.worker_cores * per_node))
        shape = cloud.with_workers(nodes)
        return replace(self, workers=nodes * per_node, shuffle_partitions=partitions, cloud=shape)

    def __str__(self) -> str:
        """Words for people: `4 slots · 2 GiB`."""
        partitions = "" if self.shuffle_partitions is None else f" · {self.shuffle_partitions} partitions"
        if self.cloud is not None:
            return f"{self.cloud.cluster}{partitions}"
        if self.is_local:
            return f"{counted(self.driver_cores, 'slot')} · {_gib(self.driver_memory_mib)}{partitions}"
        workers = f"{self.workers} × ({self.worker_cores} cores, {_gib(self.worker_memory_mib)})"
        return f"{workers} + driver {_gib(self.driver_memory_mib)}{partitions}"


def _gib(mib: int) -> str:
    return f"{mib / 1024:g} GiB"


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """The specs the operator allows: values per axis. An empty axis keeps what the current spec has."""

    slots: tuple[int, ...] = ()
    task_memory_mib: tuple[int, ...] = ()
    shuffle_partitions: tuple[int, ...] = ()
    node_types: tuple[NodeType, ...] = ()
    """Machines that workers may be, or a single node, of specs that rent them; as all below."""
    driver_types: tuple[NodeType, ...] = ()
    """Machines that the driver may be; empty: it stays, or goes with the workers where it was as they are."""
    node_counts: tuple[int, ...] = ()
    """How many workers."""
    most_slots: int | None = None
    """Of all workers together, whatever their number and size; None: any."""
    least_slots: int = 0
    first_on_demand: tuple[int | None, ...] = ()
    """How many nodes are on-demand, the driver first, the others being spot; None: all are."""
    photon: tuple[bool, ...] = ()
    """Engines. Another one than now is only right to allow where runs on it are known: no log tells its speed."""
