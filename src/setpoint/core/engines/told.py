"""What the log of a run says of the cluster it ran on; of what it does not say nothing is made up here."""

from dataclasses import dataclass

from setpoint.core.cloud import databricks_disks, on_demand_nodes
from setpoint.core.integers import whole_number
from setpoint.core.places import CLOUDS, cloud_of_type, region_of, region_of_zone
from setpoint.core.pricebook import Cloud, Compute
from setpoint.core.profile import Profile
from setpoint.core.usage import Disk

__all__ = ["ToldCluster", "told_cluster"]

_TAG = "spark.databricks.clusterUsageTags."
_MOST_DIGITS = 5
_MAKERS: dict[str, Compute] = {"JobLauncher": "jobs", "Webapp": "all_purpose"}
"""Who makes a Databricks cluster tells how it is billed; its SKU tag says STANDARD_SKU of either, and of every plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCluster:
    """The cluster of a run as its log has it. None: the log does not say."""

    node_type: str | None
    driver_node_type: str | None
    workers: int
    cloud: Cloud | None
    region: str | None
    is_market_told: bool
    first_on_demand: int | None
    """As `CloudSpec` has it."""
    compute: Compute | None
    disks: tuple[Disk, ...] | None
    """Of each node, where it asked for more than the service attaches."""


def told_cluster(profile: Profile) -> ToldCluster:
    """Read the tags that Databricks gives its clusters."""
    cloud, availability = _cloud(profile), _tag(profile, "clusterAvailability")
    first = whole_number(_tag(profile, "clusterFirstOnDemand"), most_digits=_MOST_DIGITS)
    return ToldCluster(
        node_type=_tag(profile, "clusterNodeType"),
        driver_node_type=_tag(profile, "driverNodeType"),
        workers=_workers(profile),
        cloud=cloud,
        region=_region(profile, cloud),
        is_market_told=availability is not None,
        first_on_demand=on_demand_nodes(availability or "", first, cloud or "aws"),
        compute=_MAKERS.get(_tag(profile, "clusterCreator") or ""),
        disks=_disks(profile) if cloud == "aws" else None,
    )


def _tag(profile: Profile, name: str) -> str | None:
    return profile.property_value(f"{_TAG}{name}") or None


def _cloud(profile: Profile) -> Cloud | None:
    said = (_tag(profile, "cloudProvider") or "").lower()
    node_type = _tag(profile, "clusterNodeType")
    named = next((cloud for cloud in CLOUDS if cloud == said), None)
    return named or (cloud_of_type(node_type) if node_type else None)


def _region(profile: Profile, cloud: Cloud | None) -> str | None:
    said = _tag(profile, "dataPlaneRegion") or _tag(profile, "region")
    if said is not None and cloud is not None:
        return region_of(cloud, said)
    return region_of_zone(_tag(profile, "containerZoneId") or "") or None


def _workers(profile: Profile) -> int:
    """As the platform's tags have it, else machines that held executors; none where the driver ran all tasks."""
    said = whole_number(_tag(profile, "clusterWorkers"), most_digits=_MOST_DIGITS)
    if said is not None:
        return said
    return len({executor.host for executor in profile.executors if executor.id != "driver"})


def _disks(profile: Profile) -> tuple[Disk, ...] | None:
    count = whole_number(_tag(profile, "clusterEbsVolumeCount"), most_digits=_MOST_DIGITS)
    size = whole_number(_tag(profile, "clusterEbsVolumeSize"), most_digits=_MOST_DIGITS)
    return databricks_disks(_tag(profile, "clusterEbsVolumeType") or "", float(size or 0), count) if count else None
