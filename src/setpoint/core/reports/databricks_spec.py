"""What a Databricks cluster was asked to be: types, markets, disks, engine, region; as `clusters/get` answers."""

import re
from dataclasses import dataclass

from setpoint.core.cloud import DATABRICKS_DISKS
from setpoint.core.pricebook import Cloud, Compute, Market, Plan
from setpoint.core.reports.field import Field
from setpoint.core.reports.names import CLOUDS, COMPUTES, PLANS
from setpoint.core.reports.reported import Terms
from setpoint.core.usage import Disk

__all__ = ["UNNAMED", "AskedFor", "asked_for", "cloud_of", "region_of_zone"]

_DISK_KINDS = {"GENERAL_PURPOSE_SSD": "gp3", "THROUGHPUT_OPTIMIZED_HDD": "st1"}
UNNAMED = "a type that the report does not name"
_DISKS_ASSUMED = "Machines are assumed to have the disks that Databricks attaches: gp3 of 30 and 150 GiB each."
_DISKS_NOT_COUNTED = "Disks that the cloud bills beside its machines are not in the report and are not counted."
_LEAST_EBS_GIB = 100.0
"""Of a general SSD that a cluster asks for without a size."""
_ZONE = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-?\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFor:
    """A Databricks cluster as it was asked for."""

    cloud: Cloud
    region: str
    plan: Plan
    compute: Compute
    photon: bool
    worker_type: str
    driver_type: str
    workers: int | None
    """None: not known, as where it scales by itself."""
    disks: tuple[Disk, ...]
    """Of each node."""
    on_demand_nodes: int | None
    """So many nodes, the driver first, are not spot; None: none is."""
    disk_note: str
    """Words for those whose disks are assumed."""
    market_note: str
    """Words for those whose market is assumed; empty where nothing is."""
    assumptions: tuple[str, ...]

    def market(self, node: int) -> Market:
        """Market of a node; the driver is 0."""
        return "on_demand" if self.on_demand_nodes is None or node < self.on_demand_nodes else "spot"


def cloud_of(root: Field, cluster: Field) -> Cloud:
    """The cloud it runs in."""
    for cloud in CLOUDS.values():
        if cluster[f"{cloud}_attributes"].is_object:
            return cloud
    node_type = cluster["node_type_id"].text() or cluster["driver_node_type_id"].text()
    if node_type.startswith("Standard_") or any(each.has("hardware_profile") for each in _flat(root["instances"])):
        return "azure"
    if node_type and "." not in node_type:
        return "gcp"
    return "aws"


def _flat(instances: Field) -> list[Field]:
    return list(instances.items()) if instances.is_list else []


def asked_for(root: Field, cluster: Field, terms: Terms) -> AskedFor:
    """The spec in a report, and in words what it left open."""
    notes: list[str] = []
    cloud = cloud_of(root, cluster)
    is_pool = bool(cluster["instance_pool_id"].text() or cluster["driver_instance_pool_id"].text())
    worker_type, driver_type = _types(cluster)
    plan, compute = _terms(root, cluster, terms, notes)
    on_demand_nodes, market_note = _on_demand_nodes(cluster, cloud, is_pool=is_pool)
    region = terms.region or _region(root, cluster)
    if is_pool:
        notes.append("Machines of a pool are counted from when they join; what the pool costs idle is not this run's.")
    return AskedFor(
        cloud=cloud,
        region=region,
        plan=plan,
        compute=compute,
        photon=_is_photon(cluster),
        worker_type=worker_type,
        driver_type=driver_type,
        workers=_workers(cluster),
        disks=_disks(cluster, cloud),
        on_demand_nodes=on_demand_nodes,
        disk_note=_DISKS_ASSUMED if cloud == "aws" else _DISKS_NOT_COUNTED,
        market_note=market_note,
        assumptions=tuple(notes),
    )


def _types(cluster: Field) -> tuple[str, str]:
    pool = cluster["instance_pool_id"].text()
    worker = cluster["node_type_id"].text() or cluster["instance_source"]["node_type_id"].text()
    worker = worker or (f"instances of pool {pool}" if pool else "")
    driver_pool = cluster["driver_instance_pool_id"].text()
    driver = cluster["driver_node_type_id"].text() or cluster["driver_instance_source"]["node_type_id"].text()
    driver = driver or (f"instances of pool {driver_pool}" if driver_pool and driver_pool != pool else "")
    return worker or driver or UNNAMED, driver or worker or UNNAMED


def _terms(root: Field, cluster: Field, terms: Terms, notes: list[str]) -> tuple[Plan, Compute]:
    plan = terms.plan or root["plan_type"].one_of(PLANS)
    if plan is None:
        notes.append("The plan of the account is not in the report: Premium is assumed.")
        plan = "premium"
    compute = terms.compute or root["compute_type"].one_of(COMPUTES)
    if compute is None:
        compute = "jobs" if cluster["cluster_source"].text("JOB") in ("JOB", "PIPELINE") else "all_purpose"
        kind = "jobs compute" if compute == "jobs" else "all-purpose compute"
        notes.append(f"The kind of compute is not in the report: {kind} is assumed, by who made the cluster.")
    return plan, compute


def _is_photon(cluster: Field) -> bool:
    versions = (cluster["spark_version"].text(), cluster["effective_spark_version"].text())
    return cluster["runtime_engine"].text() == "PHOTON" or any("-photon-" in version for version in versions)


def _workers(cluster: Field) -> int | None:
    profile = cluster["spark_conf"]["spark.databricks.cluster.profile"]
    if cluster["is_single_node"].flag() or profile.value == "singleNode":
        return 0
    if cluster["autoscale"].is_object:
        return cluster["autoscale"]["min_workers"].count()
    return cluster["num_workers"].count()


def _disks(cluster: Field, cloud: Cloud) -> tuple[Disk, ...]:
    if cloud != "aws":
        return ()
    asked = cluster["aws_attributes"]
    kind = _DISK_KINDS.get(asked["ebs_volume_type"].text(), "gp3")
    size, count = asked["ebs_volume_size"].number(0.0) or _LEAST_EBS_GIB, asked["ebs_volume_count"].count() or 0
    extra = Disk(kind, size, asked["ebs_volume_iops"].count() or None, asked["ebs_volume_throughput"].count() or None)
    return (*DATABRICKS_DISKS, *(extra for _ in range(min(count, 40))))


def _on_demand_nodes(cluster: Field, cloud: Cloud, *, is_pool: bool) -> tuple[int | None, str]:
    asked = cluster[f"{cloud}_attributes"]
    availability = asked["availability"].text()
    unknown = "the pool" if is_pool else "the cluster"
    note = "" if availability else f"The market of {unknown} is not in the report: on-demand is assumed."
    if cloud == "gcp" and not availability and asked["use_preemptible_executors"].flag():
        availability = "PREEMPTIBLE_GCP"
    if "SPOT" not in availability and "PREEMPTIBLE" not in availability:
        return None, note
    if "FALLBACK" in availability:
        note = "Nodes that may be spot are taken as spot where no instance tells of a fall-back to on-demand."
    first = asked["first_on_demand"].count()
    if first is None:
        note = f"{note} The driver is taken as on-demand.".strip()
    return (1 if first is None or (cloud == "gcp" and first == 0) else first), note


def _region(root: Field, cluster: Field) -> str:
    zone = cluster["aws_attributes"]["zone_id"].text() or cluster["gcp_attributes"]["zone_id"].text()
    found = region_of_zone(zone)
    logs = cluster["cluster_log_conf"]["s3"]["region"].text()
    return found or root["region"].text() or logs


def region_of_zone(zone: str) -> str:
    """The region of an availability or local zone; empty where it is none.

    >>> region_of_zone("us-east-1c"), region_of_zone("us-west-2-lax-1a"), region_of_zone("auto")
    ('us-east-1', 'us-west-2', '')
    """
    found = _ZONE.match(zone)
    return found[0] if found else ""
