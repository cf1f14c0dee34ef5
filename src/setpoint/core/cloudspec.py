"""A rented cluster as a spec: which executors Spark gets on its machines, with which heap and how many slots.

Databricks runs one executor on each machine and sizes its heap itself; on EMR we size executors to the machines.
"""

from dataclasses import dataclass
from typing import NamedTuple

from setpoint.core.cloud import CloudShape, CloudSpec
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import Missing, NodeType, PriceBook

__all__ = ["Executors", "databricks_heap_mib", "emr_executors", "emr_node_mib", "executors_of", "rented", "spec_on"]

_DATABRICKS_SHARE, _DATABRICKS_RESERVED_MIB, _DATABRICKS_HEAP = 0.97, 4800, 0.8
"""What is Spark's on a machine of Databricks: (97 % of its memory − 4,800 MB) × 80 %. Source: knowledge base, "Spark
executor memory"; 14 GiB give the 7,284 MB that its logs show."""
_LEAST_HEAP = 0.25
"""Share of a machine's memory where that formula leaves nothing."""
_EMR_RESERVED, _EMR_MOST_RESERVED_MIB = 0.25, 8192
"""What EMR keeps of a machine from YARN: a quarter, at most 8 GiB (as its table of defaults by instance type)."""
_EMR_CORES = 8
"""Of one executor at the most: beyond, collecting garbage and writing to S3 hold each other up."""
_OVERHEAD = 0.15
"""Memory of an executor outside of its heap, as a share of it."""
_LEAST_OVERHEAD_MIB = 384


class Executors(NamedTuple):
    """Executors of one machine."""

    per_node: int
    cores: int
    heap_mib: int


@dataclass(frozen=True, slots=True)
class _Driver:
    cores: int
    heap_mib: int


def databricks_heap_mib(node: NodeType) -> int:
    """Heap of the executor, or driver, on a machine of Databricks.

    >>> databricks_heap_mib(NodeType("Standard_DS3_v2", 4, 14.0, "x86_64"))
    7284
    """
    mib = node.memory_gib * 1024
    return max(1, int(max(_LEAST_HEAP * mib, (_DATABRICKS_SHARE * mib - _DATABRICKS_RESERVED_MIB) * _DATABRICKS_HEAP)))


def emr_node_mib(node: NodeType) -> int:
    """Memory that YARN hands out on a machine of EMR.

    >>> [emr_node_mib(NodeType("", 4, gib, "x86_64")) for gib in (8.0, 16.0, 64.0)]
    [6144, 12288, 57344]
    """
    mib = node.memory_gib * 1024
    return max(1, int(mib - min(_EMR_RESERVED * mib, _EMR_MOST_RESERVED_MIB)))


def emr_executors(node: NodeType) -> Executors:
    """How a machine of EMR is cut into alike executors of at most 8 cores.

    >>> emr_executors(NodeType("m5.xlarge", 4, 16.0, "x86_64"))
    Executors(per_node=1, cores=4, heap_mib=10685)
    """
    per_node = next(
        count for count in range(1, node.vcpus + 1) if node.vcpus % count == 0 and node.vcpus <= _EMR_CORES * count
    )
    container = emr_node_mib(node) // per_node
    heap = min(int(container / (1 + _OVERHEAD)), container - _LEAST_OVERHEAD_MIB)
    return Executors(per_node, max(1, node.vcpus // per_node), max(1, heap))


def executors_of(cluster: CloudSpec, node: NodeType) -> Executors:
    """Executors that a machine of this cluster gets."""
    if cluster.service == "databricks":
        return Executors(1, max(1, node.vcpus), databricks_heap_mib(node))
    return emr_executors(node)


def rented(
    cluster: CloudSpec, book: PriceBook, startup_seconds: float = 0.0, *, executors: Executors | None = None
) -> ClusterSpec | Missing:
    """The spec of a cluster; Missing where the hardware of its types is not known.

    `executors` are those of a machine where somebody sized them otherwise than we would.
    """
    for node_type in (cluster.node_type, cluster.driver):
        if node_type not in book.nodes:
            where = f"{book.cloud} {book.region}".strip()
            return Missing(f"the hardware of {node_type} is not known in {where}")
    shape = CloudShape(cluster, book.nodes[cluster.node_type], book.nodes[cluster.driver], startup_seconds)
    return spec_on(shape, executors)


def spec_on(shape: CloudShape, executors: Executors | None = None) -> ClusterSpec:
    """The spec of machines whose hardware is known."""
    cluster = shape.cluster
    driver = _driver_of(shape)
    if cluster.workers == 0:
        return ClusterSpec(0, 0, 0, driver.cores, driver.heap_mib, cloud=shape)
    each = executors or executors_of(cluster, shape.worker)
    workers = cluster.workers * each.per_node
    return ClusterSpec(workers, each.cores, each.heap_mib, driver.cores, driver.heap_mib, cloud=shape)


def _driver_of(shape: CloudShape) -> _Driver:
    node = shape.driver
    if shape.cluster.service == "databricks":
        return _Driver(max(1, node.vcpus), databricks_heap_mib(node))
    each = emr_executors(node)
    if shape.cluster.workers == 0:
        return _Driver(each.cores * each.per_node, each.heap_mib * each.per_node)
    return _Driver(each.cores, each.heap_mib)
