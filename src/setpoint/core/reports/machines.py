"""Instances as the clouds describe them (EC2 DescribeInstances, Azure compute), and when each of them lived."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from setpoint.core.places import region_of, region_of_zone
from setpoint.core.pricebook import Market
from setpoint.core.reports.field import Field
from setpoint.core.reports.names import azure_size
from setpoint.core.usage import Disk

__all__ = ["Machine", "machines_of"]

_ENDED_AT = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")


@dataclass(frozen=True, slots=True)
class Machine:
    """One instance of a cluster."""

    id: str
    type: str
    market: Market
    region: str
    launched: float | None
    """When the cloud started it, which may be long before this cluster had it."""
    seen: tuple[float, float] | None
    """When it was first and last seen running."""
    stopped: float | None
    disks: tuple[Disk, ...] | None
    """None: not known."""
    is_driver: bool | None = None
    """None: nothing tells."""


def machines_of(root: Field, cluster: Field) -> list[Machine]:
    """The instances of a report, in an order that does not depend on theirs."""
    seen = dict(_timelines(root["instance_timelines"]))
    if not seen:
        seen = dict(_timelines(root["timelines"]))
    volumes = _volumes(root["volumes"])
    driver_id = cluster["driver"]["instance_id"].text()
    found: dict[tuple[str, str], Machine] = {}
    for each in _instances(root["instances"]):
        is_azure = not each["hardware_profile"].is_missing or not each["vm_size"].is_missing
        machine = _azure(each, seen) if is_azure else _aws(each, seen, driver_id)
        # Two machines of one id and different types are two; the same one told twice is one.
        found.setdefault((machine.id or str(len(found)), machine.type), machine)
    machines = sorted(found.values(), key=lambda it: (it.launched or 0.0, it.seen or (0.0, 0.0), it.id, it.type))
    # A volume is attached to one machine only, though two may bear one id.
    return [replace(it, disks=_sorted(volumes.pop(it.id))) if it.id in volumes else it for it in machines]


def _sorted(disks: list[Disk]) -> tuple[Disk, ...]:
    return tuple(sorted(disks, key=repr))


def _instances(instances: Field) -> Iterator[Field]:
    if not instances.is_object:
        yield from instances.items()
        return
    for reservation in instances["Reservations"].items():
        yield from reservation["Instances"].items()


def _timelines(timelines: Field) -> Iterator[tuple[str, tuple[float, float]]]:
    spans: dict[str, tuple[float, float]] = {}
    for each in timelines.items():
        first = each["first_seen_running_time"].moment()
        last = each["last_seen_running_time"].after(first, "first_seen_running_time")
        if first is None or last is None:
            continue
        key = each["instance_id"].text()
        known = spans.get(key, (first, last))
        spans[key] = (min(first, known[0]), max(last, known[1]))
    yield from spans.items()


def _volumes(volumes: Field) -> dict[str, list[Disk]]:
    found: dict[str, list[Disk]] = {}
    for each in volumes.items():
        kind = each["VolumeType"].text("gp2")
        disk = Disk(kind, each["Size"].number(), each["Iops"].count(), each["Throughput"].count())
        for attachment in each["Attachments"].items():
            found.setdefault(attachment["InstanceId"].text(), []).append(disk)
    return found


def _aws(each: Field, seen: Mapping[str, tuple[float, float]], driver_id: str) -> Machine:
    key, reason = each["InstanceId"].text(), each["StateTransitionReason"].text()
    is_gone = each["State"]["Name"].text() in ("terminated", "shutting-down", "stopped", "stopping")
    stopped = _ENDED_AT.search(reason) if is_gone else None
    name = next((tag["Value"].text() for tag in each["Tags"].items() if tag["Key"].text() == "Name"), "")
    return Machine(
        key,
        _type(each["InstanceType"]),
        "spot" if each["InstanceLifecycle"].text() == "spot" else "on_demand",
        region_of_zone(each["Placement"]["AvailabilityZone"].text()),
        each["LaunchTime"].moment(),
        seen.get(key),
        Field(each["StateTransitionReason"].path, stopped[1]).moment() if stopped else None,
        None,
        True if (driver_id and driver_id == key) or name.endswith("-driver") else (False if driver_id else None),
    )


def _azure(each: Field, seen: Mapping[str, tuple[float, float]]) -> Machine:
    name = each["name"].text() or each["id"].text()
    vm_size = each["hardware_profile"]["vm_size"]
    return Machine(
        name,
        azure_size(_type(each["vm_size"] if vm_size.is_missing else vm_size)),
        "spot" if each["priority"].text("Regular").lower() in ("spot", "low") else "on_demand",
        region_of("azure", each["location"].text()),
        each["time_created"].moment(),
        seen.get(name),
        None,
        None,
    )


def _type(field: Field) -> str:
    return field.text() or field.refuse("an instance type")
