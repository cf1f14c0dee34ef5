"""Instance groups and fleets of an emulated cluster: what was asked for, which instances came, and how EMR tells."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

__all__ = ["Group", "Instance", "groups_of", "timeline"]

Json = dict[str, Any]


@dataclass(slots=True)
class Instance:
    """One machine."""

    id: str
    ec2_id: str
    type: str
    market: str
    began: datetime
    ready: datetime
    ended: datetime | None = None
    volumes: tuple[str, ...] = ()

    def normalised_hours(self, now: datetime) -> int:
        """Its hours, each begun one whole, times its size: EMR's rough measure of what a cluster costs."""
        hours = -(-((self.ended or now) - self.began).total_seconds() // 3600)
        return round(hours * _size(self.type))

    def shown(self, now: datetime, owner: Json) -> Json:
        """As ListInstances has it."""
        state = "TERMINATED" if self.ended else ("RUNNING" if now >= self.ready else "PROVISIONING")
        times = timeline(self.began, self.ready if now >= self.ready else None, self.ended)
        reason = {"Code": "CLUSTER_TERMINATED", "Message": "Cluster was terminated."} if self.ended else {}
        return {
            "Id": self.id,
            "Ec2InstanceId": self.ec2_id,
            "PrivateDnsName": f"ip-{self.ec2_id[-8:]}.ec2.internal",
            "PublicDnsName": "",
            "Status": {"State": state, "StateChangeReason": reason, "Timeline": times},
            "Market": self.market,
            "InstanceType": self.type,
            "EbsVolumes": [{"Device": f"/dev/sd{chr(98 + at)}", "VolumeId": it} for at, it in enumerate(self.volumes)],
            **owner,
        }


@dataclass(slots=True)
class Group:
    """An instance group, or a fleet."""

    id: str
    asked: Json
    """As in RunJobFlow; the counts follow what is resized."""
    is_fleet: bool
    created: datetime
    instances: list[Instance] = field(default_factory=list)
    ready: datetime | None = None
    ended: datetime | None = None

    @property
    def role(self) -> str:
        """MASTER, CORE or TASK."""
        return str(self.asked["InstanceFleetType" if self.is_fleet else "InstanceRole"])

    def wanted(self, lacking: frozenset[str] = frozenset()) -> Iterator[tuple[str, str, int]]:
        """Type, market and how many machines of it; types that the zone lacks are passed over where a fleet may."""
        if not self.is_fleet:
            yield self.asked["InstanceType"], self.asked.get("Market", "ON_DEMAND"), self.asked["InstanceCount"]
            return
        configs = self.asked["InstanceTypeConfigs"]
        chosen = next((each for each in configs if each["InstanceType"] not in lacking), configs[0])
        weight = chosen.get("WeightedCapacity", 1)
        for market, key in (("ON_DEMAND", "TargetOnDemandCapacity"), ("SPOT", "TargetSpotCapacity")):
            units = self.asked.get(key, 0)
            if units:
                yield chosen["InstanceType"], market, -(-units // weight)

    def volumes(self, type_name: str) -> int:
        """EBS volumes of each machine besides its root."""
        devices = (self._config(type_name) or {}).get("EbsConfiguration", {}).get("EbsBlockDeviceConfigs", [])
        return sum(each.get("VolumesPerInstance", 1) for each in devices)

    def _config(self, type_name: str) -> Json | None:
        if not self.is_fleet:
            return self.asked
        return next((each for each in self.asked["InstanceTypeConfigs"] if each["InstanceType"] == type_name), None)

    def shown(self, now: datetime) -> Json:
        """As ListInstanceGroups or ListInstanceFleets has it."""
        state = "TERMINATED" if self.ended else ("RUNNING" if self.ready and now >= self.ready else "PROVISIONING")
        reason = {"Code": "CLUSTER_TERMINATED", "Message": "Job flow terminated"} if self.ended else {"Message": ""}
        times = timeline(self.created, self.ready, self.ended)
        status = {"State": state, "StateChangeReason": reason, "Timeline": times}
        name = self.asked.get("Name", "")
        return {"Id": self.id, "Name": name, "Status": status} | (self._fleet() if self.is_fleet else self._group())

    def _alive(self, market: str | None = None) -> int:
        alive = [each for each in self.instances if each.ended is None]
        return len([each for each in alive if market in (None, each.market)])

    def _group(self) -> Json:
        found = {
            "Market": self.asked.get("Market", "ON_DEMAND"),
            "InstanceGroupType": self.role,
            "InstanceType": self.asked["InstanceType"],
            "RequestedInstanceCount": self.asked["InstanceCount"],
            "RunningInstanceCount": self._alive(),
            "Configurations": self.asked.get("Configurations", []),
            "EbsBlockDevices": _devices(self.asked),
            "EbsOptimized": True,
            "ShrinkPolicy": {},
        }
        return found | ({"BidPrice": self.asked["BidPrice"]} if "BidPrice" in self.asked else {})

    def _fleet(self) -> Json:
        types = []
        for each in self.asked["InstanceTypeConfigs"]:
            kept = {key: each[key] for key in ("BidPrice", "BidPriceAsPercentageOfOnDemandPrice") if key in each}
            named = {"InstanceType": each["InstanceType"], "WeightedCapacity": each.get("WeightedCapacity", 1)}
            types.append(named | kept | {"EbsBlockDevices": _devices(each), "EbsOptimized": True})
        found = {
            "InstanceFleetType": self.role,
            "TargetOnDemandCapacity": self.asked.get("TargetOnDemandCapacity", 0),
            "TargetSpotCapacity": self.asked.get("TargetSpotCapacity", 0),
            "ProvisionedOnDemandCapacity": self._alive("ON_DEMAND"),
            "ProvisionedSpotCapacity": self._alive("SPOT"),
            "InstanceTypeSpecifications": types,
        }
        launch = self.asked.get("LaunchSpecifications")
        return found | ({"LaunchSpecifications": launch} if launch else {})


def groups_of(instances: Mapping[str, Any]) -> tuple[list[Json], bool]:
    """Groups or fleets of the `Instances` of RunJobFlow, and whether they are fleets.

    The short form names types of master and slaves and how many machines there are in all.
    """
    if instances.get("InstanceFleets"):
        return [dict(each) for each in instances["InstanceFleets"]], True
    if instances.get("InstanceGroups"):
        return [dict(each) for each in instances["InstanceGroups"]], False
    count = instances.get("InstanceCount", 1)
    master = {"InstanceRole": "MASTER", "InstanceType": instances.get("MasterInstanceType"), "InstanceCount": 1}
    slaves = {"InstanceRole": "CORE", "InstanceType": instances.get("SlaveInstanceType"), "InstanceCount": count - 1}
    return [master, slaves][: min(count, 2)], False


def timeline(created: datetime, ready: datetime | None, ended: datetime | None, began: datetime | None = None) -> Json:
    """Times as EMR sends them, seconds since the epoch; what has not been yet is left out."""
    named = {"CreationDateTime": created, "ReadyDateTime": ready, "StartDateTime": began, "EndDateTime": ended}
    return {key: round(at.timestamp(), 3) for key, at in named.items() if at is not None}


def _size(type_name: str) -> float:
    """Of a machine: a small one is 1, an extra large one 8."""
    found = re.fullmatch(r"(\d*)xlarge", type_name.rpartition(".")[2])
    return 8.0 * int(found[1] or 1) if found else _SIZES.get(type_name.rpartition(".")[2], 1.0)


_SIZES = {"small": 1.0, "medium": 2.0, "large": 4.0}


def _devices(machine: Json) -> list[Json]:
    configs = machine.get("EbsConfiguration", {}).get("EbsBlockDeviceConfigs", [])
    every = [each["VolumeSpecification"] for each in configs for _ in range(each.get("VolumesPerInstance", 1))]
    return [{"VolumeSpecification": it, "Device": f"/dev/sd{chr(98 + at)}"} for at, it in enumerate(every)]
