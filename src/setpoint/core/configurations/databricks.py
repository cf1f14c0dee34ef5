"""Databricks: a partial cluster that clients merge over the job's own, dicts into dicts and lists onto lists.

So exactly one of `num_workers` and `autoscale` is in it, and no list ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from setpoint.core.cloud import DATABRICKS_DISKS, CloudSpec
from setpoint.core.configurations.asked import Asked
from setpoint.core.domain import ClusterSpec
from setpoint.core.integers import whole_number
from setpoint.core.pricebook import Cloud, PriceBook
from setpoint.core.reports import ReportedRun, Terms, databricks
from setpoint.core.reports.databricks_spec import AskedFor, asked_for
from setpoint.core.reports.field import Field

__all__ = ["Databricks"]

_SPOT: Mapping[Cloud, str] = {
    "aws": "SPOT_WITH_FALLBACK",
    "azure": "SPOT_WITH_FALLBACK_AZURE",
    "gcp": "PREEMPTIBLE_WITH_FALLBACK_GCP",
}
_ON_DEMAND: Mapping[Cloud, str] = {"aws": "ON_DEMAND", "azure": "ON_DEMAND_AZURE", "gcp": "ON_DEMAND_GCP"}
_BIDS = ("spot_bid_price_percent", "spot_bid_max_price")
_PARTITIONS = "spark.sql.shuffle.partitions"
_STOPPED = ("CANCELED", "CANCELLED")
_FAILED = ("FAILED", "TIMEDOUT", "MAXIMUM_CONCURRENT_RUNS_REACHED", "UPSTREAM_FAILED")


@dataclass(frozen=True, slots=True)
class Databricks:
    """Databricks in one cloud."""

    cloud: Cloud

    def is_one(self, root: Field) -> bool:
        """Whether a document is a report of it."""
        return databricks.is_one(root)

    def asked(self, root: Field, run: ReportedRun, book: PriceBook, terms: Terms) -> Asked:  # noqa: ARG002 - the port's
        """What was asked for."""
        cluster = _cluster(root)
        found = asked_for(root, cluster, terms)
        least, most = _workers(cluster, found)
        disks = found.disks if found.disks != DATABRICKS_DISKS else ()
        return Asked(
            CloudSpec(
                cloud=self.cloud,
                region=run.usage.region,
                node_type=found.worker_type,
                workers=most,
                driver_node_type=found.driver_type,
                first_on_demand=found.on_demand_nodes,
                service="databricks",
                plan=found.plan,
                compute=found.compute,
                photon=found.photon,
                disks=disks or None,
                least_workers=least,
            ),
            shuffle_partitions=whole_number(_conf(cluster).get(_PARTITIONS)) or None,
        )

    def startup_seconds(self, root: Field, run: ReportedRun) -> float:  # noqa: ARG002 - the port's
        """Until Databricks began to count."""
        machines, units = run.usage.machines, run.usage.units
        if not machines or not units:
            return 0.0
        return min(use.began for use in units) - min(use.began for use in machines)

    def failure(self, root: Field) -> str | None:
        """The first task that failed, in its words."""
        for task in root["tasks"].items():
            state = task["state"]
            if state.is_object and state["result_state"].text() in _FAILED:
                said = state["state_message"].value
                return str(said)[:1000] if said else f"The task {task['task_key'].text()} failed."
        return None

    def was_stopped(self, root: Field) -> bool:
        """Whether a task was cancelled and none failed."""
        states = [task["state"] for task in root["tasks"].items() if task["state"].is_object]
        stopped = any(state["result_state"].text() in _STOPPED for state in states)
        return stopped and self.failure(root) is None

    def basis(self, root: Field, spec: ClusterSpec) -> dict[str, object]:
        """The cluster that ran, as it would be asked for again."""
        return self.configuration(root, spec, {})

    def configuration(self, root: Field, spec: ClusterSpec, tags: Mapping[str, str]) -> dict[str, object]:
        """Another cluster for the same job."""
        if spec.cloud is None:
            return {}
        asked, cluster = spec.cloud.cluster, _cluster(root)
        found: dict[str, object] = {
            "node_type_id": asked.node_type,
            "driver_node_type_id": asked.driver,
            **_size(asked),
            "runtime_engine": "PHOTON" if asked.photon else "STANDARD",
            f"{self.cloud}_attributes": self._attributes(asked, cluster),
        }
        version = cluster["spark_version"].text().replace("-photon-", "-")
        if version:
            found["spark_version"] = version
        if tags:
            found["custom_tags"] = dict(tags)
        if spec.shuffle_partitions is not None:
            found["spark_conf"] = {_PARTITIONS: str(spec.shuffle_partitions)}
        return found

    def _attributes(self, asked: CloudSpec, cluster: Field) -> dict[str, object]:
        now = cluster[f"{self.cloud}_attributes"]
        availability = now["availability"].text()
        found: dict[str, object] = {}
        if asked.first_on_demand is None:
            found["availability"] = _ON_DEMAND[self.cloud]
            if not now["first_on_demand"].is_missing:
                found["first_on_demand"] = now["first_on_demand"].value
        else:
            is_spot = "SPOT" in availability or "PREEMPTIBLE" in availability
            found["availability"] = availability if is_spot else _SPOT[self.cloud]
            found["first_on_demand"] = asked.first_on_demand
        found |= {bid: now[bid].value for bid in _BIDS if not now[bid].is_missing}
        return found | (_volumes(asked, now) if self.cloud == "aws" else {})


def _cluster(root: Field) -> Field:
    return root["cluster"] if root["cluster"].is_object else root


def _conf(cluster: Field) -> dict[str, str]:
    found = cluster["spark_conf"].value
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _workers(cluster: Field, found: AskedFor) -> tuple[int | None, int]:
    """The least number of workers where it scales by itself, and the most."""
    scale = cluster["autoscale"]
    if scale.is_object and found.workers != 0:
        least, most = scale["min_workers"].count() or 1, scale["max_workers"].count()
        if most is None:
            scale["max_workers"].refuse("a whole number")
        return min(least, most), max(1, most)
    if found.workers is None:
        cluster["num_workers"].refuse("a whole number (there is no `autoscale` either)")
    return None, found.workers


def _size(asked: CloudSpec) -> dict[str, object]:
    if asked.least_workers is None:
        return {"num_workers": asked.workers}
    return {"autoscale": {"min_workers": asked.least_workers, "max_workers": asked.workers}}


def _volumes(asked: CloudSpec, now: Field) -> dict[str, object]:
    """Volumes that are asked for besides what every machine gets, where the job's own cluster has none."""
    if asked.disks is None or now["ebs_volume_count"].count():
        return {}
    extra = asked.disks[len(DATABRICKS_DISKS) :]
    if not extra:
        return {}
    return {
        "ebs_volume_type": "GENERAL_PURPOSE_SSD",
        "ebs_volume_count": len(extra),
        "ebs_volume_size": int(extra[0].gib),
    }
