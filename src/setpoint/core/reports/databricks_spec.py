"""What a Databricks cluster was asked to be: types, markets, disks, engine, region; as `clusters/get` answers."""

from dataclasses import dataclass

from setpoint.core.cloud import databricks_disks, on_demand_nodes
from setpoint.core.places import cloud_of_type, region_of_zone
from setpoint.core.pricebook import Cloud, Compute, Market, Plan
from setpoint.core.reports.field import Field
from setpoint.core.reports.names import CLOUDS, COMPUTES, PLANS, azure_size
from setpoint.core.reports.reported import Terms
from setpoint.core.usage import Disk

__all__ = ["UNNAMED", "AskedFor", "asked_for", "cloud_of"]

UNNAMED = "a type that the report does not name"
_DISKS_ASSUMED = "Machines are assumed to have the disks that Databricks attaches: gp3 of 30 and 150 GiB each."
_DISKS_NOT_COUNTED = "Disks that the cloud bills beside its machines are not in the report and are not counted."


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
    driver_note: str
    """The same for the driver."""
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
    if any(each.has("hardware_profile") for each in _flat(root["instances"])):
        return "azure"
    return cloud_of_type(node_type)


def _flat(instances: Field) -> list[Field]:
    return list(instances.items()) if instances.is_list else []


def asked_for(root: Field, cluster: Field, terms: Terms) -> AskedFor:
    """The spec in a report, and in words what it left open."""
    notes: list[str] = []
    cloud = cloud_of(root, cluster)
    is_pool = bool(cluster["instance_pool_id"].text() or cluster["driver_instance_pool_id"].text())
    worker_type, driver_type = _types(cluster)
    plan, compute = _terms(root, cluster, terms, notes)
    reserved, market_note, driver_note = _markets(cluster, cloud, is_pool=is_pool)
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
        on_demand_nodes=reserved,
        disk_note=_DISKS_ASSUMED if cloud == "aws" else _DISKS_NOT_COUNTED,
        market_note=market_note,
        driver_note=driver_note,
        assumptions=tuple(notes),
    )


def _types(cluster: Field) -> tuple[str, str]:
    pool = cluster["instance_pool_id"].text()
    worker = cluster["node_type_id"].text() or cluster["instance_source"]["node_type_id"].text()
    worker = worker or (f"instances of pool {pool}" if pool else "")
    driver_pool = cluster["driver_instance_pool_id"].text()
    driver = cluster["driver_node_type_id"].text() or cluster["driver_instance_source"]["node_type_id"].text()
    driver = driver or (f"instances of pool {driver_pool}" if driver_pool and driver_pool != pool else "")
    return azure_size(worker or driver or UNNAMED), azure_size(driver or worker or UNNAMED)


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
    return databricks_disks(
        asked["ebs_volume_type"].text(),
        asked["ebs_volume_size"].number(0.0),
        asked["ebs_volume_count"].count() or 0,
        asked["ebs_volume_iops"].count() or None,
        asked["ebs_volume_throughput"].count() or None,
    )


def _markets(cluster: Field, cloud: Cloud, *, is_pool: bool) -> tuple[int | None, str, str]:
    """How many nodes are not spot, and words for what of it is assumed: of all nodes, of the driver."""
    asked = cluster[f"{cloud}_attributes"]
    availability, first = asked["availability"].text(), asked["first_on_demand"].count()
    if cloud == "gcp" and not availability and asked["use_preemptible_executors"].flag():
        availability = "PREEMPTIBLE_GCP"
    reserved = on_demand_nodes(availability, first, cloud)
    if reserved is None:
        unknown = "the pool" if is_pool else "the cluster"
        note = "" if availability else f"The market of {unknown} is not in the report: on-demand is assumed."
        return None, note, ""
    note = "Nodes that may be spot are taken as spot where no instance tells of a fall-back to on-demand."
    note = note if "FALLBACK" in availability else ""
    return reserved, note, "The driver is taken as on-demand." if first is None else ""


def _region(root: Field, cluster: Field) -> str:
    zone = cluster["aws_attributes"]["zone_id"].text() or cluster["gcp_attributes"]["zone_id"].text()
    found = region_of_zone(zone)
    logs = cluster["cluster_log_conf"]["s3"]["region"].text()
    return found or root["region"].text() or logs
