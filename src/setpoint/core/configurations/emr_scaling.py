"""EMR's managed scaling: limits of workers in machines, units of a fleet or vCPUs, read and written.

The limits are of core and task nodes together; the primary node never scales.
https://docs.aws.amazon.com/emr/latest/APIReference/API_ComputeLimits.html
"""

from setpoint.core.configurations.emr_instances import Wanted, is_fleet, kept_weight
from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import PriceBook
from setpoint.core.reports.field import Field

__all__ = ["first_on_demand", "limits", "written"]

_POLICY, _LIMITS = "ManagedScalingPolicy", "ComputeLimits"
_LEAST, _MOST = "MinimumCapacityUnits", "MaximumCapacityUnits"
_PARTS = ("MaximumOnDemandCapacityUnits", "MaximumCoreCapacityUnits")
"""Never more than the whole."""


def limits(root: Field, wanted: Wanted, book: PriceBook) -> tuple[int, int] | None:
    """Least and most workers, as machines of the type that most of them are; None where it does not scale."""
    found = root[_POLICY][_LIMITS]
    if not found.is_object:
        return None
    unit = _unit(found, root["Cluster"], wanted.node_type, book)
    least, most = found[_LEAST].count() or 0, found[_MOST].count() or 0
    most = max(1, round(most / unit))
    return min(most, round(least / unit)), most


def first_on_demand(root: Field, wanted: Wanted, book: PriceBook) -> int | None:
    """Nodes that are not spot, the driver first, as the limits say; as in `Wanted` where they say nothing of it.

    What scales may begin with on-demand machines alone, and yet get spot ones later.
    """
    found = root[_POLICY][_LIMITS]
    reserved, most = (found[_PARTS[0]].count(), found[_MOST].count()) if found.is_object else (None, None)
    if reserved is None or reserved >= (most or 0) or wanted.first_on_demand == 0:
        return wanted.first_on_demand
    return 1 + round(reserved / _unit(found, root["Cluster"], wanted.node_type, book))


def written(root: Field, spec: ClusterSpec) -> dict[str, object]:
    """The policy for another cluster; nothing where it does not scale."""
    if spec.cloud is None or spec.cloud.cluster.least_workers is None:
        return {}
    cluster = spec.cloud.cluster
    policy, found = root[_POLICY], root[_POLICY][_LIMITS]
    own = dict(found.value) if isinstance(found.value, dict) else {}
    kind = own.get("UnitType") or ("InstanceFleetUnits" if is_fleet(root["Cluster"]) else "Instances")
    units = {"VCPU": spec.cloud.worker.vcpus, "InstanceFleetUnits": kept_weight(root["Cluster"], cluster.node_type)}
    unit = units.get(str(kind), 1)
    least, most = (spec.cloud.cluster.least_workers or 0) * unit, cluster.workers * unit
    wanted: dict[str, object] = {"UnitType": kind, _LEAST: least, _MOST: most}
    wanted |= {key: min(most, int(own[key])) for key in _PARTS if isinstance(own.get(key), int)}
    if cluster.first_on_demand is not None and cluster.first_on_demand >= 1:
        wanted[_PARTS[0]] = min(most, (cluster.first_on_demand - 1) * unit)
    kept = {key: value for key, value in policy.value.items() if key != _LIMITS} if policy.is_object else {}  # type: ignore[attr-defined]
    return {_POLICY: kept | {_LIMITS: wanted}}


def _unit(found: Field, cluster: Field, node_type: str, book: PriceBook) -> int:
    """Units that a worker counts for."""
    kind = found["UnitType"].text()
    node = book.nodes.get(node_type)
    if kind == "VCPU":
        return max(1, node.vcpus) if node else 1
    if kind != "InstanceFleetUnits":
        return 1
    for fleet in cluster["InstanceFleets"].items():
        for each in fleet["InstanceTypeSpecifications"].items():
            if each["InstanceType"].text() == node_type and fleet["InstanceFleetType"].text() != "MASTER":
                return max(1, each["WeightedCapacity"].count() or 1)
    return 1
