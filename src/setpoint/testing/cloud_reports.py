"""Cluster reports as clients would push them, of clusters asked for in the platforms' own JSON; and the clients' merge.

>>> merged({"num_workers": 2, "init_scripts": [1]}, {"autoscale": {"min_workers": 1, "max_workers": 4}})
{'init_scripts': [1], 'autoscale': {'min_workers': 1, 'max_workers': 4}}
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

__all__ = ["PushedLife", "databricks_report", "emr_report", "merged"]

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PushedLife:
    """When a cluster lived and what became of its run."""

    began: datetime
    seconds: float
    """Of the run, from when Spark could start."""
    startup_seconds: float = 240.0
    failure: str | None = None
    number: int = 1

    @property
    def ready(self) -> datetime:
        """When Spark could start."""
        return self.began + timedelta(seconds=self.startup_seconds)

    @property
    def ended(self) -> datetime:
        """When the machines were given back."""
        return self.ready + timedelta(seconds=self.seconds)


def merged(cluster: Mapping[str, Any], configuration: Mapping[str, Any]) -> Json:
    """The rule by which existing clients put a configuration over a job's cluster."""
    sizes = {"num_workers", "autoscale"}
    return _deep({key: value for key, value in cluster.items() if key not in sizes}, configuration)


def _deep(under: Mapping[str, Any], over: Mapping[str, Any]) -> Json:
    found = dict(under)
    for key, value in over.items():
        before = found.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            found[key] = _deep(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            found[key] = [*before, *value]
        else:
            found[key] = value
    return found


def databricks_report(cluster: Mapping[str, Any], life: PushedLife) -> Json:
    """The report of a job cluster, in the newer shape."""
    cluster_id = f"0101-000000-run{life.number:05d}"
    scale = cluster.get("autoscale")
    count = cluster.get("num_workers") if scale is None else scale["max_workers"]
    state = {"life_cycle_state": "TERMINATED", "result_state": "FAILED" if life.failure else "SUCCESS"}
    task = {
        "task_key": "main",
        "run_id": life.number,
        "state": state | {"state_message": life.failure or ""},
        "start_time": _ms(life.began),
        "setup_duration": round(life.startup_seconds * 1000),
        "end_time": _ms(life.ended),
    }
    sizes = {"current_num_workers": count, "target_num_workers": count}
    events = [
        {"timestamp": _ms(life.ended), "type": "TERMINATING", "details": {}},
        {"timestamp": _ms(life.ready), "type": "RUNNING", "details": sizes},
        {"timestamp": _ms(life.began), "type": "CREATING", "details": {"cluster_size": {"num_workers": count}}},
    ]
    times = {"start_time": _ms(life.began), "terminated_time": _ms(life.ended), "cluster_id": cluster_id}
    return {
        "plan_type": "Premium",
        "compute_type": "Jobs Compute",
        "cluster": {**cluster, **times, "cluster_source": "JOB"},
        "cluster_events": {"events": events, "total_count": len(events)},
        "tasks": [task],
    }


def emr_report(arguments: Mapping[str, Any], life: PushedLife, region: str = "us-east-1") -> Json:
    """The report of a cluster that was started with these arguments of `run_job_flow`."""
    wanted = arguments["Instances"]
    timeline = {"CreationDateTime": life.began.isoformat(), "EndDateTime": life.ended.isoformat()}
    network = {key: wanted[key] for key in ("Ec2KeyName", "Ec2SubnetId") if key in wanted}
    network |= {"RequestedEc2SubnetIds": wanted.get("Ec2SubnetIds", [])}
    cluster = {key: value for key, value in arguments.items() if key not in ("Instances", "Steps", "JobFlowRole")}
    cluster |= {
        "Id": f"j-RUN{life.number:05d}",
        "Status": {"State": "TERMINATED", "Timeline": timeline},
        "Ec2InstanceAttributes": network | {"IamInstanceProfile": arguments.get("JobFlowRole", "")},
        "BootstrapActions": [
            {"Name": each["Name"], "ScriptPath": each["ScriptBootstrapAction"]["Path"], "Args": []}
            for each in arguments.get("BootstrapActions", [])
        ],
    }
    if "InstanceFleets" in wanted:
        cluster["InstanceCollectionType"] = "INSTANCE_FLEET"
        cluster["InstanceFleets"] = [_fleet(each) for each in wanted["InstanceFleets"]]
    else:
        cluster["InstanceCollectionType"] = "INSTANCE_GROUP"
        cluster["InstanceGroups"] = [_group(each) for each in wanted["InstanceGroups"]]
    return {
        "Cluster": cluster,
        "Instances": list(_instances(wanted, timeline)),
        "Steps": _steps(arguments.get("Steps", []), life),
        "Region": region,
    }


def _instances(wanted: Mapping[str, Any], timeline: Json) -> Iterator[Json]:
    """One for each that was asked for; all lived as long as the cluster."""
    for each in wanted.get("InstanceFleets", []):
        for market, key in (("ON_DEMAND", "TargetOnDemandCapacity"), ("SPOT", "TargetSpotCapacity")):
            name = each["InstanceTypeConfigs"][0]["InstanceType"]
            for at in range(each.get(key, 0)):
                found = {"InstanceFleetId": f"if-{each['InstanceFleetType']}", "Market": market, "InstanceType": name}
                yield _instance(f"{each['InstanceFleetType']}-{market}-{at}", found, timeline)
    for each in wanted.get("InstanceGroups", []):
        for at in range(each["InstanceCount"]):
            found = {"Market": each["Market"], "InstanceType": each["InstanceType"]}
            found["InstanceGroupId"] = f"ig-{each['InstanceRole']}"
            yield _instance(f"{each['InstanceRole']}-{at}", found, timeline)


def _instance(name: str, found: Json, timeline: Json) -> Json:
    times = timeline | {"ReadyDateTime": timeline["CreationDateTime"]}
    return {"Id": f"ci-{name}", "Ec2InstanceId": f"i-{name}", "Status": {"Timeline": times}, **found}


def _fleet(each: Mapping[str, Any]) -> Json:
    types = [
        {key: value for key, value in kind.items() if key != "EbsConfiguration"} | {"EbsBlockDevices": _devices(kind)}
        for kind in each["InstanceTypeConfigs"]
    ]
    found = {key: value for key, value in each.items() if key != "InstanceTypeConfigs"}
    return found | {"Id": f"if-{each['InstanceFleetType']}", "InstanceTypeSpecifications": types}


def _group(each: Mapping[str, Any]) -> Json:
    found = {key: value for key, value in each.items() if key not in ("InstanceRole", "EbsConfiguration")}
    return found | {
        "Id": f"ig-{each['InstanceRole']}",
        "InstanceGroupType": each["InstanceRole"],
        "RequestedInstanceCount": each["InstanceCount"],
        "EbsBlockDevices": _devices(each),
    }


def _devices(machine: Mapping[str, Any]) -> list[Json]:
    volumes = machine.get("EbsConfiguration", {}).get("EbsBlockDeviceConfigs", [])
    return [
        {"VolumeSpecification": volume["VolumeSpecification"]}
        for volume in volumes
        for _ in range(volume.get("VolumesPerInstance", 1))
    ]


def _steps(steps: list[Json], life: PushedLife) -> list[Json]:
    """The newest first, as ListSteps has them; all start together and the last one fails."""
    times = {"StartDateTime": life.ready.isoformat(), "EndDateTime": life.ended.isoformat()}
    found = []
    for at, step in enumerate(steps):
        has_failed = life.failure is not None and at == len(steps) - 1
        status: Json = {"State": "FAILED" if has_failed else "COMPLETED", "Timeline": times}
        if has_failed:
            status["FailureDetails"] = {"Message": life.failure}
        config = {key: value for key, value in step["HadoopJarStep"].items() if key != "Properties"}
        properties = {each["Key"]: each["Value"] for each in step["HadoopJarStep"].get("Properties", [])}
        config |= {"Properties": properties}
        shared = {"Name": step["Name"], "ActionOnFailure": step["ActionOnFailure"]}
        found.append({"Id": f"s-{at}", **shared, "Config": config, "Status": status})
    return found[::-1]


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
