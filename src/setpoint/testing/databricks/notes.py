"""What the agent on a driver would leave beside the event log: which machines the cluster had, and when.

Its layout is that of `setpoint.agent`; machines are made up, as many and of such types as the cluster asked for.
"""

import msgspec

from setpoint.testing.databricks.answers import Json
from setpoint.testing.databricks.files import Dbfs
from setpoint.testing.databricks.lives import ClusterLife

__all__ = ["leave_notes", "notes_of"]


def leave_notes(files: Dbfs, cluster: ClusterLife) -> None:
    """Write the notes where the cluster's logs go, once it has ended; nothing where no init script would have."""
    conf = cluster.asked.get("cluster_log_conf", {})
    destination = next((conf[kind]["destination"] for kind in ("dbfs", "volumes") if kind in conf), None)
    if destination is None or not cluster.asked.get("init_scripts"):
        return
    cloud = "azure" if "azure_attributes" in cluster.asked else "aws"
    path = f"{destination.rstrip('/')}/{cluster.id}/sync_data/{cluster.context}/{cloud}_cluster_info.json"
    files.leave(path, msgspec.json.encode(notes_of(cluster)), cluster.ended)


def notes_of(cluster: ClusterLife) -> Json:
    """The document: instances, and their times."""
    node_type = str(cluster.asked.get("node_type_id", ""))
    types = [str(cluster.asked.get("driver_node_type_id") or node_type), *[node_type] * cluster.workers]
    names = [f"i-{cluster.context[-6:]}{number:03d}" for number in range(len(types))]
    times = {"first_seen_running_time": cluster.began.isoformat(), "last_seen_running_time": cluster.ended.isoformat()}
    timelines = [{"instance_id": name, **times} for name in names]
    began, machines = cluster.began.isoformat(), list(zip(names, types, strict=True))
    if "azure_attributes" in cluster.asked:
        return {"instances": [_vm(cluster, *each) for each in machines], "timelines": timelines}
    instances = [{"InstanceId": name, "InstanceType": kind, "LaunchTime": began} for name, kind in machines]
    return {"instances": instances, "instance_timelines": timelines, "volumes": []}


def _vm(cluster: ClusterLife, name: str, kind: str) -> Json:
    return {
        "name": name,
        "location": "eastus",
        "hardware_profile": {"vm_size": kind},
        "time_created": cluster.began.isoformat(),
        "tags": {"Vendor": "Databricks", "ClusterId": cluster.id},
    }
