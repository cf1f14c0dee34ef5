"""A cluster of EMR on EC2 that is kept alive and may be resized: each step is a run, and has its share of the time.

Its machines can become more or fewer, not others; core nodes hold HDFS, so that task nodes go first.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from setpoint.core.configurations import ask_for
from setpoint.core.configurations.emr_arguments import are_alike
from setpoint.core.domain import ClusterReport, ClusterSpec
from setpoint.errors import InputError, PlatformError
from setpoint.platforms.emr.clusters import Seen
from setpoint.platforms.emr.on_ec2 import OnEc2
from setpoint.platforms.emr.project import EmrProject
from setpoint.platforms.reported import cluster_report_of

__all__ = ["OnKept", "of_step"]

Json = dict[str, Any]
_ENDED = ("COMPLETED", "FAILED", "CANCELLED", "INTERRUPTED")
_PRODUCT = "aws-emr"


class OnKept:
    """A `Reader`, and the one place that changes something in AWS."""

    def __init__(self, on_ec2: OnEc2) -> None:
        self._ec2 = on_ec2

    def ended(self, project: EmrProject) -> tuple[str, ...]:
        """Its steps that have ended, as `cluster/step`, oldest first."""
        found = [
            (step["Status"]["Timeline"]["StartDateTime"], f"{cluster.id}/{step['Id']}")
            for cluster in self._ec2.clusters(project)
            for step in self._steps(project, cluster)
            if step["Status"]["State"] in _ENDED and "StartDateTime" in step["Status"]["Timeline"]
        ]
        return tuple(name for _, name in sorted(found))

    def current(self, project: EmrProject) -> ClusterSpec:
        """What its cluster is asked to have now. Raises PlatformError where none lives."""
        return self._ec2.reported(project, self._ec2.asked(project, self._living(project))).spec

    def report(self, project: EmrProject, run_id: str) -> ClusterReport:
        """What the cluster had while the step ran."""
        ended = self.ended(project)
        if run_id not in ended:
            raise PlatformError(f"EMR has no ended step {run_id!r} of this project in {project.region}.")
        place = ended.index(run_id)
        before = self._ec2.reported(project, self._of(project, ended[place - 1])) if place else None
        return cluster_report_of(self._ec2.reported(project, self._of(project, run_id)), before)

    def event_log(self, project: EmrProject, run_id: str) -> Iterable[Iterable[bytes]]:
        """The log of the application that the step started."""
        return self._ec2.log_of(project, run_id, self._of(project, run_id), is_shared=True)

    def resize(self, project: EmrProject, spec: ClusterSpec) -> None:
        """Ask EMR for as many machines as the spec has, and see that it was asked.

        Asking again for the same changes nothing, so that it may be repeated.

        Raises:
            InputError: the spec has other machines than the cluster.
            PlatformError: EMR did not take it.
        """
        cluster = self._living(project)
        report = self._ec2.asked(project, cluster)
        wanted: Json = ask_for(spec, report, _PRODUCT)
        calls, region = self._ec2.calls, project.region
        if "ManagedScalingPolicy" in wanted:
            given = {"ClusterId": cluster.id, "ManagedScalingPolicy": wanted["ManagedScalingPolicy"]}
            calls.ask("emr", region, "put_managed_scaling_policy", **given)
        else:
            for operation, given in _changes(cluster.id, report["Cluster"], wanted["Instances"]):
                calls.ask("emr", region, operation, **given)
        now = self.current(project)
        if not are_alike(now, spec):
            raise PlatformError(f"The cluster {cluster.id} was to get {spec}, and EMR says that it has {now}.")

    def _living(self, project: EmrProject) -> Seen:
        living = [each for each in self._ec2.clusters(project) if not each.is_over and each.state != "TERMINATING"]
        if not living:
            raise PlatformError(f"No cluster of this project lives in {project.region}, so there is none to resize.")
        return living[-1]

    def _steps(self, project: EmrProject, cluster: Seen) -> list[Json]:
        steps = self._ec2.asked(project, cluster)["Steps"]
        return [step for step in steps if project.step in (None, step["Name"])]

    def _of(self, project: EmrProject, run_id: str) -> Json:
        cluster_id, _, step_id = run_id.partition("/")
        return of_step(self._ec2.document(project, cluster_id), step_id)


def of_step(report: Json, step_id: str) -> Json:
    """The report of a cluster as if it had lived for one step only, with the machines it had at the end of it."""
    step = next(each for each in report["Steps"] if each["Id"] == step_id)
    times = step["Status"]["Timeline"]
    began, ended = (datetime.fromisoformat(times[key]) for key in ("StartDateTime", "EndDateTime"))
    instances = [clipped for each in report["Instances"] if (clipped := _clipped(each, began, ended)) is not None]
    alive = [each for each in instances if each["Status"]["Timeline"]["EndDateTime"] == ended.isoformat()]
    cluster = report["Cluster"]
    window = {
        "CreationDateTime": began.isoformat(),
        "ReadyDateTime": began.isoformat(),
        "EndDateTime": ended.isoformat(),
    }
    counted = {
        key: [_counted(each, alive) for each in cluster[key]]
        for key in ("InstanceGroups", "InstanceFleets")
        if key in cluster
    }
    shown = cluster | counted | {"Status": {"State": "TERMINATED", "StateChangeReason": {}, "Timeline": window}}
    return report | {"Cluster": shown, "Instances": instances, "Steps": [step]}


def _clipped(instance: Json, began: datetime, ended: datetime) -> Json | None:
    """A machine for the time of the step; None where it was not there."""
    times = instance["Status"]["Timeline"]
    first = max(began, datetime.fromisoformat(times["CreationDateTime"]))
    last = min(ended, datetime.fromisoformat(times["EndDateTime"])) if "EndDateTime" in times else ended
    if first >= last:
        return None
    window = {
        "CreationDateTime": first.isoformat(),
        "ReadyDateTime": first.isoformat(),
        "EndDateTime": last.isoformat(),
    }
    return instance | {"Status": {"State": "TERMINATED", "Timeline": window}}


def _counted(group: Json, alive: list[Json]) -> Json:
    """A group or fleet with the numbers of machines that it had."""
    if "InstanceFleetType" not in group:
        return group | {"RequestedInstanceCount": sum(each.get("InstanceGroupId") == group["Id"] for each in alive)}
    weights = {each["InstanceType"]: each.get("WeightedCapacity", 1) for each in group["InstanceTypeSpecifications"]}
    own = [each for each in alive if each.get("InstanceFleetId") == group["Id"]]
    units = {
        market: sum(weights.get(each["InstanceType"], 1) for each in own if each["Market"] == market)
        for market in ("ON_DEMAND", "SPOT")
    }
    return group | {"TargetOnDemandCapacity": units["ON_DEMAND"], "TargetSpotCapacity": units["SPOT"]}


def _changes(cluster_id: str, cluster: Json, wanted: Json) -> Iterable[tuple[str, Json]]:
    """Calls that give each group or fleet its number. Raises InputError where it would need other machines."""
    if "InstanceFleets" in wanted:
        for fleet in _matched(cluster["InstanceFleets"], wanted["InstanceFleets"], "InstanceFleetType", _fleet_type):
            yield "modify_instance_fleet", {"ClusterId": cluster_id, "InstanceFleet": fleet}
        return
    groups = _matched(cluster["InstanceGroups"], wanted["InstanceGroups"], "InstanceRole", _group_type)
    yield "modify_instance_groups", {"ClusterId": cluster_id, "InstanceGroups": list(groups)}


def _matched(own: list[Json], wanted: list[Json], role: str, type_of: Any) -> Iterable[Json]:  # noqa: ANN401 - two shapes
    named = {str(each.get("InstanceGroupType", each.get("InstanceFleetType"))): each for each in own}
    roles = {each[role]: each for each in wanted}
    for name in sorted(roles.keys() - named.keys()):
        raise InputError(
            f"The cluster has no {name.lower()} nodes, and a cluster that lives gets none: start another one."
        )
    for name, each in named.items():
        asked = roles.get(name)
        if asked is not None and type_of(asked) != type_of(each):
            raise InputError(
                f"The {name.lower()} nodes are {type_of(each)}; a cluster that lives cannot get {type_of(asked)}."
            )
        if name == "MASTER":
            continue
        if role == "InstanceRole":
            yield {"InstanceGroupId": each["Id"], "InstanceCount": 0 if asked is None else asked["InstanceCount"]}
        else:
            keys = ("TargetOnDemandCapacity", "TargetSpotCapacity")
            weight = each["InstanceTypeSpecifications"][0].get("WeightedCapacity", 1)
            yield {"InstanceFleetId": each["Id"]} | {key: (asked or {}).get(key, 0) * weight for key in keys}


def _group_type(group: Json) -> str:
    return str(group["InstanceType"])


def _fleet_type(fleet: Json) -> str:
    kinds = fleet.get("InstanceTypeConfigs") or fleet.get("InstanceTypeSpecifications") or [{}]
    return str(kinds[0].get("InstanceType", ""))
