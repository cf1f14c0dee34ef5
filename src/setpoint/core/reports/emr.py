"""EMR on EC2: DescribeCluster with its fleets or groups, ListInstances, ListSteps.

An instance is billed, for EC2 as for EMR, from its own creation to its own end, by the second, one minute at least.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from setpoint.core.places import region_of_zone
from setpoint.core.pricebook import Market
from setpoint.core.reports.field import Field
from setpoint.core.reports.names import MARKETS
from setpoint.core.reports.project import project_of_name, project_of_tags
from setpoint.core.reports.reported import ReportedRun, ReportedTask, Terms
from setpoint.core.usage import Disk, MachineUse, Usage

__all__ = ["is_one", "read", "root_disk"]

_MAIN = ("MASTER", "PRIMARY")


@dataclass(frozen=True, slots=True)
class _Group:
    """An instance group or fleet: what its instances are unless they say otherwise."""

    is_driver: bool
    market: Market | None
    disks: Mapping[str, tuple[Disk, ...]]
    """By instance type."""
    type: str
    """The only type, or the first one."""
    count: float
    """As many as ran or were asked for, where instances are not listed."""
    began: float | None
    ended: float | None


def is_one(root: Field) -> bool:
    """Whether it is the report of an EMR cluster."""
    return root["Cluster"].is_object


def read(root: Field, terms: Terms) -> ReportedRun:
    """The run it tells of."""
    cluster = root["Cluster"]
    notes: list[str] = []
    tasks = tuple(_steps(_answer(root, "Steps")))
    timeline = cluster["Status"]["Timeline"]
    began = timeline["CreationDateTime"].moment()
    ended = timeline["EndDateTime"].after(began, "CreationDateTime")
    if ended is None:
        known = [task.ended for task in tasks if task.ended is not None]
        known += [at for each in _answer(root, "Instances").items() for at in _times(each["Status"]["Timeline"])]
        ended = max(known, default=None)
        notes.append("The cluster had not ended: what it used until the last time in the report is counted.")
    groups = {key: group for part in ("InstanceFleets", "InstanceGroups") for key, group in _groups(cluster[part])}
    system_disk = root_disk(cluster, notes)
    machines = tuple(_machines(_answer(root, "Instances"), groups, began, ended, system_disk, notes))
    lists_none = next(_answer(root, "Instances").items(), None) is None
    had_none = lists_none and _never_came(root, cluster)
    if had_none:
        notes.append("The cluster ended before any machine came: nothing is charged.")
    elif lists_none:
        machines = tuple(_of_groups(groups, began, ended, system_disk, notes))
    if not machines and not had_none:
        _answer(root, "Instances").refuse("a list of instances that ran (or groups with their counts)")
    usage = Usage(
        cloud="aws",
        region=terms.region or _region(root, cluster),
        machines=machines,
        has_emr_fee=True,
        assumptions=tuple(dict.fromkeys(notes)),
    )
    first = min(each for each in (began, *(use.began for use in machines)) if each is not None)
    last = max(each for each in (ended if had_none else None, *(use.ended for use in machines)) if each is not None)
    ids = tuple(task.run_id for task in tasks if task.run_id)
    name = cluster["Name"].text()
    project = project_of_tags(cluster["Tags"]) or project_of_name(name)
    resources = tuple(sorted(set(_resources(_answer(root, "Instances"))) - {""}))
    return ReportedRun(usage, "EMR on EC2", cluster["Id"].text(), name, first, last, tasks, ids, project, resources)


def _resources(instances: Field) -> Iterator[str]:
    for each in instances.items():
        yield each["Ec2InstanceId"].text()
        yield from (volume["VolumeId"].text() for volume in each["EbsVolumes"].items())


def _never_came(root: Field, cluster: Field) -> bool:
    """Whether it says that it ended with errors before it was ready, and has an empty list of instances."""
    status = cluster["Status"]
    times = status["Timeline"]
    has_ended = times["CreationDateTime"].moment() is not None and times["EndDateTime"].moment() is not None
    has_failed = status["State"].text() == "TERMINATED_WITH_ERRORS"
    return has_ended and has_failed and times["ReadyDateTime"].moment() is None and _answer(root, "Instances").is_list


def _answer(root: Field, key: str) -> Field:
    """A list, or the answer of the AWS command line that holds it under the same name."""
    return root[key][key] if root[key].is_object else root[key]


def _steps(steps: Field) -> Iterator[ReportedTask]:
    for each in steps.items():
        timeline = each["Status"]["Timeline"]
        began = timeline["StartDateTime"].moment()
        ended = timeline["EndDateTime"].after(began, "StartDateTime")
        yield ReportedTask(each["Name"].text(), each["Id"].text(), began, ended)


def _times(timeline: Field) -> Iterator[float]:
    for key in ("CreationDateTime", "ReadyDateTime", "EndDateTime"):
        found = timeline[key].moment()
        if found is not None:
            yield found


def _region(root: Field, cluster: Field) -> str:
    zone = cluster["Ec2InstanceAttributes"]["Ec2AvailabilityZone"].text()
    arn = re.match(r"arn:[\w-]+:elasticmapreduce:([a-z0-9-]+):", cluster["ClusterArn"].text())
    return root["Region"].text() or region_of_zone(zone) or (arn[1] if arn else "")


def _groups(groups: Field) -> Iterator[tuple[str, _Group]]:
    for each in groups.items():
        timeline = each["Status"]["Timeline"]
        began = timeline["CreationDateTime"].moment()
        ended = timeline["EndDateTime"].after(began, "CreationDateTime")
        is_fleet = each.has("InstanceFleetType") or each.has("InstanceTypeSpecifications")
        name, count, disks = _fleet(each) if is_fleet else _instance_group(each)
        role = each["InstanceFleetType"].text() or each["InstanceGroupType"].text()
        market = each["Market"].one_of(MARKETS)
        if is_fleet and not each["TargetOnDemandCapacity"].count():
            market = "spot" if each["TargetSpotCapacity"].count() else market
        yield each["Id"].text(), _Group(role.upper() in _MAIN, market, disks, name, count, began, ended)


def _instance_group(each: Field) -> tuple[str, float, Mapping[str, tuple[Disk, ...]]]:
    name = each["InstanceType"].text()
    count = each["RunningInstanceCount"].count() or each["RequestedInstanceCount"].count() or 0
    return name, count, {name: _disks(each["EbsBlockDevices"])}


def _fleet(each: Field) -> tuple[str, float, Mapping[str, tuple[Disk, ...]]]:
    specs = list(each["InstanceTypeSpecifications"].items())
    disks = {spec["InstanceType"].text(): _disks(spec["EbsBlockDevices"]) for spec in specs}
    weight = (specs[0]["WeightedCapacity"].count() if specs else 1) or 1
    provisioned = (each["ProvisionedOnDemandCapacity"].count() or 0) + (each["ProvisionedSpotCapacity"].count() or 0)
    target = (each["TargetOnDemandCapacity"].count() or 0) + (each["TargetSpotCapacity"].count() or 0)
    return next(iter(disks), ""), -(-(provisioned or target) // weight), disks


def _disks(devices: Field) -> tuple[Disk, ...]:
    found = []
    for device in devices.items():
        spec = device["VolumeSpecification"]
        if spec.is_missing:
            continue
        kind, gib = spec["VolumeType"].text("gp2").lower(), spec["SizeInGB"].number()
        found.append(Disk(kind, gib, spec["Iops"].count(), spec["Throughput"].count()))
    return tuple(found)


def _machines(
    instances: Field,
    groups: Mapping[str, _Group],
    cluster_began: float | None,
    cluster_ended: float | None,
    system_disk: Disk,
    notes: list[str],
) -> Iterator[MachineUse]:
    # Pages may overlap; an instance told twice is one.
    once = {(it["Id"].text() or str(at), it["Ec2InstanceId"].text()): it for at, it in enumerate(instances.items())}
    for _, each in sorted(once.items()):
        timeline = each["Status"]["Timeline"]
        began = timeline["CreationDateTime"].moment() or cluster_began
        if began is None:
            timeline["CreationDateTime"].refuse("a time")
        ended = timeline["EndDateTime"].after(began, "CreationDateTime")
        if not each["Ec2InstanceId"].text() and timeline["ReadyDateTime"].is_missing:
            notes.append("Instances that were asked for and never came are not counted.")
            continue
        if ended is None:
            ended = max(began, cluster_ended or began)
            notes.append("Instances without an end are counted to the end of their cluster.")
        group = groups.get(each["InstanceGroupId"].text() or each["InstanceFleetId"].text())
        name = each["InstanceType"].text() or (group.type if group else "")
        if not name:
            each["InstanceType"].refuse("an instance type")
        market = each["Market"].one_of(MARKETS) or (group.market if group else None)
        if market is None:
            notes.append("Instances without a market are taken as on-demand.")
        disks = (system_disk, *_attached(each["EbsVolumes"], group, name, notes))
        is_driver = group is not None and group.is_driver
        yield MachineUse(name, market or "on_demand", began, ended, 1, disks, is_driver=is_driver)


def _attached(volumes: Field, group: _Group | None, name: str, notes: list[str]) -> Sequence[Disk]:
    specified = group.disks.get(name, ()) if group else ()
    if volumes.is_missing:
        return specified
    count = sum(1 for _ in volumes.items())
    if count > len(specified):
        notes.append(f"The size of {count - len(specified)} volumes of a {name} is not in the report: not counted.")
    return specified[:count]


def root_disk(cluster: Field, notes: list[str]) -> Disk:
    """The volume that the system is on; ListInstances does not show it."""
    release = re.match(r"emr-(\d{1,3})\.(\d{1,3})", cluster["ReleaseLabel"].text())
    version = (int(release[1]), int(release[2])) if release else (0, 0)
    size = cluster["EbsRootVolumeSize"].number(0.0) or (15.0 if version >= (6, 10) else 10.0)
    kind = cluster["EbsRootVolumeType"].text().lower() or ("gp3" if version >= (6, 15) else "gp2")
    if cluster["EbsRootVolumeSize"].is_missing:
        notes.append(f"Each instance is assumed to have EMR's usual root volume: {kind} of {size:g} GiB.")
    return Disk(kind, size, cluster["EbsRootVolumeIops"].count(), cluster["EbsRootVolumeThroughput"].count())


def _of_groups(
    groups: Mapping[str, _Group], began: float | None, ended: float | None, system_disk: Disk, notes: list[str]
) -> Iterator[MachineUse]:
    """Machines where no instance is listed, from what their groups say."""
    notes.append("The report lists no instances: as many as their groups had are counted from start to end.")
    for _, group in sorted(groups.items()):
        since, until = group.began or began, group.ended or ended
        if since is None or until is None or not group.count or not group.type:
            continue
        disks = (system_disk, *group.disks.get(group.type, ()))
        market = group.market or "on_demand"
        yield MachineUse(group.type, market, since, max(since, until), group.count, disks, is_driver=group.is_driver)
