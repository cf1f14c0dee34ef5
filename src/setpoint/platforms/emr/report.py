"""The cluster report of EMR on EC2 in the layout that clients of the Sync API send: several answers in one document."""

import re
from collections.abc import Mapping
from typing import Any

from setpoint.platforms.emr.calls import Calls, plain
from setpoint.platforms.emr.logs import place_of, tail

__all__ = ["applications_of", "asked_report", "collect"]

Json = dict[str, Any]
_LISTS = {
    "INSTANCE_FLEET": ("InstanceFleets", "list_instance_fleets"),
    "INSTANCE_GROUP": ("InstanceGroups", "list_instance_groups"),
}
_SECRET = ("KerberosAttributes",)
"""Passwords: a report needs none."""
_LONGEST_WORDS = 900
_EXIT = re.compile(r"ended with exit code (-?\d+)")


def collect(calls: Calls, region: str, cluster_id: str) -> Json:
    """Everything that EMR says of a cluster. Raises PlatformError."""
    report = asked_report(calls, region, cluster_id)
    instances = list(calls.pages("emr", region, "list_instances", "Instances", ClusterId=cluster_id))
    report["Instances"] = plain(instances)
    _explain(calls, region, report)
    return report


def asked_report(calls: Calls, region: str, cluster_id: str) -> Json:
    """What was asked for, without the machines that came: less to ask, and enough for a cluster's spec."""
    cluster = calls.ask("emr", region, "describe_cluster", "Cluster", ClusterId=cluster_id)["Cluster"]
    key, operation = _LISTS[cluster.get("InstanceCollectionType", "INSTANCE_GROUP")]
    cluster = {key: value for key, value in cluster.items() if key not in _SECRET}
    groups = list(calls.pages("emr", region, operation, key, ClusterId=cluster_id))
    bootstrap = calls.pages("emr", region, "list_bootstrap_actions", "BootstrapActions", ClusterId=cluster_id)
    steps = list(calls.pages("emr", region, "list_steps", "Steps", ClusterId=cluster_id))
    scaling = calls.ask("emr", region, "get_managed_scaling_policy", ClusterId=cluster_id).get("ManagedScalingPolicy")
    found: Json = {
        "Cluster": plain(cluster | {"BootstrapActions": list(bootstrap), key: groups}),
        "Instances": [],
        "Steps": plain(steps),
        "Region": region,
    }
    return found | ({"ManagedScalingPolicy": plain(scaling)} if scaling else {})


def _explain(calls: Calls, region: str, report: Json) -> None:
    """Put the words of failed steps into the report: EMR itself calls each of them an unknown error."""
    uri, cluster_id = report["Cluster"].get("LogUri"), report["Cluster"]["Id"]
    place = place_of(f"{str(uri).rstrip('/')}/{cluster_id}/steps/") if uri else None
    for step in report["Steps"]:
        if step["Status"]["State"] != "FAILED" or place is None:
            continue
        details = step["Status"].setdefault("FailureDetails", {})
        if not details.get("Message"):
            words = _words(calls, region, f"{place}{step['Id']}")
            if words:
                details["Message"] = words


def _words(calls: Calls, region: str, folder: str) -> str:
    place = place_of(folder)
    if place is None:
        return ""
    code = _EXIT.search(tail(calls, region, place, "controller.gz"))
    said = " ".join(tail(calls, region, place, "stderr.gz").split())[-_LONGEST_WORDS:]
    return " · ".join(filter(None, (f"exit code {code[1]}" if code else "", said)))


def applications_of(report: Mapping[str, Any], step: str | None) -> list[str]:
    """YARN's ids of the applications that the steps started, of one step where it is named; empty where EMR is silent.

    A step may start several, and an application is not a step.
    """
    steps = [each for each in report.get("Steps", ()) if step is None or each.get("Name") == step]
    found = ((each.get("AdditionalInfo") or {}).get("ResourceManagerApplicationIds") or () for each in steps)
    return [str(name) for names in found for name in names]
