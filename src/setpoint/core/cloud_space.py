"""Which clusters a project may be given: machines that its region has, at a known price, of sensible sizes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import ge

from setpoint.core.cloud import CloudShape, CloudSpec, databricks_disks
from setpoint.core.cloudspec import Executors, executors_of, spec_on
from setpoint.core.domain import ClusterSpec, SearchSpace
from setpoint.core.pricebook import DbuRate, Missing, NodeType, Price, PriceBook
from setpoint.core.usage import Disk
from setpoint.core.wishes import NO_WISHES, Wishes

__all__ = ["cloud_space", "family_of", "rented_specs"]

COUNTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128, 192, 256)
MOST_TIMES, LEAST_SHARE = 4, 0.25
"""Slots of a recommended cluster over those of the present one: what lies further off no single log can tell."""
_LEAST_VCPUS, _MOST_VCPUS = 4, 64
"""Of a worker: smaller ones Databricks does not have, larger ones are rarely free."""
_SMALLEST_MIB_PER_SLOT = 0.5
"""Memory per slot over that of the present machines, at the least."""
_LARGEST_MIB_PER_SLOT = 4.2
_OLD = 0.85
"""CoreMark per core over that of the present machines below which a type is of an older make, and is not offered."""
_GENERATION = re.compile(r"_v(\d+)$|^[a-z]+(\d)[a-z]*-")
LEAST_WORKERS = 2
"""Where there were as many: a single one that is lost takes all of the run with it."""
_EBS_GIB = 100.0
_FAMILY = re.compile(r"[A-Za-z]+\d+[a-z-]*(?=\.)|[a-z]+\d+[a-z]?-[a-z]+")
_BURSTABLE = re.compile(r"t\d[a-z]*\.|Standard_B\d|[ef]\d-(?:micro|small|medium)")
_SPECIAL = re.compile(r"(?:[a-z]+[12]|[cmr]3|[cmr]4|d3|d3en|h1)(?=\.)|Standard_N|Standard_[A-Z]+\d+(?:s|_v2)?$")
"""Of makes that clouds have little left of, with slow disks by the dozen, or with graphics processors."""


def family_of(node_type: str) -> str:
    """The family of an instance type: what its sizes have in common.

    >>> [family_of(name) for name in ("m5d.xlarge", "Standard_E8ds_v4", "n2-standard-4")]
    ['m5d', 'Standard_Eds_v4', 'n2-standard']
    """
    if node_type.startswith("Standard_"):
        return re.sub(r"(?<=[A-Z])\d+(?:-\d+)?", "", node_type, count=1)
    found = _FAMILY.match(node_type)
    return found[0] if found else node_type


def cloud_space(now: ClusterSpec, book: PriceBook, wishes: Wishes = NO_WISHES) -> SearchSpace:
    """What may be chosen instead of a rented cluster; nothing else where none is rented."""
    shape = now.cloud
    if shape is None:
        return SearchSpace()
    if now.workers == 0:
        return _single_node(now, _alone(shape), book, wishes)
    types = tuple(_worthwhile(list(_types(shape, book, wishes)), shape.cluster, book))
    least = min(LEAST_WORKERS, shape.cluster.workers)
    counts = tuple(sorted({count for count in COUNTS if count >= least} | {shape.cluster.workers}))
    return SearchSpace(
        node_types=types,
        node_counts=counts,
        most_slots=MOST_TIMES * now.slots,
        least_slots=max(1, int(LEAST_SHARE * now.slots)),
        first_on_demand=_markets(shape.cluster, wishes),
        photon=(shape.cluster.photon,),
        driver_types=(shape.driver,) if wishes.fix_driver_type else (),
    )


def _single_node(now: ClusterSpec, shape: CloudShape, book: PriceBook, wishes: Wishes) -> SearchSpace:
    types = [shape.worker] if wishes.fix_driver_type else list(_types(shape, book, wishes))
    return SearchSpace(
        node_types=tuple(_worthwhile(types, shape.cluster, book)),
        most_slots=MOST_TIMES * now.slots,
        least_slots=max(1, int(LEAST_SHARE * now.slots)),
        first_on_demand=_markets(shape.cluster, wishes),
        photon=(shape.cluster.photon,),
    )


def _alone(shape: CloudShape) -> CloudShape:
    """Of a single node: what would be its workers are as it is."""
    cluster = replace(shape.cluster, node_type=shape.driver.name, driver_node_type=None)
    return replace(shape, cluster=cluster, worker=shape.driver)


def _markets(cluster: CloudSpec, wishes: Wishes) -> tuple[int | None, ...]:
    return (None,) if wishes.force_ondemand_workers else (cluster.first_on_demand,)


def _types(shape: CloudShape, book: PriceBook, wishes: Wishes) -> Iterator[NodeType]:
    """The present type first, then the others by name."""
    now, cluster = shape.worker, shape.cluster
    yield now
    if not wishes.optimize_instance_size:
        return
    for name in sorted(book.nodes):
        other = book.nodes[name]
        if name == now.name or (wishes.fix_worker_family and family_of(name) != family_of(now.name)):
            continue
        if _is_fit(other, now, wishes) and _is_offered(other, cluster) and _is_priced(other, cluster, book):
            yield other


def _is_fit(other: NodeType, now: NodeType, wishes: Wishes) -> bool:
    """Whether work of these machines may be put on the other."""
    if other.gpus != now.gpus or (other.arch != now.arch and not wishes.allow_arm):
        return False
    if not _LEAST_VCPUS <= other.vcpus <= max(_MOST_VCPUS, now.vcpus) or _BURSTABLE.match(other.name):
        return False
    if _SPECIAL.match(other.name) and family_of(other.name) != family_of(now.name):
        return False
    share = (other.memory_gib / other.vcpus) / (now.memory_gib / now.vcpus)
    if not _SMALLEST_MIB_PER_SLOT <= share <= _LARGEST_MIB_PER_SLOT:
        return False
    if not other.coremark or not now.coremark:
        return family_of(other.name) == family_of(now.name) or _generation(other.name) >= max(1, _generation(now.name))
    return (other.coremark / other.vcpus) >= _OLD * now.coremark / now.vcpus


def _generation(node_type: str) -> int:
    """Which make a type is, as the names of Azure and Google Cloud tell; 0 where they do not."""
    found = _GENERATION.search(node_type)
    return int(found[1] or found[2]) if found else 0


def _worthwhile(types: Sequence[NodeType], cluster: CloudSpec, book: PriceBook) -> Iterator[NodeType]:
    """The present type, and those that no other of as many vCPUs beats in everything at no higher price."""
    worth = [_worth(node, cluster, book) for node in types]
    alike: dict[int, list[tuple[float, ...]]] = {}
    for node, each in zip(types, worth, strict=True):
        alike.setdefault(node.vcpus, []).append(each)
    for at, (node, each) in enumerate(zip(types, worth, strict=True)):
        rivals = alike[node.vcpus]
        if at == 0 or not any(other != each and all(map(ge, other, each)) for other in rivals):
            yield node


def _worth(node: NodeType, cluster: CloudSpec, book: PriceBook) -> tuple[float, ...]:
    """What a type offers, each figure the better the higher; prices are negative."""
    spot = book.machine(node.name, "spot") if cluster.first_on_demand is not None else None
    listed = book.machine(node.name, "on_demand")
    rate = book.dbu_rate(node.name) if cluster.service == "databricks" else None
    fee = book.emr_fee(node.name) if cluster.service == "emr" else None
    units = rate.per_hour(cluster.compute, photon=cluster.photon) if isinstance(rate, DbuRate) else 0.0
    prices = [-each.dollars for each in (listed, spot, fee) if isinstance(each, Price)]
    figures = (node.coremark, node.network_gbps, node.disk_mb_per_second)
    return (*prices, -units, node.memory_gib, float(node.local_disk_gb > 0), *(each or 0.0 for each in figures))


def _is_offered(node: NodeType, cluster: CloudSpec) -> bool:
    return {"databricks": node.on_databricks, "emr": node.on_emr}.get(cluster.service, True)


def _is_priced(node: NodeType, cluster: CloudSpec, book: PriceBook) -> bool:
    """Whether all that a machine of this type costs in such a cluster is known."""
    found: list[object] = []
    if cluster.first_on_demand is not None:
        found.append(book.machine(node.name, "spot"))
    found.append(book.machine(node.name, "on_demand"))
    if cluster.service == "databricks":
        found.append(book.dbu_rate(node.name))
    if cluster.service == "emr":
        found.append(book.emr_fee(node.name))
    return not any(isinstance(each, Missing) for each in found)


def rented_specs(space: SearchSpace, now: ClusterSpec) -> Iterator[ClusterSpec]:
    """Every cluster of the space; the present one is among them where its market and engine may stay."""
    shape = now.cloud
    if shape is None:
        return
    if _may_stay(space, shape.cluster):
        yield now
    machines = shape if now.workers else _alone(shape)
    for node in space.node_types or (machines.worker,):
        yield from _of_type(node, space, now, machines)


def _may_stay(space: SearchSpace, cluster: CloudSpec) -> bool:
    markets, engines = space.first_on_demand, space.photon
    return (not markets or cluster.first_on_demand in markets) and (not engines or cluster.photon in engines)


def _of_type(node: NodeType, space: SearchSpace, now: ClusterSpec, shape: CloudShape) -> Iterator[ClusterSpec]:
    cluster = shape.cluster
    each = _executors(node, now, shape)
    disks = _disks(node, shape)
    for driver in space.driver_types or (_driver(node, shape),):
        named = None if driver.name == node.name else driver.name
        machines = replace(cluster, node_type=node.name, driver_node_type=named, disks=disks, name="")
        for photon in space.photon or (cluster.photon,):
            for market in space.first_on_demand or (cluster.first_on_demand,):
                kind = replace(machines, photon=photon, first_on_demand=market)
                for count in space.node_counts or (cluster.workers,):
                    slots = count * each.per_node * each.cores or node.vcpus
                    if space.least_slots <= slots <= (space.most_slots or slots):
                        few = _ranged(_plain_market(replace(kind, workers=count)), cluster)
                        rented = CloudShape(few, node, driver, shape.startup_seconds, shape.startup_share)
                        yield replace(spec_on(rented, each), shuffle_partitions=now.shuffle_partitions)


def _plain_market(cluster: CloudSpec) -> CloudSpec:
    """EMR does not say that workers might have been spot where none is."""
    first = cluster.first_on_demand
    is_all = cluster.service == "emr" and first is not None and first > cluster.workers
    return replace(cluster, first_on_demand=None) if is_all else cluster


def _disks(node: NodeType, shape: CloudShape) -> tuple[Disk, ...] | None:
    """As they are; Databricks on AWS asks for one besides where a machine has none of its own."""
    cluster = shape.cluster
    is_bare = not node.local_disk_gb and shape.worker.local_disk_gb > 0
    if is_bare and cluster.service == "databricks" and cluster.cloud == "aws" and cluster.disks is None:
        return databricks_disks("GENERAL_PURPOSE_SSD", _EBS_GIB, 1)
    return cluster.disks


def _executors(node: NodeType, now: ClusterSpec, shape: CloudShape) -> Executors:
    """As they are on the present type; of any other what we would make of it."""
    if not now.workers:
        return executors_of(shape.cluster, node)
    if node.name != shape.worker.name:
        return executors_of(shape.cluster, node)
    per_node = max(1, now.workers // max(1, shape.cluster.workers))
    return Executors(per_node, now.worker_cores, now.worker_memory_mib)


def _driver(node: NodeType, shape: CloudShape) -> NodeType:
    """As the workers where it was so, but no smaller than it was; else it stays."""
    if not shape.cluster.workers:
        return node
    if shape.cluster.driver != shape.cluster.node_type:
        return shape.driver
    is_smaller = node.memory_gib < shape.driver.memory_gib or node.vcpus < shape.driver.vcpus
    return shape.driver if is_smaller else node


def _ranged(cluster: CloudSpec, now: CloudSpec) -> CloudSpec:
    """With a range in the proportion of the present one where that scales by itself."""
    if now.least_workers is None:
        return cluster
    least = max(1, round(now.least_workers * cluster.workers / max(1, now.workers)))
    return replace(cluster, least_workers=min(cluster.workers, least))
