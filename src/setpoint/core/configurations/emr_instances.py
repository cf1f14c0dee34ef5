"""EMR's instance fleets and groups: how many machines of which type and market, read and written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from setpoint.core.domain import ClusterSpec
from setpoint.core.pricebook import NodeType, PriceBook
from setpoint.core.reports.field import Field
from setpoint.core.usage import Disk

__all__ = ["AskedGroup", "Wanted", "asked_groups", "is_fleet", "kept_weight", "listed", "wanted", "written"]

Role = Literal["MASTER", "CORE", "TASK"]
Counts = tuple[int, int]
"""On-demand machines and spot machines."""
_FLEETS, _GROUPS = "InstanceFleets", "InstanceGroups"
_ROLES: dict[str, Role] = {"master": "MASTER", "primary": "MASTER", "core": "CORE", "task": "TASK"}


@dataclass(frozen=True, slots=True)
class AskedGroup:
    """A fleet or group as it was asked for."""

    role: Role
    type: str
    """The first one where there are several."""
    on_demand: int
    spot: int
    disks: tuple[Disk, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """All of them together, as a cluster of one driver and alike workers."""

    driver_type: str
    node_type: str
    workers: int
    first_on_demand: int | None
    disks: tuple[Disk, ...]
    """Of a worker, besides the one that the system is on."""


def listed(root: Field, key: str) -> Field:
    """A list, or the answer of the AWS command line that holds it under the same name."""
    return root[key][key] if root[key].is_object else root[key]


def is_fleet(cluster: Field) -> bool:
    """Whether its machines are in fleets; otherwise in groups."""
    return cluster["InstanceCollectionType"].text() == "INSTANCE_FLEET" or bool(list(cluster[_FLEETS].items()))


def asked_groups(cluster: Field) -> list[AskedGroup]:
    """Its fleets, or its groups."""
    found = [_fleet(each) for each in cluster[_FLEETS].items()]
    return found or [_group(each) for each in cluster[_GROUPS].items()]


def _fleet(each: Field) -> AskedGroup:
    types = list(each["InstanceTypeSpecifications"].items())
    if not types:
        each["InstanceTypeSpecifications"].refuse("a list of instance types")
    weight = _weight(types[0])
    counts = [-(-(each[key].count() or 0) // weight) for key in ("TargetOnDemandCapacity", "TargetSpotCapacity")]
    role = each["InstanceFleetType"].needed(_ROLES)
    return AskedGroup(role, types[0]["InstanceType"].text(), counts[0], counts[1], _disks(types[0]["EbsBlockDevices"]))


def _group(each: Field) -> AskedGroup:
    count = each["RequestedInstanceCount"].count() or each["RunningInstanceCount"].count() or 0
    is_spot = each["Market"].text() == "SPOT"
    role = each["InstanceGroupType"].needed(_ROLES)
    disks = _disks(each["EbsBlockDevices"])
    return AskedGroup(role, each["InstanceType"].text(), 0 if is_spot else count, count if is_spot else 0, disks)


def _disks(devices: Field) -> tuple[Disk, ...]:
    specs = [device["VolumeSpecification"] for device in devices.items()]
    return tuple(
        Disk(
            spec["VolumeType"].text("gp2").lower(),
            spec["SizeInGB"].number(),
            spec["Iops"].count(),
            spec["Throughput"].count(),
        )
        for spec in specs
        if not spec.is_missing
    )


def wanted(groups: Sequence[AskedGroup], book: PriceBook, cluster: Field) -> Wanted:
    """Together. Workers of several types count as so many of the one that has most cores, by their cores."""
    masters = [group for group in groups if group.role == "MASTER"]
    workers = [group for group in groups if group.role != "MASTER" and group.on_demand + group.spot]
    if not masters:
        cluster[_FLEETS].refuse("a list of fleets, or InstanceGroups, with a master")
    master = masters[0]
    if not workers:
        return Wanted(master.type, master.type, 0, 0 if master.spot else None, master.disks)
    most = max(workers, key=lambda group: (_cores(group, book) * (group.on_demand + group.spot), group.type))
    node = _vcpus(most.type, book)
    reserved = round(sum(group.on_demand * _vcpus(group.type, book) for group in workers) / node)
    spot = round(sum(group.spot * _vcpus(group.type, book) for group in workers) / node)
    count = max(1, reserved + spot)
    none_is_spot = not (master.spot or any(group.spot for group in workers))
    first = None if none_is_spot else (0 if master.spot else 1 + reserved)
    return Wanted(master.type, most.type, count, first, most.disks)


def _cores(group: AskedGroup, book: PriceBook) -> int:
    return _vcpus(group.type, book)


def _vcpus(name: str, book: PriceBook) -> int:
    node: NodeType | None = book.nodes.get(name)
    return max(1, node.vcpus) if node else 1


def written(cluster: Field, spec: ClusterSpec) -> dict[str, object]:
    """The part of `Instances` that says which machines; fleets stay fleets and groups groups."""
    if spec.cloud is None:
        return {}
    asked = spec.cloud.cluster
    driver_spot = asked.first_on_demand is not None and asked.first_on_demand < 1
    # What scales by itself begins with its least.
    workers = asked.workers if asked.least_workers is None else max(1, asked.least_workers)
    reserved = workers if asked.first_on_demand is None else min(workers, max(0, asked.first_on_demand - 1))
    counts: dict[Role, Counts] = {"MASTER": (0, 1) if driver_spot else (1, 0)}
    counts |= _split(cluster, (reserved, workers - reserved)) if asked.workers else {}
    types = {role: asked.driver if role == "MASTER" else asked.node_type for role in _ROLES.values()}
    if is_fleet(cluster):
        wanted_fleets = [(role, each) for role, each in counts.items() if sum(each)]
        return {
            _FLEETS: [_written_fleet(cluster, role, types[role], *each, asked.disks) for role, each in wanted_fleets]
        }
    groups = [
        _written_group(cluster, role, types[role], count, market, asked.disks)
        for role, market, count in _by_market(counts)
        if count
    ]
    return {_GROUPS: groups}


def _split(cluster: Field, workers: Counts) -> dict[Role, Counts]:
    """Workers as core and task nodes: core nodes hold HDFS, so task nodes are the first to go and the first to come."""
    own: dict[Role, Counts] = {"CORE": (0, 0), "TASK": (0, 0)}
    for group in asked_groups(cluster):
        before = own.get(group.role, (0, 0))
        own[group.role] = (before[0] + group.on_demand, before[1] + group.spot)
    if not sum(own["TASK"]):
        return {"CORE": workers}
    core = (min(workers[0], own["CORE"][0]), min(workers[1], own["CORE"][1]))
    if not sum(core):
        core = (1, 0) if workers[0] else (0, 1)
    return {"CORE": core, "TASK": (workers[0] - core[0], workers[1] - core[1])}


def _by_market(counts: dict[Role, Counts]) -> list[tuple[Role, str, int]]:
    """A group has one market: where core nodes would be of both, those that may be lost are task nodes."""
    master, core, task = counts["MASTER"], counts.get("CORE", (0, 0)), counts.get("TASK", (0, 0))
    is_both = core[0] and core[1]
    lost = core[1] if is_both else 0
    found: list[tuple[Role, str, int]] = [("MASTER", "SPOT" if master[1] else "ON_DEMAND", 1)]
    found += [("CORE", "ON_DEMAND", core[0]), ("CORE", "SPOT", core[1] - lost)]
    return [*found, ("TASK", "ON_DEMAND", task[0]), ("TASK", "SPOT", task[1] + lost)]


def kept_weight(cluster: Field, node_type: str) -> int:
    """Units that a worker of this type counts for in what is written."""
    fleets = [each for each in cluster[_FLEETS].items() if each["InstanceFleetType"].text().upper() != "MASTER"]
    return next((_weight(types[0]) for fleet in fleets if (types := _types_kept(fleet, node_type))), 1)


def _types_kept(fleet: Field | None, name: str) -> list[Field]:
    """A fleet's own types with the alternatives to its first one, where that is still what is wanted.

    Each has its own weight, and spot machines are the surer to come the more types may be taken.
    """
    types = [] if fleet is None else list(fleet["InstanceTypeSpecifications"].items())
    return types if types and types[0]["InstanceType"].text() == name else []


def _weight(machine: Field) -> int:
    return max(1, machine["WeightedCapacity"].count() or 1)


def _own(cluster: Field, key: str, kind: str, role: str) -> Field | None:
    return next((each for each in cluster[key].items() if each[kind].one_of(_ROLES) == role), None)


def _written_fleet(
    cluster: Field, role: str, name: str, reserved: int, spot: int, disks: Sequence[Disk] | None
) -> dict[str, object]:
    own = _own(cluster, _FLEETS, "InstanceFleetType", role)
    kept = _types_kept(own, name)
    weight = _weight(kept[0]) if kept else 1
    found: dict[str, object] = {"Name": (own["Name"].text() if own else "") or role.capitalize()}
    counts = {"TargetOnDemandCapacity": reserved * weight, "TargetSpotCapacity": spot * weight}
    found |= {"InstanceFleetType": role, **counts}
    found["InstanceTypeConfigs"] = [
        _written_type(name, weight, next(own["InstanceTypeSpecifications"].items()) if own else None, disks, spot),
        *(_alternative(each, spot) for each in kept[1:]),
    ]
    launch = own["LaunchSpecifications"] if own else None
    wanted = {"OnDemandSpecification": reserved, "SpotSpecification": spot}
    told = {key: launch[key].value for key, count in wanted.items() if launch and count and launch[key].is_object}
    return found | ({"LaunchSpecifications": told} if told else {})


def _written_type(
    name: str, weight: int, own: Field | None, disks: Sequence[Disk] | None, spot: int
) -> dict[str, object]:
    machine: dict[str, object] = {"InstanceType": name, "WeightedCapacity": weight}
    volumes = _volumes((disks or ())[1:])
    if volumes:
        machine["EbsConfiguration"] = {"EbsBlockDeviceConfigs": volumes}
    return machine | (_bid(own) if spot and own is not None else {})


def _alternative(own: Field, spot: int) -> dict[str, object]:
    """A type that may be taken instead, as it was."""
    found = _written_type(own["InstanceType"].text(), _weight(own), own, None, spot)
    volumes = _volumes(_disks(own["EbsBlockDevices"]))
    return found | ({"EbsConfiguration": {"EbsBlockDeviceConfigs": volumes}} if volumes else {})


def _bid(own: Field) -> dict[str, object]:
    keys = ("BidPrice", "BidPriceAsPercentageOfOnDemandPrice")
    return {key: own[key].value for key in keys if own[key].value is not None}


def _written_group(
    cluster: Field, role: str, name: str, count: int, market: str, disks: Sequence[Disk] | None
) -> dict[str, object]:
    own = _own(cluster, _GROUPS, "InstanceGroupType", role)
    found: dict[str, object] = {
        "Name": (own["Name"].text() if own else "") or role.capitalize(),
        "InstanceRole": role,
        "InstanceType": name,
        "InstanceCount": count,
        "Market": market,
    }
    volumes = _volumes((disks or ())[1:])
    if volumes:
        found["EbsConfiguration"] = {"EbsBlockDeviceConfigs": volumes}
    if market == "SPOT" and own is not None and own["BidPrice"].text():
        found["BidPrice"] = own["BidPrice"].text()
    return found


def _volumes(disks: Sequence[Disk]) -> list[dict[str, object]]:
    """Of a machine, but for the one that the system is on."""
    found: list[dict[str, object]] = []
    for disk in disks:
        spec: dict[str, object] = {"VolumeType": disk.kind, "SizeInGB": int(disk.gib)}
        if disk.iops:
            spec["Iops"] = disk.iops
        if disk.mb_per_second:
            spec["Throughput"] = disk.mb_per_second
        found.append({"VolumeSpecification": spec, "VolumesPerInstance": 1})
    return found
